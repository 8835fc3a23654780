"""The main job in a real browser: what a visitor of the sandbox sees and presses."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, async_playwright, expect
from slack_sdk.web.async_client import AsyncWebClient

from bot.figures.chart import TrendPoint, trend
from sandbox.atlassian.organization import KeyState
from sandbox.server import Sandbox
from tests.e2e.conftest import PATIENCE
from tests.e2e.digest_words import PRICED, await_decisions, play_a_quarter, send_digest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
REQUIRED = os.environ.get("TESTS_REQUIRE_BROWSER") == "1"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
PICTURES = os.environ.get("TESTS_PICTURES")
"""A folder to keep the screenshots in; without it they are taken and dropped."""

expect.set_options(timeout=PATIENCE * 1000)

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None and not REQUIRED, reason="no Chromium on this machine (Debian: apt-get install chromium)"),
]


@pytest.fixture(params=["light", "dark"])
async def page(request: pytest.FixtureRequest) -> AsyncIterator[Page]:
    """A fresh browser page, in light and in dark, that fails the test when the page's own code fails."""
    assert CHROMIUM is not None, "CI needs Chromium"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        page = await browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=request.param)
        failures: list[str] = []
        page.on("pageerror", lambda error: failures.append(str(error)))
        yield page
        await browser.close()
        assert failures == []


async def picture(page: Page, name: str, tmp_path: Path) -> None:
    """Keep what the visitor sees now."""
    dark = await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    await page.screenshot(path=Path(PICTURES or tmp_path) / f"{name}{'-dark' if dark else ''}.png")


async def test_a_visitor_plays_the_story(page: Page, small_stage: Callable[..., Any], tmp_path: Path) -> None:
    """Type as Ada, approve as Grace, and see Ada's seat come back, with every answer in its place."""
    async with small_stage() as stage:
        await page.goto(f"{stage.sandbox.url}/?as=ada")
        await expect(page.get_by_test_id("you-name")).to_have_text("Ada Park")
        await page.get_by_test_id("composer").fill("/request-jira the sprint board is my Monday")
        await page.get_by_test_id("send").click()
        await expect(page.get_by_test_id("messages")).to_contain_text("Your request for Jira is in")
        await picture(page, "asked", tmp_path)

        await page.get_by_test_id("quick-grace").click()
        await page.get_by_test_id("channel-atlassian-admins").click()
        await expect(page.get_by_test_id("messages")).to_contain_text("the sprint board is my Monday")
        await picture(page, "card", tmp_path)
        await page.get_by_test_id("button-request.approve").click()
        await expect(page.get_by_test_id("messages")).to_contain_text("has Jira again")
        await picture(page, "granted", tmp_path)

        await page.get_by_test_id("quick-ada").click()
        await page.get_by_test_id("nav-app-messages").click()
        await expect(page.get_by_test_id("messages")).to_contain_text("You have Jira again")
        await expect(page.get_by_test_id("spot-jira")).to_have_attribute("data-has", "true")
        await picture(page, "told", tmp_path)


async def test_a_visitor_denies_with_a_reason(page: Page, small_stage: Callable[..., Any], tmp_path: Path) -> None:
    """The form insists on a reason, and the person reads it."""
    async with small_stage() as stage:
        await page.goto(f"{stage.sandbox.url}/?as=dan")
        await page.get_by_test_id("composer").fill("/request-jira")
        await page.get_by_test_id("send").click()
        await page.get_by_test_id("modal").locator("input, textarea").fill("just curious")
        await picture(page, "form", tmp_path)
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("modal")).to_be_hidden()

        await page.goto(f"{stage.sandbox.url}/?as=grace&in=G0ADMINS")
        await page.get_by_test_id("button-request.deny").click()
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("modal")).to_be_visible()
        await page.get_by_test_id("modal").locator("input, textarea").fill("Recruiting moved to another tool.")
        await page.get_by_test_id("modal-submit").click()
        await expect(page.get_by_test_id("messages")).to_contain_text("Denied: Jira")
        await picture(page, "denied", tmp_path)

        await page.goto(f"{stage.sandbox.url}/?as=dan")
        await page.get_by_test_id("nav-app-messages").click()
        await expect(page.get_by_test_id("messages")).to_contain_text("Recruiting moved to another tool.")


async def test_a_visitor_looks_around(page: Page, small_stage: Callable[..., Any], tmp_path: Path) -> None:
    """The Home tab, the people beside it, the calls that come in, and the weather that an admin reads about on the card."""
    async with small_stage() as stage:
        await page.goto(f"{stage.sandbox.url}/?as=ada")
        await page.get_by_test_id("nav-home").click()
        await expect(page.get_by_test_id("home")).to_contain_text("Get your access back")
        await picture(page, "home", tmp_path)

        await page.get_by_test_id("people-search").fill("Ada Park")
        account = stage.sandbox.atlassian.person("ada").id
        await expect(page.get_by_test_id(f"person-row-{account}")).to_have_attribute("data-name", "Ada Park")
        await page.get_by_test_id("weather").click()
        clock = page.get_by_role("group", name="Clock of Slack and Atlassian")
        await expect(clock.get_by_text("The bot keeps its own: no scan or reminder comes sooner.")).to_be_visible()
        await picture(page, "weather-open", tmp_path)
        async with page.expect_response("**/control/key"):
            await page.get_by_test_id("weather-key").select_option("revoked")
        assert stage.sandbox.atlassian.key_state is KeyState.REVOKED

        await page.goto(f"{stage.sandbox.url}/?as=ada&in=C0GENERAL")
        await page.get_by_test_id("composer").fill("/request-jira the board")
        await page.get_by_test_id("send").click()
        await expect(page.get_by_test_id("ack-badge").first).to_contain_text("acked in")
        await page.goto(f"{stage.sandbox.url}/?as=grace&in=G0ADMINS")
        await expect(page.get_by_test_id("messages")).to_contain_text("doesn't accept our API key")
        await expect(page.get_by_test_id("call").first).to_be_visible()
        await picture(page, "weather", tmp_path)


IS_NEW = "import('/page/store.js').then((store) => store.channel('G0ADMINS').unread)"


@pytest.mark.parametrize(("pressed", "place"), [("channel-atlassian-admins", "G0ADMINS"), ("nav-home", "home"), ("tab-messages", "D")])
async def test_a_press_outlives_what_arrives_meanwhile(page: Page, pressed: str, place: str) -> None:
    """A message that comes in while the mouse is down is drawn afterwards, as else the press and the release would meet two nodes."""
    async with Sandbox(people=30) as world:
        given = world.environment()
        client = AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"])
        await client.chat_postMessage(channel="U0GRACE", text="So that there is a conversation.")
        await page.goto(f"{world.url}/?as=grace&in={'home' if pressed.startswith('tab') else 'C0GENERAL'}")
        await page.get_by_test_id("channel-general" if place == "home" else "nav-home").focus()
        await page.get_by_test_id(pressed).hover()
        await page.mouse.down()
        await client.chat_postMessage(channel="G0ADMINS", text="Pressed meanwhile.")
        # Asked by `evaluate`, which waits for what is promised; `wait_for_function` takes the promise itself for a yes.
        async with asyncio.timeout(PATIENCE):
            while not await page.evaluate(IS_NEW):  # noqa: ASYNC110 - the page tells nobody
                await asyncio.sleep(0.05)
        news = page.get_by_test_id("channel-atlassian-admins").locator(".unread")
        await expect(news).to_have_count(0)
        await page.mouse.up()
        await page.wait_for_url(re.compile(rf"in={place}"))
        await expect(news).to_have_count(0 if place == "G0ADMINS" else 1)


async def test_files_are_shown_in_the_conversation(page: Page, tmp_path: Path) -> None:
    """A picture is looked at where it stands; a list is a link that saves it under its own name."""
    day = TrendPoint(day=date(2026, 11, 23), in_use=303, idle=24, warned=24, reclaimed=69, returned=9)
    before = replace(day, day=date(2026, 8, 3), in_use=361, idle=92, reclaimed=0)
    async with Sandbox(people=30) as world:
        given = world.environment()
        client = AsyncWebClient(token=given["SLACK_BOT_TOKEN"], base_url=given["SLACK_API_URL"])
        drawn = trend([before, day], title="Jira seats")
        await client.files_upload_v2(
            channel="G0ADMINS", filename="trend.png", content=drawn, title="The week in seats", alt_txt="303 in use"
        )
        await client.files_upload_v2(channel="G0ADMINS", filename="idle.csv", content="name\nAda\n", title="Everybody idle")
        await page.goto(f"{world.url}/?as=grace")
        await page.get_by_test_id("channel-atlassian-admins").click()
        image = page.get_by_alt_text("303 in use")
        await expect(image).to_be_visible()
        await page.wait_for_function("image => image.complete && image.naturalWidth === 1200", arg=await image.element_handle())
        await picture(page, "files", tmp_path)
        async with page.expect_download() as saving:
            await page.get_by_test_id("file").filter(has_text="Everybody idle").click()
        assert (await saving.value).suggested_filename == "idle.csv"


async def test_a_visitor_reads_the_digest(page: Page, small_stage: Callable[..., Any], tmp_path: Path) -> None:
    """The figures, what waits, the way into the plan, and the picture below: all of it where an approver sees it at once."""
    async with small_stage(**PRICED) as stage:
        await play_a_quarter(stage)
        await await_decisions(stage)
        await send_digest(stage)
        await page.goto(f"{stage.sandbox.url}/?as=grace&in=G0ADMINS")
        await expect(page.get_by_test_id("messages")).to_contain_text("A plan of 12 seats")
        await expect(page.get_by_role("link", name="Open the plan").or_(page.get_by_role("button", name="Open the plan"))).to_be_visible()
        image = page.get_by_alt_text("339 seats in use")
        await expect(image).to_be_visible()
        await page.wait_for_function("image => image.complete && image.naturalWidth === 1200", arg=await image.element_handle())
        await image.scroll_into_view_if_needed()
        await picture(page, "digest-chart", tmp_path)
        await page.get_by_text("Atlassian seats this week").first.scroll_into_view_if_needed()
        await picture(page, "digest", tmp_path)
        await page.get_by_test_id("nav-home").click()
        await expect(page.get_by_test_id("home")).to_contain_text("Seats taken back so far")
        await page.get_by_text("Seats taken back so far").scroll_into_view_if_needed()
        await picture(page, "home-of-an-approver", tmp_path)
