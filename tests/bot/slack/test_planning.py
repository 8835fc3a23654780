"""The plan's buttons and forms at the front door, and the button of a seat that was taken; the cards are posted by hand."""

import asyncio
from datetime import timedelta

import pytest

from bot.idle.plan_figures import PlanFigures, ProductFigures
from bot.slack.surfaces import message, plan, taken
from bot.slack.surfaces.modals import REASON
from bot.slack.surfaces.plan_forms import ADDED
from bot.slack.surfaces.taken import TakenView
from bot.usecases.plan_reading import view_of
from sandbox.faults import Fault
from sandbox.slack.deliveries import Outcome
from sandbox.slack.messages import Message
from storage import batches, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus, ReclaimStatus, SeatActivity, WarningStatus
from storage.records import Reclaim
from storage.seat_records import Batch, SeenSeat
from tests.bot.outside import Outside
from tests.bot.slack.door import Door

ADMINS = "G0ADMINS"
REMOVAL = {"steps": [], "snapshot": {"groups": []}}


@pytest.fixture(autouse=True)
def _removal_is_on(outside: Outside) -> None:
    outside.set({"COMEBACK_IDLE__MODE": "reclaim"})


def proposed(uow: UnitOfWork) -> str:
    """A plan of Ada's and Ben's seats of Jira, and of a machine's beside it that nobody could warn."""
    names = {"a-ada": "Ada", "a-ben": "Ben", "a-ci": "Build machine"}
    page = [
        SeenSeat(account_id=one, name=name, email=None, added_at=None, last_active_at=None, activity=SeatActivity.IDLE)
        for one, name in names.items()
    ]
    seats.see(uow, "jira", "scan", page)
    warned = {one: warnings.open_(uow, account_id=one, product="jira", person_id=None, slack_id=None) for one in names}
    machine = warned["a-ci"]
    assert machine is not None
    warnings.move(uow, machine.id, source=WarningStatus.OPEN, target=WarningStatus.UNDELIVERABLE)
    figures = PlanFigures(products={"jira": ProductFigures(seats=2, seats_before=30)}, unwarned=(machine.id,))
    batch = batches.propose(uow, figures=figures.to_json(), due_at=uow.now + timedelta(days=7))
    for one in ("a-ada", "a-ben"):
        warning = warned[one]
        assert warning is not None
        reclaims.plan(uow, account_id=one, product="jira", last_active_at=None, batch_id=batch.id, warning_id=warning.id)
    return batch.id


async def card_of(door: Door, batch_id: str) -> Message:
    """The plan's card as it now stands, in the admin channel."""
    view = await door.database.read(lambda uow: view_of(uow, batch_id, door.desk.settings))
    assert view is not None
    return await _posted(door, plan.render(view), channel=ADMINS)


async def _posted(door: Door, drawn: message.Message, *, channel: str) -> Message:
    if channel.startswith("U"):
        channel = (await door.client.conversations_open(users=channel))["channel"]["id"]
    await door.client.chat_postMessage(channel=channel, text=drawn.text, blocks=message.to_json(drawn.blocks))
    return door.sandbox.slack.messages(channel)[-1]


async def plan_card(door: Door) -> tuple[str, Message]:
    """A new plan and its card."""
    batch_id = await door.database.write(proposed)
    return batch_id, await card_of(door, batch_id)


async def batch(door: Door, batch_id: str) -> Batch:
    """The plan as it now is."""
    found = await door.database.read(lambda uow: batches.get(uow, batch_id))
    assert found is not None
    return found


async def members(door: Door, batch_id: str) -> dict[str, Reclaim]:
    """Its reclaims by account."""
    return {one.account_id: one for one in await door.database.read(lambda uow: reclaims.of_batch(uow, batch_id))}


async def take_all(door: Door, batch_id: str) -> None:
    """The plan was approved, and its seats are taken."""

    def fact(uow: UnitOfWork) -> None:
        for one in reclaims.of_batch(uow, batch_id):
            reclaims.move(uow, one.id, source=ReclaimStatus.APPROVED, target=ReclaimStatus.TAKING, removal=REMOVAL)
            reclaims.move(uow, one.id, source=ReclaimStatus.TAKING, target=ReclaimStatus.TAKEN)

    await door.database.write(fact)


async def test_one_click_approves(door: Door) -> None:
    """The decision and a job for each seat, before the ack."""
    batch_id, card = await plan_card(door)
    delivery = await door.sandbox.slack.clicks("grace", card, plan.APPROVE)
    assert delivery.outcome is Outcome.OK
    assert (await batch(door, batch_id)).status is BatchStatus.APPROVED
    assert (await door.jobs()).count("seat.take") == 2


async def test_two_admins_at_once_make_one_decision(door: Door) -> None:
    """The first click wins, the other is told by the outbox, and no seat has two jobs."""
    _, card = await plan_card(door)
    await asyncio.gather(*(door.sandbox.slack.clicks(who, card, plan.APPROVE) for who in ("grace", "omar")))
    jobs = await door.jobs()
    assert (jobs.count("seat.take"), jobs.count("notice.whisper")) == (2, 1)


@pytest.mark.parametrize("action", [plan.APPROVE, plan.UNDO])
async def test_being_in_the_channel_gives_no_rights(http_door: Door, action: str) -> None:
    """Members of the admin channel see the buttons, and may press them."""
    batch_id, card = await plan_card(http_door)
    http_door.sandbox.slack.joins("ben", ADMINS)
    block, element = card.element(plan.APPROVE)
    del block
    await http_door.sandbox.slack.clicks("ben", card, action, element=element | {"action_id": action})
    assert (await batch(http_door, batch_id)).status is BatchStatus.PROPOSED
    assert "seat.take" not in await http_door.jobs()


async def test_stale_knowledge_of_the_approvers_decides_nothing(http_door: Door) -> None:
    """Somebody who was an approver a minute ago is asked to press again."""
    batch_id, card = await plan_card(http_door)
    http_door.desk.directory.hint({"user": {"id": "U0GRACE"}})
    await http_door.sandbox.slack.clicks("grace", card, plan.APPROVE)
    assert (await batch(http_door, batch_id)).status is BatchStatus.PROPOSED
    assert await http_door.jobs() == ["notice.whisper"]


async def test_edit_leaves_out_and_adds(door: Door) -> None:
    """One form for both lists; the plan still awaits its decision."""
    batch_id, card = await plan_card(door)
    slack, before = door.sandbox.slack, await members(door, batch_id)
    unwarned = PlanFigures.from_json((await batch(door, batch_id)).figures).unwarned
    await slack.clicks("grace", card, plan.EDIT)
    (view,) = slack.views("grace")
    await slack.submits("grace", view, {REASON: [before["a-ada"].id], ADDED: list(unwarned)})
    assert slack.views("grace") == []
    after = await members(door, batch_id)
    assert (after["a-ada"].status, after["a-ada"].reason_code) == (ReclaimStatus.STOPPED, "left_out")
    assert (after["a-ben"].status, after["a-ci"].status) == (ReclaimStatus.PLANNED, ReclaimStatus.PLANNED)
    assert (await batch(door, batch_id)).status is BatchStatus.PROPOSED


async def test_others_read_that_they_may_not_edit(http_door: Door) -> None:
    """The form lists people by name: it opens for approvers only."""
    _, card = await plan_card(http_door)
    http_door.sandbox.slack.joins("ben", ADMINS)
    for action in (plan.EDIT, plan.REFUSE):
        await http_door.sandbox.slack.clicks("ben", card, action)
        assert "Only approvers can decide." in str(http_door.sandbox.slack.views("ben")[-1].blocks)


async def test_refusal_needs_a_reason(http_door: Door) -> None:
    """A plan of many people is not refused without a word; then all of them stay."""
    batch_id, card = await plan_card(http_door)
    slack = http_door.sandbox.slack
    await slack.clicks("grace", card, plan.REFUSE)
    sent = await slack.submits("grace", slack.views("grace")[0], {REASON: "   "})
    assert REASON in (sent.errors or {})
    assert (await batch(http_door, batch_id)).status is BatchStatus.PROPOSED
    await slack.submits("grace", slack.views("grace")[0], {REASON: "after the audit"})
    refused = await batch(http_door, batch_id)
    assert (refused.status, PlanFigures.from_json(refused.figures).reason) == (BatchStatus.REFUSED, "after the audit")
    assert {one.status for one in (await members(http_door, batch_id)).values()} == {ReclaimStatus.STOPPED}


async def test_undo_puts_a_job_for_each_seat(http_door: Door) -> None:
    """All at once by one button."""
    batch_id, card = await plan_card(http_door)
    await http_door.sandbox.slack.clicks("grace", card, plan.APPROVE)
    await take_all(http_door, batch_id)
    await http_door.sandbox.slack.clicks("grace", await card_of(http_door, batch_id), plan.UNDO)
    assert (await batch(http_door, batch_id)).status is BatchStatus.UNDOING
    assert (await http_door.jobs()).count("seat.undo") == 2


async def test_undo_of_some_chooses_them(http_door: Door) -> None:
    """The form lists what is held, and only what was chosen is put back."""
    batch_id, card = await plan_card(http_door)
    slack = http_door.sandbox.slack
    await slack.clicks("grace", card, plan.APPROVE)
    await take_all(http_door, batch_id)
    await slack.clicks("grace", await card_of(http_door, batch_id), plan.UNDO_SOME)
    ada = (await members(http_door, batch_id))["a-ada"]
    await slack.submits("grace", slack.views("grace")[0], {REASON: [ada.id]})
    assert (await http_door.jobs()).count("seat.undo") == 1
    assert list(PlanFigures.from_json((await batch(http_door, batch_id)).figures).undo) == [ada.id]


async def test_forged_id_is_answered(door: Door) -> None:
    """A plan that nobody knows is a sentence, not a stack trace."""
    _, card = await plan_card(door)
    delivery = await door.sandbox.slack.clicks("grace", card, plan.APPROVE, value="no-such-plan")
    await door.desk.asides.drain(5)
    assert delivery.outcome is Outcome.OK
    assert "don't know this plan" in door.sandbox.slack.ephemerals("grace")[-1].words


async def test_form_that_does_not_open_says_so(http_door: Door) -> None:
    """Slack was slow: the approver is asked to press again, and nothing is decided."""
    _, card = await plan_card(http_door)
    http_door.sandbox.faults.add(Fault(side="slack", match="views.open", times=1, code="expired_trigger_id"))
    await http_door.sandbox.slack.clicks("grace", card, plan.EDIT)
    await http_door.desk.asides.drain(5)
    assert "Please press the button once more" in http_door.sandbox.slack.ephemerals("grace")[-1].words


async def taken_message(door: Door, *, reclaim_id: str) -> Message:
    """What Ada was told of her seat."""
    view = TakenView(news="taken", reclaim_id=reclaim_id, product=door.desk.settings.products["jira"], taken_at=door.sandbox.clock.now())
    return await _posted(door, taken.render(view), channel="U0ADA")


async def test_asking_back_files_the_usual_request(door: Door) -> None:
    """One click, one request, for whoever pressed; the second click is told that it is in."""
    batch_id = await door.database.write(proposed)
    ada = (await members(door, batch_id))["a-ada"]
    shown = await taken_message(door, reclaim_id=ada.id)
    await door.sandbox.slack.clicks("ada", shown, taken.ASK_BACK)
    (request,) = await door.requests()
    assert (request.requester_slack_id, request.product) == ("U0ADA", "jira")
    await door.sandbox.slack.clicks("ada", shown, taken.ASK_BACK)
    await door.desk.asides.drain(5)
    assert len(await door.requests()) == 1
    assert "already asked for Jira" in door.sandbox.slack.ephemerals("ada")[-1].words


async def test_asking_back_what_nobody_took_is_answered(http_door: Door) -> None:
    """A forged id files nothing."""
    shown = await taken_message(http_door, reclaim_id="no-such-seat")
    await http_door.sandbox.slack.clicks("ada", shown, taken.ASK_BACK)
    assert await http_door.requests() == []
