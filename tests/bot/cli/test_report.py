"""`comeback report` tells what came of the idle seats."""

import csv
import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from storage.db import Database, UnitOfWork
from storage.lifecycle import WarningStatus
from tests.bot.cli.conftest import Command
from tests.bot.outside import CONFLUENCE, JIRA, Outside
from tests.bot.seat_history import give_back, scan, take, warn
from tests.fixtures.clock import MovableClock

PRODUCTS = {
    "COMEBACK_PRODUCTS__JIRA__RESOURCE": JIRA,
    "COMEBACK_PRODUCTS__JIRA__PRICE": "8.15",
    "COMEBACK_PRODUCTS__JIRA__RENEWAL_DAY": "14",
    "COMEBACK_PRODUCTS__CONFLUENCE__RESOURCE": CONFLUENCE,
    "COMEBACK_TIMEZONE": "Europe/Berlin",
}
PNG = b"\x89PNG"


@pytest.fixture
def year(outside: Outside, database: str, clock: MovableClock, open_database: Callable[..., Database]) -> MovableClock:
    """A settled past: three of Jira's seats were taken in autumn 2025, and one was asked back in time."""
    outside.set(PRODUCTS)
    clock.advance(timedelta(days=-365))  # what happened must be past for the command, which goes by the real clock
    records = open_database(database, clock=clock.now)

    def begin(uow: UnitOfWork) -> None:
        scan(uow, active=20, idle=4)
        for answer in (None, WarningStatus.KEPT, WarningStatus.KEPT, WarningStatus.LET_GO):
            warn(uow, answer)
        take(uow)
        take(uow)

    records.write_now(begin)
    one = records.write_now(take)
    clock.advance(timedelta(days=2))
    records.write_now(lambda uow: give_back(uow, one))
    return clock


def test_each_product_has_a_row(comeback: Command, year: MovableClock) -> None:
    """Counts, rates and savings beside each other, and the sum below."""
    result = comeback("report")
    assert result.exit_code == 0, result.stderr
    jira, confluence, everything, *_ = [
        line.split() for line in result.stdout.splitlines() if line.strip().startswith(("Jira", "Conf", "All"))
    ]
    assert jira[:12] == ["Jira", "24", "4", "2", "4", "2", "1", "3", "1", "0", "67", "%"]
    assert "USD" in jira
    assert confluence[1] == "0"
    assert everything[2:5] == ["24", "4", "2"]
    assert "estimates" in result.stdout


def test_each_month_of_the_bill_has_a_line(comeback: Command, year: MovableClock) -> None:
    """What was saved when, and what is expected, without opening a file; years of months are for one."""
    shown = comeback("report").stdout
    months = [line.split() for line in shown.splitlines() if "-14 " in line]
    assert len(months) == 9
    assert {tuple(words[:1] + words[2:]) for words in months} == {("Jira", "2", "$16.30")}
    assert "the latest 6; --csv and --json have all" in shown
    first, last = year.now().date(), (year.now() + timedelta(days=45)).date()
    early = comeback("report", "--since", f"{first}", "--until", f"{last}").stdout
    assert [line.split()[1][-3:] for line in early.splitlines() if "-14 " in line] == ["-14", "-14"]
    assert "begun (all of them)" in " ".join(early.split())


def test_no_months_without_a_price(comeback: Command, year: MovableClock, outside: Outside) -> None:
    """A table of nothing but empty cells is none."""
    outside.set({"COMEBACK_PRODUCTS__JIRA__PRICE": ""})
    result = comeback("report")
    assert result.exit_code == 0, result.stderr
    assert "Month from" not in result.stdout


def test_days_limit_what_happened(comeback: Command, year: MovableClock) -> None:
    """The last day is included, and the months are those that began between the two."""
    first, last = (year.now() - timedelta(days=2)).date(), (year.now() + timedelta(days=45)).date()
    whole = json.loads(comeback("report", "--json", "--since", f"{first}", "--until", f"{last}").stdout)
    jira, _ = whole["products"]
    assert (jira["outcome"]["taken"], jira["outcome"]["returned"], jira["outcome"]["kept"]) == (3, 1, 2)
    assert jira["estimates"]["saved"] == "32.60"
    assert [month["begins"][-2:] for month in jira["estimates"]["months"]] == ["14", "14"]
    assert jira["estimates"]["forecast"] == []
    assert (jira["estimates"]["period"]["saved"], jira["estimates"]["period"]["expected"]) == ("16.30", "16.30")
    assert jira["keep_rate"] == pytest.approx(2 / 3)
    later = json.loads(comeback("report", "--json", "--since", f"{last}", "--until", f"{last}").stdout)
    assert later["products"][0]["outcome"]["taken"] == 0
    assert later["products"][0]["estimates"]["saved"] == "0.00"


def test_csv_is_for_a_spreadsheet(comeback: Command, year: MovableClock, outside: Outside) -> None:
    """Exact amounts as numbers, a row for each product, an empty cell where no price is known; below them each month."""
    result = comeback("report", "--csv", "seats.csv")
    assert result.exit_code == 0
    rows = list(csv.DictReader(Path("seats.csv").read_text(encoding="utf-8-sig").splitlines()))
    months = [row for row in rows if row["month from"]]
    assert [row["product"] for row in rows[: -len(months)]] == ["Jira", "Confluence", "All products"]
    assert (months[0]["product"], months[0]["realised (estimate)"], months[-1]["estimated"]) == ("Jira", "16.30", "16.30")
    assert rows[0]["a month to come (estimate)"] == "16.30"
    assert rows[1]["saved (estimate)"] == ""
    assert rows[2]["currency"] == "USD"


def test_chart_is_a_picture(comeback: Command, year: MovableClock, outside: Outside) -> None:
    """The months and what each saved, as a file to show around."""
    assert comeback("report", "--chart", "saved.png").exit_code == 0
    assert Path("saved.png").read_bytes().startswith(PNG)


def test_chart_without_savings_is_refused(comeback: Command, database: str, outside: Outside) -> None:
    """An empty picture would look like a failure to save."""
    outside.set(PRODUCTS)
    result = comeback("report", "--chart", "saved.png")
    assert result.exit_code == 1
    assert "no saving to draw" in result.stderr
    assert not Path("saved.png").exists()


def test_chart_without_matplotlib_says_what_to_install(
    comeback: Command, year: MovableClock, outside: Outside, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The library is an extra; the table comes all the same."""
    for name in [name for name in sys.modules if name.split(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = comeback("report", "--chart", "saved.png")
    assert result.exit_code == 1
    assert "charts" in result.stderr
    assert "Jira" in result.stdout


@pytest.mark.parametrize(
    "arguments", [("--since", "2026-02-01", "--until", "2026-01-01"), ("--since", "yesterday"), ("--csv", "no/such/folder.csv")]
)
def test_wrong_use_is_told(comeback: Command, year: MovableClock, arguments: tuple[str, ...]) -> None:
    """Dates the wrong way round, or a file that can't be: exit code 2."""
    assert comeback("report", *arguments).exit_code == 2


def test_settings_and_database_are_enough(comeback: Command, database: str, outside: Outside) -> None:
    """No token is needed to look at figures; without products there is nothing to tell."""
    assert comeback("report").exit_code == 2
    outside.set({"COMEBACK_PRODUCTS__JIRA__RESOURCE": JIRA})
    assert comeback("report").exit_code == 0
