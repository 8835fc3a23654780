"""Answering a warning through the real front door; the message is posted by hand, as no worker runs."""

from datetime import timedelta

import pytest

from bot.slack.surfaces import away_forms, own_seats
from bot.slack.surfaces import exemption as exemption_surface
from bot.slack.surfaces import warning as surface
from bot.slack.surfaces.exemption import ExemptionView
from bot.slack.surfaces.message import Message, to_json
from bot.slack.surfaces.own_seats import OwnSeats
from bot.slack.surfaces.warning import WarningView
from sandbox.faults import Fault
from sandbox.slack import messages
from sandbox.slack.deliveries import Outcome
from storage import exemptions, people, warnings
from storage.db import UnitOfWork
from storage.lifecycle import ExemptionStatus, WarningStatus
from storage.seat_records import Exemption, SeatWarning
from tests.bot.slack.door import Door

ADMINS = "G0ADMINS"


async def post(door: Door, channel: str, message: Message) -> messages.Message:
    """The message, as the worker would have posted it."""
    await door.client.chat_postMessage(channel=channel, text=message.text, blocks=to_json(message.blocks))
    return door.sandbox.slack.messages(channel)[-1]


async def asked(door: Door, who: str = "hugo") -> tuple[SeatWarning, messages.Message]:
    """They were asked about their seat of Jira."""
    slack_id = f"U0{who.upper()}"

    def unit(uow: UnitOfWork) -> SeatWarning:
        person = people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id)
        warning = warnings.open_(uow, account_id=f"a-{who}", product="jira", person_id=person.id, slack_id=slack_id)
        assert warning is not None
        warnings.sent(uow, warning.id, channel="D1", ts="1.1", plan_at=uow.now)
        return warning

    warning, now = await door.database.write(unit), door.sandbox.clock.now()
    view = WarningView(warning=warning, product=door.desk.settings.products["jira"], plan_at=now, now=now, keep_days=90)
    return warning, await post(door, door.sandbox.slack.channels.im(slack_id).id, surface.render(view))


async def status(door: Door, warning: SeatWarning) -> WarningStatus:
    """How the warning stands."""
    found = await door.database.read(lambda uow: warnings.get(uow, warning.id))
    assert found is not None
    return found.status


@pytest.mark.parametrize(("action", "after"), [(surface.KEEP, WarningStatus.KEPT), (surface.LET_GO, WarningStatus.LET_GO)])
async def test_one_click_answers(door: Door, action: str, after: WarningStatus) -> None:
    """The answer, the message's redraw and the ack; nobody is written to beside that."""
    warning, message = await asked(door)
    delivery = await door.sandbox.slack.clicks("hugo", message, action)
    assert delivery.outcome is Outcome.OK
    assert await status(door, warning) is after
    assert "warning.redraw" in await door.jobs()
    assert door.sandbox.slack.ephemerals("hugo") == []


@pytest.mark.parametrize("action", [surface.KEEP, surface.LET_GO])
async def test_a_forged_id_is_answered(door: Door, action: str) -> None:
    """Another's warning, or none at all: a sentence, and nothing else."""
    other, _ = await asked(door, "omar")
    _, message = await asked(door)
    for value, sentence in ((other.id, "Only the person who was asked"), ("no-such-warning", "don't know this question")):
        await door.sandbox.slack.clicks("hugo", message, action, value=value)
        await door.desk.asides.drain(5)
        assert sentence in door.sandbox.slack.ephemerals("hugo")[-1].words
    assert await status(door, other) is WarningStatus.OPEN


async def test_a_settled_question_is_told(http_door: Door) -> None:
    """A message that was not redrawn yet says how it ended when it is pressed."""
    warning, message = await asked(http_door)
    await http_door.database.write(lambda uow: warnings.move(uow, warning.id, source=WarningStatus.OPEN, target=WarningStatus.DROPPED))
    await http_door.sandbox.slack.clicks("hugo", message, surface.KEEP)
    await http_door.desk.asides.drain(5)
    assert "This was settled before" in http_door.sandbox.slack.ephemerals("hugo")[-1].words
    assert await status(http_door, warning) is WarningStatus.DROPPED


async def test_the_form_of_a_warning_leaves_a_wish(door: Door) -> None:
    """Date and reason are all it asks for; who asks and whose seat it is come from the click and the warning."""
    slack = door.sandbox.slack
    warning, message = await asked(door)
    await slack.clicks("hugo", message, surface.AWAY)
    (view,) = slack.views("hugo")
    assert "*Jira* seat" in str(view.blocks)
    assert (await slack.submits("hugo", view, {"reason": "On parental leave"})).accepted
    assert "exemption.file" in await door.jobs()
    assert await status(door, warning) is WarningStatus.OPEN


async def test_a_form_for_anothers_warning_is_not_taken(http_door: Door) -> None:
    """A forged id opens a form that names nothing, and sending it files nothing."""
    slack = http_door.sandbox.slack
    other, _ = await asked(http_door, "omar")
    _, message = await asked(http_door)
    await slack.clicks("hugo", message, surface.AWAY, value=other.id)
    (view,) = slack.views("hugo")
    assert "Jira" not in str(view.blocks)
    await slack.submits("hugo", view, {"reason": "please"})
    assert "exemption.file" not in await http_door.jobs()


@pytest.mark.parametrize("nothing", ["   ", " \u200b\u2060 "])
async def test_a_wish_without_words_is_refused_in_the_form(http_door: Door, nothing: str) -> None:
    """An approver needs something to decide by."""
    slack = http_door.sandbox.slack
    _, message = await asked(http_door)
    await slack.clicks("hugo", message, surface.AWAY)
    sent = await slack.submits("hugo", slack.views("hugo")[-1], {"reason": nothing})
    assert "reason" in sent.errors
    assert "exemption.file" not in await http_door.jobs()


async def test_a_slow_slack_is_told_where_there_is_room(http_door: Door) -> None:
    """Without the form nothing happens, so the person is asked to press once more."""
    _, message = await asked(http_door)
    http_door.sandbox.faults.add(Fault(side="slack", match="views.open", times=1, code="expired_trigger_id"))
    await http_door.sandbox.slack.clicks("hugo", message, surface.AWAY)
    await http_door.desk.asides.drain(5)
    assert "press the button once more" in http_door.sandbox.slack.ephemerals("hugo")[-1].words


async def wished(door: Door) -> tuple[Exemption, messages.Message]:
    """Hugo's wish, and its card in the admin channel."""

    def unit(uow: UnitOfWork) -> Exemption:
        hugo = people.find_or_add(uow, team_id="T0ACME", slack_id="U0HUGO")
        until = uow.now + timedelta(days=60)
        made = exemptions.ask(
            uow,
            account_id="a1",
            product="jira",
            asked_by=hugo.id,
            owner_id=hugo.id,
            reason="leave",
            until=until,
        )
        assert made is not None
        return made

    made = await door.database.write(unit)
    view = ExemptionView(
        exemption=made, product=door.desk.settings.products["jira"], owner="U0HUGO", asker="U0HUGO", now=door.sandbox.clock.now()
    )
    return made, await post(door, ADMINS, exemption_surface.render(view))


async def exempt(door: Door, made: Exemption) -> ExemptionStatus:
    """How the exemption stands."""
    found = await door.database.read(lambda uow: exemptions.get(uow, made.id))
    assert found is not None
    return found.status


async def test_an_approver_agrees_by_one_click(door: Door) -> None:
    """The decision, the news and the end are left for later in the same unit."""
    made, card = await wished(door)
    await door.sandbox.slack.clicks("grace", card, exemption_surface.AGREE)
    assert await exempt(door, made) is ExemptionStatus.ACTIVE
    assert {"exemption.redraw", "exemption.tell"} <= set(await door.jobs())


async def test_a_refusal_asks_for_the_reason_first(door: Door) -> None:
    """Nothing is decided before the form is sent; others read that they may not."""
    slack = door.sandbox.slack
    made, card = await wished(door)
    slack.joins("ben", ADMINS)
    await slack.clicks("ben", card, exemption_surface.REFUSE)
    assert "Only approvers can decide" in str(slack.views("ben")[0].blocks)
    await slack.clicks("grace", card, exemption_surface.REFUSE)
    (view,) = slack.views("grace")
    assert "reason" in (await slack.submits("grace", view, {"reason": " "})).errors
    assert await exempt(door, made) is ExemptionStatus.ASKED
    assert (await slack.submits("grace", view, {"reason": "too long"})).accepted
    assert await exempt(door, made) is ExemptionStatus.REFUSED


async def test_being_in_the_channel_gives_no_rights(http_door: Door) -> None:
    """Members of the admin channel see the buttons, and may press them; forged ids are answered."""
    slack = http_door.sandbox.slack
    made, card = await wished(http_door)
    slack.joins("ben", ADMINS)
    await slack.clicks("ben", card, exemption_surface.AGREE)
    await slack.clicks("grace", card, exemption_surface.AGREE, value="no-such-exemption")
    await http_door.desk.asides.drain(5)
    assert await exempt(http_door, made) is ExemptionStatus.ASKED
    assert "don't know this wish" in slack.ephemerals("grace")[-1].words


async def test_home_shows_own_seats_and_opens_the_form(http_door: Door) -> None:
    """What is warned, what is left alone, and the way to ask for it."""
    door, slack = http_door, http_door.sandbox.slack
    warning, _ = await asked(door)
    made, _ = await wished(door)
    seats = OwnSeats(reader="U0HUGO", warned=(warning,), exemptions=(made,), owners={made.owner_id: "U0HUGO"}, may_be_away=True)
    blocks = own_seats.blocks(seats, products=door.desk.settings.products)
    posted = await post(door, slack.channels.im("U0HUGO").id, Message(text="Home", blocks=blocks))
    await slack.clicks("hugo", posted, own_seats.BE_AWAY)
    (view,) = slack.views("hugo")
    assert view.callback_id == away_forms.ASK
    await slack.clicks("hugo", posted, exemption_surface.WITHDRAW)
    assert await exempt(door, made) is ExemptionStatus.WITHDRAWN
    assert own_seats.blocks(OwnSeats(reader="U0HUGO"), products=door.desk.settings.products) == ()
