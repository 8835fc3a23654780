"""Time that only moves when somebody moves it, for the world and the bot alike, with what comes due on the way."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sandbox.clock import Clock

BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)

Deed = Callable[[], Awaitable[Any]]


class StillClock(Clock):
    """The sandbox's clock, standing still between two moves."""

    def __init__(self) -> None:
        super().__init__()
        self._to_come: list[tuple[datetime, Deed]] = []

    def now(self) -> datetime:
        """The world's time."""
        return BEGAN + self._offset

    def monotonic(self) -> float:
        """Seconds of the world."""
        return self._offset.total_seconds()

    def at(self, after: timedelta, deed: Deed) -> None:
        """Have *deed* done when the world has moved by that much."""
        self._to_come.append((self.now() + after, deed))

    async def move(self, by: timedelta) -> None:
        """Move the world, and do on the way what has come due."""
        end = self.now() + by
        for moment, deed in sorted(self._to_come, key=lambda one: one[0]):
            if moment <= end:
                self._to_come = [one for one in self._to_come if one[1] is not deed]
                self.advance(max(timedelta(0), moment - self.now()))
                await deed()
        self.advance(max(timedelta(0), end - self.now()))

    @property
    def idle(self) -> bool:
        """Whether nothing is to come any more."""
        return not self._to_come


class Deadline(float):
    """The end of a lease by this clock, whatever the machine's own says: what is left of it is what is left in the world."""

    clock: StillClock
    end: datetime

    @classmethod
    def of(cls, clock: StillClock, *, seconds: float) -> "Deadline":
        """So many seconds from now."""
        made = cls(seconds)
        made.clock, made.end = clock, clock.now() + timedelta(seconds=seconds)
        return made

    def __sub__(self, other: float) -> float:
        """Seconds that are left; *other* is the machine's clock, which does not count here."""
        return (self.end - self.clock.now()).total_seconds()
