"""A batch goes to the address of the settings, signed, and its answer is told apart by what has to be done about it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.webhook import Webhook, WebhookAway, WebhookBusy, WebhookError, WebhookRejected, open_http, signature
from sandbox.siem import SECRET, Receiver, Reply

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def webhook(receiver: Receiver) -> AsyncIterator[Webhook]:
    """The way there, with little patience."""
    async with open_http() as http:
        yield Webhook(url=receiver.url, secret=lambda: SECRET, http=http, now=lambda: NOW, deadline_seconds=0.3)


def test_the_signature_is_that_of_the_documentation() -> None:
    """Receivers that check it today must be able to tomorrow: the example stands in docs/install.md."""
    signed = signature("f3b1c2d49a7e5f60", timestamp="1764417600", body=b'{"seq":1}\n')
    assert f"`{signed}`" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


async def test_what_is_taken_is_signed(receiver: Receiver, webhook: Webhook) -> None:
    """The time stands in the signature, so that an old batch can't be passed off as new."""
    await webhook.post(b"{}\n")
    (batch,) = receiver.batches
    assert (batch.body, batch.timestamp) == (b"{}\n", str(int(NOW.timestamp())))
    assert batch.signature == signature(SECRET, timestamp=batch.timestamp, body=batch.body)


async def test_a_receiver_may_want_a_key(receiver: Receiver, webhook: Webhook) -> None:
    """Splunk, Elastic and others take nothing without their header; the others get none."""
    await webhook.post(b"{}\n")
    await replace(webhook, authorization=lambda: "Splunk key-of-theirs").post(b"{}\n")
    assert [batch.authorization for batch in receiver.batches] == [None, "Splunk key-of-theirs"]


@pytest.mark.parametrize(
    ("reply", "error", "code"),
    [
        (Reply(status=500), WebhookAway, "500"),
        (Reply(status=503), WebhookAway, "503"),
        (Reply(drops=True), WebhookAway, None),
        (Reply(after_s=2.0), WebhookAway, "TimeoutError"),
        (Reply(status=400), WebhookRejected, "400"),
        (Reply(status=401), WebhookRejected, "401"),
        (Reply(status=410), WebhookRejected, "410"),
        (Reply(status=302, headers={"Location": "/elsewhere"}), WebhookRejected, "302"),
    ],
)
async def test_what_is_not_taken_is_told_by_the_reaction(
    receiver: Receiver, webhook: Webhook, reply: Reply, error: type[WebhookError], code: str | None
) -> None:
    """Again, or an admin; a redirect is not followed, as it would let another choose where the trail goes."""
    receiver.replies.append(reply)
    with pytest.raises(error) as failed:
        await webhook.post(b"{}\n")
    assert code in (None, failed.value.code)
    assert receiver.calls == 1


@pytest.mark.parametrize(
    ("status", "told", "pause"),
    [
        (429, "120", timedelta(minutes=2)),
        (503, "Sun, 29 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        (429, "99999999999999999999", timedelta(minutes=1)),
        (429, "31536000", timedelta(hours=1)),
        (429, "soon", timedelta(minutes=1)),
        (429, "Sun, 29 Nov 2020 12:05:00 GMT", timedelta(seconds=1)),
    ],
)
async def test_a_busy_receiver_says_when(receiver: Receiver, webhook: Webhook, status: int, told: str, pause: timedelta) -> None:
    """As long as it says, an hour at most: the trail is not held back for a year by one header."""
    receiver.replies.append(Reply(status=status, headers={"Retry-After": told}))
    with pytest.raises(WebhookBusy) as busy:
        await webhook.post(b"{}\n")
    assert busy.value.retry_at == NOW + pause


async def test_nothing_of_ours_is_in_an_error(webhook: Webhook) -> None:
    """Errors are logged: neither the address, which may hold a key, nor the body stands in one."""
    async with open_http() as http:
        away = Webhook(url="http://127.0.0.1:9/in?key=canary", secret=lambda: "canary-secret", http=http, now=lambda: NOW)
        with pytest.raises(WebhookAway) as failed:
            await away.post(b'{"canary":1}\n')
    assert "canary" not in f"{failed.value!r} {failed.value} {away!r}"
