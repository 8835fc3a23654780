"""Warning the holders of idle seats: who they are in Slack, the message, its reminders, and how it stands."""

from dataclasses import dataclass
from datetime import datetime

from bot.codes import Kept, Undelivered
from bot.effects.kit import Kit
from bot.effects.looking import offered
from bot.effects.outcome import Done, Fact, GivenUp, Outcome
from bot.effects.posting import posted_before
from bot.idle.rules import plan_date, rules_of
from bot.jobs.warnings import RedrawWarning, RemindWarning, RetireWarning, SendWarning, WarnIdle
from bot.policy import PersonKind, Profile
from bot.slack.errors import SlackRefused
from bot.slack.messenger import Posted
from bot.slack.surfaces import warning as surface
from bot.slack.surfaces.warning import WarningView
from bot.usecases import warning_rounds
from bot.usecases import warnings as usecases
from bot.usecases.held import is_back
from bot.usecases.seasons import may_warn
from storage import exemptions, people, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import SeatActivity, WarningStatus
from storage.records import Job
from storage.seat_records import SeatWarning

_REACHED = frozenset({PersonKind.MEMBER, PersonKind.GUEST})
_ASKED = frozenset({WarningStatus.OPEN, WarningStatus.UNDELIVERABLE})
"""Whoever could not be warned before may be by now."""
_THEIRS = {
    "user_disabled": Undelivered.LEFT,
    "user_not_found": Undelivered.NO_SLACK_ACCOUNT,
    "users_not_found": Undelivered.NO_SLACK_ACCOUNT,
    "user_not_visible": Undelivered.NO_SLACK_ACCOUNT,
    "cannot_dm_bot": Undelivered.NOT_REACHABLE,
    "cannot_message_user": Undelivered.NOT_REACHABLE,
    "channel_not_found": Undelivered.NOT_REACHABLE,
}
"""What is about the person alone; anything else that Slack refuses is about the app, and says nothing of the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """
    A warning with what its holder is known by, `linked` being the Slack id of whoever is linked to the account.

    `why_not` is why they need not be asked, and `too_late` says that the plan it would speak of comes after the renewal.
    """

    warning: SeatWarning
    email: str | None
    linked: str | None
    why_not: Kept | None
    too_late: bool

    @property
    def slack_id(self) -> str | None:
        """Who it is, where that is known without the address; of somebody who could not be warned, only by what is known today."""
        if self.warning.status is WarningStatus.UNDELIVERABLE:
            return self.linked
        return self.warning.slack_id or self.linked


async def warn_idle(_: Job, payload: WarnIdle, kit: Kit) -> Outcome:
    """Drop the next needless warnings, or open the next ones."""
    return Done(fact=lambda uow: warning_rounds.follow_scan(uow, product=payload.product, after=payload.after, settings=kit.settings))


async def send_warning(job: Job, payload: SendWarning, kit: Kit) -> Outcome:
    """Ask the seat's holder, once; whoever can't be asked is noted, and whoever need not be any more is not."""
    question = await kit.database.read(lambda uow: _question(uow, payload.warning_id, kit))
    if question is None or question.warning.sent_at is not None or question.warning.status not in _ASKED:
        return Done()
    if question.why_not is not None:
        return _needless(question.warning, question.why_not)
    if question.too_late and question.warning.status is WarningStatus.OPEN:
        return _for_later(payload.warning_id)
    profile = await _holder(question, kit)
    nobody = _why_unreachable(profile, by_email=question.slack_id is None, email=question.email)
    if profile is None or nobody is not None:
        return _undeliverable(payload.warning_id, nobody or Undelivered.NO_SLACK_ACCOUNT, kit)
    if question.too_late:
        # Slack refused the message itself, which nobody can see before the next attempt: they stay noted as not reached.
        refused = question.warning.reason_code == Undelivered.NOT_REACHABLE.value
        return Done() if refused else _for_later(payload.warning_id)
    return await _ask(job, question.warning, profile, kit)


def _for_later(warning_id: str) -> Done:
    return Done(fact=lambda uow: usecases.postpone(uow, warning_id))


def _needless(warning: SeatWarning, code: Kept) -> Done:
    """It is dropped; but that the last scan could not read the seat says nothing of somebody whom nobody could warn before."""
    if warning.status is WarningStatus.UNDELIVERABLE and code in (Kept.UNKNOWN, Kept.TURNED_OFF):
        return Done()
    return Done(fact=lambda uow: usecases.drop(uow, warning.id, code=code))


def _question(uow: UnitOfWork, warning_id: str, kit: Kit) -> _Question | None:
    warning = warnings.get(uow, warning_id)
    if warning is None:
        return None
    seat, product = seats.get(uow, warning.account_id, warning.product), kit.settings.products.get(warning.product)
    owner = people.linked_to(uow, warning.account_id)
    return _Question(
        warning=warning,
        email=seat.email if seat else None,
        linked=owner.slack_id if owner else None,
        why_not=usecases.why_not(uow, warning, settings=kit.settings),
        too_late=product is not None and not may_warn(product, settings=kit.settings, now=uow.now),
    )


async def _holder(question: _Question, kit: Kit) -> Profile | None:
    """The person who was linked to the account, or else the one with its address."""
    if question.slack_id is not None:
        return await kit.directory.profile(question.slack_id)
    return await kit.directory.with_email(question.email) if question.email else None


def _why_unreachable(profile: Profile | None, *, by_email: bool, email: str | None) -> Undelivered | None:
    if profile is None:
        return Undelivered.NO_SLACK_ACCOUNT
    if profile.kind is PersonKind.DEACTIVATED:
        return Undelivered.LEFT
    if profile.kind not in _REACHED or not profile.slack_id:
        return Undelivered.NO_SLACK_ACCOUNT
    if not by_email:
        return None
    # An address that nobody has confirmed could be typed by anybody, to let go of what is another's.
    same = (profile.email or "").lower() == (email or "").lower()
    return None if same and profile.email_confirmed is not False else Undelivered.EMAIL_NOT_CONFIRMED


def _undeliverable(warning_id: str, code: Undelivered, kit: Kit) -> Done:
    return Done(fact=lambda uow: usecases.record_undeliverable(uow, warning_id, code=code, settings=kit.settings))


async def _ask(job: Job, warning: SeatWarning, profile: Profile, kit: Kit) -> Outcome:
    plan_at = plan_date(kit.now(), rules=rules_of(kit.settings.idle))
    team_id = kit.team.team_id
    # Before the message is there: an answer may come within the second, and only the one who was asked is heard.
    known = await kit.database.write(lambda uow: usecases.address(uow, warning.id, team_id=team_id, slack_id=profile.slack_id))
    view = await kit.database.read(lambda uow: _view(uow, warning.id, kit, plan_at=plan_at)) if known else None
    if view is None:
        return Done()
    try:
        channel = await kit.messenger.open_dm(profile.slack_id)
        earlier = await posted_before(job, channel, kit)
        posted = earlier or await kit.messenger.post(channel, surface.render(view), job_id=job.id)
    except SlackRefused as error:
        if error.code not in _THEIRS:
            raise
        return _undeliverable(warning.id, _THEIRS[error.code], kit)
    return Done(fact=_sent(warning.id, posted, kit, plan_at=plan_at, found=earlier is not None))


def _sent(warning_id: str, posted: Posted, kit: Kit, *, plan_at: datetime, found: bool) -> Fact:
    return lambda uow: usecases.record_sent(
        uow, warning_id, channel=posted.channel, ts=posted.ts, plan_at=plan_at, settings=kit.settings, found=found
    )


def sending_given_up(payload: SendWarning, kit: Kit, *, why: GivenUp) -> Fact:
    """Nobody was warned, so the seat is not taken; the next scan asks anew."""
    del kit
    code = why.details.get("code", why.code.value)
    return lambda uow: usecases.give_up(uow, payload.warning_id, code=code)


async def remind_warning(job: Job, payload: RemindWarning, kit: Kit) -> Outcome:
    """Ask once more below, if this is the reminder whose time it is, and nobody has answered."""
    view = await kit.database.read(lambda uow: _reminder(uow, payload, kit))
    if view is None or view.warning.slack_id is None:
        return Done()
    try:
        channel = await kit.messenger.open_dm(view.warning.slack_id)
        posted = await posted_before(job, channel, kit) or await kit.messenger.post(channel, surface.render(view), job_id=job.id)
    except SlackRefused as error:
        code = error.code
        return Done(fact=lambda uow: usecases.note_not_drawn(uow, payload.warning_id, code=code))
    return Done(
        fact=lambda uow: usecases.record_reminded(uow, payload.warning_id, number=payload.number, channel=posted.channel, ts=posted.ts)
    )


def _reminder(uow: UnitOfWork, payload: RemindWarning, kit: Kit) -> WarningView | None:
    """The warning as its reminder draws it; None when it is answered, needless, overtaken by a later reminder, or late."""
    view = _view(uow, payload.warning_id, kit, reminders=payload.number)
    if view is None or view.warning.status is not WarningStatus.OPEN or view.warning.sent_at is None:
        return None
    overtaken_at = datetime.fromisoformat(payload.next_at) if payload.next_at else view.plan_at
    is_its_turn = view.warning.reminders < payload.number and uow.now < overtaken_at
    return view if is_its_turn and usecases.why_not(uow, view.warning, settings=kit.settings) is None else None


async def redraw_warning(_: Job, payload: RedrawWarning, kit: Kit) -> Outcome:
    """Draw the message as the warning now stands."""
    view = await kit.database.read(lambda uow: _view(uow, payload.warning_id, kit))
    if view is None or view.warning.channel is None or view.warning.ts is None:
        return Done()
    try:
        await kit.messenger.update(view.warning.channel, view.warning.ts, surface.render(view))
    except SlackRefused as error:
        code = error.code
        return Done(fact=lambda uow: usecases.note_not_drawn(uow, payload.warning_id, code=code))
    return Done()


async def retire_warning(_: Job, payload: RetireWarning, kit: Kit) -> Outcome:
    """Take the buttons off the message that a reminder replaced."""
    view = await kit.database.read(lambda uow: _view(uow, payload.warning_id, kit))
    if view is None:
        return Done()
    try:
        await kit.messenger.update(payload.channel, payload.ts, surface.render_retired(view))
    except SlackRefused as error:
        code = error.code
        return Done(fact=lambda uow: usecases.note_not_drawn(uow, payload.warning_id, code=code))
    return Done()


def _view(
    uow: UnitOfWork, warning_id: str, kit: Kit, *, plan_at: datetime | None = None, reminders: int | None = None
) -> WarningView | None:
    """All that the message shows; *plan_at* for one that is not sent yet, *reminders* for one that is about to be."""
    warning = warnings.get(uow, warning_id)
    if warning is None:
        return None
    seat = seats.get(uow, warning.account_id, warning.product)
    return WarningView(
        warning=warning,
        reminders=warning.reminders if reminders is None else reminders,
        product=offered(kit.settings, warning.product),
        plan_at=warning.plan_at or plan_at or uow.now,
        now=uow.now,
        keep_days=kit.settings.idle.keep_days,
        last_used=seat.last_active_at if seat else None,
        never_used=seat is not None and seat.activity is SeatActivity.NEVER_ACTIVE,
        kept_until=seat.kept_until if seat else None,
        exemption=exemptions.open_of(uow, warning.account_id, warning.product),
        is_back=is_back(uow, warning),
    )
