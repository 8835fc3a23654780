"""A grant that something undid: written down, and told to the admin channel once."""

from bot.actor import Comeback
from bot.settings import Settings
from bot.usecases.alerts import alert_channel
from bot.usecases.steps import audit_actor
from storage import access_requests, people
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, Person


def granted(uow: UnitOfWork, request_id: str) -> tuple[AccessRequest, Person] | None:
    """The request and its person, as long as its grant is what counts; None when access was asked for again since."""
    request = access_requests.get(uow, request_id)
    if request is None or request.status is not RequestStatus.GRANTED:
        return None
    latest = access_requests.latest_of(uow, request.person_id, product=request.product, limit=1)
    return (request, people.get(uow, request.person_id)) if latest[0].id == request_id else None


def record_undone(uow: UnitOfWork, request_id: str, *, settings: Settings, cause: str) -> None:
    """The access is gone again; *cause* is what probably took it, as nobody but Atlassian knows for certain."""
    uow.audit("access.undone", actor=audit_actor(uow, Comeback()), request_id=request_id, cause=cause)
    alert_channel(uow, settings=settings, news=f"undone.{cause}", facts={}, once=request_id, request_id=request_id)
