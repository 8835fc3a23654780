"""Where an exemption's card is and what it shows."""

from bot.actor import Comeback
from bot.jobs.exemptions import RedrawExemption
from bot.usecases.steps import audit_actor, enqueue
from storage import exemptions
from storage.db import UnitOfWork


def record_posted(uow: UnitOfWork, exemption_id: str, *, channel: str, ts: str, drawn: int) -> None:
    """The card is there, and shows the version *drawn* (-1: an older one that was found)."""
    exemptions.card_posted(uow, exemption_id, channel=channel, ts=ts, version=drawn)
    _redraw_if_moved(uow, exemption_id, drawn=drawn)


def record_drawn(uow: UnitOfWork, exemption_id: str, *, drawn: int) -> None:
    """The card shows the version *drawn*."""
    exemptions.card_drawn(uow, exemption_id, version=drawn)
    _redraw_if_moved(uow, exemption_id, drawn=drawn)


def _redraw_if_moved(uow: UnitOfWork, exemption_id: str, *, drawn: int) -> None:
    exemption = exemptions.get(uow, exemption_id)
    if exemption is not None and exemption.version != drawn:
        enqueue(uow, RedrawExemption(exemption_id=exemption_id))


def note_not_drawn(uow: UnitOfWork, exemption_id: str, *, code: str) -> None:
    """Slack refused to change the card for good: how the exemption stands is in the database."""
    uow.audit("exemption.not_drawn", actor=audit_actor(uow, Comeback()), exemption=exemption_id, code=code)
