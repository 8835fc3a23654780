"""The world: one population, one clock, and the two platforms that stand on them."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.atlassian.seeding import build_organization
from sandbox.clock import Clock
from sandbox.events import Events
from sandbox.faults import Faults
from sandbox.population import population


class World:
    """
    Everything that exists in one sandbox.

    `free_seats` is how many Jira seats are left at the beginning; by default 60 for 400 people, in proportion for other sizes.
    """

    def __init__(self, *, people: int = 400, seed: int = 7, clock: Clock | None = None, free_seats: int | None = None) -> None:
        self.seed = seed
        self.clock = clock or Clock()
        self.events = Events()
        self.faults = Faults()
        with _without_garbage_collection():
            self.humans = population(people, seed)
            self.atlassian = build_organization(
                self.humans,
                clock=self.clock,
                events=self.events,
                seed=seed,
                free_seats=free_seats if free_seats is not None else max(1, round(len(self.humans) * 60 / 400)),
            )


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Nothing made here is garbage, and looking for it takes a third of the time at 100,000 people."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
