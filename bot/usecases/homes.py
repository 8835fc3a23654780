"""The Home tab: somebody opened it, and what it shows them."""

from dataclasses import dataclass

from bot.actor import SlackPerson
from bot.jobs import PublishHome
from bot.usecases import requests
from bot.usecases.steps import enqueue
from storage import access_requests, deliveries
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest

LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """A person's own latest requests, and, for approvers, those that await a decision."""

    own: tuple[AccessRequest, ...]
    pending: tuple[AccessRequest, ...]


def opened(uow: UnitOfWork, *, actor: SlackPerson, delivery: str) -> None:
    """Leave the drawing of *actor*'s Home tab in the outbox, once for each delivery."""
    if deliveries.claim(uow, delivery):
        enqueue(uow, PublishHome(team_id=actor.team_id, slack_id=actor.slack_id))


def facts(uow: UnitOfWork, *, actor: SlackPerson, decides: bool) -> HomeFacts:
    """What *actor*'s Home tab shows; *decides* says whether they are an approver."""
    pending = access_requests.list_recent(uow, status=RequestStatus.PENDING, limit=LISTED) if decides else ()
    with_card = tuple(request for request in pending if request.card_ts is not None)
    return HomeFacts(own=requests.of_person(uow, actor=actor, limit=LISTED), pending=with_card)
