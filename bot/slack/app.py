"""
The Bolt app: who may come in, what answers what, and the answer when something fails.

`process_before_response=True`: Bolt otherwise looks for the ack every 10 ms, and acknowledges events before their listener ran, so that a
failure loses them. Our own `authorize`: Bolt's asks Slack within the first request, and does not remember a failure.
"""

import logging
from collections.abc import Mapping
from typing import Any, Literal

import structlog
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.middleware.async_builtins import AsyncSslCheck
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.asides import Asides
from bot.slack.desk import Desk
from bot.slack.guard import Guard
from bot.slack.listeners import changes, deciding, exempting, home, keeping, linking, planning, requesting, returning, scanning
from bot.slack.replies import Kind, kind_of, reply
from bot.slack.surfaces.notices import NoticeView
from storage.errors import DatabaseBusy, StorageError

Mode = Literal["socket", "http"]

TELL_SECONDS = 0.5
"""What is left of Slack's three for the sentence after a click, when storing it has taken the two that a unit of work waits."""

log = structlog.get_logger()


def build_app(desk: Desk, *, client: AsyncWebClient, mode: Mode) -> AsyncApp:
    """
    The app with everything registered; *client* is what it answers with.

    In "http" mode every request's signature is checked on its raw body; in "socket" mode the connection itself is the proof.
    """
    secret = desk.settings.slack_signing_secret
    app = AsyncApp(
        name="comeback",
        logger=_bolt_log(),
        client=client,
        authorize=_authorize(desk, token=client.token),
        signing_secret=secret.get_secret_value() if secret else "",
        request_verification_enabled=mode == "http",
        ssl_check_enabled=False,
        process_before_response=True,
        raise_error_for_unhandled_request=True,
    )
    # Bolt's own place for it is before the signature: a stranger would be answered.
    app.middleware(AsyncSslCheck())
    app.middleware(Guard(desk).check)
    requesting.register(app, desk.settings)
    deciding.register(app)
    linking.register(app)
    scanning.register(app)
    keeping.register(app)
    exempting.register(app)
    planning.register(app)
    returning.register(app)
    home.register(app)
    changes.register(app)
    app.error(_answer_failure(desk.asides))
    return app


def _bolt_log() -> logging.Logger:
    # Below ERROR Bolt prints whole bodies (of unhandled and of wrongly signed requests): reasons, names, tokens. We log the event instead.
    bolt = logging.getLogger("slack_bolt.comeback")
    bolt.setLevel(logging.ERROR)
    return bolt


def _authorize(desk: Desk, *, token: str | None) -> Any:
    team = desk.team

    async def authorize() -> AuthorizeResult:
        return AuthorizeResult(
            enterprise_id=team.enterprise_id,
            team_id=team.team_id,
            bot_id=team.bot_id,
            bot_user_id=team.bot_user_id,
            bot_token=token,
        )

    return authorize


def _answer_failure(asides: Asides) -> Any:
    async def answer_failure(error: Exception, body: dict[str, Any]) -> BoltResponse:
        if isinstance(error, BoltUnhandledRequestError):
            log.warning("delivery.unhandled", kind=kind_of(body).value, what=_what(body))
            return BoltResponse(status=404, body="")
        if isinstance(error, StorageError):
            log.error("delivery.not_stored", kind=kind_of(body).value, error=str(error))
        else:
            log.error("delivery.failed", kind=kind_of(body).value, what=_what(body), exc_info=error)
        return await _apology(error, body, asides)

    return answer_failure


async def _apology(error: Exception, body: Mapping[str, Any], asides: Asides) -> BoltResponse:
    """A sentence for whoever waits for one; an event gets a 500, so that Slack sends it again."""
    news = "unsure" if isinstance(error, DatabaseBusy) and error.taken else "busy"
    match kind_of(body):
        case Kind.COMMAND | Kind.SUBMISSION:
            return reply(body, news=news)
        case Kind.CLICK if await asides.tell(body, NoticeView(news=news), seconds=TELL_SECONDS):
            return BoltResponse(status=200, body="")
        case _:
            # A click on Home, and one whose sentence Slack did not take, can show that they failed by Slack's own warning sign alone.
            return BoltResponse(status=500, body="")


def _what(body: Mapping[str, Any]) -> str:
    """The name of what was delivered: a command, an action, a form or an event type; never anything a person wrote."""
    actions = body.get("actions") or [{}]
    event, view = body.get("event") or {}, body.get("view") or {}
    return str(body.get("command") or actions[0].get("action_id") or event.get("type") or view.get("callback_id") or "")
