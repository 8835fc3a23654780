"""A plan, from the proposal to its end: who is in it decides by one click, and all that was taken can be put back."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from bot.jobs.plans import ProposePlan
from bot.slack.surfaces import plan, taken
from bot.slack.surfaces.modals import REASON
from bot.slack.surfaces.plan_forms import ADDED
from bot.usecases.reclaims import approve as agree
from bot.usecases.steps import enqueue
from sandbox.faults import Fault
from storage import batches, exemptions, people, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus, ExemptionStatus, ReclaimStatus, WarningStatus
from tests.e2e.conftest import Stage
from tests.e2e.idle_words import make_idle, plan_of, warn, warned_long_ago
from tests.e2e.plan_words import choose, of_plan, plan_says, press, propose, until
from tests.e2e.quiet import until_quiet
from tests.e2e.scanned import scan
from tests.e2e.ways import act, everybody, holds_role, joins_group, synced_group

OpenStage = Callable[..., Any]


@pytest.fixture(autouse=True)
def _removal_is_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "reclaim")


async def content_of(stage: Stage, prefix: str) -> bytes:
    """The list whose name begins so, once it is uploaded."""
    for _ in range(200):
        found = [file.content for file in stage.sandbox.slack.files() if file.name.startswith(prefix)]
        if found and found[0]:
            return found[0]
        stage.later(timedelta(seconds=1))
        await asyncio.sleep(0.05)
    raise AssertionError(f"no file {prefix}")


async def test_from_the_proposal_to_the_undo(stage: Stage) -> None:
    """On both databases: edited, approved, taken, asked back by one, undone for the rest; in the end the world is what it was."""
    slack = stage.sandbox.slack
    await warn(stage, ("hugo", "jira"), ("ben", "jira"), ("ada", "confluence"), ("sam", "confluence"))
    before = everybody(stage.sandbox)
    card = await propose(stage)
    assert "A plan: 4 idle seats can be taken back" in card.words
    assert "Hugo Lindqvist (hugo.lindqvist@acme.example, Jira)" in card.words

    sam = (await of_plan(stage))["sam confluence"]
    await choose(stage, plan.EDIT, {REASON: [sam.id]})
    card = await plan_says(stage, "A plan: 3 idle seats can be taken back")
    assert "Left out: Sam Osei" in card.words
    assert "Changed by <@U0GRACE>" in card.words
    changed = await content_of(stage, "idle-seats-changed-1")
    assert (b"Hugo" in changed, b"Sam Osei" in changed) == (True, False)

    await press(stage, plan.APPROVE)
    await until(stage, BatchStatus.DONE)
    card = await plan_says(stage, "3 of 4 idle seats taken back")
    assert "Approved by <@U0GRACE>" in card.words
    assert "1 kept, left out by an approver: Sam Osei" in card.words
    assert not stage.sandbox.atlassian.has_product("hugo", "jira")
    assert stage.sandbox.atlassian.has_product("hugo", "confluence")
    assert stage.sandbox.atlassian.has_product("sam", "confluence")

    message = await stage.told("hugo", "Your Jira seat was freed")
    await slack.clicks("hugo", message, taken.ASK_BACK)
    await stage.told("hugo", "Your request for Jira is in")
    card = await stage.card(saying="asks for Jira", step=timedelta(seconds=1))
    await stage.parts.kit.directory.refresh()
    await slack.clicks("grace", card, "request.approve")
    await stage.told("hugo", "You have Jira again", step=timedelta(seconds=1))
    await plan_says(stage, "1 back, asked for and granted: Hugo Lindqvist")
    redrawn = await stage.told("hugo", "You have your Jira seat again")
    assert redrawn.ts == message.ts
    assert taken.ASK_BACK not in str(redrawn.blocks)

    await press(stage, plan.UNDO)
    await until(stage, BatchStatus.UNDONE)
    await stage.told("ben", "An admin put back exactly what was taken", step=timedelta(seconds=1))
    card = await plan_says(stage, "2 of 2 idle seats put back")
    assert "All undone by <@U0GRACE>" in card.words
    assert everybody(stage.sandbox) == before
    kinds = await stage.kinds()
    assert [kinds.count(kind) for kind in ("batch.proposed", "batch.edited", "batch.approved", "batch.done")] == [1, 1, 1, 1]
    assert [kinds.count(kind) for kind in ("seat.reclaimed", "seat.returned", "batch.undo", "batch.undone")] == [3, 3, 1, 1]


async def test_one_person_is_put_back(small_stage: OpenStage) -> None:
    """One of two: exactly theirs returns, the plan goes on saying what is still taken, and their grace begins."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"), ("ben", "jira"))
        before = everybody(stage.sandbox)
        await propose(stage)
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        hugo = (await of_plan(stage))["hugo jira"]
        await choose(stage, plan.UNDO_SOME, {REASON: [hugo.id]})
        await stage.told("hugo", "Your Jira seat was given back", step=timedelta(seconds=2))
        assert stage.sandbox.atlassian.person("hugo") == before[hugo.account_id]
        assert not stage.sandbox.atlassian.has_product("ben", "jira")
        seat = await stage.parts.database.read(lambda uow: seats.get(uow, hugo.account_id, "jira"))
        assert seat is not None
        assert seat.given_at is not None
        card = await plan_says(stage, "1 back, put back by an undo: Hugo")
        assert "Undo some…" in card.buttons


async def uses_it(stage: Stage) -> str:
    """Hugo is at work again."""
    organization = stage.sandbox.atlassian
    account, now = organization.person("hugo"), stage.sandbox.clock.now()
    organization.change(account, act="test", visits=dict.fromkeys(account.visits, now))
    return "active_again"


async def becomes_admin(stage: Stage) -> str:
    """Hugo administers the product by now."""
    holds_role("atlassian/admin", on="jira")(stage.sandbox, "hugo")
    return "protected"


async def joins_admins(stage: Stage) -> str:
    """Hugo is in the group of the product's admins by now."""
    joins_group("jira-admins-acme")(stage.sandbox, "hugo")
    return "protected"


async def is_exempt(stage: Stage) -> str:
    """Somebody asked that Hugo's seat is left alone, and nobody has decided that yet."""

    def fact(uow: UnitOfWork) -> None:
        hugo = people.find_or_add(uow, team_id="T0ACME", slack_id="U0HUGO")
        account_id, until = stage.sandbox.atlassian.person("hugo").id, uow.now + timedelta(days=30)
        assert exemptions.ask(
            uow, account_id=account_id, product="jira", asked_by=hugo.id, owner_id=hugo.id, reason="on leave", until=until
        )

    await stage.parts.database.write(fact)
    return "exempt"


async def was_exempted(stage: Stage) -> str:
    """An approver agreed to leave Hugo's seat alone."""
    await is_exempt(stage)

    def fact(uow: UnitOfWork) -> None:
        asked = exemptions.open_of(uow, stage.sandbox.atlassian.person("hugo").id, "jira")
        assert asked is not None
        grace = people.find_or_add(uow, team_id="T0ACME", slack_id="U0GRACE")
        assert exemptions.move(uow, asked.id, source=ExemptionStatus.ASKED, target=ExemptionStatus.ACTIVE, decided_by=grace.id)

    await stage.parts.database.write(fact)
    return "exempt"


async def keeps_it(stage: Stage) -> str:
    """Hugo pressed *Keep my access* after the plan was posted."""

    def fact(uow: UnitOfWork) -> None:
        account_id = stage.sandbox.atlassian.person("hugo").id
        warning = warnings.open_of(uow, account_id, "jira")
        assert warning is not None
        warnings.move(uow, warning.id, source=WarningStatus.OPEN, target=WarningStatus.KEPT)
        seats.keep(uow, account_id, "jira", uow.now + timedelta(days=90))

    await stage.parts.database.write(fact)
    return "kept"


async def becomes_approver(stage: Stage) -> str:
    """Hugo decides such plans by now."""
    stage.sandbox.slack.set_group("S0ADMINS", ["U0GRACE", "U0HUGO"])
    directory = stage.parts.kit.directory
    for _ in range(100):
        if "U0HUGO" in directory.approvers.slack_ids and directory.approvers.fresh(stage.sandbox.clock.now()):
            break
        await asyncio.sleep(0.05)
    return "protected"


async def tells_nothing(stage: Stage) -> str:
    """Atlassian's row about the product comes without a date."""
    body = stage.sandbox.atlassian.person("hugo")
    stage.sandbox.atlassian.change(body, act="test", added_at=stage.sandbox.clock.now() + timedelta(days=400))
    return "unknown"


async def is_in_the_way(stage: Stage) -> str:
    """An identity provider took over the group that seats Hugo."""
    synced_group("jira-users-acme")(stage.sandbox, "hugo")
    stage.parts.kit.catalog.forget()
    return "in_the_way"


async def lost_it_already(stage: Stage) -> str:
    """An admin took the seat by hand."""
    act("remove_product", product="jira")(stage.sandbox, "hugo")
    return "no_seat"


async def has_a_script(stage: Stage) -> str:
    """A script has signed in with Hugo's API token yesterday."""
    now = stage.sandbox.clock.now()
    tokens = ((now - timedelta(days=300), now - timedelta(days=1)),)
    stage.sandbox.atlassian.change(stage.sandbox.atlassian.person("hugo"), act="test", tokens=tokens)
    return "script_active"


STOPPERS = [
    uses_it,
    becomes_admin,
    joins_admins,
    is_exempt,
    was_exempted,
    keeps_it,
    becomes_approver,
    tells_nothing,
    is_in_the_way,
    has_a_script,
    lost_it_already,
]


@pytest.mark.parametrize("happens", STOPPERS, ids=lambda one: one.__name__)
async def test_last_look_stops_it(small_stage: OpenStage, happens: Callable[[Stage], Any]) -> None:
    """Whatever speaks against it by the time of the taking leaves the seat where it is, and the plan names the reason."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        await propose(stage)
        code = await happens(stage)
        before = everybody(stage.sandbox)
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        assert everybody(stage.sandbox) == before
        only = (await of_plan(stage))["hugo jira"]
        assert (only.status, only.reason_code) == (ReclaimStatus.STOPPED, code)
        assert "1 kept, " in (await plan_says(stage, "0 of 1 idle seat taken back")).words


async def test_an_old_token_or_a_key_that_may_not_look_stops_nothing(small_stage: OpenStage) -> None:
    """A forgotten token keeps nobody's seat, and neither does a question that Atlassian refuses about the tokens."""
    async with small_stage() as stage:
        long_ago = stage.sandbox.clock.now() - timedelta(days=300)
        stage.sandbox.atlassian.change(stage.sandbox.atlassian.person("hugo"), act="test", tokens=((long_ago, long_ago),))
        stage.sandbox.faults.add(Fault(match="GET /users/[^/]+/manage/api-tokens", status=403, times=1))
        await warn(stage, ("hugo", "jira"), ("ben", "jira"))
        await propose(stage)
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        assert {one.status for one in (await of_plan(stage)).values()} == {ReclaimStatus.TAKEN}


async def test_an_open_request_stops_it(small_stage: OpenStage) -> None:
    """Somebody who asks for the product while the plan waits keeps the seat."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        await propose(stage)

        def link(uow: UnitOfWork) -> None:
            hugo = people.find_or_add(uow, team_id="T0ACME", slack_id="U0HUGO")
            people.link(uow, hugo.id, account_id=make_idle(stage, "hugo").id, email=None)

        await stage.parts.database.write(link)
        act("remove_product", product="jira")(stage.sandbox, "hugo")
        await stage.sandbox.slack.types("hugo", "/request-jira please")
        await stage.card(saying="asks for Jira")
        act("add_product", product="jira")(stage.sandbox, "hugo")
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        assert (await of_plan(stage))["hugo jira"].reason_code == "asked_for"
        assert stage.sandbox.atlassian.has_product("hugo", "jira")


async def test_what_is_in_the_way_is_named(small_stage: OpenStage) -> None:
    """The admin reads which group it is, and who has to do something about it."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        await propose(stage)
        await is_in_the_way(stage)
        await press(stage, plan.APPROVE)
        card = await plan_says(stage, "is in the way")
        assert "`jira-users-acme` is in the way (your identity provider owns the group: take them out of it there)" in card.words


async def test_who_could_not_be_warned_is_added_by_name_only(small_stage: OpenStage) -> None:
    """A machine's account is named beside the plan, is in it only when an approver adds it, and then goes."""
    async with small_stage() as stage:
        (warning,) = await warn(stage, ("hugo", "jira"), reached=False)
        await stage.parts.database.write(warned_long_ago)
        card = await propose(stage, saying="1 person I couldn't warn: decide by name")
        assert "no warning reached them: only whom you add with *Edit…* can be taken" in card.words
        assert "No warning reached them: Hugo Lindqvist" in card.words
        assert "Approve" not in card.buttons
        await choose(stage, plan.EDIT, {REASON: [warning.id]})
        card = await plan_says(stage, "A plan: 1 idle seat can be taken back")
        assert "1 of them was *not* warned; an approver added them: Hugo Lindqvist" in card.words
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        assert not stage.sandbox.atlassian.has_product("hugo", "jira")
        await stage.logged("notice.undeliverable", step=timedelta(seconds=1))


async def test_a_plan_that_only_names_people_holds_up_no_seat(small_stage: OpenStage) -> None:
    """Somebody like `jenkins@` must not cost others their season: who is due comes with a new plan, which names the same people."""
    async with small_stage() as stage:
        await warn(stage, ("ben", "jira"), reached=False)
        stage.later(timedelta(days=20))
        await propose(stage, saying="1 person I couldn't warn: decide by name")
        await stage.parts.database.write(lambda uow: enqueue(uow, ProposePlan(slot="again")))
        await until_quiet(stage)
        assert len(await stage.parts.database.read(batches.list_recent)) == 1
        await warn(stage, ("hugo", "jira"))
        stage.later(timedelta(days=1))
        await stage.parts.database.write(lambda uow: enqueue(uow, ProposePlan(slot="later")))
        await until_quiet(stage)
        newer, older = await stage.parts.database.read(batches.list_recent)
        assert (newer.status, older.status) == (BatchStatus.PROPOSED, BatchStatus.EXPIRED)
        assert list(await of_plan(stage)) == ["hugo jira"]
        assert "Nobody could warn 1" in stage.cards()[-1].words


async def test_plan_mode_shows_and_takes_nothing(small_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the channel reads once a week what could be saved; nobody is told, nothing can be pressed, nothing is planned."""
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "plan")
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"), ("ben", "jira"))

        def agreed_by_two_scans(uow: UnitOfWork) -> None:
            uow.connection.exec_driver_sql("DELETE FROM warnings")
            uow.connection.exec_driver_sql("UPDATE seats SET idle_since = '2026-01-01 00:00:00.000000' WHERE scan_id = 'story'")

        await stage.parts.database.write(agreed_by_two_scans)
        before = everybody(stage.sandbox)
        card = await propose(stage, saying="could be taken back")
        assert card.buttons == []
        assert "`COMEBACK_IDLE__MODE` is `plan`" in card.words
        await stage.sandbox.slack.until(lambda: bool(stage.sandbox.slack.files()))
        await stage.parts.database.write(lambda uow: enqueue(uow, ProposePlan(slot="again")))
        stage.later(timedelta(minutes=1))
        await until_quiet(stage)
        assert (await stage.kinds()).count("plan.shown") == 1
        assert everybody(stage.sandbox) == before


async def test_the_longest_idle_come_first(small_stage: OpenStage) -> None:
    """A plan has no more seats than the settings allow, and takes those that were unused for longest."""
    async with small_stage(COMEBACK_IDLE__MAX_PER_RUN="1") as stage:
        organization = stage.sandbox.atlassian
        ben = make_idle(stage, "ben")
        organization.change(ben, act="test", visits={ari: at - timedelta(days=50) for ari, at in ben.visits.items()})
        await warn(stage, ("hugo", "jira"), ("ben", "jira"))
        await propose(stage)
        assert list(await of_plan(stage)) == ["ben jira"]


async def test_two_approvers_at_once_approve_it_once(stage: Stage) -> None:
    """On both databases: one decides, the other is told so, and each seat is taken once."""
    await warn(stage, ("hugo", "jira"), ("ben", "jira"))
    card = await propose(stage)
    stage.sandbox.slack.joins("omar", "G0ADMINS")
    await stage.parts.kit.directory.refresh()
    await asyncio.gather(*(stage.sandbox.slack.clicks(who, card, plan.APPROVE) for who in ("grace", "omar")))
    await until(stage, BatchStatus.DONE)
    kinds = await stage.kinds()
    assert (kinds.count("batch.approved"), kinds.count("seat.reclaimed")) == (1, 2)
    whispers = [message.words for who in ("grace", "omar") for message in stage.sandbox.slack.ephemerals(who)]
    assert len([words for words in whispers if "This plan has been dealt with" in words]) == 1


async def test_lost_answers_take_and_return_once(small_stage: OpenStage) -> None:
    """Atlassian does what it is told and its answer is lost, both ways: nothing is done twice, and the world is what it was."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        before = everybody(stage.sandbox)
        await propose(stage)
        stage.sandbox.faults.add(Fault(match="DELETE ", drop="after", times=1))
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        assert not stage.sandbox.atlassian.has_product("hugo", "jira")
        stage.sandbox.faults.add(Fault(match="POST /groups/[^/]+/memberships", drop="after", times=1))
        await press(stage, plan.UNDO)
        await until(stage, BatchStatus.UNDONE)
        assert everybody(stage.sandbox) == before


async def test_undo_revives_nobody(small_stage: OpenStage) -> None:
    """Somebody was deactivated since: the undo leaves that as it is, and says who has to look."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        await propose(stage)
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        act("deactivate")(stage.sandbox, "hugo")
        before = everybody(stage.sandbox)
        await press(stage, plan.UNDO)
        await until(stage, BatchStatus.UNDONE)
        await plan_says(stage, "couldn't be put back: the account is suspended, deactivated or gone by now")
        assert everybody(stage.sandbox) == before


async def test_nobody_decides_a_plan_for_a_week(small_stage: OpenStage) -> None:
    """It ends by itself, nothing was taken, and the next plan has the same people again."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        await propose(stage)
        stage.later(timedelta(days=7, minutes=1))
        await until(stage, BatchStatus.EXPIRED)
        await plan_says(stage, "Nobody decided this plan")
        assert (await of_plan(stage))["hugo jira"].reason_code == "expired"
        await warn_again_is_needless(stage)


async def warn_again_is_needless(stage: Stage) -> None:
    """The warning that was open before the plan is open after it."""
    account_id = stage.sandbox.atlassian.person("hugo").id
    assert await stage.parts.database.read(lambda uow: warnings.open_of(uow, account_id, "jira")) is not None
    await propose(stage)
    assert list(await of_plan(stage)) == ["hugo jira"]


async def test_a_refused_plan_leaves_everybody_alone(small_stage: OpenStage) -> None:
    """The reason stands on the plan; nobody of it is warned again for as long as after a keep."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        await propose(stage)
        await choose(stage, plan.REFUSE, {REASON: "not before the audit"})
        card = await plan_says(stage, "Plan refused")
        assert "not before the audit" in card.words
        account_id = stage.sandbox.atlassian.person("hugo").id
        seat = await stage.parts.database.read(lambda uow: seats.get(uow, account_id, "jira"))
        assert seat is not None
        assert seat.kept_until is not None
        assert ADDED not in card.words


async def test_nobody_who_was_not_warned_loses_a_seat(small_stage: OpenStage) -> None:
    """A reclaim that came from nowhere is stopped at the last look, however idle the seat is."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        account_id = stage.sandbox.atlassian.person("hugo").id
        before = everybody(stage.sandbox)

        def fact(uow: UnitOfWork) -> None:
            one = reclaims.plan(uow, account_id=account_id, product="jira", last_active_at=None)
            assert one is not None
            agree(uow, one.id)

        await stage.parts.database.write(fact)
        await stage.logged("seat.kept", step=timedelta(seconds=1))
        assert '"code":"not_warned"' in next(entry for entry in await stage.trail() if entry.kind == "seat.kept").body
        assert everybody(stage.sandbox) == before


async def test_a_plan_names_people_after_the_next_scan_too(small_stage: OpenStage) -> None:
    """Nobody can choose whose seat comes back from a list of account ids."""
    async with small_stage(COMEBACK_IDLE__MAX_SHARE="1") as stage:
        await warn(stage, ("hugo", "jira"), ("ben", "jira"))
        await propose(stage)
        await press(stage, plan.APPROVE)
        await until(stage, BatchStatus.DONE)
        stage.later(timedelta(days=1))
        await scan(stage)
        await press(stage, plan.UNDO_SOME)
        form = str(stage.sandbox.slack.views("grace")[-1].blocks)
        assert "Hugo Lindqvist" in form
        assert "Ben" in form


async def test_nothing_of_an_undone_plan_begins(small_stage: OpenStage) -> None:
    """Whoever waits for their turn in a long plan that was undone keeps the seat, even before the plan comes to call them off."""
    async with small_stage() as stage:
        await warn(stage, ("hugo", "jira"))
        await propose(stage)
        hugo, batch = (await of_plan(stage))["hugo jira"], await plan_of(stage)
        before = everybody(stage.sandbox)

        def fact(uow: UnitOfWork) -> None:
            grace = people.find_or_add(uow, team_id="T0ACME", slack_id="U0GRACE")
            batches.move(uow, batch.id, source=BatchStatus.PROPOSED, target=BatchStatus.APPROVED, decided_by=grace.id)
            agree(uow, hugo.id)
            batches.move(uow, batch.id, source=BatchStatus.APPROVED, target=BatchStatus.UNDOING)

        await stage.parts.database.write(fact)
        await until(stage, BatchStatus.UNDONE)
        only = (await of_plan(stage))["hugo jira"]
        assert (only.status, only.reason_code) == (ReclaimStatus.STOPPED, "called_off")
        assert everybody(stage.sandbox) == before


async def test_nothing_is_taken_while_removal_is_off(small_stage: OpenStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Agreed to yesterday, turned off today: the seat stays."""
    monkeypatch.setenv("COMEBACK_IDLE__MODE", "plan")
    async with small_stage() as stage:
        (warning,) = await warn(stage, ("hugo", "jira"))

        def fact(uow: UnitOfWork) -> None:
            one = reclaims.plan(uow, account_id=warning.account_id, product="jira", last_active_at=None, warning_id=warning.id)
            assert one is not None
            agree(uow, one.id)

        await stage.parts.database.write(fact)
        await stage.logged("seat.kept", step=timedelta(seconds=1))
        assert '"code":"turned_off"' in next(entry for entry in await stage.trail() if entry.kind == "seat.kept").body
        assert stage.sandbox.atlassian.has_product("hugo", "jira")
