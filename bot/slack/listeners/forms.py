"""What the forms behind the card's buttons have in common: whom they are about, and the courtesy of opening them for approvers only."""

import asyncio

import structlog

from bot.actor import SlackPerson
from bot.policy import Refusal
from bot.slack.desk import Desk
from bot.slack.surfaces import notices
from bot.slack.surfaces.message import Message
from bot.slack.surfaces.modals import Subject
from bot.slack.surfaces.notices import NoticeView
from storage import access_requests
from storage.errors import StorageError

LOOK_SECONDS = 0.5
"""What a form's names may cost of the three seconds that its trigger lives."""

log = structlog.get_logger()


def may_be_approver(actor: SlackPerson, desk: Desk) -> bool:
    """Whether the form is worth opening, from memory: it spares others the writing. Whether somebody may is asked when it is sent."""
    known = desk.directory.approvers.slack_ids
    return not known or actor.slack_id in known


def only_approvers() -> Message:
    """What others read instead of the form."""
    return notices.render(NoticeView(news=f"refused.{Refusal.NOT_APPROVER.value}"))


async def subject_of(request_id: str, desk: Desk) -> Subject | None:
    """Whom the form is about; None when our database does not know, or is slow: the form matters more."""
    try:
        async with asyncio.timeout(LOOK_SECONDS):
            request = await desk.database.read(lambda uow: access_requests.get(uow, request_id))
    except (TimeoutError, StorageError) as error:
        log.warning("form.nameless", request=request_id, error=type(error).__name__)
        return None
    if request is None:
        return None
    product = desk.settings.products.get(request.product)
    return Subject(who=request.requester_slack_id, product=product.name if product else request.product, reason=request.reason)
