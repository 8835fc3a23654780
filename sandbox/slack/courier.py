"""
Carries what happens in the workspace to the app, and keeps the record of it.

Commands, clicks and submissions are sent once. Events are repeated until acknowledged: over HTTP at once, after one and after five minutes
(https://docs.slack.dev/apis/events-api#retries); in Socket Mode after 4 s, then once more under the first envelope_id with retry_attempt 0
(observed in slackapi/bolt-js#2487), then like HTTP. While nothing is connected events are kept, and what arrives later says it is a retry.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from dataclasses import dataclass

from sandbox.clock import Clock
from sandbox.slack.deliveries import Answer, Delivery, Envelope, Journal, Json, Outcome, Outgoing, Retry, Transport
from sandbox.slack.ids import Ids

POLL_SECONDS = 0.2
"""How often a pending repetition looks whether the world's clock was moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One planned attempt: so many seconds after the one before failed; `number` 0 does not say that it is a retry."""

    after_seconds: float
    number: int
    same_envelope: bool = False


HTTP_ATTEMPTS = (
    Attempt(after_seconds=0, number=0),
    Attempt(after_seconds=0, number=1),
    Attempt(after_seconds=60, number=2),
    Attempt(after_seconds=300, number=3),
)
SOCKET_ATTEMPTS = (
    Attempt(after_seconds=0, number=0, same_envelope=True),
    Attempt(after_seconds=1, number=1),
    Attempt(after_seconds=12, number=0, same_envelope=True),
    Attempt(after_seconds=60, number=2),
    Attempt(after_seconds=300, number=3),
)


class Courier:
    """Delivers by *transport*; `noted` is called whenever the record of a delivery changes."""

    def __init__(self, transport: Transport, *, clock: Clock, ids: Ids, noted: Callable[[Delivery], None]) -> None:
        self.transport = transport
        self.journal = Journal()
        self._clock = clock
        self._ids = ids
        self._noted = noted
        self._tasks: set[asyncio.Task[None]] = set()

    async def ask(self, envelope: Envelope, payload: Json, *, kind: str, what: str, user: str, takes_answer: bool = False) -> Delivery:
        """Send once and wait for the ack, three seconds at most; the answer is in the record."""
        delivery = self._record(payload, kind=kind, what=what, user=user)
        outgoing = Outgoing(id=self._ids.uuid(), envelope=envelope, payload=payload, takes_answer=takes_answer)
        await self._attempt(delivery, outgoing, retry=None)
        return delivery

    def tell(self, payload: Json, *, what: str, user: str = "") -> Delivery:
        """Begin to deliver an event, repeated as Slack does; the record changes as it goes on."""
        delivery = self._record(payload, kind="event", what=what, user=user)
        outgoing = Outgoing(id=self._ids.uuid(), envelope=Envelope.EVENT, payload=payload)
        task = asyncio.ensure_future(self._insist(delivery, outgoing))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return delivery

    async def close(self) -> None:
        """Stop repeating and close the transport."""
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.transport.close()

    def _record(self, payload: Json, *, kind: str, what: str, user: str) -> Delivery:
        delivery = Delivery(id=self._ids.new("Dl", 12), kind=kind, what=what, user=user, at=self._clock.now(), payload=payload)
        self.journal.add(delivery)
        return delivery

    async def _insist(self, delivery: Delivery, outgoing: Outgoing) -> None:
        reason = "timeout"
        waited_for_connection = not self.transport.connected
        for attempt in SOCKET_ATTEMPTS if self.transport.mode == "socket" else HTTP_ATTEMPTS:
            await self._until_due(attempt.after_seconds)
            await self.transport.wait_connected()
            number = max(attempt.number, 1) if waited_for_connection else attempt.number
            waited_for_connection = False
            sent = outgoing if attempt.same_envelope else dataclasses.replace(outgoing, id=self._ids.uuid())
            answer = await self._attempt(delivery, sent, retry=Retry(number=number, reason=reason) if number else None)
            if answer.outcome is Outcome.OK or answer.no_retry:
                return
            reason = answer.reason

    async def _until_due(self, after_seconds: float) -> None:
        due = self._clock.monotonic() + after_seconds
        while (left := due - self._clock.monotonic()) > 0:
            await self._clock.sleep(min(left, POLL_SECONDS))

    async def _attempt(self, delivery: Delivery, outgoing: Outgoing, *, retry: Retry | None) -> Answer:
        started = asyncio.get_running_loop().time()
        answer = await self.transport.send(outgoing, retry=retry, late=lambda ms: self._note_late(delivery, ms))
        delivery.attempts += 1
        delivery.outcome = answer.outcome
        delivery.answer = answer.body
        if answer.outcome is Outcome.OK:
            delivery.ack_ms = round((asyncio.get_running_loop().time() - started) * 1000, 1)
        self._noted(delivery)
        return answer

    def _note_late(self, delivery: Delivery, milliseconds: float) -> None:
        delivery.late_ack_ms = round(milliseconds, 1)
        self._noted(delivery)
