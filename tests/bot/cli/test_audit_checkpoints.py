"""`comeback audit` with checkpoints: against one that was kept, with keys, exports that end at one, and old entries dropped behind one."""

import csv
import io
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from storage import audit, checkpoints, people, shipments
from storage.checkpoint import Checkpoint, made, parse
from storage.db import Database, UnitOfWork
from storage.signing import Keyring, new_key, signing_key
from tests.bot.cli.conftest import Command, objects
from tests.bot.cli.test_audit import COMEBACK, entry
from tests.bot.outside import Outside
from tests.fixtures.clock import MovableClock

KEY = new_key()
KEYS = Keyring.of(signing=[KEY])


def write(records: Database, *kinds: str) -> None:
    """An entry of each kind."""
    for kind in kinds:
        records.write_now(partial(entry, kind=kind))


def record(records: Database, keys: Keyring = KEYS) -> Checkpoint:
    """A checkpoint of where the trail stands."""
    checkpoint = records.write_now(lambda uow: checkpoints.record(uow, keys))
    assert isinstance(checkpoint, Checkpoint)
    return checkpoint


def test_verify_against_a_checkpoint_as_text_or_file(
    comeback: Command, database: str, records: Database, outside: Outside, tmp_path: Path
) -> None:
    """What was posted is pasted as it is; what was exported is a file; a public key is enough."""
    write(records, "a", "b")
    kept = record(records)
    write(records, "c")
    outside.set({"COMEBACK_AUDIT__PUBLIC_KEYS": f'["{signing_key(KEY).public}"]'})
    file = tmp_path / "kept.txt"
    file.write_text(kept.text, encoding="utf-8")
    for given in (str(file), f"```{kept.text.strip()}```".replace("```", "\n```\n")):
        result = comeback("audit", "verify", "--against", given)
        assert (result.exit_code, result.stderr) == (0, "")
        assert "3 entries" in result.stdout
        assert "It goes through 1 stored checkpoint. It fits the checkpoint at entry 2.\n" in result.stdout
        assert result.stdout.endswith("\nEntry 3 is newer than any checkpoint: what was cut off behind does not show.\n")
    alone = comeback("audit", "verify").stdout
    assert "Only --against a checkpoint that was kept elsewhere shows" in alone


def test_a_trail_that_was_cut_off_is_said_in_one_sentence(comeback: Command, database: str, records: Database, outside: Outside) -> None:
    """Exit code 1: the checkpoint knows of entries that are not there any more."""
    write(records, "a", "b")
    kept = record(records)
    outside.set({"COMEBACK_AUDIT__SIGNING_KEY": KEY})
    signed = made(origin=kept.origin, size=3, root=kept.root, signer=KEYS.signer)
    result = comeback("audit", "verify", "--against", signed.text)
    assert result.exit_code == 1
    assert result.stderr == (
        "The audit trail does not fit the checkpoint at entry 3: the trail is shorter now, so entries were cut off at its end.\n"
    )


def test_a_forged_checkpoint_is_no(comeback: Command, database: str, records: Database, outside: Outside) -> None:
    """Exit code 1 for a signature of one of our keys that is wrong; of a key that we do not know it is said, and the root counts."""
    write(records, "a", "b")
    kept = record(records)
    outside.set({"COMEBACK_AUDIT__SIGNING_KEY": KEY})
    forged = Checkpoint(origin=kept.origin, size=2, root=kept.root, key_id=kept.key_id, signature=bytes(64))
    result = comeback("audit", "verify", "--against", forged.text)
    assert (result.exit_code, "its signature is wrong" in result.stderr) == (1, True)
    outside.set({"COMEBACK_AUDIT__SIGNING_KEY": new_key()})
    result = comeback("audit", "verify", "--against", kept.text)
    assert result.exit_code == 0
    assert f"signed by key {kept.key_id}, which is not in the settings" in result.stderr


def test_what_is_no_checkpoint_is_bad_usage(comeback: Command, database: str) -> None:
    """Exit code 2, and what to give instead."""
    result = comeback("audit", "verify", "--against", "hello there")
    assert (result.exit_code, result.stderr.startswith("That is no checkpoint")) == (2, True)


def test_a_mistyped_name_is_said_to_be_no_file(comeback: Command, database: str) -> None:
    """Nobody looks for the mistake in a name when the answer is about checkpoints."""
    result = comeback("audit", "verify", "--against", "nofile")
    assert (result.exit_code, result.stderr) == (2, "There is no file nofile.\n")


def test_a_checkpoint_is_taken_as_it_was_copied(comeback: Command, database: str, records: Database, outside: Outside) -> None:
    """With the marks around it in a chat, or with the escapes of a log."""
    write(records, "a", "b")
    kept = record(records)
    outside.set({"COMEBACK_AUDIT__PUBLIC_KEYS": f'["{signing_key(KEY).public}"]'})
    escaped = kept.text.replace("\n", "\\n").replace("\N{EM DASH}", "\\u2014")
    for given in (f"```{kept.text.strip()}```", f"'{escaped}'"):
        result = comeback("audit", "verify", "--against", given)
        assert (result.exit_code, result.stderr) == (0, ""), given


def test_a_stored_checkpoint_of_an_unknown_key_has_a_remedy(comeback: Command, database: str, records: Database) -> None:
    """It may be the one of before, or of somebody who may write to the database."""
    write(records, "a")
    record(records)
    said = comeback("audit", "verify").stderr
    assert "Set COMEBACK_AUDIT__PUBLIC_KEYS to the keys that you know; a key that nobody knows is an alarm." in said


@pytest.mark.parametrize("option", [(), ("--hmac",)])
def test_keygen_prints_lines_that_the_settings_take(
    comeback: Command, database: str, records: Database, outside: Outside, option: tuple[str, ...]
) -> None:
    """Pasted as they are they sign and check; two runs give two keys."""
    first, second = (comeback("audit", "keygen", *option).stdout for _ in range(2))
    assert first != second
    lines = dict(line.split("=", 1) for line in first.splitlines() if not line.startswith("#"))
    assert set(lines) == {"COMEBACK_AUDIT__SIGNING_KEY"} | (set() if option else {"COMEBACK_AUDIT__PUBLIC_KEYS"})
    outside.set(lines)
    write(records, "a")
    kept = record(records, Keyring.of(signing=[lines["COMEBACK_AUDIT__SIGNING_KEY"]]))
    result = comeback("audit", "verify", "--against", kept.text)
    assert (result.exit_code, result.stderr) == (0, "")


def test_a_key_that_is_none_is_bad_usage_and_not_repeated(comeback: Command, database: str, outside: Outside) -> None:
    """One clear sentence, without the value."""
    outside.set({"COMEBACK_AUDIT__SIGNING_KEY": "ed25519:c2VjcmV0"})
    result = comeback("audit", "verify")
    assert result.exit_code == 2
    assert result.stderr.startswith("COMEBACK_AUDIT__SIGNING_KEY must be ed25519: or hmac: and 32 random bytes in base64")
    assert "c2VjcmV0" not in result.output


def test_an_export_ends_at_the_checkpoint_that_goes_with_it(comeback: Command, database: str, records: Database, tmp_path: Path) -> None:
    """What an auditor gets is exactly what somebody signed."""
    file = tmp_path / "checkpoint.txt"
    result = comeback("audit", "export", "--checkpoint", str(file))
    assert (result.exit_code, result.stderr) == (1, "There is no checkpoint yet: a running bot makes one every 15 minutes.\n")
    write(records, "a", "b")
    kept = record(records)
    write(records, "c")
    exported = objects(comeback("audit", "export", "--checkpoint", str(file)).stdout)
    assert parse(file.read_text(encoding="utf-8")) == kept
    assert (exported[-1]["seq"], exported[-1]["hash"]) == (kept.size, kept.root)


def test_an_export_for_a_spreadsheet(comeback: Command, database: str, records: Database) -> None:
    """The same entries, with the actor and the request in cells of their own, and names when they are asked for."""

    def work(uow: UnitOfWork) -> None:
        ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA1")
        uow.audit("a", actor={"type": "person", "id": ada.id}, request_id="r1")
        uow.audit("b", actor=COMEBACK)

    records.write_now(work)
    lines, table = (comeback("audit", "export", *form).stdout for form in ((), ("--format", "csv", "--names")))
    rows = list(csv.DictReader(io.StringIO(table)))
    assert [(row["kind"], row["actor_type"], row["request"], row["who"]) for row in rows] == [
        ("a", "person", "r1", "U0ADA1"),
        ("b", "comeback", "", "comeback"),
    ]
    assert [row["body"] for row in rows] == [one["body"] for one in objects(lines)]


def test_an_export_of_what_somebody_did(comeback: Command, database: str, records: Database) -> None:
    """By the Slack id that an admin knows, by the id that the trail has, or by name for a terminal and for Comeback."""

    def work(uow: UnitOfWork) -> str:
        ada = people.find_or_add(uow, team_id="T0ACME", slack_id="U0ADA1")
        uow.audit("a", actor={"type": "person", "id": ada.id})
        uow.audit("b", actor={"type": "terminal", "id": "ro_t"})
        uow.audit("c", actor={"type": "terminal", "id": "root"})
        uow.audit("d", actor=COMEBACK)
        return ada.id

    person_id = records.write_now(work)
    for actor, kinds in (("U0ADA1", ["a"]), (person_id, ["a"]), ("ro_t", ["b"]), ("comeback", ["d"]), ("nobody", [])):
        assert [one["kind"] for one in objects(comeback("audit", "export", "--actor", actor).stdout)] == kinds


def old_trail(records: Database, clock: MovableClock) -> Checkpoint:
    """Two old entries with a signed checkpoint, and a young one."""
    clock._now -= timedelta(days=500)
    write(records, "a", "b")
    kept = record(records)
    clock.advance(timedelta(days=499))
    write(records, "c")
    return kept


def test_prune_drops_what_is_old_and_signed(
    comeback: Command, database: str, records: Database, outside: Outside, clock: MovableClock
) -> None:
    """The trail then begins there, says so itself, and is whole."""
    outside.set({"COMEBACK_AUDIT__SIGNING_KEY": KEY, "COMEBACK_AUDIT__KEEP_DAYS": "400"})
    kept = old_trail(records, clock)
    result = comeback("audit", "prune", "--yes")
    assert (result.exit_code, result.stdout) == (0, "2 entries are gone; the audit trail begins after entry 2.\n")
    assert [one.kind for one in records.read_now(lambda uow: list(audit.entries(uow)))] == ["c", "audit.pruned"]
    result = comeback("audit", "verify")
    assert result.exit_code == 0
    assert "2 entries after entry 2, where a signed checkpoint stands for what was dropped" in result.stdout
    result = comeback("audit", "verify", "--against", made(origin=kept.origin, size=1, root="ab" * 32, signer=None).text)
    assert result.exit_code == 1
    assert "The checkpoint at entry 1 can't be compared any more" in result.stderr
    assert comeback("audit", "prune", "--yes").exit_code == 1
    outside.unset("COMEBACK_AUDIT__SIGNING_KEY")
    result = comeback("audit", "verify")
    assert (result.exit_code, "no key of the settings vouches for what was before" in result.stderr) == (1, True)


def test_prune_leaves_what_the_siem_has_not_got(
    comeback: Command, database: str, records: Database, outside: Outside, clock: MovableClock
) -> None:
    """A receiver that was away for long gets it all the same; where none is set, nothing waits."""
    siem = {"COMEBACK_SIEM__URL": "https://siem.acme.example/x", "COMEBACK_SIEM__SECRET": "f3b1c2d49a7e5f60"}
    outside.set({"COMEBACK_AUDIT__SIGNING_KEY": KEY, "COMEBACK_AUDIT__KEEP_DAYS": "400", **siem})
    old_trail(records, clock)
    result = comeback("audit", "prune", "--yes")
    assert (result.exit_code, ", was sent to the SIEM and belongs to no open request" in result.stderr) == (1, True)
    assert records.read_now(audit.head).seq == 3
    records.write_now(lambda uow: shipments.move(uow, "siem", source=0, target=2))
    assert comeback("audit", "prune", "--yes").stdout.startswith("2 entries are gone")


def test_prune_asks_first(comeback: Command, database: str, records: Database, outside: Outside, clock: MovableClock) -> None:
    """Without a yes nothing goes."""
    outside.set({"COMEBACK_AUDIT__SIGNING_KEY": KEY})
    old_trail(records, clock)
    result = comeback("audit", "prune", "--before", "2026-07-31")
    assert result.exit_code == 1
    assert "Drop all entries up to 2?" in result.stderr
    assert records.read_now(audit.head).seq == 3


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "sentence"),
    [
        ((), {}, 2, "Entries are kept for ever"),
        (("--before", "2999-01-01"), {}, 2, "--before must be"),
        (("--before", "2026-10-31"), {"COMEBACK_AUDIT__KEEP_DAYS": "36500"}, 2, "--before must be"),
        (("--before", "2026-10-31"), {"COMEBACK_AUDIT__SIGNING_KEY": new_key()}, 2, "--before must be"),
        (("--before", "2026-07-31"), {}, 2, "Nothing was dropped: where the trail begins is signed"),
        (("--before", "2026-07-31"), {"COMEBACK_AUDIT__SIGNING_KEY": new_key()}, 1, "Nothing was dropped: no checkpoint signed"),
    ],
)
def test_prune_refuses(
    comeback: Command,
    database: str,
    records: Database,
    outside: Outside,
    clock: MovableClock,
    arguments: tuple[str, ...],
    settings: dict[str, str],
    code: int,
    sentence: str,
) -> None:
    """Nothing is dropped that should be kept, or that nobody signed."""
    old_trail(records, clock)
    outside.set(settings)
    result = comeback("audit", "prune", "--yes", *arguments)
    assert (result.exit_code, result.stderr.startswith(sentence)) == (code, True), result.output
    assert [one.seq for one in records.read_now(lambda uow: list(audit.entries(uow)))] == [1, 2, 3]
