"""
Slack's rate limits as token buckets: per method, per channel for posts, and one cap on posts for the whole workspace.

Numbers: https://docs.slack.dev/apis/web-api/rate-limits and slackapi/java-slack-sdk metadata/web-api/rate_limit_tiers.json. A tier is
"so many a minute, bursts tolerated": a bucket as large as the minute's number. Posts to one channel are one a second with a small burst.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

TIER_1, TIER_2, TIER_3, TIER_4 = 1, 20, 50, 100
HUNDREDS = 600
POSTS_PER_WORKSPACE = 300
POST_BURST = 4
CONNECTION_BURST = 10
"""`apps.connections.open` is Tier 1, but an app may hold ten connections: so many may be opened in a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How much may be taken at once (`burst`) and how fast it comes back."""

    per_minute: float
    burst: int


ONE_CHANNEL = Allowance(per_minute=60, burst=POST_BURST)
ALL_POSTS = Allowance(per_minute=POSTS_PER_WORKSPACE, burst=POSTS_PER_WORKSPACE)


class Limits:
    """The buckets of one app in one workspace; `enabled` may be switched while it runs."""

    def __init__(self, monotonic: Callable[[], float], *, enabled: bool = True) -> None:
        self.enabled = enabled
        self._monotonic = monotonic
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, wanted: dict[str, Allowance]) -> int | None:
        """
        None when there was room in every bucket of *wanted* (by name), which is then used; else the whole seconds until there is.

        A refused call uses nothing, so that a client which keeps calling is not punished for ever.
        """
        if not self.enabled:
            return None
        now = self._monotonic()
        levels = {name: self._level(name, allowance, now) for name, allowance in wanted.items()}
        waits = [(1 - levels[name]) * 60 / allowance.per_minute for name, allowance in wanted.items() if levels[name] < 1]
        if waits:
            return max(1, math.ceil(max(waits)))
        for name, level in levels.items():
            self._levels[name] = (level - 1, now)
        return None

    def _level(self, name: str, allowance: Allowance, now: float) -> float:
        level, at = self._levels.get(name, (float(allowance.burst), now))
        return min(float(allowance.burst), level + (now - at) * allowance.per_minute / 60)
