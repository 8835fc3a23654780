"""A unit of work on its way through a database thread, and the answer on its way back to whoever waits."""

import asyncio
import concurrent.futures
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from storage.unit import UnitOfWork

log = logging.getLogger(__name__)

Work = Callable[[UnitOfWork], Any]
AnyFuture = asyncio.Future[Any] | concurrent.futures.Future[Any]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Waiting:
    """Work, and the future of the one who waits for it: of *loop*, or of a blocked thread when that is None. See `Database.write`."""

    work: Work
    future: AnyFuture
    loop: asyncio.AbstractEventLoop | None
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of the work: `error` tells, and `value` counts only without one. `callbacks` wait for COMMIT."""

    waiting: Waiting
    value: Any = None
    error: BaseException | None = None
    callbacks: tuple[Callable[[], None], ...] = ()


def run(uow: UnitOfWork, work: Work) -> Any:
    """What *work* returns, once its audit entries are in the chain."""
    value = work(uow)
    uow.seal()
    return value


def call_back(callbacks: Iterable[Callable[[], None]]) -> None:
    """Call each; one that fails is logged and spoils nothing, as the facts are stored already."""
    for callback in callbacks:
        try:
            callback()
        except Exception:
            log.exception("storage.callback_failed")


def deliver(answers: Iterable[Answer]) -> None:
    """Hand every answer to its waiter, with one wake-up for each event loop; a loop that is closed has no waiters left."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[Answer]] = defaultdict(list)
    for answer in answers:
        by_loop[answer.waiting.loop].append(answer)
    for loop, batch in by_loop.items():
        if loop is None:
            _settle(batch)
            continue
        try:
            loop.call_soon_threadsafe(_settle, batch)
        except RuntimeError:
            log.warning("storage.waiters_gone", extra={"count": len(batch)})


def _settle(answers: list[Answer]) -> None:
    for answer in answers:
        future = answer.waiting.future
        if future.done():  # given up, or cancelled
            continue
        if answer.error is None:
            future.set_result(answer.value)
        else:
            future.set_exception(answer.error)
