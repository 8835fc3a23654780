"""
A small app on the real Bolt, unchanged but for its base URL: what the simulated Slack must serve.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from sandbox.server import Sandbox

Json = dict[str, Any]
ADMINS = "G0ADMINS"


def plain(text: str) -> Json:
    """A plain_text object."""
    return {"type": "plain_text", "text": text}


def modal(callback_id: str = "request") -> Json:
    """A modal with one required input."""
    reason = {"type": "plain_text_input", "action_id": "text", "multiline": True}
    return {
        "type": "modal",
        "callback_id": callback_id,
        "title": plain("Ask for access"),
        "submit": plain("Ask"),
        "blocks": [{"type": "input", "block_id": "reason", "label": plain("Why"), "element": reason}],
    }


def card(words: str) -> list[Json]:
    """A text and an Approve button."""
    approve = {"type": "button", "action_id": "request.approve", "value": "17", "text": plain("Approve")}
    return [{"type": "section", "text": plain(words)}, {"type": "actions", "elements": [approve]}]


def build(sandbox: Sandbox) -> AsyncApp:
    """The app: a command that files or opens a modal, a card with a button, a Home tab."""
    given = sandbox.environment()
    client = AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"])
    app = AsyncApp(client=client, signing_secret=given["SLACK_SIGNING_SECRET"], process_before_response=True)

    @app.command("/request-jira")
    async def request(ack: Any, body: Json, client: AsyncWebClient) -> None:
        if body["text"]:
            await ack(f"Filed: {body['text']}")
            return
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await ack()

    @app.command("/request-access")
    async def never_answers(_payload: Json) -> None:
        return None

    @app.view("request")
    async def filed(ack: Any, body: Json, client: AsyncWebClient, view: Json) -> None:
        reason = view["state"]["values"]["reason"]["text"]["value"]
        if reason == "bad":
            await ack(response_action="errors", errors={"reason": "Say more."})
            return
        await ack()
        await client.chat_postMessage(channel=ADMINS, text=f"{body['user']['id']} asks", blocks=card(reason))

    @app.action("request.approve")
    async def approved(ack: Any, body: Json, client: AsyncWebClient, respond: Any) -> None:
        await ack()
        decided = [{"type": "section", "text": plain("Approved")}]
        await client.chat_update(channel=body["channel"]["id"], ts=body["container"]["message_ts"], text="Approved", blocks=decided)
        await respond("You approved it.")

    @app.options("account.find")
    async def accounts(ack: Any, body: Json) -> None:
        await ack(options=[{"text": plain(f"{body['value']}@acme.example"), "value": "1"}])

    @app.event("app_home_opened")
    async def home(event: Json, client: AsyncWebClient) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": [{"type": "header", "text": plain("Home")}]})

    return app


@asynccontextmanager
async def by_socket() -> AsyncIterator[Sandbox]:
    """A world in which the tiny bot is connected by Socket Mode."""
    async with Sandbox(people=30) as sandbox:
        handler = AsyncSocketModeHandler(build(sandbox), sandbox.environment()["SLACK_APP_TOKEN"])
        handler.client.web_client.base_url = sandbox.environment()["SLACK_API_URL"]
        await handler.connect_async()  # type: ignore[no-untyped-call]
        try:
            yield sandbox
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]


@asynccontextmanager
async def by_http() -> AsyncIterator[Sandbox]:
    """A world in which the tiny bot is reached by signed HTTP requests."""
    apps: list[AsyncApp] = []

    async def receive(request: web.Request) -> web.Response:
        return await to_aiohttp_response(await apps[0].async_dispatch(await to_bolt_request(request)))

    async with serving(receive) as url, Sandbox(people=30, app_url=url) as sandbox:
        apps.append(build(sandbox))
        await sandbox.slack.until(lambda: sandbox.slack.connected)
        yield sandbox


@asynccontextmanager
async def serving(receive: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    """The request URL of a server on loopback that answers with *receive*."""
    server = web.Application()
    server.router.add_post("/slack/events", receive)
    runner = web.AppRunner(server, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events"
    finally:
        await runner.cleanup()
