"""The queue for a product's seats: who is next."""

from bot.codes import Waiting
from bot.jobs.requests import Grant
from storage import access_requests, outbox
from storage.db import UnitOfWork
from storage.records import AccessRequest


def ahead_of(uow: UnitOfWork, request: AccessRequest) -> int:
    """How many wait for the same seats and were approved before *request*; all of them for one that does not wait yet."""
    queue = [one.id for one in _queue(uow, request.product)]
    return queue.index(request.id) if request.id in queue else len(queue)


def wake_queue(uow: UnitOfWork, product: str) -> None:
    """Have the next in the queue try now: a seat may have freed, or the place at its head."""
    head = next(iter(_queue(uow, product)), None)
    if head is not None:
        outbox.hasten(uow, kind=Grant.kind, subject=f"request:{head.id}")


def _queue(uow: UnitOfWork, product: str) -> list[AccessRequest]:
    return [one for one in access_requests.waiting(uow, product) if one.reason_code == Waiting.SEATS_EXHAUSTED.value]
