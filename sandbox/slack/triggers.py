"""
Triggers and response URLs: the two things with a short life that Slack hands out with an interaction.

trigger_id: 3 s, single use. response_url: 5 uses in 30 minutes.
https://docs.slack.dev/interactivity/handling-user-interaction , error forms from slackapi/bolt-python#434 and #886.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.ids import Ids

TRIGGER_SECONDS = 3.0
LINK_SECONDS = 30 * 60
LINK_USES = 5
KEPT = 5_000


@dataclass(slots=True, kw_only=True)
class Trigger:
    """Issued to one person at `at` (monotonic seconds); `view_id` when the interaction came from a modal."""

    user: str
    at: float
    view_id: str | None = None
    used: bool = False


@dataclass(slots=True, kw_only=True)
class Link:
    """Where a response_url leads: the person, the channel, and the message that the interaction came from, if any."""

    user: str
    channel: str
    at: float
    ts: str | None = None
    uses: int = 0


class Triggers:
    """Every trigger_id issued; the oldest are forgotten after some thousands."""

    def __init__(self, ids: Ids, monotonic: Callable[[], float]) -> None:
        self._ids = ids
        self._monotonic = monotonic
        self._issued: dict[str, Trigger] = {}
        self.old_form = False
        """Answer an expired trigger in the older form (`invalid_arguments`), which Slack still does at times."""

    def issue(self, *, user: str, view_id: str | None = None) -> str:
        """A fresh trigger_id for *user*."""
        trigger_id = self._ids.trigger()
        self._issued[trigger_id] = Trigger(user=user, at=self._monotonic(), view_id=view_id)
        if len(self._issued) > KEPT:
            del self._issued[next(iter(self._issued))]
        return trigger_id

    def spend(self, trigger_id: str) -> Trigger:
        """The trigger, now used; raises SlackError with Slack's three codes (or the older form) when it can't be."""
        trigger = self._issued.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if trigger.used:
            raise SlackError("exchanged_trigger_id")
        if self._monotonic() - trigger.at > TRIGGER_SECONDS:
            raise self._expired()
        trigger.used = True
        return trigger

    def _expired(self) -> SlackError:
        if self.old_form:
            return invalid_arguments("`trigger_id` expired [json-pointer:/trigger_id]")
        return SlackError("expired_trigger_id")


class Links:
    """Every response_url issued, by its token."""

    def __init__(self, ids: Ids, monotonic: Callable[[], float]) -> None:
        self._ids = ids
        self._monotonic = monotonic
        self._issued: dict[str, Link] = {}

    def issue(self, *, user: str, channel: str, ts: str | None = None) -> str:
        """The token of a new response_url."""
        token = self._ids.noise(24)
        self._issued[token] = Link(user=user, channel=channel, ts=ts, at=self._monotonic())
        if len(self._issued) > KEPT:
            del self._issued[next(iter(self._issued))]
        return token

    def spend(self, token: str) -> Link:
        """The link, one use fewer; raises SlackError `used_url` or `expired_url` with HTTP 404."""
        link = self._issued.get(token)
        if link is None or self._monotonic() - link.at > LINK_SECONDS:
            raise SlackError("expired_url", status=404)
        if link.uses >= LINK_USES:
            raise SlackError("used_url", status=404)
        link.uses += 1
        return link
