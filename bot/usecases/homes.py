"""The Home tab: somebody opened it, and what it shows them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bot.actor import SlackPerson
from bot.figures.awaiting import Awaiting
from bot.jobs.notices import PublishHome
from bot.usecases import requests
from bot.usecases.pending import awaiting
from bot.usecases.steps import enqueue
from storage import access_requests, deliveries, exemptions, people, reclaims, warnings
from storage.db import UnitOfWork
from storage.lifecycle import OPEN_EXEMPTIONS, OPEN_WARNINGS, ReclaimStatus, RequestStatus
from storage.records import AccessRequest, Person, Reclaim
from storage.seat_records import Exemption, SeatWarning

LISTED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeFacts:
    """
    A person's own latest requests, their open warnings and exemptions, and the seats that they lost and may ask back.

    For approvers, `pending` are the requests that await a decision, and `awaiting` is all that waits.
    `owners` are the Slack ids of those whose seats the exemptions are about, by person id.
    """

    own: tuple[AccessRequest, ...]
    pending: tuple[AccessRequest, ...]
    warned: tuple[SeatWarning, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    lost: tuple[Reclaim, ...] = ()
    awaiting: Awaiting = field(default_factory=Awaiting)


def opened(uow: UnitOfWork, *, actor: SlackPerson, delivery: str) -> None:
    """Leave the drawing of *actor*'s Home tab in the outbox, once for each delivery."""
    if deliveries.claim(uow, delivery):
        enqueue(uow, PublishHome(team_id=actor.team_id, slack_id=actor.slack_id))


def facts(uow: UnitOfWork, *, actor: SlackPerson, decides: bool, products: Collection[str]) -> HomeFacts:
    """What *actor*'s Home tab shows; *decides* says whether they are an approver, *products* are keys."""
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
        lost=_lost(uow, person, products=products) if person else (),
        awaiting=awaiting(uow, products) if decides else Awaiting(),
    )


def _lost(uow: UnitOfWork, person: Person, *, products: Collection[str]) -> tuple[Reclaim, ...]:
    """What was taken of them and is not back: of the account that is linked to them, or that they were warned about."""
    linked = [(person.account_id, key) for key in products] if person.account_id else []
    seats = dict.fromkeys((*linked, *((one.account_id, one.product) for one in warnings.of_person(uow, person.id))))
    found = (reclaims.holding(uow, account_id, key) for account_id, key in seats if key in products)
    return tuple(one for one in found if one is not None and one.status is ReclaimStatus.TAKEN and _is_theirs(uow, one, person))


def _is_theirs(uow: UnitOfWork, reclaim: Reclaim, person: Person) -> bool:
    holder = people.linked_to(uow, reclaim.account_id)
    return holder is None or holder.id == person.id


def _warned(uow: UnitOfWork, person: Person) -> tuple[SeatWarning, ...]:
    """The questions that they were asked and that are not settled."""
    return tuple(one for one in warnings.of_person(uow, person.id) if one.status in OPEN_WARNINGS and one.sent_at is not None)
