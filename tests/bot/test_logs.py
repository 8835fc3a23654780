"""The log is for machines unless somebody watches, and nothing secret gets into it."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot import logs
from bot.settings import Settings, load
from bot.usecases import vouching
from storage.checkpoint import Checkpoint
from tests.bot.outside import COMPLETE, Outside

KEY = COMPLETE["ATLASSIAN_API_KEY"]


class Terminal(io.StringIO):
    """A stream that somebody watches."""

    def isatty(self) -> bool:
        """Yes."""
        return True


@pytest.fixture
def settings(outside: Outside) -> Iterator[Settings]:
    """Complete settings; logging is as it was afterwards."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    quiet = {name: logging.getLogger(name).level for name in (*logs.QUIET, *logs.ALWAYS)}
    outside.set(COMPLETE)
    yield load()
    root.handlers[:], level = before
    root.setLevel(level)
    for name, was in quiet.items():
        logging.getLogger(name).setLevel(was)
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """The events that were logged."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_event_is_one_json_object(settings: Settings) -> None:
    """A log collector finds the stable name in "event" and the facts in fields."""
    stream = io.StringIO()
    logs.configure(settings, stream=stream)
    structlog.get_logger("bot.worker").info("job.finished", job="j1", attempts=2)
    (event,) = lines(stream)
    assert (event["event"], event["job"], event["attempts"], event["level"]) == ("job.finished", "j1", 2, "info")
    assert event["timestamp"].endswith("Z")


def test_checkpoints_are_told_at_any_level(outside: Outside, settings: Settings) -> None:
    """The log's copy is what a trail is held against that was computed anew."""
    outside.set({"LOG_LEVEL": "error"})
    stream = io.StringIO()
    logs.configure(load(), stream=stream)
    vouching.tell(Checkpoint(origin="comeback/1", size=3, root="0" * 64))
    assert [event["event"] for event in lines(stream)] == ["audit.checkpoint"]


def test_level_of_the_settings_holds(outside: Outside, settings: Settings) -> None:
    """What is less important than LOG_LEVEL is not written."""
    outside.set({"LOG_LEVEL": "warning"})
    stream = io.StringIO()
    logs.configure(load(), stream=stream)
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    assert [event["event"] for event in lines(stream)] == ["loud"]


def test_secrets_never_reach_the_stream(settings: Settings) -> None:
    """Fields, nested values, exceptions and the messages of libraries: all of them are cleaned."""
    stream = io.StringIO()
    logs.configure(settings, stream=stream)
    structlog.get_logger().warning("call.failed", header=f"Bearer {KEY}", nested={"keys": [settings.slack_bot_token, KEY]})
    logging.getLogger("slack_bolt.App").warning("unhandled: %s from %s", KEY, "ada@acme.example")
    try:
        raise ValueError(KEY)
    except ValueError:
        structlog.get_logger().exception("job.failed")
        logging.getLogger("aiohttp.server").exception("handler failed with %r", {"token": "xoxb-1-2-canary"})
    text = stream.getvalue()
    assert lines(stream)[0]["event"] == "call.failed"
    assert len(lines(stream)) == 4
    assert text.count("Traceback") == 2
    for secret in (KEY, "xoxb", "ada@acme.example"):
        assert secret not in text


@pytest.mark.parametrize("level", ["DEBUG", "INFO"])
def test_libraries_do_not_tell_bodies(outside: Outside, settings: Settings, level: str) -> None:
    """Bolt prints the whole body of a request whose signature is wrong, at INFO; slack_sdk every body, at DEBUG."""
    outside.set({"LOG_LEVEL": level})
    stream = io.StringIO()
    logs.configure(load(), stream=stream)
    logging.getLogger("slack_bolt.AsyncApp").info("Invalid request signature detected (body: text=my+secret+reason)")
    logging.getLogger("slack_sdk.web.async_client").debug("Sending a request - body: my secret reason")
    logging.getLogger("httpx").info("HTTP Request: POST https://api.atlassian.com/")
    assert stream.getvalue() == ""


def test_terminal_gets_readable_lines(settings: Settings) -> None:
    """A person who watches reads lines, without local variables in the traceback, and as clean."""
    stream = Terminal()
    logs.configure(settings, stream=stream)
    try:
        local = KEY
        raise ValueError(f"refused {local}")
    except ValueError:
        structlog.get_logger().exception("job.failed", job="j1")
    text = stream.getvalue()
    assert "job.failed" in text
    assert "Traceback" in text
    assert KEY not in text


def test_configuring_twice_writes_once(settings: Settings) -> None:
    """A second `configure` takes the first one's place."""
    stream = io.StringIO()
    logs.configure(settings, stream=stream)
    logs.configure(settings, stream=stream)
    structlog.get_logger().info("once")
    assert len(lines(stream)) == 1
