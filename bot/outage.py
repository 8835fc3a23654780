"""
Whether Atlassian answers at all: after three calls in a row without an answer its bucket is paused, and then probed now and then.

Without it, two hundred approvals that wait for Atlassian to come back would ask it several times a second. What this process saw is
counted here; the pause is a row, and so holds for every process and outlives this one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from bot.jobs.base import ATLASSIAN
from storage import pacing
from storage.db import UnitOfWork

FAILURES = 3
"""One lost call is the network's everyday life, and three in a row is an outage."""


@dataclass(slots=True)
class Outage:
    """Counts what comes back from Atlassian; *answers* tells how often it has answered so far."""

    answers: Callable[[], int]
    _in_a_row: int = 0
    _answers_then: int = 0

    def note_failure(self) -> bool:
        """Count a call without an answer; whether that makes an outage."""
        answers = self.answers()
        self._in_a_row = self._in_a_row + 1 if answers == self._answers_then else 1
        self._answers_then = answers
        return self._in_a_row >= FAILURES


def begin(uow: UnitOfWork) -> None:
    """Pause all that goes to Atlassian until the first probe."""
    pacing.pause(uow, ATLASSIAN, until=uow.now + timedelta(seconds=pacing.PROBE_SECONDS), reason=pacing.OUTAGE)


def end(uow: UnitOfWork) -> None:
    """Let everything through again."""
    pacing.answered(uow, ATLASSIAN)
