"""The harness itself: a check that cannot fail proves nothing."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.torture import build, conditions, document, lanes
from tests.torture.__main__ import SCENARIOS
from tests.torture.bar import Result, at_least, at_most, exactly, in_time
from tests.torture.scale import quick

GUARD = build.Change(path="bot/worker.py", old="LEASE_SECONDS = 30", new="LEASE_SECONDS = 3")


def result(*, doubled: int, done: int = 5, control: str | None = None) -> Result:
    """A run that found so many doubled, and so many done of five."""
    bars, must_fail = (exactly("double", doubled), at_least("done", done, wanted=5)), ("double",) if control else ()
    return Result(scenario="kills", what="20 kills", bars=bars, seconds=1, control=control, must_fail=must_fail)


def test_a_control_passes_by_failing() -> None:
    """A proof needs every bar, and a control needs the one that its guard holds to fail."""
    assert result(doubled=0).passed
    assert not result(doubled=1).passed
    assert result(doubled=1, control="the guard").passed
    assert not result(doubled=0, control="the guard").passed


def test_a_control_that_misses_another_bar_proves_nothing() -> None:
    """A run too small for a bar of volume would else count as one that found the missing guard."""
    assert not result(doubled=0, done=3, control="the guard").passed
    assert result(doubled=1, done=3, control="the guard").passed


@pytest.mark.parametrize("must_fail", [(), ("no such bar",), ("double", "done")], ids=["none", "unknown", "two, and one fails"])
def test_a_control_fails_every_bar_that_it_names(must_fail: tuple[str, ...]) -> None:
    """One that names no bar, or one that is not measured any more, cannot pass by accident."""
    assert not replace(result(doubled=1, control="the guard"), must_fail=must_fail).passed


def test_bars_say_what_was_measured() -> None:
    """People read the measured value beside the threshold, with its unit."""
    bar = at_most("recovery", 5.25, limit=5, unit="s", digits=2)
    assert (bar.measured, bar.threshold, bar.held) == ("5.25 s", "<= 5 s", False)


def test_a_busy_machine_is_given_time() -> None:
    """On the quick scale times have room, and whoever reads the table sees how much."""
    assert not in_time("ack", 0.6, limit=0.5).held
    bar = in_time("ack", 0.6, limit=0.5, lenience=5)
    assert (bar.measured, bar.threshold, bar.held) == ("600 ms", "<= 5 x 500 ms", True)


def test_a_build_changes_a_copy_in_one_place(tmp_path: Path) -> None:
    """A control runs exactly the change that it names, and the product is never touched."""
    made = build.build(tmp_path, GUARD)
    changed = (made / GUARD.path).read_text()
    assert changed == (build.ROOT / GUARD.path).read_text().replace(GUARD.old, GUARD.new)


@pytest.mark.parametrize("old", ["no such text", "self"], ids=["missing", "several"])
def test_a_guard_that_reads_otherwise_is_an_error(tmp_path: Path, old: str) -> None:
    """Else the control of a guard that was rewritten would quietly run the whole product."""
    with pytest.raises(build.Unchangeable, match=r"bot/worker\.py"):
        build.build(tmp_path, build.Change(path=GUARD.path, old=old, new=""))


def test_the_page_names_bars_and_controls(tmp_path: Path) -> None:
    """Readers see what was measured and which guard was taken out, also when a control held."""
    page = tmp_path / "torture.md"
    lease = replace(result(doubled=3, done=4, control="the lease guard"), wrong=("a was written twice; so was b", "and c"))
    results = (result(doubled=0), lease, result(doubled=0, control="the settle time"))
    document.write(results, scale=quick(7), at=datetime(2026, 1, 2, tzinfo=UTC), path=page)
    text = page.read_text()
    assert "| kills | 20 kills | double | 0 | 0 | held |" in text
    assert "| kills | the lease guard | 20 kills | double: 3 (not 0) | done: 4 (not >= 5) | as it must | a was written twice |" in text
    assert "| kills | the settle time | 20 kills | **double: held** | none | **it held** |  |" in text


def test_the_page_says_what_a_run_was_played_in(tmp_path: Path) -> None:
    """Time that runs faster, a build that was changed and the weather are part of what was measured; anybody can play it again."""
    page = tmp_path / "torture.md"
    document.write((result(doubled=0),), scale=quick(7), at=datetime(2026, 1, 2, tzinfo=UTC), path=page)
    text = page.read_text()
    assert '`make torture ARGS="--quick --only kills --seed 7"`' in text
    assert "| kills | 3 x as fast | changed: its clock" in text
    assert "10 % meet 429 or 5xx, 5 % take effect and lose their answer, 8 % are slow (up to 2 s of the machine's time)" in text


@pytest.mark.parametrize("name", SCENARIOS)
def test_each_scenario_knows_its_conditions(name: str) -> None:
    """On either scale."""
    assert all(conditions.of(name, scale=scale).time for scale in ("quick", "full"))


def test_a_scenario_keeps_its_last_results(tmp_path: Path) -> None:
    """Whoever plays one scenario again does not lose what the others showed."""
    page, at = tmp_path / "torture.md", datetime(2026, 1, 2, tzinfo=UTC)
    document.write((result(doubled=0), replace(result(doubled=5), scenario="race")), scale=quick(7), at=at, path=page)
    document.write((result(doubled=2),), scale=quick(8), at=at, path=page)
    text = page.read_text()
    assert "| kills | 20 kills | double | 2 | 0 | **failed** |" in text
    assert "| race | 20 kills | double | 5 | 0 | **failed** |" in text
    assert "| kills | 20 kills | double | 0 |" not in text


def test_scenarios_are_played_in_lanes(tmp_path: Path) -> None:
    """Each reports from a process of its own, and one that breaks off has failed without harm to the others."""
    news = list(lanes.play(["bar", "lanes"], scale=quick(7), root=tmp_path))
    failed = [one for one in news if isinstance(one, Result)]
    assert [one.passed for one in failed] == [False, False]
    assert sorted(one.scenario for one in news if isinstance(one, lanes.Ended)) == ["bar", "lanes"]
