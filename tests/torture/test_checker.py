"""The checker is tested with histories that are known to be bad: what it can't see, no run can show."""

import hashlib
import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from storage.db import Database, UnitOfWork
from tests.fixtures.clock import MovableClock
from tests.torture import checker
from tests.torture.checker import Ack, Effect, Row, Stored, Verdict, check

NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)
ADA, BOB = ("U0T0", "account-a"), ("U0T1", "account-b")


def at(minutes: float) -> datetime:
    """So many minutes past noon."""
    return NOON + timedelta(minutes=minutes)


def ack(what: str, who: tuple[str, str], minutes: float) -> Ack:
    """What *who* did, or had acknowledged."""
    return Ack(what=what, slack_id=who[0], account_id=who[1], at=at(minutes))


def chained(*entries: tuple[str, str, float]) -> list[Row]:
    """An audit trail of (kind, request, minutes past noon), as the table holds it."""
    rows: list[Row] = []
    previous = "0" * 64
    for seq, (kind, request_id, minutes) in enumerate(entries, start=1):
        moment = f"{at(minutes):%Y-%m-%dT%H:%M:%S.%fZ}"
        body = json.dumps({"at": moment, "kind": kind, "request": request_id})
        link = hashlib.sha256(b"\x01" + previous.encode() + body.encode()).hexdigest()
        rows.append((seq, moment, kind, request_id, body, previous, link))
        previous = link
    return rows


ACKS = (ack("asked", ADA, 0), ack("clicking", ADA, 1), ack("approved", ADA, 1.1), ack("asked", BOB, 0))
EFFECTS = (Effect(account_id="account-a", at=at(2)),)
STORED = Stored(
    requests=[("r1", "U0T0", "granted", "1.1"), ("r2", "U0T1", "pending", "1.2")],
    decisions=[("r1", "approve", at(1.05), "p9", "p0")],
    audit=chained(("request.filed", "r1", 0), ("request.approved", "r1", 1.05), ("access.granted", "r1", 3)),
)


def test_a_good_history_is_good() -> None:
    """One asked and was let in by another's click, one waits."""
    assert check(acks=ACKS, effects=EFFECTS, stored=STORED) == Verdict()


@pytest.mark.parametrize(
    ("stored", "effects"),
    [
        (replace(STORED, requests=STORED.requests[:1]), EFFECTS),
        (replace(STORED, requests=[STORED.requests[0], ("r2", "U0T1", "pending", None)]), EFFECTS),
        (replace(STORED, requests=[("r1", "U0T0", "granting", "1.1"), STORED.requests[1]]), EFFECTS),
        (STORED, ()),
        (replace(STORED, dead=[("access.grant", "Bug")]), EFFECTS),
    ],
    ids=["request gone", "no card", "stuck", "no write", "job given up"],
)
def test_what_is_lost_is_found(stored: Stored, effects: tuple[Effect, ...]) -> None:
    """An acknowledgement is a promise."""
    assert check(acks=ACKS, effects=effects, stored=stored).lost


@pytest.mark.parametrize(
    ("stored", "effects"),
    [
        (STORED, EFFECTS * 2),
        (replace(STORED, requests=[*STORED.requests, ("r3", "U0T0", "pending", "1.3")]), EFFECTS),
        (replace(STORED, decisions=[*STORED.decisions, ("r1", "deny", at(1.2), "p8", "p0")]), EFFECTS),
        (replace(STORED, audit=chained(("request.approved", "r1", 1), ("request.approved", "r1", 1.1))), EFFECTS),
    ],
    ids=["write", "request", "decision", "entry"],
)
def test_what_was_done_twice_is_found(stored: Stored, effects: tuple[Effect, ...]) -> None:
    """In Atlassian, in Slack's requests, in the decisions and in the trail."""
    assert check(acks=ACKS, effects=effects, stored=stored).double


@pytest.mark.parametrize(
    ("stored", "effects"),
    [
        (STORED, (*EFFECTS, Effect(account_id="account-b", at=at(2)))),
        (STORED, (Effect(account_id="account-a", at=at(0.5)),)),
        (replace(STORED, decisions=[]), EFFECTS),
        (replace(STORED, decisions=[("r1", "deny", at(1.05), "p9", "p0")]), EFFECTS),
        (replace(STORED, decisions=[("r1", "approve", at(1.05), "p0", "p0")]), EFFECTS),
        (replace(STORED, decisions=[("r1", "approve", at(2.5), "p9", "p0")]), EFFECTS),
        (replace(STORED, audit=chained(("request.filed", "r1", 0))), EFFECTS),
    ],
    ids=["nobody clicked", "before the click", "no decision", "denied", "their own", "decided later", "not in the trail"],
)
def test_what_nobody_approved_is_found(stored: Stored, effects: tuple[Effect, ...]) -> None:
    """A write needs a click, a decision and an entry of the trail before it."""
    assert check(acks=ACKS, effects=effects, stored=stored).unapproved


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_changed_trail_is_found(place: int) -> None:
    """A body, a link, a column or a gap, wherever it is."""
    row = list(STORED.audit[place])
    bodies, kinds = [*row], [*row]
    bodies[4] = row[4].replace("request", "bequest", 1)
    kinds[2] = "access.granted" if row[2] != "access.granted" else "access.undone"
    for changed in (bodies, kinds):
        audit = [*STORED.audit[:place], tuple(changed), *STORED.audit[place + 1 :]]
        assert check(acks=ACKS, effects=EFFECTS, stored=replace(STORED, audit=audit)).chain
    gap = [*STORED.audit[:place], *STORED.audit[place + 1 :]]
    if place < 2:  # a cut end shows in no chain: that is what checkpoints are for
        assert check(acks=ACKS, effects=EFFECTS, stored=replace(STORED, audit=gap)).chain


async def test_the_trail_of_the_product_is_read_and_whole(database: Database, database_url: str, clock: MovableClock) -> None:
    """The checker's own idea of the chain agrees with what is stored, on both databases."""

    def three(uow: UnitOfWork) -> None:
        for number in range(3):
            uow.audit("request.filed", actor={"type": "comeback", "id": "comeback"}, number=number)

    await database.write(three)
    stored = checker.read_database(database_url)
    assert len(stored.audit) == 3
    assert check(acks=(), effects=(), stored=stored) == Verdict()


def test_acknowledgements_and_writes_are_read(tmp_path: Path) -> None:
    """What people and admins do by themselves is no effect of the bot's."""
    journal = tmp_path / "acks.jsonl"
    row = {"what": "asked", "slack_id": "U0T0", "account_id": "account-a", "at": NOON.isoformat()}
    journal.write_text(json.dumps(row) + "\n")
    assert checker.read_acks(journal) == [ack("asked", ADA, 0)]
    writes = [{"account_id": "account-a", "at": NOON.isoformat(), "by": by} for by in ("api", "admin")]
    assert checker.read_effects(writes) == [Effect(account_id="account-a", at=NOON)]


def test_a_database_is_never_written(tmp_path: Path) -> None:
    """The judge does not touch the evidence."""
    with pytest.raises(sqlite3.OperationalError):
        checker.read_database(f"sqlite:///{tmp_path / 'none.db'}")
    assert not (tmp_path / "none.db").exists()
