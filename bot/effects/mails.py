"""
Mail to people whom Slack does not reach: one warning, and one word when their seat was taken.

A mail has no idempotency key, and nobody can look whether it arrived. So it is sent at most once: the intent is stored when the server has
accepted the address, and a job that finds one sends nothing. What is lost that way is a mail, and the lists say so; the seat is safe
anyway, as no mail ever counts as a warning that was delivered.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from bot.effects.kit import Kit
from bot.effects.looking import offered
from bot.effects.outcome import Done, Fact, GivenUp, Outcome
from bot.idle.rules import plan_date, rules_of
from bot.jobs.outgoing import MailTaken, MailWarning
from bot.letters import House, Letter, taken_letter, warning_letter
from bot.mail import Mail, MailAway, Mailer, MailNotAllowed, MailRefused, MailUnknown
from bot.settings import Product
from bot.usecases import mailing
from bot.usecases.mailing import Matter
from bot.usecases.warnings import why_not
from storage import mails, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import WarningStatus
from storage.outgoing_records import MailStatus
from storage.records import Job

NO_ADDRESS, TOO_LATE, INTERRUPTED = "no_address", "too_late", "interrupted"
NEWS_LASTS = timedelta(days=7)
"""A seat that was taken longer ago is no news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Draft:
    """A letter that may go now, and to whom; or, with `to` or `letter` None, the code of why none does."""

    to: str | None = None
    letter: Letter | None = None
    code: str = ""


async def mail_warning(job: Job, payload: MailWarning, kit: Kit) -> Outcome:
    """Warn by mail, unless the warning is settled, or too late to be of use."""
    return await _send(job, mailing.of_warning(payload.warning_id), kit, draft=lambda uow: _warning(uow, payload.warning_id, kit))


async def mail_taken(job: Job, payload: MailTaken, kit: Kit) -> Outcome:
    """Tell by mail that a seat was taken, unless it is back or that is long ago."""
    return await _send(job, mailing.of_reclaim(payload.reclaim_id), kit, draft=lambda uow: _taken(uow, payload.reclaim_id, kit))


async def _send(job: Job, matter: Matter, kit: Kit, *, draft: Callable[[UnitOfWork], _Draft | None]) -> Outcome:
    before = await kit.database.read(lambda uow: mails.of(uow, matter.about))
    if before is not None:
        interrupted = before.status is MailStatus.BEGUN
        return Done(fact=lambda uow: mailing.record_unknown(uow, matter, code=INTERRUPTED)) if interrupted else Done()
    found = await kit.database.read(draft)
    mailer = kit.mailer
    if found is None or mailer is None:
        return Done()
    if found.to is None or found.letter is None:
        return Done(fact=lambda uow: mailing.record_not_sent(uow, matter, code=found.code))
    mail = Mail(id=job.id, to=found.to, subject=found.letter.subject, text=found.letter.text, at=kit.now())
    return Done(fact=await _outcome(mail, matter, mailer, kit))


async def _outcome(mail: Mail, matter: Matter, mailer: Mailer, kit: Kit) -> Fact:
    """What to record of the one attempt; raises MailAway or MailNotAllowed when nothing was sent, and then it may be tried again."""

    begun = False

    async def begin() -> None:
        nonlocal begun
        begun = await kit.database.write(lambda uow: mails.begin(uow, matter.about))
        if not begun:
            raise MailUnknown(INTERRUPTED)

    try:
        await mailer.send(mail, before_text=begin)
    except MailRefused as error:
        code = error.code
        return lambda uow: mailing.record_refused(uow, matter, code=code)
    except MailUnknown as error:
        code = error.code
        return lambda uow: mailing.record_unknown(uow, matter, code=code)
    except (MailAway, MailNotAllowed):
        # Only what this attempt began: after a lost lease another one may be in the middle of the text.
        if begun:
            await kit.database.write(lambda uow: mails.release(uow, matter.about))
        raise
    return lambda uow: mailing.record_accepted(uow, matter)


def _warning(uow: UnitOfWork, warning_id: str, kit: Kit) -> _Draft | None:
    warning = warnings.get(uow, warning_id)
    if warning is None or warning.status is not WarningStatus.UNDELIVERABLE or why_not(uow, warning, settings=kit.settings) is not None:
        return None
    seat = seats.get(uow, warning.account_id, warning.product)
    plan_at, zone = plan_date(warning.created_at, rules=rules_of(kit.settings.idle)), ZoneInfo(kit.settings.timezone)
    if uow.now >= plan_at:
        return _Draft(code=TOO_LATE)
    used = seat.last_active_at if seat else None
    product = offered(kit.settings, warning.product)
    letter = warning_letter(
        product=product.name,
        last_used=used.astimezone(zone).date() if used else None,
        plan_on=plan_at.astimezone(zone).date(),
        house=_house(product, kit),
    )
    return _Draft(to=seat.email if seat else None, letter=letter, code=NO_ADDRESS)


def _taken(uow: UnitOfWork, reclaim_id: str, kit: Kit) -> _Draft | None:
    reclaim = reclaims.get(uow, reclaim_id)
    if reclaim is None or reclaim.taken_at is None or reclaim.returned_at is not None:
        return None
    if uow.now - reclaim.taken_at > NEWS_LASTS:
        return _Draft(code=TOO_LATE)
    seat = seats.former(uow, reclaim.product, [reclaim.account_id]).get(reclaim.account_id)
    product = offered(kit.settings, reclaim.product)
    letter = taken_letter(
        product=product.name,
        taken_on=reclaim.taken_at.astimezone(ZoneInfo(kit.settings.timezone)).date(),
        house=_house(product, kit),
    )
    return _Draft(to=seat.email if seat else None, letter=letter, code=NO_ADDRESS)


def _house(product: Product, kit: Kit) -> House:
    site = product.link or kit.settings.atlassian_site_url
    return House(site=urlsplit(site).hostname if site else None, contact=kit.settings.mail.contact, workspace=_workspace(kit))


def _workspace(kit: Kit) -> str | None:
    """The workspace by its address, as people type it."""
    return kit.team.url.removeprefix("https://").rstrip("/") or None


def mailing_given_up(payload: MailWarning | MailTaken, kit: Kit, *, why: GivenUp) -> Fact:
    """No server took it for a day: it is told in the lists as not mailed."""
    del kit
    code = why.details.get("code", why.code.value)
    matter = mailing.of_warning(payload.warning_id) if isinstance(payload, MailWarning) else mailing.of_reclaim(payload.reclaim_id)
    return lambda uow: mailing.record_not_sent(uow, matter, code=code)
