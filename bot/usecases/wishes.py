"""Asking that a seat be left alone: the wish, and the exemption that an approver is then asked to decide."""

from datetime import datetime, timedelta

from bot.actor import Comeback, SlackPerson
from bot.jobs.exemptions import AnswerWish, EndExemption, ExemptionNews, FileExemption, PostExemption, RedrawExemption, TellExemption
from bot.settings import Settings
from bot.usecases.exemptions import show
from bot.usecases.progress import lock_with_plan
from bot.usecases.steps import audit_actor, enqueue
from storage import deliveries, exemptions, people, reclaims, seats
from storage.db import UnitOfWork
from storage.lifecycle import HOLDING_RECLAIMS, ExemptionStatus
from storage.seat_records import Exemption

LONGEST = timedelta(days=365)
MOST_WISHES = 10
"""Wishes of one person that nobody has decided yet: each is a card, and keeps a seat from being asked about."""


def wish(uow: UnitOfWork, job: FileExemption, *, delivery: str) -> bool:
    """Leave the wish in the outbox: a job finds out who asks, and whose seat it is. False when it was delivered before."""
    if not deliveries.claim(uow, delivery):
        return False
    enqueue(uow, job)
    return True


def refuse_wish(uow: UnitOfWork, job: FileExemption, *, news: str, facts: dict[str, str]) -> None:
    """Nothing is filed, and whoever asked reads why."""
    actor = SlackPerson(team_id=job.team_id, slack_id=job.slack_id)
    uow.audit("exemption.not_filed", actor=audit_actor(uow, actor), product=job.product, code=news)
    enqueue(uow, AnswerWish(slack_id=job.slack_id, news=news, facts=facts))


def file(uow: UnitOfWork, job: FileExemption, *, account_id: str, settings: Settings, facts: dict[str, str]) -> Exemption | None:
    """File the wish for *account_id*'s seat and have its card posted; None, and its author is told why, when there is nothing to file."""
    asker = people.find_or_add(uow, team_id=job.team_id, slack_id=job.slack_id)
    owner = people.find_or_add(uow, team_id=job.team_id, slack_id=job.owner_slack_id)
    until = datetime.fromisoformat(job.until)
    if exemptions.open_by(uow, asker.id) >= MOST_WISHES:
        refuse_wish(uow, job, news="exemption.too_many", facts=facts)
        return None
    if _is_taken(uow, account_id, job.product):
        refuse_wish(uow, job, news="exemption.too_late", facts=facts)
        return None
    _make_way(uow, account_id, job.product, until=until, asker=asker.id)
    asked = exemptions.ask(
        uow, account_id=account_id, product=job.product, asked_by=asker.id, owner_id=owner.id, reason=job.reason, until=until
    )
    if asked is None:
        refuse_wish(uow, job, news="exemption.there_is_one", facts=facts)
        return None
    actor = audit_actor(uow, SlackPerson(team_id=job.team_id, slack_id=job.slack_id))
    uow.audit("exemption.asked", actor=actor, exemption=asked.id, product=asked.product, owner=owner.id, until=job.until)
    enqueue(uow, PostExemption(exemption_id=asked.id, channel=settings.admin_channel))
    enqueue(uow, TellExemption(exemption_id=asked.id, slack_id=job.slack_id, news=ExemptionNews.ASKED.value))
    enqueue(uow, EndExemption(exemption_id=asked.id), due_at=until)
    show(uow, asked)
    return asked


def _is_taken(uow: UnitOfWork, account_id: str, product: str) -> bool:
    """Whether the seat is being taken, or was; its reclaim is locked, so that none begins beside a wish that is not stored yet."""
    planned = reclaims.open_of(uow, account_id, product)
    locked = lock_with_plan(uow, planned.id) if planned else None
    return locked is not None and locked.status in HOLDING_RECLAIMS


def _make_way(uow: UnitOfWork, account_id: str, product: str, *, until: datetime, asker: str) -> None:
    """
    End the seat's active exemption for one that would last longer; what was agreed still holds, whatever is decided now.

    Only for whoever asked for it, or whose seat it is. A seat has one exemption at a time, so the rest of the old one goes on as a keep.
    """
    current = exemptions.open_of(uow, account_id, product)
    if current is None or current.status is not ExemptionStatus.ACTIVE or until <= current.until:
        return
    if asker not in (current.asked_by, current.owner_id):
        return
    ended = exemptions.move(uow, current.id, source=ExemptionStatus.ACTIVE, target=ExemptionStatus.ENDED)
    if ended is None:
        return
    seat = seats.get(uow, account_id, product)
    kept_until = seat.kept_until if seat else None
    seats.keep(uow, account_id, product, max(current.until, kept_until or current.until))
    uow.audit("exemption.ended", actor=audit_actor(uow, Comeback()), exemption=ended.id, product=product, code="asked_for_longer")
    enqueue(uow, RedrawExemption(exemption_id=ended.id))
