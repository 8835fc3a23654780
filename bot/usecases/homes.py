"""The Home tab: somebody opened it, and what it shows them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.actor import SlackPerson
from bot.jobs import PublishHome
from bot.usecases import requests
from bot.usecases.steps import enqueue
from storage import access_requests, deliveries, exemptions, people, warnings
from storage.db import UnitOfWork
from storage.lifecycle import OPEN_EXEMPTIONS, OPEN_WARNINGS, RequestStatus
from storage.records import AccessRequest, Person
from storage.seat_records import Exemption, SeatWarning

LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """
    A person's own latest requests, their open warnings and exemptions, and, for approvers, the requests that await a decision.

    `owners` are the Slack ids of those whose seats the exemptions are about, by person id.
    """

    own: tuple[AccessRequest, ...]
    pending: tuple[AccessRequest, ...]
    warned: tuple[SeatWarning, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)


def opened(uow: UnitOfWork, *, actor: SlackPerson, delivery: str) -> None:
    """Leave the drawing of *actor*'s Home tab in the outbox, once for each delivery."""
    if deliveries.claim(uow, delivery):
        enqueue(uow, PublishHome(team_id=actor.team_id, slack_id=actor.slack_id))


def facts(uow: UnitOfWork, *, actor: SlackPerson, decides: bool) -> HomeFacts:
    """What *actor*'s Home tab shows; *decides* says whether they are an approver."""
    pending = access_requests.list_recent(uow, status=RequestStatus.PENDING, limit=LISTED) if decides else ()
    with_card = tuple(request for request in pending if request.card_ts is not None)
    person = people.find(uow, team_id=actor.team_id, slack_id=actor.slack_id)
    exempt = tuple(one for one in exemptions.of_person(uow, person.id) if one.status in OPEN_EXEMPTIONS) if person else ()
    return HomeFacts(
        own=requests.of_person(uow, actor=actor, limit=LISTED),
        pending=with_card,
        warned=_warned(uow, person) if person else (),
        exemptions=exempt,
        owners={one.owner_id: people.get(uow, one.owner_id).slack_id for one in exempt},
    )


def _warned(uow: UnitOfWork, person: Person) -> tuple[SeatWarning, ...]:
    """The questions that they were asked and that are not settled."""
    return tuple(one for one in warnings.of_person(uow, person.id) if one.status in OPEN_WARNINGS and one.sent_at is not None)
