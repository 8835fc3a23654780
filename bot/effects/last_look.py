"""The last look before a seat is taken: whatever speaks against it by now leaves it where it is."""

from dataclasses import dataclass

from atlassian.errors import NotPermitted, Refused
from atlassian.holdings import Holdings
from atlassian.licences import HARMLESS_ROLES, LicenceGroup
from atlassian.tokens import used_since
from bot.codes import Kept
from bot.effects.kit import Kit
from bot.idle.inactivity import classify
from bot.idle.rules import rules_of
from bot.settings import Product
from bot.usecases.reclaims import is_exempt
from bot.usecases.scans import is_doubted
from bot.usecases.seasons import is_overtaken, renewed_at, words_from
from bot.usecases.seat_facts import SPARED, Memory, circle_of, facts_of, used_after
from storage import people, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import IDLE_ACTIVITIES, SeatActivity, WarningStatus
from storage.records import Reclaim
from storage.seat_records import Seat, SeatWarning

_ANSWERED = {WarningStatus.KEPT: Kept.KEPT, WarningStatus.DROPPED: Kept.ACTIVE_AGAIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the database knows of one seat that is to be taken."""

    reclaim: Reclaim
    seat: Seat | None
    warning: SeatWarning | None
    is_exempt: bool
    is_approver: bool
    is_doubted: bool


def remembered(uow: UnitOfWork, reclaim: Reclaim, kit: Kit) -> Remembered:
    """What is known of the reclaim's seat; an exemption that nobody has decided counts as one."""
    warning = warnings.get(uow, reclaim.warning_id) if reclaim.warning_id else None
    owner = people.linked_to(uow, reclaim.account_id)
    known_as = {owner.slack_id if owner else None, warning.slack_id if warning else None}
    return Remembered(
        reclaim=reclaim,
        seat=seats.get(uow, reclaim.account_id, reclaim.product),
        warning=warning,
        is_exempt=is_exempt(uow, reclaim.account_id, reclaim.product),
        is_approver=bool(known_as & kit.directory.approvers.slack_ids),
        is_doubted=is_doubted(uow, reclaim.product),
    )


async def why_kept(holdings: Holdings, known: Remembered, product: Product, kit: Kit) -> Kept | None:
    """
    Why the seat stays, by fresh facts; None when it may be taken.

    Only a seat whose holder was warned, or was named by an approver as somebody whom nobody could warn, and only while removal is on. What
    was planned for a renewal that has come is not taken after it: by then the seat is paid for.
    """
    if kit.settings.idle.mode != "reclaim":
        return Kept.TURNED_OFF
    if known.is_doubted:
        return Kept.UNKNOWN
    if _came_too_late(known.reclaim, product, kit):
        return Kept.RENEWED
    if holdings.user is None:
        return None
    groups = await kit.catalog.licence_groups(product.resource, product.role)
    return _by_facts(holdings, known, product, kit, groups=groups) or _by_warning(known, product, kit)


def _came_too_late(reclaim: Reclaim, product: Product, kit: Kit) -> bool:
    """Whether the product was renewed before anything of the removal began; what has begun goes on to its end."""
    renewed = renewed_at(product, settings=kit.settings, now=kit.now())
    return renewed is not None and reclaim.removal is None and reclaim.planned_at < renewed


async def has_token_in_use(holdings: Holdings, kit: Kit) -> bool:
    """
    Whether a script works with an API token of the account, as far as the key may see that: only for managed accounts.

    A call of its own, so it is asked last.
    """
    if holdings.user is None or holdings.user.claim_status == "unmanaged":
        return False
    try:
        tokens = await kit.client.api_tokens(holdings.user.account_id)
    except (Refused, NotPermitted):
        return False
    return used_since(tokens, kit.now() - rules_of(kit.settings.idle).after)


def _by_facts(holdings: Holdings, known: Remembered, product: Product, kit: Kit, *, groups: tuple[LicenceGroup, ...]) -> Kept | None:
    if holdings.user is None:
        return None
    seat, now = known.seat, kit.now()
    circle = circle_of(product.resource, licence_groups=groups, protected=kit.settings.idle.protected_groups)
    memory = Memory(
        now=now,
        seat=seat,
        is_exempt=known.is_exempt,
        is_admin=_administers(holdings, product.resource),
        # The scan knows the approvers' accounts by more than their link.
        is_approver=known.is_approver or (seat is not None and seat.activity is SeatActivity.PROTECTED),
    )
    facts = facts_of(holdings.user, circle=circle, memory=memory)
    found = classify(facts, rules=rules_of(kit.settings.idle), now=now)
    if found not in IDLE_ACTIVITIES:
        return SPARED[found]
    return Kept.UNKNOWN if seat is None else None


def _administers(holdings: Holdings, resource: str) -> bool:
    return any(row.held_roles - HARMLESS_ROLES for row in holdings.assignments if row.resource_id == resource)


def _by_warning(known: Remembered, product: Product, kit: Kit) -> Kept | None:
    warning = known.warning
    if warning is None:
        return Kept.NOT_WARNED
    if warning.status is WarningStatus.OPEN and (warning.sent_at is None or warning.plan_at is None or warning.plan_at > kit.now()):
        return Kept.NOT_WARNED
    if warning.status in _ANSWERED:
        return _ANSWERED[warning.status]
    # By the day of the plan: what counted then still does when the seat is taken. An older release may have planned by an older word.
    if is_overtaken(warning, words_from=words_from(product, settings=kit.settings, now=known.reclaim.planned_at)):
        return Kept.OVERTAKEN
    if known.seat is not None and used_after(known.seat, warning):
        return Kept.ACTIVE_AGAIN
    return Kept.NOT_WARNED if warning.status is WarningStatus.ENDED else None
