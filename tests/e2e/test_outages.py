"""What is away comes back: nothing is lost meanwhile, nobody is left without an answer, and nobody is asked more than they can bear."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from sqlalchemy import update

from bot.actor import SlackPerson
from bot.jobs.base import ATLASSIAN
from bot.jobs.requests import Vet
from bot.trouble import GIVE_UP_AFTER
from bot.usecases import decisions, requests
from bot.usecases.decisions import Click
from bot.worker import AT_ONCE_FOR_ONE_SIDE
from sandbox.faults import Fault
from storage import access_requests, findings, outbox, pacing
from storage.db import UnitOfWork
from storage.lifecycle import RequestStatus, Verdict
from storage.tables import outbox as jobs
from tests.e2e.conftest import ADMINS, PATIENCE, Stage, on_stage
from tests.e2e.faulty import ADD
from tests.e2e.quiet import until, until_quiet
from tests.e2e.severable import severable
from tests.e2e.trial import Trial

OpenStage = Callable[..., Any]

APPROVALS = 200
"""However many wait, the probes are as many."""
WAITING_FOR_SLACK = 50
"""They pass no paused bucket, so each looks by itself some twenty times: the time of this story is theirs."""
HALF_AN_HOUR = timedelta(minutes=30)
A_DAY = timedelta(hours=24, minutes=5)
A_MOMENT = timedelta(seconds=25)
"""So short a pause is told to nobody."""
BEFORE_IT_SHOWS = 2 * AT_ONCE_FOR_ONE_SIDE
"""Calls that are under way, or begin, before the third failure in a row is known."""


async def eventually(holds: Callable[[], bool]) -> None:
    """Return when *holds* does; raises TimeoutError when it takes too long."""
    async with asyncio.timeout(PATIENCE):
        while not holds():  # noqa: ASYNC110 - faults tell nobody that they strike
            await asyncio.sleep(0.01)


def hits(stage: Stage) -> int:
    """How often the planted fault has struck."""
    return sum(int(rule["hit"]) for rule in stage.sandbox.faults.active())


async def waiting(stage: Stage) -> dict[str, int]:
    """How many jobs of each kind are there to be done."""
    return {row.kind: row.jobs for row in await stage.parts.database.read(outbox.backlog)}


async def test_a_hanging_atlassian_holds_no_message_up(small_stage: OpenStage) -> None:
    """Ten looks would hang at once, and a denial still reaches its person before any of them has ended."""
    async with small_stage() as stage:
        slack, trial = stage.sandbox.slack, Trial(stage=stage)
        await stage.parts.database.write(lambda uow: pacing.set_interval(uow, "slack.read", 0))
        await slack.types("ada", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        before = len(stage.sandbox.atlassian.calls)
        await stage.parts.database.write(lambda uow: pacing.pause(uow, ATLASSIAN, until=uow.now + A_MOMENT, reason="rate_limited"))
        for who in [trial.hire(ADD) for _ in range(10)]:
            await slack.types(who, "/request-jira please")
        while (await waiting(stage)).get(Vet.kind, 0) < 10:  # noqa: ASYNC110 - the database tells nobody
            await asyncio.sleep(0.01)
        stage.sandbox.faults.add(Fault(match="/admin", delay_s=3, drop="before"))
        await stage.parts.database.write(lambda uow: pacing.resume(uow, ATLASSIAN))
        await eventually(lambda: hits(stage) >= AT_ONCE_FOR_ONE_SIDE)
        await slack.clicks("grace", card, "request.deny")
        await slack.submits("grace", slack.views("grace")[0], {"reason": "not this month"})
        await stage.told("ada", "not this month")
        assert len(stage.sandbox.atlassian.calls) == before


def approve(uow: UnitOfWork, who: str, stage: Stage) -> str:
    """The id of a request of *who* that an approver agreed to a moment ago."""
    team_id = stage.parts.kit.team.team_id
    asker, grace = (SlackPerson(team_id=team_id, slack_id=stage.sandbox.slack.person(one).id) for one in (who, "grace"))
    requests.file(uow, actor=asker, delivery=f"t:{who}", product="jira", reason="", settings=stage.parts.kit.settings, via="command")
    request = requests.of_person(uow, actor=asker)[0]
    body = {"state": None, "trouble": None}
    findings.record(uow, request_id=request.id, account_id=None, email=f"{who}@acme.example", body=body)
    click = Click(actor=grace, request_id=request.id, approvers=stage.parts.kit.directory.approvers, channel=ADMINS)
    decisions.decide_checked(uow, click, verdict=Verdict.APPROVE, reason=None, settings=stage.parts.kit.settings)
    return request.id


@pytest.mark.large
async def test_half_an_hour_without_atlassian_is_waited_out(small_stage: OpenStage) -> None:
    """Approved people get their seats afterwards, once each; meanwhile one call every half minute asks whether Atlassian is back."""
    async with small_stage(COMEBACK_GRANTS_PER_DAY="1000") as stage:
        trial, atlassian = Trial(stage=stage), stage.sandbox.atlassian
        stage.sandbox.faults.add(Fault(match="/admin", status=503))
        began, people = stage.sandbox.clock.now(), [trial.hire(ADD) for _ in range(APPROVALS)]
        await stage.parts.database.write(lambda uow: [approve(uow, who, stage) for who in people], wait_seconds=PATIENCE)
        await until(stage, began + HALF_AN_HOUR)
        moments = [call.at for call in atlassian.calls]
        assert len(moments) <= BEFORE_IT_SHOWS + HALF_AN_HOUR / timedelta(seconds=pacing.PROBE_SECONDS)
        assert _nearest(moments[BEFORE_IT_SHOWS:]) >= timedelta(seconds=pacing.PROBE_SECONDS - 1)
        assert atlassian.writes == [] or all(write.by != "api" for write in atlassian.writes)
        stage.sandbox.faults.clear()
        await until_quiet(stage)
        counts = await stage.parts.database.read(access_requests.counts)
        assert counts[RequestStatus.GRANTED] == APPROVALS
        assert len([write for write in atlassian.writes if write.by == "api"]) == APPROVALS
        told = [[note.words for note in stage.sandbox.slack.dm(who) if "You have Jira again" in note.words] for who in people]
        assert {len(notes) for notes in told} == {1}
        assert not [row for row in await stage.parts.database.read(outbox.backlog) if row.state.value == "dead"]


def _nearest(moments: list[datetime]) -> timedelta:
    return min(later - earlier for earlier, later in pairwise(moments))


@pytest.mark.large
async def test_half_an_hour_without_slack_is_waited_out(small_stage: OpenStage) -> None:
    """People get their seats and are told afterwards, once each; meanwhile one call every half minute asks whether Slack is back."""
    async with small_stage(COMEBACK_GRANTS_PER_DAY="1000") as stage:
        trial, slack, atlassian = Trial(stage=stage), stage.sandbox.slack, stage.sandbox.atlassian
        stage.sandbox.faults.add(Fault(side="slack", match=r"(auth|chat|conversations|files|usergroups|users|views)\..*", status=503))
        began, people = stage.sandbox.clock.now(), [trial.hire(ADD) for _ in range(WAITING_FOR_SLACK)]
        await stage.parts.database.write(lambda uow: [approve(uow, who, stage) for who in people], wait_seconds=PATIENCE)
        await until(stage, began + HALF_AN_HOUR)
        assert hits(stage) <= BEFORE_IT_SHOWS + HALF_AN_HOUR / timedelta(seconds=pacing.PROBE_SECONDS)
        stage.sandbox.faults.clear()
        back = stage.sandbox.clock.now()
        await until_quiet(stage)
        counts = await stage.parts.database.read(access_requests.counts)
        assert counts[RequestStatus.GRANTED] == WAITING_FOR_SLACK
        writes = [write for write in atlassian.writes if write.by == "api"]
        assert len(writes) == WAITING_FOR_SLACK
        # Whoever was held back goes on with the first answer; the pace alone takes the rest of the time. A call or two may be lost to a
        # busy machine, and are tried again after a pause of their own.
        assert sorted(write.at for write in writes)[-3] - back < timedelta(minutes=3)
        told = [[note.words for note in slack.dm(who) if "You have Jira again" in note.words] for who in people]
        assert {len(notes) for notes in told} == {1}
        assert not [row for row in await stage.parts.database.read(outbox.backlog) if row.state.value == "dead"]


async def test_who_asks_during_an_outage_is_seen(small_stage: OpenStage) -> None:
    """Approvers see the request though nobody could look into it, and an approval says at once what it waits for."""
    async with small_stage() as stage:
        trial, slack = Trial(stage=stage), stage.sandbox.slack
        stage.sandbox.faults.add(Fault(match="/admin", drop="before"))
        await asyncio.gather(*(slack.types(who, "/request-jira please") for who in [trial.hire(ADD) for _ in range(6)]))
        await until(stage, stage.sandbox.clock.now() + timedelta(minutes=1))
        assert len(stage.cards()) == 6
        late = trial.hire(ADD)
        await slack.types(late, "/request-jira please")
        await slack.until(lambda: len(stage.cards()) == 7)
        await stage.parts.kit.directory.refresh()
        await slack.clicks("grace", stage.cards()[-1], "request.approve")
        await stage.card(saying="can't be reached just now")
        stage.sandbox.faults.clear()
        await until_quiet(stage)
        await stage.told(late, "You have Jira again")


async def readiness(stage: Stage) -> int:
    """What the probe answers."""
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{stage.parts.port}/readyz") as answer:
        return answer.status


async def test_a_database_that_was_away_has_lost_nothing(monkeypatch: pytest.MonkeyPatch, postgres_url: str, tmp_path: Path) -> None:
    """Whoever asks or decides meanwhile reads a sentence, the probe is red, and one second after its return all goes on."""
    monkeypatch.chdir(tmp_path)
    async with (
        severable(postgres_url) as (wire, url),
        on_stage(monkeypatch, transport="http", database_url=url) as stage,
    ):
        slack = stage.sandbox.slack
        await slack.types("ada", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        await wire.cut()
        typed = await slack.types("lena", "/request-jira please")
        assert "nothing was saved" in slack.ephemerals("lena")[-1].words
        await slack.clicks("grace", card, "request.approve")
        await stage.whispered("grace", "on our side")
        assert await readiness(stage) == 503
        assert typed.ack_ms is not None
        assert typed.ack_ms < 3000
        await wire.mend()
        await slack.clicks("grace", card, "request.approve")
        await stage.told("ada", "You have Jira again")
        await slack.types("lena", "/request-jira please")
        await stage.card(saying="U0LENA")
        assert await readiness(stage) == 200
        assert all(not loop.done() for loop in stage.parts.loops)


async def test_after_a_day_a_human_is_asked_and_one_click_goes_on(small_stage: OpenStage) -> None:
    """What nobody answers for a day is not tried for ever: the card says so, and *Try again* does once Atlassian is back."""
    async with small_stage() as stage:
        slack = stage.sandbox.slack
        await slack.types("ada", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        stage.sandbox.faults.add(Fault(side="atlassian", match=".*", status=503))
        await slack.clicks("grace", card, "request.approve")
        await stage.logged("request.approved")
        await eventually(lambda: hits(stage) > 0)
        # As many attempts as a day has: each of them would be the same story.
        await stage.parts.database.write(lambda uow: uow.connection.execute(update(jobs).values(attempts=GIVE_UP_AFTER)))
        stage.later(A_DAY)
        await until(stage, stage.sandbox.clock.now() + timedelta(minutes=2))
        request = await stage.request()
        assert (request.status, request.reason_code) == (RequestStatus.NEEDS_ATTENTION, "unreachable_too_long")
        stage.sandbox.faults.clear()
        await stage.parts.kit.directory.refresh()
        await slack.clicks("grace", stage.cards()[-1], "request.retry")
        await until_quiet(stage)
        await stage.told("ada", "You have Jira again", step=timedelta(seconds=1))
        assert len([write for write in stage.sandbox.atlassian.writes if write.by == "api"]) == 1


async def test_a_process_that_starts_while_its_database_is_away_waits_for_it(
    monkeypatch: pytest.MonkeyPatch, postgres_url: str, tmp_path: Path
) -> None:
    """A server that restarts must not send whoever supervises the processes round in circles."""
    monkeypatch.chdir(tmp_path)
    async with severable(postgres_url) as (wire, url):
        await wire.cut()
        mending: list[asyncio.Task[None]] = []
        asyncio.get_running_loop().call_later(0.5, lambda: mending.append(asyncio.create_task(wire.mend())))
        async with on_stage(monkeypatch, transport="http", database_url=url, scheduled=True) as stage:
            assert mending
            await stage.sandbox.slack.types("ada", "/request-jira please")
            await stage.card(saying="asks for Jira")


async def test_a_slack_that_was_away_is_told_everything_once(small_stage: OpenStage) -> None:
    """While Slack answers nothing the decision's work goes on as far as it can; afterwards the card is right and the person told once."""
    async with small_stage() as stage:
        slack = stage.sandbox.slack
        await slack.types("ada", "/request-jira please")
        card = await stage.card(saying="asks for Jira")
        stage.sandbox.faults.add(Fault(side="slack", match=r"(chat|conversations|users|views)\..*", status=503))
        await slack.clicks("grace", card, "request.approve")
        await until(stage, stage.sandbox.clock.now() + HALF_AN_HOUR)
        assert slack.dm("ada") == []
        stage.sandbox.faults.clear()
        await until_quiet(stage)
        await stage.card(saying="has Jira again")
        assert len([note for note in slack.dm("ada") if "You have Jira again" in note.words]) == 1
        assert len([write for write in stage.sandbox.atlassian.writes if write.by == "api"]) == 1
