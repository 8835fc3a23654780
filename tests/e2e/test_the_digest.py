"""The weekly digest: the figures, the picture, and what waits."""

import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.jobs.digests import PostDigest
from bot.jobs.plans import ProposePlan
from bot.usecases.steps import enqueue
from sandbox.faults import Fault
from storage.db import UnitOfWork
from tests.bot.seat_history import scan
from tests.e2e.conftest import ADMINS, PATIENCE, Stage
from tests.e2e.digest_words import PRICED, WEEK, await_decisions, digests, pictures, play_a_quarter, send_digest
from tests.e2e.idle_words import warn

OpenStage = Callable[..., Any]


async def test_the_week_is_told(small_stage: OpenStage) -> None:
    """One message with the figures, what waits, and a way into the plan; below it the picture."""
    async with small_stage(**PRICED) as stage:
        await play_a_quarter(stage)
        await await_decisions(stage)
        await send_digest(stage)
        digest = await stage.card(saying="Atlassian seats this week", at=0)
        for words in (
            "339 seats in use",
            "19 idle",
            "Jira",
            "60 reclaimed (5 this week)",
            "12 returned (1 this week)",
            "Saved so far",
            "a month",
            "This billing period saved about",
            "estimates",
            "A plan of 12 seats",
            "1 exemption asked for",
            "Of those who answered, ",
        ):
            assert words in digest.words, digest.words
        assert "https://acme.slack.com/archives/G0ADMINS/p1700000000000100" in str(digest.blocks)
        await stage.sandbox.slack.until(lambda: bool(pictures(stage)), timeout=PATIENCE)
        (picture,) = pictures(stage)
        assert picture.ts > digest.ts
        assert picture.files[0]["title"] == "Seats of all products"
        assert "339 seats in use, 19 idle" in picture.files[0]["alt_txt"]
        assert "digest.posted" in await stage.kinds()


async def test_the_digest_leads_to_the_plan_of_the_same_morning(small_stage: OpenStage) -> None:
    """Both are due at nine: a digest that is drawn first would tell of a plan and have no way into it."""
    async with small_stage(COMEBACK_IDLE__MODE="reclaim") as stage:
        await stage.parts.database.write(lambda uow: scan(uow, active=8, idle=2))
        await warn(stage, ("hugo", "jira"))

        def nine(uow: UnitOfWork) -> None:
            enqueue(uow, PostDigest(slot="2026-11-23T09:00", channel=ADMINS))
            enqueue(uow, ProposePlan(slot="2026-11-23T09:00"))

        await stage.parts.database.write(nine)
        digest = await stage.card(saying="Atlassian seats this week", step=timedelta(seconds=2))
        card = next(one for one in stage.cards() if "A plan" in one.words)
        assert "A plan of 1 seat" in digest.words
        assert f"p{card.ts.replace('.', '')}" in str(digest.blocks)


async def test_a_scan_of_today_is_enough(stage: Stage) -> None:
    """No price, no plan, no trend yet: the digest says what would show more, and asks nobody for anything."""
    await stage.parts.database.write(lambda uow: scan(uow, active=8, idle=2))
    await send_digest(stage)
    digest = await stage.card(saying="Atlassian seats this week")
    assert "10 seats in use · 2 idle" in digest.words
    assert "Nothing waits for you" in digest.words
    assert "COMEBACK_PRODUCTS__JIRA__PRICE" in digest.words
    assert "COMEBACK_IDLE__MODE=reclaim" in digest.words
    assert "Not scanned yet" in digest.words
    await _over(stage)
    assert pictures(stage) == []


async def _over(stage: Stage) -> None:
    """Wait until a second digest, which queues behind the first one and its picture, is there."""
    before = len(digests(stage))
    stage.later(timedelta(minutes=5))
    await send_digest(stage, slot="later")
    await stage.sandbox.slack.until(lambda: len(digests(stage)) > before, timeout=PATIENCE)


async def test_a_bot_that_never_scanned_says_nothing(small_stage: OpenStage) -> None:
    """A digest of zeros on the day of the installation is noise."""
    async with small_stage() as stage:
        await send_digest(stage)
        await stage.parts.database.write(lambda uow: scan(uow, active=8))
        await send_digest(stage, slot="the next")
        await stage.card(saying="Atlassian seats this week")
        assert len(digests(stage)) == 1


@pytest.mark.parametrize("method", ["chat.postMessage", "files.completeUploadExternal"])
async def test_a_lost_answer_is_looked_for(small_stage: OpenStage, method: str) -> None:
    """Nobody reads the same digest twice, or sees its picture twice."""
    async with small_stage() as stage:
        await _two_scans(stage)
        stage.sandbox.faults.add(Fault(side="slack", match=method, drop="after", times=1))
        await send_digest(stage)
        await stage.logged("digest.posted", step=timedelta(minutes=1))
        await stage.sandbox.slack.until(lambda: bool(pictures(stage)), timeout=PATIENCE)
        stage.sandbox.faults.clear()
        stage.later(timedelta(minutes=5))
        await _over(stage)
        await stage.sandbox.slack.until(lambda: len(pictures(stage)) > 1, timeout=PATIENCE)
        assert (len(digests(stage)), len(pictures(stage))) == (2, 2)


async def _two_scans(stage: Stage) -> None:
    await stage.parts.database.write(lambda uow: scan(uow, active=8, idle=2))
    stage.later(WEEK)
    await stage.parts.database.write(lambda uow: scan(uow, active=9, idle=1))


async def test_without_the_scope_for_files_there_is_no_picture(small_stage: OpenStage) -> None:
    """The figures count; what is missing stands in the audit trail, and `doctor` names the scope."""
    async with small_stage() as stage:
        app = stage.sandbox.slack.app
        app.scopes = tuple(scope for scope in app.scopes if scope != "files:write")
        await _two_scans(stage)
        await send_digest(stage)
        await stage.card(saying="10 seats in use")
        await stage.logged("digest.without_chart")
        assert pictures(stage) == []


async def test_without_matplotlib_there_is_no_picture(small_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Charts are an extra: a bot without it tells the figures all the same."""
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    async with small_stage() as stage:
        await _two_scans(stage)
        await send_digest(stage)
        await stage.card(saying="10 seats in use")
        await _over(stage)
        assert pictures(stage) == []


@pytest.mark.parametrize(("change", "code"), [({"is_ext_shared": True}, "channel_shared"), ({"is_archived": True}, "is_archived")])
async def test_a_channel_that_is_not_ours_alone_gets_none(small_stage: OpenStage, change: dict[str, bool], code: str) -> None:
    """What a company pays for idle seats is not for its partners; and nobody tries a closed channel for a day."""
    async with small_stage() as stage:
        await _two_scans(stage)
        stage.sandbox.slack.set_channel(ADMINS, **change)
        await send_digest(stage)
        await stage.logged("digest.not_posted")
        (entry,) = [entry for entry in await stage.trail() if entry.kind == "digest.not_posted"]
        assert code in entry.body
        assert digests(stage) == []


async def test_home_of_an_approver_has_the_figures_and_the_way_to_each_card(small_stage: OpenStage) -> None:
    """Who decides sees what came of it, and gets from a waiting request to its card in one click; nobody else sees either."""
    async with small_stage(**PRICED) as stage:
        await _two_scans(stage)
        await stage.sandbox.slack.types("ada", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        slack = stage.sandbox.slack
        for who in ("grace", "ada"):
            await slack.opens_home(who)
        await slack.until(lambda: bool(slack.home("grace") and slack.home("ada")), timeout=PATIENCE)
        seen, own = str(slack.home("grace")), str(slack.home("ada"))
        for words in ("Seats taken back so far", "10 seats in use", "Open the card"):
            assert words in seen
            assert words not in own
        assert f"https://acme.slack.com/archives/G0ADMINS/p{card.ts.replace('.', '')}" in seen
        assert "Decide on the cards" not in seen
        assert "undone" not in seen.lower()
