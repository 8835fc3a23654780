"""What happened in the world, for whoever watches."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

Event = dict[str, Any]

BACKLOG = 1000  # a page that stopped reading must not fill the memory


class Events:
    """Fan-out of events to any number of subscribers; without subscribers publishing costs nothing."""

    def __init__(self) -> None:
        self._queues: list[asyncio.Queue[Event]] = []

    def publish(self, event: Event) -> None:
        """Hand *event* (a JSON object with a `type`) to every subscriber; a full one loses its oldest."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    def subscribe(self) -> asyncio.Queue[Event]:
        """A queue that receives every later event until `unsubscribe`."""
        queue: asyncio.Queue[Event] = asyncio.Queue(maxsize=BACKLOG)
        self._queues.append(queue)
        return queue

    def unsubscribe(self, queue: asyncio.Queue[Event]) -> None:
        """Stop feeding *queue*; doing it twice is harmless."""
        if queue in self._queues:
            self._queues.remove(queue)

    @contextmanager
    def subscription(self) -> Iterator[asyncio.Queue[Event]]:
        """`subscribe` for the length of a with block."""
        queue = self.subscribe()
        try:
            yield queue
        finally:
            self.unsubscribe(queue)
