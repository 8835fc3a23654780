"""A warning: one private message, an answer, and a seat that stays or goes; nobody is asked twice, and nobody else is heard."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.jobs.warnings import SendWarning
from bot.runtime import Role, started
from bot.settings import load
from bot.slack.surfaces import taken
from bot.slack.surfaces import warning as surface
from bot.usecases import reclaims as taking
from bot.usecases.steps import enqueue
from sandbox.atlassian.accounts import Account
from sandbox.clock import Clock
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.slack.messages import Message
from storage import people, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import SeatActivity, WarningStatus
from storage.seat_records import SeatWarning, SeenSeat
from tests.e2e.conftest import Stage
from tests.e2e.idle_words import make_idle, worked_yesterday
from tests.e2e.quiet import until_quiet
from tests.e2e.scanned import scan

OpenStage = Callable[..., Any]
QUESTION, REMINDER = "Do you still need Jira?", "A reminder: do you still need Jira?"
SECONDS = timedelta(seconds=2)
MONTH = datetime(2026, 11, 1, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _removal_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "reclaim")


async def see(stage: Stage, who: str, activity: SeatActivity = SeatActivity.IDLE) -> Account:
    """A scan saw their seat of Jira so; beside the bot's own scans, which may find the same."""
    account = make_idle(stage, who) if activity is SeatActivity.IDLE else stage.sandbox.atlassian.person(who)
    seen = SeenSeat(
        account_id=account.id,
        name=account.name,
        email=account.email,
        added_at=account.added_at,
        last_active_at=max(account.visits.values(), default=None),
        activity=activity,
    )
    await stage.parts.database.write(lambda uow: seats.see(uow, "jira", "story", [seen]))
    return account


async def ask(stage: Stage, who: str, *, linked: bool = False, activity: SeatActivity = SeatActivity.IDLE) -> SeatWarning:
    """Scans agreed that they do not use Jira any more: their warning is opened and on its way."""
    account = await see(stage, who, activity)

    def fact(uow: UnitOfWork) -> SeatWarning:
        person = people.find_or_add(uow, team_id="T0ACME", slack_id=f"U0{who.upper()}") if linked else None
        known = {"person_id": person.id, "slack_id": person.slack_id} if person else {"person_id": None, "slack_id": None}
        warning = warnings.open_(uow, account_id=account.id, product="jira", **known)
        assert warning is not None
        enqueue(uow, SendWarning(warning_id=warning.id))
        return warning

    return await stage.parts.database.write(fact)


async def now(stage: Stage, warning: SeatWarning) -> SeatWarning:
    """The warning as it stands."""
    found = await stage.parts.database.read(lambda uow: warnings.get(uow, warning.id))
    assert found is not None
    return found


async def becomes(stage: Stage, warning: SeatWarning, status: WarningStatus) -> SeatWarning:
    """The warning, once it has that status."""
    for _ in range(200):
        if (await now(stage, warning)).status is status:
            return await now(stage, warning)
        await asyncio.sleep(0.05)
    raise AssertionError(f"the warning is {(await now(stage, warning)).status}: {await stage.kinds()}")


def questions(stage: Stage, who: str) -> list[Message]:
    """The private messages to them that can be answered."""
    return [message for message in stage.sandbox.slack.dm(who) if _has(message, surface.KEEP)]


def _has(message: Message, action: str) -> bool:
    return any(element.get("action_id") == action for _, element in message.elements())


async def test_a_kept_seat_is_left_in_peace(stage: Stage) -> None:
    """On both databases: the message names product and day, one click keeps the seat, and the message shows until when."""
    warning = await ask(stage, "hugo")
    message = await stage.told("hugo", QUESTION, step=SECONDS)
    assert "You last used it on" in message.words
    assert "Your account and everything you wrote stay" in message.words
    await stage.sandbox.slack.clicks("hugo", message, surface.KEEP)
    await stage.told("hugo", "You keep Jira", step=SECONDS)
    assert questions(stage, "hugo") == []
    kept = await now(stage, warning)
    seat = await stage.parts.database.read(lambda uow: seats.get(uow, warning.account_id, "jira"))
    assert seat is not None
    assert seat.kept_until is not None
    assert kept.status is WarningStatus.KEPT
    assert timedelta(days=89) < seat.kept_until - kept.changed_at < timedelta(days=91)
    assert [kind for kind in await stage.kinds() if kind.startswith("warning.")] == ["warning.sent", "warning.kept"]


async def test_a_seat_let_go_may_still_be_kept(small_stage: OpenStage) -> None:
    """Nothing is taken by this click: it waits for the next plan, and until then the person may change their mind."""
    async with small_stage() as stage:
        warning = await ask(stage, "hugo")
        message = await stage.told("hugo", QUESTION, step=SECONDS)
        await stage.sandbox.slack.clicks("hugo", message, surface.LET_GO)
        message = await stage.told("hugo", "You let Jira go", step=SECONDS)
        due = await stage.parts.database.read(lambda uow: warnings.due(uow, at=uow.now, products=["jira"], limit=5))
        assert [one.id for one in due] == [warning.id]
        await stage.sandbox.slack.clicks("hugo", message, surface.KEEP)
        await stage.told("hugo", "You keep Jira", step=SECONDS)


async def test_reminders_come_on_their_days_and_only_the_last_can_be_answered(small_stage: OpenStage) -> None:
    """A week before the day and a day before it, each in a message of its own, and the message before it loses its buttons."""
    async with small_stage() as stage:
        warning = await ask(stage, "hugo")
        await stage.told("hugo", QUESTION, step=SECONDS)
        await stage.logged("warning.sent")
        stage.later(timedelta(days=6, hours=23))
        await until_quiet(stage)
        assert not any(REMINDER in message.words for message in stage.sandbox.slack.dm("hugo"))
        stage.later(timedelta(hours=2))
        await stage.told("hugo", REMINDER, step=SECONDS)
        await stage.told("hugo", "I've asked once more below", step=SECONDS)
        assert len(questions(stage, "hugo")) == 1
        stage.later(timedelta(days=6))
        await stage.logged("warning.reminded", times=2, step=SECONDS)
        (last,) = await _only_question(stage, "hugo")
        await stage.sandbox.slack.clicks("hugo", last, surface.KEEP)
        await stage.told("hugo", "You keep Jira", step=SECONDS)
        assert (await now(stage, warning)).reminders == 2


@pytest.mark.parametrize("days", ["[3]", "[9, 5, 1]"])
async def test_other_days_in_the_settings_silence_no_reminder(small_stage: OpenStage, monkeypatch: pytest.MonkeyPatch, days: str) -> None:
    """Whoever was told under the old settings is reminded as they had it; those who are warned from now on are told by the new ones."""
    async with small_stage() as stage:
        await ask(stage, "hugo")
        await stage.told("hugo", QUESTION, step=SECONDS)
        await stage.logged("warning.sent")
        monkeypatch.setenv("COMEBACK_IDLE__REMIND_DAYS", days)
        monkeypatch.setitem(stage.parts.kit.settings.__dict__, "idle", load().idle)
        for times, days_later in ((1, 7), (2, 6)):
            stage.later(timedelta(days=days_later, seconds=1))
            await stage.logged("warning.reminded", times=times, step=SECONDS)


async def test_a_late_reminder_is_the_last_one(small_stage: OpenStage) -> None:
    """The bot was down for a week: of two that are due one is sent, not both."""
    async with small_stage() as stage:
        await ask(stage, "hugo")
        await stage.told("hugo", QUESTION, step=SECONDS)
        await stage.logged("warning.sent")
        stage.later(timedelta(days=13, hours=1))
        await stage.logged("warning.reminded", step=SECONDS)
        await until_quiet(stage)
        assert (await stage.kinds()).count("warning.reminded") == 1


async def _only_question(stage: Stage, who: str) -> list[Message]:
    for _ in range(100):
        if len(questions(stage, who)) == 1:
            break
        stage.later(SECONDS)
        await asyncio.sleep(0.05)
    return questions(stage, who)


async def test_who_has_answered_is_not_reminded(small_stage: OpenStage) -> None:
    """A reminder after the answer would say that nobody listens."""
    async with small_stage() as stage:
        await ask(stage, "hugo")
        await stage.sandbox.slack.clicks("hugo", await stage.told("hugo", QUESTION, step=SECONDS), surface.LET_GO)
        await stage.told("hugo", "You let Jira go", step=SECONDS)
        stage.later(timedelta(days=8))
        await until_quiet(stage)
        assert not any(REMINDER in message.words for message in stage.sandbox.slack.dm("hugo"))


@pytest.mark.parametrize(("who", "linked", "code"), [("kit", True, "left"), ("kit", False, "no_slack_account")])
async def test_who_cannot_be_asked_is_noted(small_stage: OpenStage, who: str, linked: bool, code: str) -> None:
    """Somebody who has left, or whom Slack does not know, gets no message, and their seat is due in no plan."""
    async with small_stage() as stage:
        warning = await ask(stage, who, linked=linked)
        missed = await becomes(stage, warning, WarningStatus.UNDELIVERABLE)
        assert missed.reason_code == code
        stage.later(timedelta(days=20))
        assert await stage.parts.database.read(lambda uow: warnings.due(uow, at=uow.now, products=["jira"], limit=5)) == ()


async def test_an_address_that_nobody_confirmed_is_nobody(small_stage: OpenStage) -> None:
    """Who typed another's address into their profile could let go of another's seat."""
    async with small_stage() as stage:
        stage.sandbox.slack.change_email("hugo", "hugo.lindqvist@acme.example", confirmed=False)
        missed = await becomes(stage, await ask(stage, "hugo"), WarningStatus.UNDELIVERABLE)
        assert missed.reason_code == "email_not_confirmed"


async def test_whom_nobody_could_warn_is_asked_once_slack_knows_them(small_stage: OpenStage) -> None:
    """Their address is confirmed a week later: the same warning reaches them, and the time until a plan begins then."""
    async with small_stage(COMEBACK_IDLE__MAX_SHARE="1") as stage:
        stage.sandbox.slack.change_email("hugo", "hugo.lindqvist@acme.example", confirmed=False)
        missed = await becomes(stage, await ask(stage, "hugo"), WarningStatus.UNDELIVERABLE)
        stage.sandbox.slack.change_email("hugo", "hugo.lindqvist@acme.example", confirmed=True)
        stage.later(timedelta(days=7))
        worked_yesterday(stage, "omar")
        await scan(stage)
        await stage.told("hugo", QUESTION, step=SECONDS)
        await stage.logged("warning.sent", step=SECONDS)
        reached = await now(stage, missed)
        assert reached.status is WarningStatus.OPEN
        assert reached.plan_at is not None
        assert reached.plan_at - stage.sandbox.clock.now() > timedelta(days=13)


async def look_again(stage: Stage, warning: SeatWarning) -> None:
    """The weekly look for somebody whom nobody could warn."""
    await stage.parts.database.write(lambda uow: enqueue(uow, SendWarning(warning_id=warning.id)))
    await until_quiet(stage)


async def test_the_look_goes_by_what_is_known_now(small_stage: OpenStage) -> None:
    """An unreadable seat says nothing of them; who was linked when they were warned is not by now; whoever is linked meanwhile is asked."""
    async with small_stage() as stage:
        unreached = await becomes(stage, await ask(stage, "kit", linked=True), WarningStatus.UNDELIVERABLE)
        await see(stage, "kit", SeatActivity.UNKNOWN)
        await look_again(stage, unreached)
        assert (await now(stage, unreached)).reason_code == "left"
        await see(stage, "kit")
        await look_again(stage, unreached)
        codes = [json.loads(entry.body)["facts"]["code"] for entry in await stage.trail() if entry.kind == "warning.undeliverable"]
        assert codes == ["left", "no_slack_account"]

        def link(uow: UnitOfWork) -> None:
            hugo = people.find_or_add(uow, team_id="T0ACME", slack_id="U0HUGO")
            people.link(uow, hugo.id, account_id=unreached.account_id, email=None)

        await stage.parts.database.write(link)
        await look_again(stage, unreached)
        assert (await now(stage, unreached)).status is WarningStatus.OPEN
        assert len(questions(stage, "hugo")) == 1


OUT_OF_SEASON = {"COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "28", "COMEBACK_IDLE__LEAD_DAYS": "1"}
"""On the first of a month, the plan that a question would speak of comes long before the last day before the renewal."""


async def missed(stage: Stage, who: str, *, code: str) -> SeatWarning:
    """Somebody whom nobody could warn, in another season perhaps."""
    account = await see(stage, who)

    def fact(uow: UnitOfWork) -> SeatWarning | None:
        warning = warnings.open_(uow, account_id=account.id, product="jira", person_id=None, slack_id=None)
        assert warning is not None
        return warnings.move(uow, warning.id, source=WarningStatus.OPEN, target=WarningStatus.UNDELIVERABLE, reason_code=code)

    found = await stage.parts.database.write(fact)
    assert found is not None
    return found


@pytest.mark.parametrize("planned", [False, True])
async def test_who_is_found_out_of_season_is_asked_in_the_next(small_stage: OpenStage, planned: bool) -> None:
    """Nobody is asked about a plan that won't come, nor named any longer as somebody nobody could warn; what an approver planned stays."""
    async with small_stage(**OUT_OF_SEASON, clock=Clock.beginning(MONTH)) as stage:
        warning = await missed(stage, "hugo", code="email_not_confirmed")
        if planned:
            await stage.parts.database.write(
                lambda uow: reclaims.plan(uow, account_id=warning.account_id, product="jira", last_active_at=None, warning_id=warning.id)
            )
        await look_again(stage, warning)
        ended = await now(stage, warning)
        expected = (WarningStatus.UNDELIVERABLE, "email_not_confirmed") if planned else (WarningStatus.ENDED, "postponed")
        assert (ended.status, ended.reason_code) == expected
        assert questions(stage, "hugo") == []


async def test_a_question_that_waited_too_long_is_not_asked(small_stage: OpenStage) -> None:
    """Slack was away until its season was over: it is no reason to mail anybody either."""
    async with small_stage(**OUT_OF_SEASON, clock=Clock.beginning(MONTH)) as stage:
        ended = await becomes(stage, await ask(stage, "kit"), WarningStatus.ENDED)
        assert ended.reason_code == "postponed"


async def test_whom_slack_lets_nobody_message_stays_noted(small_stage: OpenStage) -> None:
    """They look as if they could be asked, so out of season they stay on the list."""
    async with small_stage(**OUT_OF_SEASON, clock=Clock.beginning(MONTH)) as stage:
        warning = await missed(stage, "hugo", code="not_reachable")
        await look_again(stage, warning)
        assert (await now(stage, warning)).status is WarningStatus.UNDELIVERABLE


async def test_each_look_is_an_attempt_where_slack_refused_the_message(small_stage: OpenStage) -> None:
    """Whether it still does shows only then: the first is refused once more, the next reaches them."""
    async with small_stage() as stage:
        warning = await missed(stage, "hugo", code="not_reachable")
        stage.sandbox.faults.add(Fault(side="slack", match="chat.postMessage", code="cannot_message_user", times=1))
        await look_again(stage, warning)
        assert stage.sandbox.faults.active()[0]["hit"] == 1
        still = await now(stage, warning)
        assert (still.status, still.reason_code) == (WarningStatus.UNDELIVERABLE, "not_reachable")
        await look_again(stage, warning)
        assert (await now(stage, warning)).status is WarningStatus.OPEN


async def test_only_who_was_asked_is_heard(small_stage: OpenStage) -> None:
    """A forged id in somebody else's click changes nothing and is answered."""
    async with small_stage() as stage:
        warning = await ask(stage, "hugo")
        await stage.told("hugo", QUESTION, step=SECONDS)
        other = await ask(stage, "omar")
        message = await stage.told("omar", QUESTION, step=SECONDS)
        await stage.sandbox.slack.clicks("omar", message, surface.LET_GO, value=warning.id)
        await stage.whispered("omar", "Only the person who was asked")
        assert [(await now(stage, one)).status for one in (warning, other)] == [WarningStatus.OPEN] * 2
        assert "warning.not_theirs" in await stage.kinds()


async def test_an_old_message_says_what_became_of_it(small_stage: OpenStage) -> None:
    """The buttons of a message that is drawn late are still there: pressing one tells how it ended, and changes nothing."""
    async with small_stage() as stage:
        warning = await ask(stage, "hugo")
        message = await stage.told("hugo", QUESTION, step=SECONDS)
        old = next(element for _, element in message.elements() if element["action_id"] == surface.LET_GO)
        await stage.sandbox.slack.clicks("hugo", message, surface.KEEP)
        await stage.told("hugo", "You keep Jira", step=SECONDS)
        await stage.sandbox.slack.clicks("hugo", message, surface.LET_GO, element=old)
        await stage.whispered("hugo", "This was settled before")
        assert (await now(stage, warning)).status is WarningStatus.KEPT


async def test_the_warning_of_a_seat_that_came_back_says_so(small_stage: OpenStage) -> None:
    """Two messages about one seat say the same, whichever of them its owner reads."""
    async with small_stage() as stage:
        warning = await ask(stage, "hugo")
        asked = await stage.told("hugo", QUESTION, step=SECONDS)

        def agree(uow: UnitOfWork) -> None:
            one = reclaims.plan(uow, account_id=warning.account_id, product="jira", last_active_at=None, warning_id=warning.id)
            assert one is not None
            taking.approve(uow, one.id)

        stage.later(timedelta(days=15))
        await stage.parts.database.write(agree)
        freed = await stage.told("hugo", "and `/request-jira` brings it back", step=SECONDS)
        offer = await stage.told("hugo", "one click asks for it back", step=SECONDS)
        await stage.sandbox.slack.clicks("hugo", offer, taken.ASK_BACK)
        card = await stage.card(saying="asks for Jira", step=SECONDS)
        await stage.parts.kit.directory.refresh()
        await stage.sandbox.slack.clicks("grace", card, "request.approve")
        back = await stage.told("hugo", "and came back after that", step=SECONDS)
        assert "You have your Jira seat again" in back.words
        assert asked.ts == freed.ts == back.ts


async def test_a_lost_answer_of_slack_brings_no_second_message(small_stage: OpenStage) -> None:
    """The message was there, its answer was not: the next attempt finds it, and the day in it is the one that counts."""
    async with small_stage() as stage:
        stage.sandbox.faults.add(Fault(side="slack", match="chat.postMessage", drop="after", times=1))
        warning = await ask(stage, "hugo")
        await stage.told("hugo", QUESTION, step=SECONDS)
        await stage.logged("warning.sent", step=timedelta(seconds=20))
        assert len(questions(stage, "hugo")) == 1
        assert (await now(stage, warning)).ts == questions(stage, "hugo")[0].ts


async def test_a_bot_that_died_after_posting_asks_once(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> None:
    """Killed between the message and the note of it, and started again on the same database: one message, not two."""
    monkeypatch.chdir(tmp_path)
    async with Sandbox(rate_limits=False) as sandbox:
        for name, value in {**sandbox.environment(), "DATABASE_URL": sqlite_url}.items():
            monkeypatch.setenv(name, value)
        settings = load()
        sandbox.faults.add(Fault(side="slack", match="chat.postMessage", delay_s=20, when="after", times=1))
        async with started(settings, role=Role.WORKER, now=sandbox.clock.now) as parts:
            stage = Stage(sandbox=sandbox, parts=parts)
            warning = await ask(stage, "hugo")
            await stage.told("hugo", QUESTION)
            assert parts.worker is not None
            parts.worker.stop(drain_seconds=0)
            await asyncio.sleep(0.2)
            assert (await now(stage, warning)).sent_at is None
        async with started(settings, role=Role.WORKER, now=sandbox.clock.now) as parts:
            stage = Stage(sandbox=sandbox, parts=parts)
            await stage.logged("warning.sent", step=timedelta(seconds=20))
            await stage.told("hugo", QUESTION)
            assert len(questions(stage, "hugo")) == 1


async def test_who_is_back_before_the_message_is_not_asked(small_stage: OpenStage) -> None:
    """Just before sending, what the last scan saw counts."""
    async with small_stage() as stage:
        warning = await ask(stage, "hugo", activity=SeatActivity.ACTIVE)
        dropped = await becomes(stage, warning, WarningStatus.DROPPED)
        assert dropped.reason_code == "active_again"
        assert stage.sandbox.slack.dm("hugo") == []


async def test_home_lists_the_seat_and_keeps_it(small_stage: OpenStage) -> None:
    """Somebody who overlooked the message finds the same question on the Home tab."""
    async with small_stage() as stage:
        warning = await ask(stage, "hugo")
        await stage.told("hugo", QUESTION, step=SECONDS)
        await stage.logged("warning.sent")
        await stage.sandbox.slack.opens_home("hugo")
        home = await stage.sandbox.slack.until(lambda: stage.sandbox.slack.home("hugo"))
        assert home is not None
        assert "It looks unused" in str(home.blocks)
        await stage.sandbox.slack.clicks("hugo", home, surface.KEEP)
        await becomes(stage, warning, WarningStatus.KEPT)
        await stage.told("hugo", "You keep Jira", step=SECONDS)


async def test_two_scans_a_day_apart_warn_each_idle_person_once(small_stage: OpenStage) -> None:
    """The whole way by real scans: the first only remembers, the second is agreed with, a third changes nothing, use drops quietly."""
    async with small_stage(COMEBACK_IDLE__MAX_SHARE="1") as stage:
        account, minute = make_idle(stage, "hugo"), timedelta(minutes=1)
        await scan(stage)
        await until_quiet(stage)
        assert "warning.opened" not in await stage.kinds()
        stage.later(timedelta(days=1))
        await scan(stage)
        await stage.told("hugo", QUESTION, step=minute)
        stage.later(timedelta(days=1))
        await scan(stage)
        mine = [warning.cycle for warning in await of_hugo(stage)]
        assert mine == [1]
        visits = dict.fromkeys(account.visits, stage.sandbox.clock.now())
        stage.sandbox.atlassian.change(account, act="test", visits=visits)
        stage.later(timedelta(days=1))
        await scan(stage)
        await stage.told("hugo", "Jira seat stays", step=minute)
        assert not [message for message in questions(stage, "hugo") if QUESTION in message.words]


async def of_hugo(stage: Stage) -> list[SeatWarning]:
    """His warnings about Jira."""

    def found(uow: UnitOfWork) -> list[SeatWarning]:
        person = people.find(uow, team_id="T0ACME", slack_id="U0HUGO")
        return [one for one in warnings.of_person(uow, person.id) if one.product == "jira"] if person else []

    return await stage.parts.database.read(found)


async def test_in_plan_mode_people_hear_nothing(small_stage: OpenStage) -> None:
    """Removal is off by default: scans agree, and nobody is warned."""
    async with small_stage(COMEBACK_IDLE__MAX_SHARE="1", COMEBACK_IDLE__MODE="plan") as stage:
        make_idle(stage, "hugo")
        await scan(stage)
        stage.later(timedelta(days=1))
        await scan(stage)
        await until_quiet(stage)
        assert "warning.opened" not in await stage.kinds()
        assert stage.sandbox.slack.dm("hugo") == []
