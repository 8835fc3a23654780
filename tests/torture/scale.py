"""How much of everything: two minutes' worth of it, or all of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """The numbers of every scenario, each named for its scenario; `seed` repeats the choices of the harness (not those of the machine)."""

    name: str
    seed: int
    lanes: int
    """So many scenarios are played side by side."""
    lenience: float
    """Bars that are times are held to so many times their limit: 1, or more where other things may run on the machine."""
    has_more: bool
    """Whether scenarios are played on their second database as well, and controls that are slow or rest on chance."""
    limit_seconds: float
    """After so long a scenario is ended, and has failed."""
    kills: int
    kills_seconds: float
    """The time that the kills of one kind of database get."""
    pauses: int
    database_restarts: int
    database_kills: int
    database_seconds: float
    recovery_calls: int
    race_requests: int
    acks_rounds: int
    ticker_minutes: int
    edge_forgeries: int
    edge_replays: int
    model_examples: int
    model_steps: int


def quick(seed: int) -> Scale:
    """Two minutes on two cores, most of which a lane waits: the counts, and the controls that are quick."""
    return Scale(
        name="quick",
        seed=seed,
        lanes=4,
        lenience=15,
        has_more=False,
        limit_seconds=420,
        kills=8,
        kills_seconds=30,
        pauses=6,
        database_restarts=2,
        database_kills=6,
        database_seconds=60,
        recovery_calls=6,
        race_requests=40,
        acks_rounds=5,
        ticker_minutes=2,
        edge_forgeries=1_500,
        edge_replays=200,
        model_examples=6,
        model_steps=25,
    )


def full(seed: int) -> Scale:
    """Less than half an hour on two cores: the numbers that the documentation promises."""
    return Scale(
        name="full",
        seed=seed,
        lanes=2,
        lenience=1,
        has_more=True,
        limit_seconds=1500,
        kills=1000,
        kills_seconds=560,
        pauses=100,
        database_restarts=20,
        database_kills=200,
        database_seconds=300,
        recovery_calls=10,
        race_requests=1_000,
        acks_rounds=50,
        ticker_minutes=12,
        edge_forgeries=100_000,
        edge_replays=10_000,
        model_examples=120,
        model_steps=50,
    )
