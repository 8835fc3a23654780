"""What was called and what changed."""

from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sandbox.clock import Clock
from sandbox.events import Events

KEPT = 20_000  # calls; enough for four scans of 100,000 people


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One answered (or dropped) call; `status` 0 means that the connection was reset."""

    n: int
    at: datetime
    method: str
    path: str
    status: int
    ms: float
    code: str | None = None
    account_id: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The row of the control API."""
        return {**asdict(self), "at": self.at.isoformat()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One effective change of an account: `act` is a verb phrase like `group.add`, `by` says who (api, admin, idp, person)."""

    n: int
    at: datetime
    act: str
    account_id: str
    target: str | None
    by: str

    def as_json(self) -> dict[str, Any]:
        """The row of the control API."""
        return {**asdict(self), "at": self.at.isoformat()}


class Journal:
    """Calls (the last 20,000) and effective writes (all), each numbered from 1; every entry is also an event."""

    def __init__(self, clock: Clock, events: Events) -> None:
        self._clock, self._events = clock, events
        self.calls: deque[Call] = deque(maxlen=KEPT)
        self.calls_total = 0
        self.writes: list[Write] = []

    def record_call(self, *, method: str, path: str, status: int, ms: float, code: str | None, account_id: str | None) -> None:
        """Note one call."""
        self.calls_total += 1
        call = Call(
            n=self.calls_total,
            at=self._clock.now(),
            method=method,
            path=path,
            status=status,
            ms=round(ms, 2),
            code=code,
            account_id=account_id,
        )
        self.calls.append(call)
        self._events.publish({"type": "atlassian_call", **call.as_json()})

    def record_write(self, act: str, *, account_id: str, target: str | None, by: str) -> None:
        """Note one change that took effect."""
        write = Write(n=len(self.writes) + 1, at=self._clock.now(), act=act, account_id=account_id, target=target, by=by)
        self.writes.append(write)
        self._events.publish({"type": "atlassian_changed", "account_id": account_id, "act": act, "by": by})

    def calls_after(self, n: int) -> list[Call]:
        """The kept calls numbered above *n*, oldest first."""
        return [call for call in self.calls if call.n > n]
