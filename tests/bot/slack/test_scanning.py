"""The question about a long list, as it looks and as it is answered through the front door."""

from datetime import UTC, datetime

import pytest

from bot.idle.plan_view import Holder
from bot.slack.surfaces import scan_card
from bot.slack.surfaces.message import Message, to_json
from bot.slack.surfaces.scan_card import ScanView
from sandbox.slack import messages
from sandbox.slack.deliveries import Outcome
from storage import scans, seats
from storage.db import UnitOfWork
from storage.lifecycle import ScanOrigin, ScanStatus, SeatActivity
from storage.seat_records import Scan, SeenSeat
from tests.bot.slack.door import Door

ADMINS = "G0ADMINS"
FIGURES = {"seats": 236, "newly_idle": 71, "breaker": {"newly_idle": 71, "seats": 236, "max_share": 0.2}}


def held(**fields: object) -> Scan:
    """A scan that waits for an answer."""
    known: dict[str, object] = {
        "id": "scan-1",
        "product": "jira",
        "status": ScanStatus.HELD,
        "origin": ScanOrigin.SCHEDULE,
        "cursor": None,
        "pages": 5,
        "stats": {},
        "code": "share",
        "figures": FIGURES,
        "card_channel": None,
        "card_ts": None,
        "started_at": datetime(2026, 11, 2, 3, tzinfo=UTC),
        "ended_at": None,
    }
    return Scan(**{**known, **fields})  # type: ignore[arg-type]


def drawn(scan: Scan, *, warns: bool = True, decided_by: str | None = None) -> Message:
    """The message about *scan*."""
    return scan_card.render(ScanView(scan=scan, product="Jira", warns=warns, decided_by=decided_by))


def test_the_question_has_the_numbers_and_a_value_that_is_one_id() -> None:
    """How many, of how many, and from how many on it is asked; the buttons carry the scan's id and nothing else."""
    message = drawn(held())
    shown = str(to_json(message.blocks))
    assert "71 Jira seats are newly idle." in shown
    assert "That is 30 % of all 236, and I ask from 20 % on." in shown
    assert "Go on with these 71" in shown
    (actions,) = [block for block in to_json(message.blocks) if block["type"] == "actions"]
    assert [(element["action_id"], element["value"]) for element in actions["elements"]] == [
        (scan_card.RELEASE, "scan-1"),
        (scan_card.LEAVE, "scan-1"),
    ]
    assert "newly idle" in message.text


def test_a_first_scan_does_not_say_that_they_turned_idle() -> None:
    """What the first look finds may have been idle for years; whoever answers sees the longest idle by name."""
    ada = Holder(account_id="a-ada", product="Jira", name="Ada", email=None, last_active_at=None)
    message = scan_card.render(ScanView(scan=held(), product="Jira", warns=True, first=True, longest=(ada,)))
    shown = str(to_json(message.blocks))
    assert "71 of 236 Jira seats look idle at my first look." in shown
    assert "Longest idle: Ada: never used; and 70 more seats. The whole list is in the thread." in shown


def test_plan_mode_promises_no_warnings() -> None:
    """The question before the click says what the click does here."""
    assert "Nobody is warned and nothing is taken" in str(to_json(drawn(held(), warns=False).blocks))
    assert "each with *Keep my access*" in str(to_json(drawn(held(), warns=True).blocks))


def test_the_answer_names_who_gave_it_and_what_came_of_it() -> None:
    """Those who came back meanwhile are not counted as going on; a list that was left can still be let go on."""
    released = held(status=ScanStatus.COMPLETE, code="released", figures={**FIGURES, "released": 69})
    shown = str(to_json(drawn(released, decided_by="U0GRACE").blocks))
    assert "Jira: going on with 69 seats." in shown
    assert "2 are not idle any more" in shown
    assert "<@U0GRACE> decided" in shown
    left = to_json(drawn(held(status=ScanStatus.COMPLETE, code="left"), decided_by="U0OMAR").blocks)
    assert "71 seats left alone" in str(left)
    assert [element["action_id"] for block in left if block["type"] == "actions" for element in block["elements"]] == [scan_card.RELEASE]


@pytest.mark.parametrize("payload", [{}, {"actions": [{}]}, {"actions": [{"value": ""}]}])
def test_a_click_without_an_id_is_a_mistake(payload: dict[str, object]) -> None:
    """It never reaches the database."""
    with pytest.raises(ValueError, match="without a scan id"):
        scan_card.parse(payload)


def arrange(uow: UnitOfWork) -> Scan:
    """A scan of two idle seats that is held."""
    scan = scans.start(uow, product="jira", origin=ScanOrigin.SCHEDULE)
    assert scan is not None
    seen = [
        SeenSeat(account_id=name, name=None, email=None, added_at=None, last_active_at=None, activity=SeatActivity.IDLE)
        for name in ("ada", "ben")
    ]
    seats.see(uow, "jira", scan.id, seen)
    seats.conclude(uow, scan)
    figures = {**FIGURES, "newly_idle": 2}
    ended = scans.end(uow, scan.id, target=ScanStatus.HELD, code="share", figures=figures)
    assert ended is not None
    seats.hold(uow, scan.id, "jira")
    return ended


async def question(door: Door) -> tuple[Scan, messages.Message]:
    """A held scan and its question in the admin channel."""
    scan = await door.database.write(arrange)
    message = drawn(scan)
    await door.client.chat_postMessage(channel=ADMINS, text=message.text, blocks=to_json(message.blocks))
    return scan, door.sandbox.slack.messages(ADMINS)[-1]


@pytest.mark.parametrize(("action", "code", "free"), [(scan_card.RELEASE, "released", 2), (scan_card.LEAVE, "left", 0)])
async def test_one_click_answers(door: Door, action: str, code: str, free: int) -> None:
    """The answer is in the database before Slack hears of it, and the question is drawn anew by a job."""
    scan, posted = await question(door)
    delivery = await door.sandbox.slack.clicks("grace", posted, action)
    after = await door.database.read(lambda uow: scans.get(uow, scan.id))
    assert after is not None
    assert delivery.outcome is Outcome.OK
    assert (after.status, after.code) == (ScanStatus.COMPLETE, code)
    assert "scan.redraw" in await door.jobs()
    candidates = await door.database.read(lambda uow: seats.candidates(uow, "jira", idle_before=uow.now, limit=9))
    assert len(candidates) == free


async def test_others_answer_nothing(door: Door) -> None:
    """Members of the admin channel see the buttons, and may press them."""
    scan, posted = await question(door)
    door.sandbox.slack.joins("ben", ADMINS)
    await door.sandbox.slack.clicks("ben", posted, scan_card.RELEASE)
    after = await door.database.read(lambda uow: scans.get(uow, scan.id))
    assert after is not None
    assert after.status is ScanStatus.HELD
    assert "notice.whisper" in await door.jobs()


async def test_an_unknown_scan_is_a_sentence(door: Door) -> None:
    """Ids come back from buttons, and a forged one is no stack trace."""
    _, posted = await question(door)
    delivery = await door.sandbox.slack.clicks("grace", posted, scan_card.RELEASE, value="no-such-scan")
    await door.desk.asides.drain(5)
    assert delivery.outcome is Outcome.OK
    assert "don't know this request" in door.sandbox.slack.ephemerals("grace")[-1].words
