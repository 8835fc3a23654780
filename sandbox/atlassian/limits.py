"""Rate limits, counted per route and key in windows of a minute."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sandbox.clock import Clock

WINDOW = timedelta(minutes=1)
LAST_ACTIVE_PER_MINUTE = 200  # observed in the field, per organization


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What is left of a window; `allowed` is False for the call that is one too many."""

    limit: int
    remaining: int
    resets_at: datetime
    allowed: bool


class RateLimits:
    """`per_minute` for every route but those in `routes` (key: end of the route's path); `retry_after` adds that header to a 429."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._windows: dict[tuple[str, str], tuple[datetime, int]] = {}
        self.per_minute = 6000
        self.routes: dict[str, int] = {"/last-active-dates": LAST_ACTIVE_PER_MINUTE}
        self.retry_after = False

    def count(self, route: str, *, key: str) -> Allowance:
        """Count one call of *route* with *key*."""
        now = self._clock.now()
        limit = next((most for end, most in self.routes.items() if route.endswith(end)), self.per_minute)
        began, calls = self._windows.get((route, key), (now, 0))
        if now >= began + WINDOW:
            began, calls = now, 0
        self._windows[route, key] = (began, calls + 1)
        return Allowance(limit=limit, remaining=max(0, limit - calls - 1), resets_at=began + WINDOW, allowed=calls < limit)
