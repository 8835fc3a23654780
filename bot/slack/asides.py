"""
A private sentence after a click, where the ack has no room for one.

It goes out by the click's own `response_url` (five uses in thirty minutes), beside the ack and not before it, and is lost with the process:
good enough for "please press again", never for an outcome, which is a job of the outbox. Where a click failed, that is told before the ack,
as an ack without that sentence would say the opposite.
"""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import structlog
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.slack.calls import make_session
from bot.slack.places import is_slacks
from bot.slack.surfaces import notices
from bot.slack.surfaces.message import to_json
from bot.slack.surfaces.notices import NoticeView

DEADLINE_SECONDS = 5

log = structlog.get_logger()


class Asides:
    """Says things beside the ack; keeps hold of what it started, or the event loop might drop it half-way."""

    def __init__(self, *, api_url: str) -> None:
        self._api_url = api_url
        self._running: set[asyncio.Task[bool]] = set()

    def say(self, body: Mapping[str, Any], view: NoticeView, *, replace: bool = False) -> bool:
        """Tell the person who clicked; False when the click came from a place that has no way to answer (Home)."""
        return self._begin(body, view, replace=replace) is not None

    async def tell(self, body: Mapping[str, Any], view: NoticeView, *, seconds: float) -> bool:
        """Tell the person who clicked; whether Slack has taken it within *seconds*. What takes longer is said nevertheless."""
        task = self._begin(body, view)
        if task is None:
            return False
        done, _ = await asyncio.wait({task}, timeout=seconds)
        return bool(done) and task.result()

    async def drain(self, seconds: float) -> None:
        """Give what has begun *seconds* to be said."""
        if self._running:
            await asyncio.wait(set(self._running), timeout=seconds)

    def _begin(self, body: Mapping[str, Any], view: NoticeView, *, replace: bool = False) -> asyncio.Task[bool] | None:
        url = body.get("response_url")
        if not isinstance(url, str) or not is_slacks(url, api_url=self._api_url):
            return None
        task = asyncio.create_task(_send(url, view, replace=replace))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return task


async def _send(url: str, view: NoticeView, *, replace: bool) -> bool:
    """Whether Slack took it."""
    message = notices.render(view)
    try:
        async with make_session(seconds=DEADLINE_SECONDS) as session:
            response = await AsyncWebhookClient(url, session=session, retry_handlers=[]).send(
                text=message.text, blocks=to_json(message.blocks), response_type="ephemeral", replace_original=replace, unfurl_links=False
            )
    except Exception as error:
        log.warning("aside.lost", news=view.news, error=type(error).__name__)
        return False
    if response.status_code == 200 and _is_ok(response.body):
        return True
    log.warning("aside.lost", news=view.news, status=response.status_code, code="not_taken")
    return False


def _is_ok(said: str) -> bool:
    """Whether that is Slack's consent: "ok", or JSON that says so. A proxy's page comes with a 200 too."""
    if said.strip() == "ok":
        return True
    try:
        found = json.loads(said)
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("ok") is True
