"""
The worker: claim due jobs, do their effects, finish them; a leased job is nobody else's.

Finishing is a compare-and-set on the lease, in the same unit as the fact, so a job that was retaken meanwhile records nothing twice.
"""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from pydantic import ValidationError

from bot import lease, outage, trouble
from bot.effects.kit import Kit
from bot.effects.outcome import Again, Done, Outcome
from bot.effects.registry import EFFECTS
from bot.trouble import Ending
from storage import outbox, pacing
from storage.db import UnitOfWork
from storage.errors import LeaseLost, StorageError
from storage.records import Job

LEASE_SECONDS = 30
AT_ONCE = 8
AT_ONCE_FOR_ONE_SIDE = 4
"""
httpx spends 0.85 ms of CPU on a call with 4 in flight and 2.2 ms with 500: a few at once drain the queue fastest. And when Atlassian
hangs, each of its jobs holds its place for 10 s: half of the places are left for Slack, whose cards and messages go on.
"""
IDLE_LOOK = timedelta(seconds=1)

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Worker:
    """
    Works the outbox, or only the jobs of some `kinds`, until it is stopped; `wake` may be called from any thread.

    What this release does not know it leaves alone: during a deploy the next release's worker does it.
    """

    kit: Kit
    jitter: Callable[[float], float]
    kinds: frozenset[str] = frozenset(EFFECTS)
    _bell: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[asyncio.Task[None], str | None] = field(default_factory=dict)
    _loop: asyncio.AbstractEventLoop | None = None
    _stopping: bool = False
    _drain_seconds: float = 0.0

    def wake(self) -> None:
        """Look for due jobs now rather than at the next look."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._bell.set)

    async def run(self) -> None:
        """Work until `stop`, then give running jobs their time; what is cut off stays leased and is retaken."""
        self._loop = asyncio.get_running_loop()
        while not self._stopping:
            self._bell.clear()
            await self._rest(until=await self._claim())
        await self._drain()

    def stop(self, *, drain_seconds: float) -> None:
        """Claim nothing more, and end `run` within *drain_seconds*."""
        self._stopping = True
        self._drain_seconds = drain_seconds
        self._bell.set()

    async def _drain(self) -> None:
        if not self._running:
            return
        _, late = await asyncio.wait(self._running, timeout=self._drain_seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _claim(self) -> datetime | None:
        """Begin what may begin now; when something may again, None when only a job that ends or comes changes that."""
        room = AT_ONCE - len(self._running)
        if room <= 0:
            return None
        deadline, at_work = time.monotonic() + LEASE_SECONDS, tuple(self._running.values())
        try:
            claimed, due, away = await self.kit.database.write(lambda uow: self._claimed(uow, room=room, at_work=at_work))
        except StorageError as error:
            log.warning("outbox.unavailable", error=type(error).__name__)
            return None
        for side in self.kit.outages.keys() - away:
            self.kit.outages[side].forget()
        for job in claimed:
            task = asyncio.create_task(self._work(job, deadline=deadline))
            self._running[task] = job.bucket
            task.add_done_callback(self._done)
        return due if len(claimed) < room else None

    def _claimed(
        self, uow: UnitOfWork, *, room: int, at_work: tuple[str | None, ...]
    ) -> tuple[tuple[Job, ...], datetime | None, frozenset[str]]:
        """The jobs to begin, when others may be claimed beside them and those *at_work*, and the sides that are away."""
        hands = outbox.Hands(AT_ONCE_FOR_ONE_SIDE, at_work)
        jobs = outbox.claim(uow, lease_seconds=LEASE_SECONDS, limit=room, kinds=self.kinds, hands=hands)
        hands = outbox.Hands(AT_ONCE_FOR_ONE_SIDE, (*at_work, *(job.bucket for job in jobs)))
        return jobs, outbox.next_due(uow, kinds=self.kinds, hands=hands), pacing.away(uow)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._bell.set()

    async def _rest(self, *, until: datetime | None) -> None:
        pause = IDLE_LOOK.total_seconds()
        if until is not None:
            pause = min(pause, max(0.02, (until - self.kit.now()).total_seconds()))
        try:
            async with asyncio.timeout(pause):
                await self._bell.wait()
        except TimeoutError:
            return

    async def _work(self, job: Job, *, deadline: float) -> None:
        lease.enter(deadline)
        try:
            await self._try(job)
        except LeaseLost:
            log.warning("job.lease_lost", job=job.id, kind=job.kind)
        except StorageError as error:
            # The lease runs out and the job is retaken: read before write keeps the outside right.
            log.warning("job.not_finished", job=job.id, kind=job.kind, error=type(error).__name__)

    async def _try(self, job: Job) -> None:
        """Do the effect, and store how it ended; what fails in either is recorded, never lost."""
        attempt = self._attempt(job)
        if attempt is None:
            await self.kit.database.write(lambda uow: outbox.bury(uow, job, error="unreadable"))
            return
        answers = self._answers()
        try:
            outcome = await attempt.effect.run(job, attempt.payload, self.kit)
            large = isinstance(outcome, Done) and outcome.large
            await self.kit.database.write(self._with_returns(_ending(job, outcome), answers=answers), alone=large)
        except StorageError:
            raise
        except Exception as error:  # the one place where a job's failure ends
            await self.kit.database.write(self._with_returns(trouble.ending(error, attempt), answers=answers))

    def _answers(self) -> Mapping[str, int]:
        return {side: one.answers() for side, one in self.kit.outages.items()}

    def _with_returns(self, ending: Ending, *, answers: Mapping[str, int]) -> Ending:
        """*ending*, and the end of the outage of each side that has answered anybody since there were *answers*."""
        outages = self.kit.outages
        back = [side for side, count in self._answers().items() if count != answers[side] and outages[side].has_answered()]
        if not back:
            return ending

        def unit(uow: UnitOfWork) -> None:
            ending(uow)
            for side in back:
                outage.end(uow, side)

        return unit

    def _attempt(self, job: Job) -> trouble.Attempt | None:
        """The job as this release understands it; None when it does not."""
        effect = EFFECTS[job.kind]
        try:
            payload = effect.parse(job)
        except ValidationError as error:
            log.error("job.unreadable", job=job.id, kind=job.kind, errors=error.error_count())
            return None
        return trouble.Attempt(job=job, payload=payload, effect=effect, kit=self.kit, jitter=self.jitter)


def _ending(job: Job, outcome: Outcome) -> Ending:
    def finish(uow: UnitOfWork) -> None:
        if isinstance(outcome, Done):
            outbox.finish(uow, job)
        elif isinstance(outcome, Again):
            outbox.again(uow, job, due_at=outcome.due_at, counted=False)
        outcome.fact(uow)

    return finish
