"""
Whether a side answers at all: after three calls in a row without an answer its buckets are paused, and then probed now and then.

Without it, two hundred approvals that wait for Atlassian or Slack to come back would ask it several times a second. What this process saw
is counted here; the pause is in rows, and so holds for every process and outlives this one. A job of the other side's bucket, as a grant
that asks Slack who somebody is, passes by these rows: `may_ask` holds its calls back, and forgets it when the rows say that it is over.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from atlassian.errors import Broken, Unreachable
from bot.jobs.base import ATLASSIAN
from bot.slack.errors import SlackAway, SlackHeld
from storage import outbox, pacing
from storage.db import UnitOfWork

SLACK = "slack"
FAILURES = 3
"""One lost call is the network's everyday life, and three in a row is an outage."""
ERRORS = {
    ATLASSIAN: (Unreachable.__name__, Broken.__name__),
    SLACK: (SlackAway.__name__, SlackHeld.__name__),
}
"""As which errors a job remembers that its side was away, and that nothing of it can have taken effect."""
PROBE = timedelta(seconds=pacing.PROBE_SECONDS)


@dataclass(slots=True, kw_only=True)
class Outage:
    """Counts what comes back from one side; *answers* tells how often it has answered this process so far."""

    answers: Callable[[], int]
    now: Callable[[], datetime]
    _in_a_row: int = 0
    _answers_then: int = 0
    _asked_at: datetime | None = None

    def note_failure(self) -> bool:
        """Count a call without an answer; whether that makes an outage."""
        answers = self.answers()
        self._in_a_row = self._in_a_row + 1 if answers == self._answers_then else 1
        self._answers_then = answers
        if self._in_a_row == FAILURES:
            self._asked_at = self.now()
        return self._in_a_row >= FAILURES

    def may_ask(self) -> bool:
        """Whether a call may go out: in an outage one of this process in half a minute, and whoever may, has asked."""
        if self._in_a_row < FAILURES or self.has_answered():
            return True
        now = self.now()
        # A clock that was set back must not make the wait longer.
        if self._asked_at is not None and timedelta(0) <= now - self._asked_at < PROBE:
            return False
        self._asked_at = now
        return True

    def has_answered(self) -> bool:
        """Whether the last that we know of it is an answer, not a failure."""
        return self._in_a_row == 0 or self.answers() != self._answers_then

    def forget(self) -> None:
        """Take an outage for over, as another process has found out; failures that are none yet still count."""
        if self._in_a_row >= FAILURES:
            self._in_a_row = 0


def begin(uow: UnitOfWork, side: str) -> None:
    """Pause all that goes to *side* until the first probe."""
    pacing.pause_side(uow, side, until=uow.now + PROBE)


def end(uow: UnitOfWork, side: str) -> None:
    """Let everything through again, also what met the outage on its own and waits for its next attempt."""
    if pacing.answered(uow, side):
        outbox.hasten_all(uow, errors=ERRORS[side])
