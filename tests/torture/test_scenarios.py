"""What the scenarios count: a bar that vanishes when nothing happened at all is no bar."""

import pytest

from tests.torture import acks, model, race, recovery, secrets
from tests.torture.wire import Reply


@pytest.mark.parametrize("roles", [("run",), ("web", "worker")], ids=" ".join)
def test_a_race_in_which_nothing_was_granted_misses_a_bar(roles: tuple[str, ...]) -> None:
    """Whoever works has to grant what was approved, the first as well."""
    (bar,) = race.grant_bars(roles, approved=5, granted=0)
    assert not bar.held


def test_a_race_without_a_worker_grants_nothing() -> None:
    """Its control has a door alone."""
    assert race.grant_bars(("web",), approved=5, granted=0) == ()


@pytest.mark.parametrize(("kind", "held"), [("401", True), ("no shape", False)])
def test_each_kind_of_error_has_to_strike_on_either_side(kind: str, held: bool) -> None:
    """A hundred errors of other kinds don't make up for one that was never tried."""
    struck = {("401", "slack"): 50, ("401", "atlassian"): 50, (kind, "slack"): 50, (kind, "atlassian"): 50 * held}
    (bar,) = secrets.struck_bars(struck)
    assert bar.held is held
    assert bar.measured == ("0" if held else "no shape (atlassian)")


def test_no_errors_at_all_miss_the_bar() -> None:
    """A story that was never told has tried nothing."""
    (bar,) = secrets.struck_bars({})
    assert not bar.held


def test_the_slowest_of_a_hundred_is_not_the_p99() -> None:
    """Of two hundred, two may be slower; of few the slowest counts."""
    replies = [Reply(status=200, seconds=seconds) for seconds in (*[0.1] * 198, 9.0, 8.0)]
    assert acks.p99(replies) == 0.1
    assert acks.p99(replies[-2:]) == 9.0


def test_a_control_of_the_stories_breaks_its_own_promise() -> None:
    """What was found has to be what the missing guard prevents, not whatever else went wrong."""
    found = ["group.add of U0DAN was written 2 times; the card of r1 was never posted", "state.asks()  # r1 was decided"]
    assert model.is_about(found, ("was written",))
    assert not model.is_about(found, ("was decided",))
    assert not model.is_about([], ("was written",))


def test_a_call_in_flight_lands_within_the_settle_time() -> None:
    """One that lands later would double with the guard in place too: then its control proves nothing."""
    assert recovery.EMBEDDED.call_seconds < recovery.SETTLE_SECONDS
    assert recovery.HASTY.call_seconds == recovery.EMBEDDED.call_seconds
