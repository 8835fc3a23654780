"""The queue for a product's seats: who is next."""

from bot.codes import Waiting
from bot.jobs.requests import Grant
from storage import access_requests, outbox
from storage.db import UnitOfWork
from storage.records import AccessRequest


def is_behind(uow: UnitOfWork, request: AccessRequest) -> bool:
    """Whether others who wait for the same seats come before *request*; whoever waits does for one that does not wait yet."""
    return _head(uow, request.product) not in (None, request.id)


def wake_queue(uow: UnitOfWork, product: str) -> None:
    """Have the next in the queue try now: a seat may have freed, or the place at its head."""
    head = _head(uow, product)
    if head is not None:
        outbox.hasten(uow, kind=Grant.kind, subject=f"request:{head}")


def _head(uow: UnitOfWork, product: str) -> str | None:
    # Nobody but the first: each in a long queue looks every few minutes, and each grant looks in the one writer of SQLite.
    return access_requests.first_waiting(uow, product, reason_code=Waiting.SEATS_EXHAUSTED.value)
