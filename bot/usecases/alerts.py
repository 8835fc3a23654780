"""Telling the admin channel what no card shows."""

from bot.jobs.notices import Alert
from bot.settings import Settings
from bot.usecases.steps import enqueue
from storage.db import UnitOfWork


def alert_channel(
    uow: UnitOfWork, *, settings: Settings, news: str, facts: dict[str, str], once: str, request_id: str | None = None
) -> None:
    """Tell the admin channel; the same *once* is told one time."""
    enqueue(uow, Alert(channel=settings.admin_channel, news=news, facts=facts, request_id=request_id), key=f"alert:{news}:{once}")
