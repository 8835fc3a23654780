"""A sentence beside an ack: said only where Slack says that it has it, and waited for no longer than there is time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
import structlog
from aiohttp import web

from bot.slack.asides import Asides
from bot.slack.surfaces.notices import NoticeView

Hook = Callable[[web.Request], Awaitable[web.Response]]
BUSY = NoticeView(news="busy")


@asynccontextmanager
async def answering(hook: Hook) -> AsyncIterator[tuple[Asides, dict[str, str]]]:
    """Asides in a world whose response URLs lead to *hook*, and the body of a click there; `/elsewhere` is some page."""
    app = web.Application()
    app.router.add_post("/hook", hook)
    app.router.add_route("*", "/elsewhere", page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        yield Asides(api_url=f"http://127.0.0.1:{port}/api/"), {"response_url": f"http://127.0.0.1:{port}/hook"}
    finally:
        await runner.cleanup()


async def page(_: web.Request) -> web.Response:
    """What a proxy shows to whoever is not signed in."""
    return web.Response(text="<html>Please sign in</html>")


@pytest.mark.parametrize(
    ("status", "body", "taken"),
    [
        (200, "ok", True),
        (200, '{"ok": true}', True),
        (200, '{"ok":false,"error":"used_url"}', False),
        (200, "<html>Please sign in</html>", False),
        (200, "1", False),
        (302, "", False),
        (404, "ok", False),
    ],
)
async def test_taken_is_what_slack_says_it_took(status: int, body: str, taken: bool) -> None:
    """The ack of a failed click hangs on it: a page that came with a 200 has told nobody anything."""

    async def hook(_: web.Request) -> web.Response:
        return web.Response(status=status, text=body, headers={"Location": "/elsewhere"} if status == 302 else None)

    async with answering(hook) as (asides, click):
        with structlog.testing.capture_logs() as logged:
            assert await asides.tell(click, BUSY, seconds=5) is taken
    assert [entry["event"] for entry in logged] == ([] if taken else ["aside.lost"])


async def test_a_slow_hook_is_waited_for_no_longer_than_there_is_time() -> None:
    """Slack wants its ack in three seconds; the sentence goes out nevertheless."""
    asked, may_answer = asyncio.Event(), asyncio.Event()

    async def hook(_: web.Request) -> web.Response:
        asked.set()
        await may_answer.wait()
        return web.Response(text="ok")

    async with answering(hook) as (asides, click):
        with structlog.testing.capture_logs() as logged:
            assert not await asides.tell(click, BUSY, seconds=0.05)
            await asked.wait()
            may_answer.set()
            await asides.drain(5)
    assert logged == []


async def test_nobody_is_told_at_an_address_that_is_not_slacks() -> None:
    """And a click on Home has no address at all."""
    asides = Asides(api_url="http://127.0.0.1:1/api/")
    assert not await asides.tell({"response_url": "https://hooks.slack.com.evil.example/x"}, BUSY, seconds=5)
    assert not await asides.tell({}, BUSY, seconds=5)
