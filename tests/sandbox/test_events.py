"""Who watches the world."""

from sandbox.events import BACKLOG, Events


async def test_every_subscriber_hears_what_comes_after_it_joined() -> None:
    """Two pages show the same world."""
    events = Events()
    events.publish({"type": "unheard"})
    with events.subscription() as one, events.subscription() as two:
        events.publish({"type": "heard"})
        assert one.get_nowait() == two.get_nowait() == {"type": "heard"}
    events.publish({"type": "late"})
    assert one.empty()


async def test_a_reader_that_sleeps_loses_the_oldest() -> None:
    """A page that stopped reading neither blocks the world nor fills its memory."""
    events = Events()
    queue = events.subscribe()
    for n in range(BACKLOG + 5):
        events.publish({"type": "n", "n": n})
    assert queue.qsize() == BACKLOG
    assert queue.get_nowait()["n"] == 5
    events.unsubscribe(queue)
    events.unsubscribe(queue)
