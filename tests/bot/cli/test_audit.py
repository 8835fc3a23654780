"""`comeback audit`: a whole trail is said to be whole, a changed one is found, and it can be handed out."""

import inspect
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from bot.cli.audit import exporting
from bot.usecases import grants
from storage import access_requests, checkpoints, decisions, people, reclaims, warnings
from storage.db import Database, UnitOfWork
from storage.lifecycle import ReturnPolicy, Verdict
from storage.records import AccessRequest
from storage.signing import Keyring, new_key
from tests.bot.cli.conftest import Command, objects
from tests.bot.outside import Outside
from tests.fixtures.clock import MovableClock

COMEBACK = {"type": "comeback", "id": "comeback"}
REQUEST = "0" * 32


def entry(uow: UnitOfWork, *, kind: str, request_id: str | None = None) -> None:
    """One entry."""
    uow.audit(kind, actor=COMEBACK, request_id=request_id)


def test_whole_trail_is_done(comeback: Command, database: str, records: Database) -> None:
    """Exit code 0, the number of entries and the hash of the last, to be noted down."""
    records.write_now(lambda uow: entry(uow, kind="request.filed"))
    result = comeback("audit", "verify")
    assert result.exit_code == 0
    assert "The audit trail is whole: 1 entry, the last one " in result.stdout
    assert "There is no checkpoint: entries that were cut off at the end do not show." in result.stdout


def test_changed_entry_is_named(
    comeback: Command, outside: Outside, sqlite_url: str, open_database: Callable[..., Database], clock: MovableClock
) -> None:
    """Exit code 1 and the number of the first bad entry."""
    records = open_database(sqlite_url, clock=clock.now)
    for kind in ("request.filed", "request.granted", "request.ended"):
        records.write_now(partial(entry, kind=kind))
    outside.set({"DATABASE_URL": sqlite_url})
    with sqlite3.connect(sqlite_url.removeprefix("sqlite:///")) as connection:
        # Whoever can write to the file can take its triggers away as well.
        triggers = connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        connection.executescript("".join(f"DROP TRIGGER {name};" for (name,) in triggers))
        connection.execute("UPDATE audit SET body = replace(body, 'granted', 'refused') WHERE seq = 2")
    connection.close()
    result = comeback("audit", "verify")
    assert result.exit_code == 1
    assert result.stderr.strip().endswith("The audit trail is broken at entry 2: its text was changed.")


def test_export_is_one_object_a_line(comeback: Command, database: str, records: Database, clock: MovableClock) -> None:
    """Oldest first, each with what makes its hash, and narrowed by time, kind and request."""
    records.write_now(lambda uow: entry(uow, kind="request.filed", request_id=REQUEST))
    clock.advance(timedelta(days=1))
    records.write_now(lambda uow: entry(uow, kind="key.rejected"))
    everything = objects(comeback("audit", "export").stdout)
    assert [one["seq"] for one in everything] == [1, 2]
    assert everything[1]["previous"] == everything[0]["hash"]
    assert set(everything[0]) == {"seq", "at", "kind", "body", "previous", "hash"}
    for narrowed in (("--since", "2026-11-03"), ("--kind", "key.rejected")):
        assert [one["seq"] for one in objects(comeback("audit", "export", *narrowed).stdout)] == [2]
    for narrowed in (("--until", "2026-11-03T00:00:00"), ("--request", REQUEST)):
        assert [one["seq"] for one in objects(comeback("audit", "export", *narrowed).stdout)] == [1]


def test_export_goes_to_a_file(comeback: Command, database: str, records: Database, tmp_path: Path) -> None:
    """Standard output then says only how many there are."""
    records.write_now(lambda uow: entry(uow, kind="request.filed"))
    file = tmp_path / "trail.jsonl"
    result = comeback("audit", "export", "--output", str(file))
    assert result.stdout.startswith("1 entry in ")
    assert len(objects(file.read_text(encoding="utf-8"))) == 1


def approved(uow: UnitOfWork) -> str:
    """Grace approved Ada's request, and said so in the trail."""
    ada, grace = (people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id) for slack_id in ("U0ADA", "U0GRACE"))
    request = access_requests.file(uow, person=ada, product="jira", reason="back", expires_at=uow.now + timedelta(days=7))
    assert request is not None
    decision = decisions.record(uow, request_id=request.id, approver=grace, verdict=Verdict.APPROVE, reason=None)
    uow.audit("request.approved", actor={"type": "person", "id": grace.id}, request_id=request.id, decision=decision.id)
    uow.audit("person.linked", actor={"type": "terminal", "id": "root"}, person=ada.id)
    uow.audit("access.granted", actor=COMEBACK, request_id=REQUEST)
    return request.id


def test_names_stand_beside_what_is_sealed(comeback: Command, database: str, records: Database) -> None:
    """Who approved whom is one line; the sealed text is the same with and without names, and what is not known any more is null."""
    records.write_now(approved)
    sealed, named = objects(comeback("audit", "export").stdout), objects(comeback("audit", "export", "--names").stdout)
    assert [{name: entry[name] for name in sealed[0]} for entry in named] == sealed
    added = [{name: value for name, value in entry.items() if name not in sealed[0]} for entry in named]
    assert added == [
        {"who": "U0GRACE", "requester": "U0ADA", "product": "jira", "approvers": ["U0GRACE"], "decision": "approve"},
        {"who": "root", "person": "U0ADA"},
        {"who": "comeback", "requester": None, "product": None, "approvers": [], "decision": None},
    ]


def test_all_who_approved_are_named(comeback: Command, database: str, records: Database, clock: MovableClock) -> None:
    """Nobody before the first has decided, then each who had by then: an auditor of a product that needs two asks for both."""
    steps: list[Callable[[UnitOfWork, str, AccessRequest], None]] = [
        lambda uow, kind, one: entry(uow, kind=kind, request_id=one.id),
        partial(approve, slack_id="U0GRACE"),
        partial(approve, slack_id="U0OMAR"),
        by_policy,
    ]
    request = records.write_now(filed)
    for number, step in enumerate(steps):
        clock.advance(timedelta(minutes=1))
        records.write_now(lambda uow, step=step, number=number: step(uow, f"step.{number}", request))  # type: ignore[misc]
    told = [(one["approvers"], one["decision"]) for one in objects(comeback("audit", "export", "--names").stdout)]
    assert told == [
        ([], None),
        (["U0GRACE"], "approve"),
        (["U0GRACE", "U0OMAR"], "approve"),
        (["policy return"], "approve"),
    ]
    assert "U0GRACE, U0OMAR,approve" in comeback("audit", "export", "--names", "--format", "csv").stdout.replace('"', "")


def filed(uow: UnitOfWork) -> AccessRequest:
    """Ada's request."""
    ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA")
    request = access_requests.file(uow, person=ada, product="jira", reason="back", expires_at=uow.now + timedelta(days=7))
    assert request is not None
    return request


def approve(uow: UnitOfWork, kind: str, request: AccessRequest, *, slack_id: str) -> None:
    """Somebody's approval, and its entry."""
    approver = people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id)
    decision = decisions.record(uow, request_id=request.id, approver=approver, verdict=Verdict.APPROVE, reason=None)
    uow.audit(kind, actor={"type": "person", "id": approver.id}, request_id=request.id, decision=decision.id)


def by_policy(uow: UnitOfWork, kind: str, request: AccessRequest) -> None:
    """The approvals do not hold any more, and a policy approves instead."""
    access_requests.open_round(uow, request.id)
    again = access_requests.get(uow, request.id)
    assert again is not None
    decisions.record_policy(uow, again, policy=ReturnPolicy.RETURN, facts={})
    entry(uow, kind=kind, request_id=request.id)


def test_what_is_newer_than_the_checkpoint_is_said(comeback: Command, database: str, records: Database, tmp_path: Path) -> None:
    """A file that ends where the checkpoint does looks like all there is."""
    records.write_now(approved)
    records.write_now(lambda uow: checkpoints.record(uow, Keyring.of(signing=[new_key()])))
    records.write_now(lambda uow: entry(uow, kind="request.filed"))
    result = comeback("audit", "export", "--checkpoint", str(tmp_path / "checkpoint"))
    assert len(objects(result.stdout)) == 3
    assert result.stderr == "The file ends with entry 3, where the checkpoint is: 1 newer than that are left out.\n"


def test_unknown_actor_is_said(comeback: Command, database: str, records: Database) -> None:
    """An empty answer to a mistyped name looks like a clean record; somebody known who did nothing has one."""
    records.write_now(approved)
    told = {actor: comeback("audit", "export", "--actor", actor).stderr for actor in ("nobody", "U0ADA", "root")}
    assert told == {
        "nobody": "no entries\nnobody is known as nobody: give a Slack id, a login, or comeback\n",
        "U0ADA": "no entries\n",
        "root": "",
    }


def taken(uow: UnitOfWork) -> None:
    """Two seats were taken: Ada's, who is linked to her account, and somebody's whom only the warning reached."""
    ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA")
    people.link(uow, ada.id, account_id="a-ada", email=None)
    warning = warnings.open_(uow, account_id="a-ben", product="jira", person_id=None, slack_id="U0BEN")
    assert warning is not None
    for account_id, warning_id in (("a-ada", None), ("a-ben", warning.id)):
        reclaim = reclaims.plan(uow, account_id=account_id, product="jira", last_active_at=None, warning_id=warning_id)
        assert reclaim is not None
        uow.audit("seat.reclaimed", actor=COMEBACK, reclaim=reclaim.id)
    uow.audit("seat.kept", actor=COMEBACK, reclaim=REQUEST)


def test_whose_seat_it_was_stands_beside_the_entry(comeback: Command, database: str, records: Database) -> None:
    """An auditor asks who lost a seat, not which random id did."""
    records.write_now(taken)
    told = [(entry["owner"], entry["product"]) for entry in objects(comeback("audit", "export", "--names").stdout)]
    assert told == [("U0ADA", "jira"), ("U0BEN", "jira"), (None, None)]


def test_kind_without_entries_is_told_the_kinds_that_there_are(comeback: Command, database: str, records: Database) -> None:
    """An empty answer to a mistyped kind looks like a clean record."""
    records.write_now(approved)
    result = comeback("audit", "export", "--kind", "request.granted")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "no entries; the kinds that there are: access.granted, person.linked, request.approved\n"


def test_empty_trail_is_said(comeback: Command, database: str) -> None:
    """On standard error, as standard output is for the entries."""
    result = comeback("audit", "export")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "", "no entries\n")


def test_help_names_a_kind_that_is_written() -> None:
    """Whoever copies the example finds entries."""
    assert 'uow.audit("access.granted"' in Path(grants.__file__).read_text(encoding="utf-8")
    assert "access.granted" in inspect.getsource(exporting)
