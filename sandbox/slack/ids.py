"""
Ids, tickets and timestamps of the workspace, all from one seed and one clock: the same world twice has the same ids.
"""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

ALPHABET = string.ascii_uppercase + string.digits


class Ids:
    """Makes Slack-shaped ids; never the same one twice."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same world twice is the point
        self._count = 0

    def new(self, prefix: str, length: int = 10) -> str:
        """A new id such as `V0000001K7Q`: the prefix, a counter that makes it unique, and some noise."""
        self._count += 1
        return prefix + f"{self._count:06d}" + self.noise(max(length - 7, 2), alphabet=ALPHABET)

    def noise(self, length: int, *, alphabet: str = string.ascii_letters + string.digits) -> str:
        """A string of *length* that nobody can guess from the outside."""
        return "".join(self._chance.choices(alphabet, k=length))

    def block(self) -> str:
        """A block_id or action_id of the kind that Slack adds when the app gave none."""
        self._count += 1
        return self.noise(3) + f"{self._count:02d}"

    def trigger(self) -> str:
        """A trigger_id in Slack's three parts."""
        self._count += 1
        return f"{1_000_000_000_000 + self._count}.2000000000.{self.noise(32, alphabet='0123456789abcdef')}"

    def uuid(self) -> str:
        """An envelope id."""
        digits = self.noise(32, alphabet="0123456789abcdef")
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def pick(self, count: int) -> int:
        """An index below *count*, by chance."""
        return self._chance.randrange(count)


class Stamps:
    """Message timestamps: unique and rising, `seconds.microseconds` of the workspace's clock."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last = datetime.fromtimestamp(0, UTC)

    def next(self) -> str:
        """A `ts` later than every one before."""
        self._last = max(self._now(), self._last + timedelta(microseconds=1))
        return stamp(self._last)


def stamp(moment: datetime) -> str:
    """*moment* as Slack writes it; exact, no float in between."""
    since = moment - datetime.fromtimestamp(0, UTC)
    return f"{since.days * 86400 + since.seconds}.{since.microseconds:06d}"
