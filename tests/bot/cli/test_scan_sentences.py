"""What `comeback scan` says of a scan that is not complete leads on, without a code."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.cli.scan_sentences import sentence
from bot.idle.breakers import LIMITED_BY, BreakerCode
from bot.settings.section import variable
from storage.lifecycle import ScanOrigin, ScanStatus
from storage.seat_records import Scan

NOW = datetime(2026, 11, 24, tzinfo=UTC)


def scan(status: ScanStatus, *, code: str | None = None, **figures: Any) -> Scan:
    """A scan of Jira that ended so."""
    known: dict[str, Any] = {"code": code, "figures": figures, "origin": ScanOrigin.TERMINAL, "started_at": NOW}
    missing = dict.fromkeys(Scan.__dataclass_fields__)
    return Scan(**{**missing, **known, "id": "s1", "product": "jira", "status": status})


def said(one: Scan, *, dry_run: bool = False) -> str:
    """The sentence."""
    return sentence(one, name="Jira", reason="no_answer", dry_run=dry_run)


def test_fewer_people_name_the_way_on() -> None:
    """Whether so many left only a person knows, and the option that says so is named."""
    told = said(scan(ScanStatus.STOPPED, code="fewer_people", seats=10, breaker={"now": 10, "before": 300, "taken": 0}))
    assert "Jira has 10 seats where it had 300." in told
    assert "`comeback scan jira --fewer-expected`" in told


@pytest.mark.parametrize("code", [one.value for one in BreakerCode if one.value in LIMITED_BY and one is not BreakerCode.SHARE])
def test_a_stop_names_the_setting_that_lets_it_pass(code: str) -> None:
    """With its value, so that the reader knows from where to raise it."""
    told = said(scan(ScanStatus.STOPPED, code=code, breaker={"limit": 31}))
    assert f"`{variable('idle__' + LIMITED_BY[code])}` (31 now)" in told


def test_a_long_holiday_names_its_hours() -> None:
    """The number to write stands in the sentence."""
    figures = {"newest": "2026-11-12T17:00:00+00:00", "dated": 210, "hours": 283, "limit": 96}
    told = said(scan(ScanStatus.STOPPED, code="stale_activity", breaker=figures))
    assert "nobody has used it since 2026-11-12." in told
    assert (
        "If everybody was away for these 283 hours, start me with a day more than that as `COMEBACK_IDLE__STALE_HOURS` (96 now), and run "
        "`comeback scan jira`." in told
    )


@pytest.mark.parametrize("code", [one.value for one in BreakerCode if one is not BreakerCode.SHARE])
def test_no_code_is_shown(code: str) -> None:
    """A reader has no list of codes; a date is told without its hours."""
    told = said(scan(ScanStatus.STOPPED, code=code, breaker={"newest": "2026-03-01T10:00:00+00:00", "day": "2026-03-01"}))
    assert code not in told
    assert "T10" not in told
    assert "{" not in told


def test_unknown_failure_has_a_sentence() -> None:
    """An older row may hold a code that nobody knows any more."""
    assert "The log says why." in said(scan(ScanStatus.FAILED, code="of_another_age"))


def test_held_list_says_who_is_asked() -> None:
    """A trial asks nobody."""
    held = scan(ScanStatus.HELD, code="share", seats=236, newly_idle=28)
    assert "28 of 236 seats are newly idle, so the admin channel is asked" in said(held)
    assert "would be asked" in said(held, dry_run=True)
