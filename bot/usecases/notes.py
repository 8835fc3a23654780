"""Things that went another way than planned and change no state: written down, so that nobody has to guess later."""

from bot.actor import Comeback
from bot.usecases.steps import audit_actor
from storage.db import UnitOfWork


def undeliverable(uow: UnitOfWork, request_id: str, *, news: str, code: str) -> None:
    """Slack refused a private message for good (deactivated, messages off): the person was not told *news*."""
    uow.audit("notice.undeliverable", actor=audit_actor(uow, Comeback()), request_id=request_id, news=news, code=code)


def not_drawn(uow: UnitOfWork, request_id: str, *, code: str) -> None:
    """Slack refused to change the card for good (deleted, channel archived): what it should show stands in the database."""
    uow.audit("card.not_drawn", actor=audit_actor(uow, Comeback()), request_id=request_id, code=code)


def not_posted(uow: UnitOfWork, request_id: str, *, code: str) -> None:
    """Slack refused the card (channel archived or gone, the bot not in it): nobody could decide so far."""
    uow.audit("card.not_posted", actor=audit_actor(uow, Comeback()), request_id=request_id, code=code)


def plan_not_drawn(uow: UnitOfWork, batch_id: str, *, code: str) -> None:
    """Slack refused to change a plan's card for good: what it should show stands in the database."""
    uow.audit("plan.not_drawn", actor=audit_actor(uow, Comeback()), batch=batch_id, code=code)


def seat_untold(uow: UnitOfWork, reclaim_id: str, *, news: str, code: str) -> None:
    """The owner of a seat could not be told *news*: Slack refused the message for good, or nobody knows them there."""
    uow.audit("notice.undeliverable", actor=audit_actor(uow, Comeback()), reclaim=reclaim_id, news=news, code=code)
