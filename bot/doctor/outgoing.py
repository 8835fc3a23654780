"""Is there a mail server that takes our mail, and a receiver of the audit trail that keeps up; or are they off on purpose?"""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from bot import clock
from bot.doctor.lines import Light, Line, green, note, red, yellow
from bot.jobs.outgoing import SIEM
from bot.mail import MailAway, MailNotAllowed, mailer_of
from bot.settings import DatabaseSettings, MailSettings, OutgoingSettings, SiemSettings
from bot.webhook import WebhookAway, open_http, webhook_of
from storage import migrate, shipments
from storage.db import Database, UnitOfWork
from storage.errors import StorageError
from storage.outgoing_records import Lag, Shipment

LATE_AFTER = timedelta(minutes=15)
SUBJECT = "SIEM: audit trail"


async def check(settings: OutgoingSettings, *, database: DatabaseSettings | None, now: Callable[[], datetime]) -> tuple[Line, ...]:
    """A line for mail and one or two for the SIEM, or one for both where neither is wanted; nothing is sent to either."""
    if settings == OutgoingSettings():
        return (note("mail and SIEM", "both off", "COMEBACK_MAIL__HOST and COMEBACK_SIEM__URL turn them on"),)
    mail, siem = await asyncio.gather(_mail(settings.mail), _siem(settings.siem, database=database, now=now))
    return (mail, *siem)


async def _mail(settings: MailSettings) -> Line:
    mailer = mailer_of(settings)
    if mailer is None and settings != MailSettings():
        return note("mail", "off, though other settings of it are there", "without COMEBACK_MAIL__HOST none is sent")
    if mailer is None:
        return note("mail", "off: whom Slack does not reach is only listed", "COMEBACK_MAIL__HOST turns it on")
    place = f"{mailer.host}:{mailer.port}"
    try:
        await mailer.knock()
    except MailNotAllowed as error:
        remedy = "check COMEBACK_MAIL__TLS, COMEBACK_MAIL__USER and COMEBACK_MAIL__PASSWORD"
        return red("mail", f"{place} takes no mail from us ({error.code})", remedy)
    except MailAway as error:
        return red("mail", f"no answer from {place} ({error.code})", "check COMEBACK_MAIL__HOST, COMEBACK_MAIL__PORT and the network")
    return green("mail", f"{place} {'takes our login' if mailer.user else 'answers, without a login'}; mail comes from {mailer.sender}")


async def _siem(settings: SiemSettings, *, database: DatabaseSettings | None, now: Callable[[], datetime]) -> tuple[Line, ...]:
    async with open_http() as http:
        webhook = webhook_of(settings, http=http, now=now)
        if webhook is None and settings != SiemSettings():
            return (note("SIEM", "off, though other settings of it are there", "without COMEBACK_SIEM__URL nothing is sent on"),)
        if webhook is None:
            return (note("SIEM", "off: the audit trail stays in the database", "COMEBACK_SIEM__URL sends it on"),)
        try:
            status = await webhook.knock()
        except WebhookAway as error:
            reached = red("SIEM", f"its address does not answer ({error.code})", "check COMEBACK_SIEM__URL and the network")
        else:
            reached = green("SIEM", f"its address answers ({status} to HEAD)")
    return (reached, *await asyncio.to_thread(_sent, database, now=now, answers=reached.light is not Light.RED))


def _sent(settings: DatabaseSettings | None, *, now: Callable[[], datetime], answers: bool) -> tuple[Line, ...]:
    """How far the trail was sent; nothing where the database can't tell, as its own chapter says why."""
    if settings is None:
        return ()
    try:
        migrate.check(settings.database_url)
        database = Database.open(settings.database_url, clock=now, new_id=clock.new_id, new_token=clock.new_token)
    except StorageError:
        return ()
    try:
        return database.read_now(lambda uow: _progress(uow, answers=answers))
    except StorageError:
        return ()
    finally:
        database.close_now()


def _progress(uow: UnitOfWork, *, answers: bool) -> tuple[Line, ...]:
    shipment = shipments.of(uow, SIEM)
    if shipments.is_contradicted(uow, SIEM):
        said = f"not the one any more that was sent: entries at or before {shipment.seq} were cut off or changed since"
        return (red(SUBJECT, said, "keep a copy of the database, and compare it with what the SIEM has"),)
    return (_line(shipment, shipments.lag(uow, SIEM), now=uow.now, answers=answers),)


def _line(shipment: Shipment, lag: Lag, *, now: datetime, answers: bool) -> Line:
    if shipment.trouble is not None:
        remedy = "check COMEBACK_SIEM__URL, COMEBACK_SIEM__SECRET, COMEBACK_SIEM__AUTHORIZATION and the receiver"
        return red(SUBJECT, f"not taken ({shipment.trouble}); {lag.entries} entries wait", remedy)
    if lag.since is not None and now - lag.since > LATE_AFTER:
        return yellow(SUBJECT, f"{lag.entries} entries wait, the first since {lag.since:%d %b %H:%M} UTC", "is the bot running?")
    sent = f"sent up to entry {shipment.seq}; {lag.entries} wait"
    return green(SUBJECT, sent) if answers or not lag.entries else yellow(SUBJECT, sent, "they go out once it answers")
