"""
Time that runs faster, for both worlds alike.

Leases, settle times and back-offs are half a minute and more; a thousand of them fit into minutes when the bot's clock, the steady clock of
its leases, its HTTP deadlines and the sandbox's clock all run at one multiple of the machine's. Delays of answers stay real, so they weigh
as many times more.
"""

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from sandbox.clock import Clock
from tests.torture.build import Change


class FastClock(Clock):
    """The sandbox's clock, `rate` times as fast as the machine's from now on."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate
        self.began, self._began_steady = datetime.now(UTC), time.monotonic()  # noqa: TID251 - the world's own time begins here

    def now(self) -> datetime:
        """The world's time."""
        return self.began + (super().now() - self.began) * self.rate

    def monotonic(self) -> float:
        """Seconds of the world."""
        return (super().monotonic() - self._began_steady) * self.rate

    @property
    def ahead(self) -> timedelta:
        """How far the world is ahead of the machine by now."""
        return self.now() - datetime.now(UTC)  # noqa: TID251 - it is compared with the machine's

    def environment(self) -> Mapping[str, str]:
        """What a process of a `fast` build needs to live in the same time."""
        return {"TORTURE_BEGAN": self.began.isoformat(), "TORTURE_RATE": str(self.rate)}


_NOW = """\
    import os

    began, real = datetime.fromisoformat(os.environ["TORTURE_BEGAN"]), datetime.now(UTC)
    return began + (real - began) * float(os.environ["TORTURE_RATE"])
"""


def fast(rate: float) -> tuple[Change, ...]:
    """The changes that make a build live *rate* times as fast; none for real time."""
    if rate == 1:
        return ()
    return (
        Change(path="bot/clock.py", old="    return datetime.now(UTC)\n", new=_NOW),
        Change(path="bot/worker.py", old="time.monotonic() + LEASE_SECONDS", new=f"{rate} * time.monotonic() + LEASE_SECONDS"),
        Change(path="bot/lease.py", old="deadline - time.monotonic()", new=f"deadline - {rate} * time.monotonic()"),
        Change(path="atlassian/transport.py", old="deadline_seconds: float = 10.0", new=f"deadline_seconds: float = {10 / rate}"),
        Change(path="bot/slack/calls.py", old="DEADLINE_SECONDS = 10\n", new=f"DEADLINE_SECONDS = {10 / rate}\n"),
    )


def clean_environment() -> dict[str, str]:
    """This shell's variables, without any that would configure a bot."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "ATLASSIAN_", "COMEBACK_", "DATABASE_"))}
