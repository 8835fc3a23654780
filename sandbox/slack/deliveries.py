"""
What Slack sends to the app, and how it timed each: from the event to the ack, three real seconds at most.

https://docs.slack.dev/interactivity/handling-user-interaction : HTTP 200 or a Socket Mode ack within 3 s.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

Json = dict[str, Any]

ACK_SECONDS = 3.0
LATE_SECONDS = 60.0
"""How long a late answer is still looked out for, to note it; Slack itself only stops waiting."""
KEPT = 20_000


class Outcome(StrEnum):
    """How a delivery ended for the person who caused it."""

    WAITING = "waiting"
    OK = "ok"
    OPERATION_TIMEOUT = "operation_timeout"
    DISPATCH_FAILED = "dispatch_failed"


class Envelope(StrEnum):
    """The three kinds of delivery, by their Socket Mode names."""

    COMMAND = "slash_commands"
    INTERACTIVE = "interactive"
    EVENT = "events_api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One thing to deliver; `takes_answer` when the ack may carry a body that Slack acts upon. `id` is its envelope_id."""

    id: str
    envelope: Envelope
    payload: Json
    takes_answer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Which repetition this is, 1 to 3, and why."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back for one attempt: `body` is parsed JSON, or text; `reason` is Slack's word for a failure."""

    outcome: Outcome
    body: Json | str | None = None
    status: int | None = None
    reason: str = "http_timeout"
    no_retry: bool = False


@dataclass(slots=True, kw_only=True)
class Delivery:
    """The record of one thing that happened; `ack_ms` is from the event to the ack that counted, `late_ack_ms` to one past the limit."""

    id: str
    kind: str
    what: str
    user: str
    at: datetime
    outcome: Outcome = Outcome.WAITING
    ack_ms: float | None = None
    late_ack_ms: float | None = None
    attempts: int = 0
    answer: Json | str | None = field(default=None, repr=False)
    payload: Json = field(default_factory=dict, repr=False)

    def wire(self) -> Json:
        """The row that the page shows."""
        return {
            "id": self.id,
            "kind": self.kind,
            "what": self.what,
            "user": self.user,
            "at": self.at.isoformat(),
            "outcome": self.outcome.value,
            "ack_ms": self.ack_ms,
            "late_ack_ms": self.late_ack_ms,
            "attempts": self.attempts,
        }


class Transport(Protocol):
    """A way to the app: Socket Mode or HTTP."""

    @property
    def mode(self) -> str:
        """`socket` or `http`."""

    @property
    def connected(self) -> bool:
        """Whether a delivery sent now could arrive."""

    async def wait_connected(self) -> None:
        """Return once `connected` holds."""

    async def send(self, outgoing: Outgoing, *, retry: Retry | None, late: Callable[[float], None]) -> Answer:
        """One attempt, at most three seconds; `late` is called with the milliseconds when an ack comes after that."""

    async def close(self) -> None:
        """Let go of sockets and tasks."""


class Journal:
    """The deliveries so far, oldest first; the oldest of very many are forgotten."""

    def __init__(self) -> None:
        self._rows: deque[Delivery] = deque(maxlen=KEPT)

    def add(self, delivery: Delivery) -> None:
        """Keep *delivery*, which goes on changing."""
        self._rows.append(delivery)

    def all(self) -> list[Delivery]:
        """Every delivery that is remembered."""
        return list(self._rows)

    def last(self, count: int) -> list[Delivery]:
        """The newest *count*, oldest first."""
        return list(self._rows)[-count:]
