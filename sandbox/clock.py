"""The one clock of a simulated world."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Self


class Clock:
    """Real time plus an offset, which only grows once the world has begun; every date of the sandbox comes from here."""

    def __init__(self, offset: timedelta = timedelta(0)) -> None:
        self._offset = offset

    @classmethod
    def beginning(cls, at: datetime) -> Self:
        """A world in which it is that time (aware) now, whatever the machine's clock says."""
        return cls(at - datetime.now(UTC))  # noqa: TID251 - the one home of time in the sandbox

    @property
    def offset(self) -> timedelta:
        """How far this world is ahead of the machine's clock; negative where it began in the past."""
        return self._offset

    def now(self) -> datetime:
        """The world's time, aware, in UTC."""
        return datetime.now(UTC) + self._offset  # noqa: TID251 - the one home of time in the sandbox

    def monotonic(self) -> float:
        """Seconds for measuring durations; jumps with `advance`, never goes back."""
        return time.monotonic() + self._offset.total_seconds()

    def advance(self, by: timedelta) -> datetime:
        """Move the world *by* this much and return its new time; raises ValueError for a step back."""
        if by < timedelta(0):
            raise ValueError("time moves forward only")
        self._offset += by
        return self.now()

    async def sleep(self, seconds: float) -> None:
        """Wait *seconds* of real time (a slow answer is slow for the caller, whatever this world's date is)."""
        await asyncio.sleep(seconds)
