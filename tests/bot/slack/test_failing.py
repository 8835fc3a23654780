"""When something fails: whoever waits reads a sentence in time, and whatever Slack would send again is sent again."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar

import pytest
import structlog
from slack_bolt.request.async_request import AsyncBoltRequest

from bot.slack.app import build_app
from bot.slack.surfaces import card
from bot.slack.surfaces.notices import NoticeView
from sandbox.slack.deliveries import Outcome
from storage.db import Database, UnitOfWork
from storage.lifecycle import RequestStatus
from tests.bot.slack.door import Door
from tests.bot.slack.test_deciding import card_of_ada
from tests.bot.slack.test_guard import command

T = TypeVar("T")
NOTHING_SAVED = "nothing was saved"


@contextmanager
def locked(sqlite_url: str) -> Iterator[None]:
    """Somebody else holds the database's write lock for as long as this lasts."""
    connection = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


async def test_command_is_answered_while_the_database_is_stuck(door: Door, sqlite_url: str) -> None:
    """Slack's own words would be `operation_timeout`, and nobody knows what those mean."""
    with locked(sqlite_url):
        delivery = await door.sandbox.slack.types("ada", "/request-jira planning")
    assert delivery.outcome is Outcome.OK
    words = door.sandbox.slack.ephemerals("ada")[-1].words
    assert NOTHING_SAVED in words or "can't tell whether it was saved" in words


async def test_form_keeps_what_was_written_while_the_database_is_stuck(door: Door, sqlite_url: str) -> None:
    """The sentence stands beside the field, and the words are still in it."""
    slack = door.sandbox.slack
    await slack.types("ada", "/request-jira")
    with locked(sqlite_url):
        sent = await slack.submits("ada", slack.views("ada")[0], {"reason": "planning"})
    assert "reason" in (sent.errors or {})
    assert len(slack.views("ada")) == 1


async def test_click_is_answered_while_the_database_is_stuck(door: Door, sqlite_url: str) -> None:
    """The approver learns that nothing happened, and presses again."""
    posted = await card_of_ada(door)
    with locked(sqlite_url):
        delivery = await door.sandbox.slack.clicks("grace", posted, card.APPROVE)
    (request,) = await door.requests()
    assert delivery.outcome is Outcome.OK
    assert request.status is RequestStatus.PENDING
    # Without waiting: the sentence is there before the ack.
    assert "on our side" in door.sandbox.slack.ephemerals("grace")[-1].words


async def test_click_that_nobody_can_be_told_about_is_not_acknowledged(http_door: Door, sqlite_url: str) -> None:
    """An ack alone would say that it was taken; without one Slack shows its warning sign."""
    delivery = await http_door.sandbox.slack.clicks("grace", await card_of_ada(http_door), card.APPROVE)
    http_door.sandbox.clock.advance(timedelta(minutes=31))
    with locked(sqlite_url):
        status, _ = await dispatch(http_door, {**delivery.payload, "trigger_id": "1.2.again"})
    assert status == 500


async def test_a_sentence_that_comes_too_late_is_let_go(http_door: Door) -> None:
    """The address to answer at lives for half an hour, and only Slack's own is used: what is lost there is logged, and no more."""
    delivery = await http_door.sandbox.slack.clicks("grace", await card_of_ada(http_door), card.DENY)
    http_door.sandbox.clock.advance(timedelta(minutes=31))
    asides = http_door.desk.asides
    with structlog.testing.capture_logs() as logged:
        assert asides.say(delivery.payload, NoticeView(news="busy"))
        await asides.drain(5)
    assert [(entry["event"], entry["status"]) for entry in logged] == [("aside.lost", 404)]
    assert not asides.say({**delivery.payload, "response_url": "https://hooks.slack.com.evil.example/x"}, NoticeView(news="busy"))


async def test_event_that_was_not_stored_is_not_acknowledged(http_door: Door, sqlite_url: str) -> None:
    """Slack sends an event again when it is not acknowledged, and only then."""
    slack = http_door.sandbox.slack
    with locked(sqlite_url):
        delivery = await slack.opens_home("ada")
        assert delivery.outcome is not Outcome.OK
        assert await http_door.jobs() == []
    http_door.sandbox.clock.advance(timedelta(minutes=1))
    await slack.until(lambda: delivery.outcome is Outcome.OK)
    assert await http_door.jobs() == ["home.publish"]


async def test_stranger_is_answered_and_nothing_is_stored(door: Door) -> None:
    """In a shared channel members of other companies see our commands."""
    delivery = await door.sandbox.slack.types("jules", "/request-jira let me in", channel="C0PARTNERS")
    assert delivery.outcome is Outcome.OK
    assert "only for members of our own workspace" in door.sandbox.slack.ephemerals("jules")[-1].words
    assert await door.requests() == []


async def dispatch(door: Door, body: dict[str, Any]) -> tuple[int, str]:
    """Status and body of the answer to a delivery that is given to the app as it is."""
    app = build_app(door.desk, client=door.client, mode="socket")
    response = await app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=body))
    return response.status, str(response.body)


async def test_repeated_delivery_is_one_request(http_door: Door) -> None:
    """A signed body can be replayed for five minutes; the second time it is answered like the first."""
    body = command(text="planning", channel_id="C0GENERAL")
    first, second = await dispatch(http_door, body), await dispatch(http_door, body)
    assert len(await http_door.requests()) == 1
    assert first == second


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"api_app_id": "A0OTHER"}, "only for members of our own workspace"),
        ({"team_id": "T0PARTNER"}, "only for members of our own workspace"),
        ({"trigger_id": ""}, "only for members of our own workspace"),
    ],
)
async def test_refused_delivery_is_told_why(http_door: Door, changes: dict[str, Any], said: str) -> None:
    """A guard that says nothing looks like a broken bot."""
    status, answer = await dispatch(http_door, command(text="planning", **changes))
    assert status == 200
    assert said in answer
    assert await http_door.requests() == []


async def test_unknown_delivery_is_logged_by_its_name_alone(http_door: Door) -> None:
    """Bolt would print the whole body: names, reasons, addresses to answer at."""
    with structlog.testing.capture_logs() as logged:
        status, _ = await dispatch(http_door, command(command="/something-else", text="my secret reason"))
    assert status == 404
    (entry,) = logged
    assert entry == {"event": "delivery.unhandled", "kind": "command", "what": "/something-else", "log_level": "warning"}


class BrokenDatabase(Database):
    """A database whose work always fails in a way that nobody foresaw."""

    def __init__(self) -> None:
        self.kind = "sqlite"

    async def write(self, work: Callable[[UnitOfWork], T], **_: object) -> T:
        """Fail."""
        raise RuntimeError("a bug")


async def test_mistake_of_ours_is_answered_too(http_door: Door) -> None:
    """Whatever it was, the person reads that it did not work."""
    broken = replace(http_door, desk=replace(http_door.desk, database=BrokenDatabase()))
    with structlog.testing.capture_logs() as logged:
        status, answer = await dispatch(broken, command(text="planning"))
    assert status == 200
    assert NOTHING_SAVED in answer
    assert [entry["event"] for entry in logged] == ["delivery.failed"]
