"""What will happen by itself at a given time of the world."""

import heapq
from collections.abc import Callable
from datetime import datetime


class Agenda:
    """Acts with a due time; they run, in order of time, when somebody next looks at the organization."""

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Callable[[], None]]] = []
        self._count = 0

    def put(self, due: datetime, act: Callable[[], None]) -> None:
        """Do *act* once *due* has come."""
        self._count += 1
        heapq.heappush(self._heap, (due, self._count, act))

    def run_due(self, now: datetime) -> None:
        """Do everything that is due at *now*."""
        while self._heap and self._heap[0][0] <= now:
            heapq.heappop(self._heap)[2]()
