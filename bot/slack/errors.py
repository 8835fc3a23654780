"""
What Slack can answer that is not success: one class per reaction.

    SlackError
    +-- SlackBusy            over a rate limit: nothing happened, go on at `retry_at`
    +-- SlackRefused         this call never succeeds as it is: the channel is gone, the person can't be reached, a block is wrong
    +-- SlackAway            nothing was done: no connection, or a read without a usable answer; try again when you like
    |   +-- SlackHeld        it was not even asked: others have found it away
    +-- SlackOutcomeUnknown  a write was sent and its answer is lost: look for the message before you post it again
    +-- SlackTokenRejected   the bot token is not accepted: every other call would fail in the same way

They carry the method and Slack's code, never a token, a text or an answer's body. Effects let them pass; the worker reacts by class.
"""

from datetime import datetime


class SlackError(Exception):
    """An answer that is not success, or none at all; `code` is Slack's own word, or ours for what happened on the way."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(f"{method}: {code}")
        self.method = method
        self.code = code


class SlackBusy(SlackError):
    """Over a rate limit; `retry_at` (UTC) is never earlier than the answer."""

    def __init__(self, method: str, code: str, *, retry_at: datetime) -> None:
        super().__init__(method, code)
        self.retry_at = retry_at


class SlackRefused(SlackError):
    """Refused for good; whoever asked decides what that means (`channel_not_found`, `message_not_found`, `user_disabled` ...)."""


class SlackAway(SlackError):
    """Slack could not be asked, and nothing was changed."""


class SlackHeld(SlackAway):
    """Slack was not asked: it is away, and somebody else's call finds out when it is back."""

    def __init__(self, method: str) -> None:
        super().__init__(method, "held")


class SlackOutcomeUnknown(SlackError):
    """A write may have taken effect."""


class SlackTokenRejected(SlackError):
    """The bot token is unknown, revoked, expired or of the wrong kind."""
