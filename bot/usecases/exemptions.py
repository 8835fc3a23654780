"""Exemptions: a seat is left alone until a day, as somebody asked and an approver, who is neither of them, agreed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.actor import Actor, Comeback, SlackPerson
from bot.codes import Kept
from bot.jobs.exemptions import ExemptionNews, RedrawExemption, RedrawWish, TellExemption
from bot.jobs.notices import Whisper
from bot.policy import ApproverFacts, Refusal, may_exempt
from bot.usecases import homes
from bot.usecases.answers import Checking, Gone, NotAllowed, Seen
from bot.usecases.progress import lock_with_plan
from bot.usecases.reclaims import record_kept
from bot.usecases.steps import audit_actor, enqueue
from bot.usecases.warnings import drop, redraw
from storage import deliveries, exemptions, people, reclaims, warnings
from storage.db import UnitOfWork
from storage.lifecycle import UNBEGUN_RECLAIMS, ExemptionStatus
from storage.records import Person
from storage.seat_records import Exemption

REMIND_BEFORE = timedelta(days=7)
"""How long before its end the owner hears of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """This call decided the exemption, or took it back."""

    exemption: Exemption


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """Somebody or something was quicker."""

    exemption: Exemption


ExemptionAnswer = Moved | Over | NotAllowed | Checking | Gone | Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Who says what to which exemption; `words` are what a refusal tells, and answers are whispered in `channel`."""

    actor: SlackPerson
    exemption_id: str
    agrees: bool
    channel: str
    words: str | None = None


def decide(uow: UnitOfWork, verdict: Verdict, *, delivery: str, approvers: ApproverFacts) -> ExemptionAnswer:
    """Settle the exemption if it is open, *verdict* is its author's to give, and the facts are fresh; others are told by a whisper."""
    if not deliveries.claim(uow, delivery):
        return Seen(request=None)
    exemption = exemptions.lock(uow, verdict.exemption_id)
    if exemption is None:
        return Gone()
    if not approvers.fresh(uow.now):
        _whisper(uow, verdict, news="press_again")
        return Checking()
    actor = verdict.actor
    person = people.find_or_add(uow, team_id=actor.team_id, slack_id=actor.slack_id)
    refusal = may_exempt(person, exemption=exemption, approvers=approvers)
    if refusal is not None:
        return _refuse(uow, verdict, refusal=refusal)
    return _settle(uow, verdict, exemption=exemption, person=person)


def _settle(uow: UnitOfWork, verdict: Verdict, *, exemption: Exemption, person: Person) -> Moved | Over:
    target = ExemptionStatus.ACTIVE if verdict.agrees else ExemptionStatus.REFUSED
    if exemption.until <= uow.now:
        return _too_late(uow, verdict, exemption=exemption)
    words = None if verdict.agrees else verdict.words
    moved = exemptions.move(uow, exemption.id, source=ExemptionStatus.ASKED, target=target, decided_by=person.id, refusal=words)
    if moved is None:
        return _too_late(uow, verdict, exemption=exemption)
    actor = audit_actor(uow, verdict.actor)
    uow.audit(f"exemption.{target.value}", actor=actor, exemption=moved.id, product=moved.product)
    _follow(uow, moved, words=verdict.words)
    return Moved(exemption=moved)


def _refuse(uow: UnitOfWork, verdict: Verdict, *, refusal: Refusal) -> NotAllowed:
    actor = audit_actor(uow, verdict.actor)
    uow.audit("exemption.decision_refused", actor=actor, exemption=verdict.exemption_id, code=refusal.value)
    _whisper(uow, verdict, news=refusal.value)
    return NotAllowed(refusal=refusal)


def _too_late(uow: UnitOfWork, verdict: Verdict, *, exemption: Exemption) -> Over:
    _whisper(uow, verdict, news="decided_already")
    enqueue(uow, RedrawExemption(exemption_id=exemption.id))
    return Over(exemption=exemption)


def _whisper(uow: UnitOfWork, verdict: Verdict, *, news: str) -> None:
    enqueue(uow, Whisper(request_id=None, slack_id=verdict.actor.slack_id, channel=verdict.channel, news=news))


def _follow(uow: UnitOfWork, exemption: Exemption, *, words: str | None) -> None:
    """What a decision sets in motion: the card, the news, and for one that is active the seat's peace."""
    enqueue(uow, RedrawExemption(exemption_id=exemption.id))
    enqueue(uow, RedrawWish(exemption_id=exemption.id))
    _tell_both(uow, exemption, news=ExemptionNews(exemption.status.value), words=words)
    if exemption.status is ExemptionStatus.ACTIVE:
        _leave_alone(uow, exemption)
        remind_at = exemption.until - REMIND_BEFORE
        if remind_at > uow.now:
            _tell_owner(uow, exemption, news=ExemptionNews.ENDS_SOON, due_at=remind_at)
    show(uow, exemption)


def _leave_alone(uow: UnitOfWork, exemption: Exemption) -> None:
    """Out of any plan that has not begun, and its holder is not asked any more."""
    planned = reclaims.open_of(uow, exemption.account_id, exemption.product)
    locked = lock_with_plan(uow, planned.id) if planned else None
    if locked is not None and locked.status in UNBEGUN_RECLAIMS:
        record_kept(uow, locked.id, code=Kept.EXEMPT)
    warning = warnings.open_of(uow, exemption.account_id, exemption.product)
    if warning is not None:
        drop(uow, warning.id, code=Kept.EXEMPT)


def withdraw(uow: UnitOfWork, *, actor: SlackPerson, delivery: str, exemption_id: str) -> ExemptionAnswer:
    """Take back what *actor* asked for, or what was asked for them, before anybody has decided it."""
    if not deliveries.claim(uow, delivery):
        return Seen(request=None)
    exemption = exemptions.lock(uow, exemption_id)
    person = people.find(uow, team_id=actor.team_id, slack_id=actor.slack_id)
    if exemption is None or person is None or person.id not in (exemption.asked_by, exemption.owner_id):
        return Gone()
    homes.opened(uow, actor=actor, delivery=f"{delivery}:home")
    withdrawn = _withdraw(uow, exemption, actor=actor)
    return Moved(exemption=withdrawn) if withdrawn else Over(exemption=exemption)


def withdraw_own(uow: UnitOfWork, *, actor: SlackPerson, account_id: str, product: str) -> None:
    """Who lets a seat go does not ask any more that it be left alone."""
    exemption, person = exemptions.open_of(uow, account_id, product), people.find(uow, team_id=actor.team_id, slack_id=actor.slack_id)
    if exemption is not None and person is not None and person.id in (exemption.asked_by, exemption.owner_id):
        _withdraw(uow, exemption, actor=actor)


def _withdraw(uow: UnitOfWork, exemption: Exemption, *, actor: Actor) -> Exemption | None:
    withdrawn = exemptions.move(uow, exemption.id, source=ExemptionStatus.ASKED, target=ExemptionStatus.WITHDRAWN)
    if withdrawn is not None:
        uow.audit("exemption.withdrawn", actor=audit_actor(uow, actor), exemption=withdrawn.id, product=withdrawn.product)
        enqueue(uow, RedrawExemption(exemption_id=withdrawn.id))
        enqueue(uow, RedrawWish(exemption_id=withdrawn.id))
        show(uow, withdrawn)
    return withdrawn


def end(uow: UnitOfWork, exemption_id: str) -> None:
    """Its day has come: an active one ends, and one that nobody decided is of no use any more."""
    exemption = exemptions.lock(uow, exemption_id)
    if exemption is None or exemption.until > uow.now:
        return
    if exemption.status is ExemptionStatus.ASKED:
        undecided = _withdraw(uow, exemption, actor=Comeback())
        if undecided is not None:
            _tell_asker(uow, undecided, news=ExemptionNews.UNDECIDED)
        return
    ended = exemptions.move(uow, exemption_id, source=ExemptionStatus.ACTIVE, target=ExemptionStatus.ENDED)
    if ended is not None:
        uow.audit("exemption.ended", actor=audit_actor(uow, Comeback()), exemption=ended.id, product=ended.product)
        enqueue(uow, RedrawExemption(exemption_id=ended.id))
        _tell_owner(uow, ended, news=ExemptionNews.ENDED)


def _tell_both(uow: UnitOfWork, exemption: Exemption, *, news: ExemptionNews, words: str | None) -> None:
    for person_id in dict.fromkeys((exemption.asked_by, exemption.owner_id)):
        # Who did not ask need not hear that the answer is no.
        if news is ExemptionNews.ACTIVE or person_id == exemption.asked_by:
            slack_id = people.get(uow, person_id).slack_id
            enqueue(uow, TellExemption(exemption_id=exemption.id, slack_id=slack_id, news=news.value, words=words))


def _tell_asker(uow: UnitOfWork, exemption: Exemption, *, news: ExemptionNews) -> None:
    slack_id = people.get(uow, exemption.asked_by).slack_id
    enqueue(uow, TellExemption(exemption_id=exemption.id, slack_id=slack_id, news=news.value))


def _tell_owner(uow: UnitOfWork, exemption: Exemption, *, news: ExemptionNews, due_at: datetime | None = None) -> None:
    slack_id = people.get(uow, exemption.owner_id).slack_id
    enqueue(uow, TellExemption(exemption_id=exemption.id, slack_id=slack_id, news=news.value), due_at=due_at)


def show(uow: UnitOfWork, exemption: Exemption) -> None:
    """The warning of the seat, where there is one, says how its exemption stands."""
    warning = warnings.open_of(uow, exemption.account_id, exemption.product)
    if warning is not None:
        redraw(uow, warning)
