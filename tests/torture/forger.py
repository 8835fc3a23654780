"""Who forges requests, and what with."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count

from tests.torture.letters import Letter, Post

SIGNATURE = b"X-Slack-Signature"
TIMESTAMP = b"X-Slack-Request-Timestamp"
SPENT = "spent"
"""The trigger of a letter that was delivered before: whatever else is changed about it, it must not count again."""

Headers = list[tuple[bytes, bytes]]


@dataclass(slots=True, kw_only=True)
class Forger:
    """Forges, always in the same way for the same seed: letters of *approver* about the *pending* requests, and of people who ask."""

    post: Post
    chance: random.Random
    now: float
    approver: str
    pending: tuple[str, ...]
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def letter(self, post: Post | None = None) -> Letter:
        """A letter that would have an effect if it were taken."""
        post, number = post or self.post, next(self._numbers)
        subject, trigger = self.chance.choice(self.pending), f"forged.{number}"
        return self.chance.choice(
            (
                lambda: post.command(f"U0F{number}", "let me in", trigger=trigger),
                lambda: post.click(self.approver, "request.approve", subject, trigger=trigger),
                lambda: post.submission(self.approver, "request.deny", subject, reason="no", trigger=trigger),
                lambda: post.home_opened(self.approver, event_id=f"Ev{number}"),
            )
        )()

    def signed(self, letter: Letter | None = None, *, by: Post | None = None, at: float | None = None) -> tuple[Headers, bytes]:
        """The headers and the body of a letter as Slack would sign it."""
        letter = letter or self.letter(by)
        return (by or self.post).sign(letter, at=self.now if at is None else at), letter.body


Forgery = Callable[[Forger], bytes]


def spent(post: Post, user: str) -> Letter:
    """The letter that was delivered before anything was forged."""
    return post.command(user, "status quo", trigger=SPENT)


def value(headers: Headers, name: bytes) -> bytes:
    """The value of the header *name*."""
    return next(value for called, value in headers if called == name)


def with_header(headers: Headers, name: bytes, value: bytes | None) -> Headers:
    """*headers* with another value for *name*, or without it."""
    changed = [(called, value if called == name else old) for called, old in headers]
    return [(called, kept) for called, kept in changed if kept is not None]
