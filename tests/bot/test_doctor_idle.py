"""The doctor says which mode is on, and which product was not scanned as it should be."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.doctor import Light, Line, idle
from bot.settings import DatabaseSettings, Settings, load
from storage import scans
from storage.db import Database, UnitOfWork
from storage.lifecycle import ScanOrigin, ScanStatus
from tests.bot.outside import COMPLETE, Outside
from tests.fixtures.clock import MovableClock


@pytest.fixture
def settings(outside: Outside, database_url: str) -> Settings:
    """The settings of a bot with one product."""
    outside.set({**COMPLETE, "DATABASE_URL": database_url})
    return load()


@pytest.fixture
def records(settings: Settings, clock: MovableClock, open_database: Callable[..., Database]) -> Database:
    """The database of the settings."""
    return open_database(settings.database_url, clock=clock.now)


async def lines(settings: Settings, clock: MovableClock) -> dict[str, Line]:
    """All lines of the chapter, by subject."""
    found = await idle.check(load(DatabaseSettings), idle=settings.idle, products=settings.products, now=clock.now)
    return {line.subject: line for line in found}


def scanned(uow: UnitOfWork, status: ScanStatus, *, code: str = "share") -> None:
    """A scan that ended so."""
    scan = scans.start(uow, product="jira", origin=ScanOrigin.SCHEDULE)
    assert scan is not None
    scans.end(uow, scan.id, target=status, code=code, figures={"seats": 236, "newly_idle": 28})


async def test_plan_mode_is_a_note_that_says_how_to_turn_removal_on(settings: Settings, clock: MovableClock) -> None:
    """The careful default is nothing to mend; a product that waits for its first scan neither."""
    found = await lines(settings, clock)
    assert (found["mode"].light, found["Jira: scan"].light) == (Light.NOTE, Light.NOTE)
    assert "COMEBACK_IDLE__MODE=reclaim" in found["mode"].remedy
    assert "approved domains" not in found


async def test_reclaim_mode_names_what_would_undo_it(outside: Outside, settings: Settings, clock: MovableClock) -> None:
    """People of approved domains let themselves in again, and only an admin can look whether that is so."""
    outside.set({"COMEBACK_IDLE__MODE": "reclaim"})
    found = await lines(load(), clock)
    assert found["mode"].light is Light.GREEN
    assert "approved domains" in found["approved domains"].text


async def test_a_scan_grows_old(settings: Settings, records: Database, clock: MovableClock) -> None:
    """Green on the day after, and to be looked at after two."""
    records.write_now(lambda uow: scanned(uow, ScanStatus.COMPLETE))
    clock.advance(timedelta(hours=47))
    assert (await lines(settings, clock))["Jira: scan"].light is Light.GREEN
    clock.advance(timedelta(hours=2))
    assert (await lines(settings, clock))["Jira: scan"].light is Light.YELLOW


@pytest.mark.parametrize("status", [ScanStatus.HELD, ScanStatus.STOPPED, ScanStatus.FAILED])
async def test_a_scan_that_waits_or_stopped_is_named(
    settings: Settings, records: Database, clock: MovableClock, status: ScanStatus
) -> None:
    """Somebody has to answer or to look, and the admin channel is where."""
    records.write_now(lambda uow: scanned(uow, status))
    line = (await lines(settings, clock))["Jira: scan"]
    assert line.light is Light.YELLOW
    assert "admin channel" in line.remedy


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        ("stale_activity", "COMEBACK_IDLE__STALE_HOURS"),
        ("same_day", "COMEBACK_IDLE__SAME_DAY_FROM"),
        ("fewer_dates", "COMEBACK_IDLE__FEWER_SHARE"),
        ("no_activity", None),
        ("of_another_age", None),
    ],
)
async def test_a_stop_names_the_setting_that_lets_it_pass(
    settings: Settings, records: Database, clock: MovableClock, code: str, setting: str | None
) -> None:
    """A company that was closed has no other way on; an empty answer passes by no setting."""
    records.write_now(lambda uow: scanned(uow, ScanStatus.STOPPED, code=code))
    remedy = (await lines(settings, clock))["Jira: scan"].remedy
    assert (setting in remedy) if setting else ("COMEBACK_" not in remedy)


async def test_without_a_database_the_mode_is_told_all_the_same(outside: Outside, clock: MovableClock, empty_sqlite_url: str) -> None:
    """What is wrong with the database stands in its own chapter."""
    outside.set({**COMPLETE, "DATABASE_URL": empty_sqlite_url})
    assert list(await lines(load(), clock)) == ["mode", "Jira: billing", "Jira: returns"]


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, "no price and no renewal day"),
        ({"COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "14"}, "no price:"),
        ({"COMEBACK_PRODUCTS__JIRA__PRICE": "8.15"}, "no renewal day"),
        ({"COMEBACK_PRODUCTS__JIRA__PRICE": "8.15", "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "14"}, None),
    ],
)
async def test_unknown_billing_is_a_warning(
    outside: Outside, settings: Settings, clock: MovableClock, known: dict[str, str], words: str | None
) -> None:
    """Without it the digest has no savings to tell, and a plan can't say when it pays."""
    outside.set(known)
    line = (await lines(load(), clock)).get("Jira: billing")
    assert (line is None) if words is None else (line is not None and line.light is Light.YELLOW and words in line.text)


@pytest.mark.parametrize(
    ("policy", "light", "words"),
    [
        ("never", Light.NOTE, "an approver decides each"),
        ("free_return", Light.GREEN, "that cost nothing (policy free_return)"),
        ("return", Light.GREEN, "whatever they cost (policy return)"),
    ],
)
async def test_who_approves_returns_is_told(
    outside: Outside, settings: Settings, clock: MovableClock, policy: str, light: Light, words: str
) -> None:
    """That nobody is asked is the admin's choice, and nothing to be found out from a card."""
    outside.set({"COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "14", "COMEBACK_PRODUCTS__JIRA__AUTO_APPROVE": policy})
    line = (await lines(load(), clock))["Jira: returns"]
    assert line.light is light
    assert words in line.text
