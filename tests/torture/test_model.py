"""Stories that nobody wrote: any order of people, workers, crashes and bad weather keeps every promise."""

from pathlib import Path

import pytest

from tests.torture.playing import play

EXAMPLES, STEPS = 6, 20


@pytest.mark.large
def test_any_story_keeps_the_promises(sqlite_url: str) -> None:
    """Nobody in without approval, nothing twice, nothing stuck, the chain whole; `make torture` plays more of them."""
    played = play(Path(sqlite_url.removeprefix("sqlite:///")), examples=EXAMPLES, steps=STEPS)
    assert played.broken is None, played.broken
    assert played.tally.examples >= EXAMPLES
    assert played.tally.grants > 0
    assert played.tally.lost_jobs > 0
