"""Opening a window: the one call that goes out before an ack, because its trigger lives for three seconds and works once."""

import asyncio

import structlog
from slack_sdk.models.views import View
from slack_sdk.web.async_client import AsyncWebClient

from bot.clock import system_now
from bot.slack.calls import answer_of
from bot.slack.errors import SlackError

DEADLINE_SECONDS = 1.5
"""Half of the time for the ack: what is left must do for another answer when Slack is slow."""

log = structlog.get_logger()


async def open_view(client: AsyncWebClient, *, trigger_id: str, view: View) -> bool:
    """Whether *view* is open; False when the trigger was too old, or Slack did not answer in time."""
    call = client.views_open(trigger_id=trigger_id, view=view.to_dict())
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            await answer_of(call, method="views.open", write=True, now=system_now)
    except TimeoutError:
        log.warning("view.not_opened", code="timeout")
        return False
    except SlackError as error:
        log.warning("view.not_opened", code=error.code)
        return False
    return True
