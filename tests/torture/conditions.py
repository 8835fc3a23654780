"""What each scenario was played in: whose time, which build, what weather. Read from the scenarios' own numbers, for the report."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.faults import Fault
from tests.torture import database, kills, pauses, recovery, ticker
from tests.torture.world import storm

REAL, SAME = "real", "the product as it is"
CALM = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """Each a phrase for people; controls have their missing guard besides."""

    time: str = REAL
    build: str = SAME
    weather: str = CALM


def of(scenario: str, *, scale: str) -> Conditions:
    """The conditions of *scenario* on the *scale* of that name, `quick` or `full`."""
    stormy = {"kills": kills.SLOW_SECONDS[scale], "database": database.SLOW_SECONDS}
    speeds = {"kills": kills.SPEED, "database": database.SPEED, "pauses": pauses.SPEED}
    if scenario in speeds:
        faster, more = f"{speeds[scenario][scale]} x as fast", GAPPED if scenario == "pauses" else ""
        weather = told(storm(slow_seconds=stormy[scenario])) if scenario in stormy else CALM
        return Conditions(time=faster, build=f"changed: its clock, leases and HTTP deadlines keep that time{more}", weather=weather)
    return OTHERS.get(scenario, Conditions())


GAPPED = "; a grant waits 1 s between its read and its write, and half of the pauses wait for that"
OTHERS = {
    "model": Conditions(
        time="stands still but for the story's own moves",
        build=f"{SAME}, its parts called in one process",
        weather="lost, late, limited, refused and failed calls, as the story has it",
    ),
    "acks": Conditions(weather="every call to Slack and Atlassian hangs"),
    "secrets": Conditions(
        build="changed: it logs every secret when it starts", weather="70 % of the calls meet one kind of error after the other"
    ),
    "ticker": Conditions(
        time=f"{ticker.SPEED} x as fast",
        build="changed: it looks as many times as often, clocks are 30 s apart, 10 ms lie between the look for a slot and its claim",
    ),
    "recovery": Conditions(weather=f"the writes under way take {recovery.LONGEST_CALL_SECONDS} s"),
}


def told(weather: Iterable[Fault]) -> str:
    """The shares of the calls that meet each kind of fault; the first rule that hits wins, so a later one meets what the others leave."""
    faults = tuple(weather)
    return "; ".join(
        f"of the calls to {side.title()} {_shares(one for one in faults if one.side == side)}" for side in ("atlassian", "slack")
    )


def _shares(faults: Iterable[Fault]) -> str:
    left, shares, slowest = 1.0, dict[str, float](), 0.0
    for fault in faults:
        kind = "meet 429 or 5xx" if fault.status else "take effect and lose their answer" if fault.drop else "are slow"
        shares[kind] = shares.get(kind, 0) + left * fault.share
        left, slowest = left * (1 - fault.share), max(slowest, fault.delay_s)
    slow = f" (up to {slowest:g} s of the machine's time)" if slowest else ""
    return ", ".join(f"{share:.0%} {kind}{slow if kind == 'are slow' else ''}".replace("%", " %") for kind, share in shares.items())
