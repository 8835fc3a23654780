"""Sending the audit trail on: what is next, how far it went, and what stands in its way. Nothing of it is in the trail itself."""

from bot.jobs.outgoing import SIEM, ShipAudit
from bot.settings import Settings
from bot.usecases.alerts import alert_channel
from bot.usecases.steps import enqueue
from storage import audit, outbox, shipments
from storage.db import UnitOfWork

EVERY_SECONDS = 30


def ship(uow: UnitOfWork, name: str = SIEM) -> None:
    """Have the trail sent on where there is more of it, unless that is under way; several processes ask once."""
    job = ShipAudit(name=name)
    behind = audit.head(uow).seq > shipments.of(uow, name).seq
    if behind and not outbox.is_unfinished(uow, subject=job.subject):
        enqueue(uow, job, key=f"ship:{name}:{int(uow.now.timestamp()) // EVERY_SECONDS}")


def record_shipped(uow: UnitOfWork, name: str, *, source: int, target: int, settings: Settings) -> None:
    """The entries after *source*, *target* included, were taken; the next ones follow at once."""
    warn_of_change(uow, settings=settings, name=name)
    if shipments.move(uow, name, source=source, target=target) and audit.head(uow).seq > target:
        enqueue(uow, ShipAudit(name=name))


def warn_of_change(uow: UnitOfWork, *, settings: Settings, name: str = SIEM) -> None:
    """Tell the channel once a day where the trail is not the one any more that was sent: the receiver has the true one."""
    if shipments.is_contradicted(uow, name):
        place = shipments.of(uow, name).seq
        alert_channel(uow, settings=settings, news="siem_contradicted", facts={"size": str(place)}, once=uow.now.date().isoformat())


def record_rejected(uow: UnitOfWork, name: str, *, code: str, settings: Settings) -> None:
    """The receiver refuses us: the channel is told once, until something was taken again or the answer is another."""
    place = shipments.of(uow, name).seq
    if shipments.note_trouble(uow, name, code):
        alert_channel(uow, settings=settings, news="siem_rejected", facts={"code": code}, once=f"{code}:{place}")


def record_away(uow: UnitOfWork, name: str, *, code: str, settings: Settings) -> None:
    """The receiver has not answered for a day: the channel is told, and the next tick begins anew."""
    shipments.note_trouble(uow, name, code)
    alert_channel(uow, settings=settings, news="siem_away", facts={"code": code}, once=uow.now.date().isoformat())
