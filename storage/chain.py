"""
The audit chain: canonical bodies, hashes, and the append that keeps the sequence gapless.

`hash = SHA-256(0x01 || previous || body)` in hexadecimal, `previous` taken as its 64 characters and `body` as UTF-8; before the first entry
stand 64 zeros. A body is JSON with sorted keys and no spaces:
`{"actor":{"id":..,"type":..},"at":"..","facts":{..},"kind":"..","request":"..","v":1}`, `request` being null when there is none.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from sqlalchemy import Connection, bindparam, insert, select, text

from storage.records import AuditHead
from storage.tables import audit

Fact: TypeAlias = "bool | int | str | Sequence[Fact] | Mapping[str, Fact] | None"

GENESIS = AuditHead(seq=0, hash="0" * 64)
"""The head of an empty chain."""

# Any constant will do, as long as nothing else on this server's database takes it.
_LOCK = text("SELECT pg_advisory_xact_lock(4850174396)")
_HEAD = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc()).limit(1)
_AROUND = (
    select(audit.c.seq, audit.c.hash, audit.c.previous)
    .where(audit.c.seq.between(bindparam("this"), bindparam("next")))
    .order_by(audit.c.seq)
)
_APPEND = insert(audit)
_NAME = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_CODE = re.compile(r"[^\s@]{0,200}")
_SLACK_PERSON = re.compile(r"[UW](?=[A-Z]*[0-9])[A-Z0-9]{7,}")


class UnfitFact(ValueError):
    """A fact that the chain, which can never forget, must not hold; a mistake in our code."""

    def __init__(self, name: str, *, why: str) -> None:
        super().__init__(f"{name} is not fit for the audit trail: {why}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An entry that has no place in the chain yet; `body` is final."""

    kind: str
    at: str
    request_id: str | None
    body: str


def draft(*, kind: str, at: datetime, actor: Mapping[str, str], request_id: str | None, facts: Mapping[str, Fact]) -> Draft:
    """The entry with its canonical body; raises UnfitFact for what may not be in it."""
    moment = as_text(at)
    parts = {"kind": kind, "at": moment, "actor": dict(actor), "request": request_id, "facts": dict(facts), "v": 1}
    for name, value in (("kind", kind), ("request", request_id), *actor.items()):
        if value is not None and not _NAME.fullmatch(value):
            raise UnfitFact(name, why=f"{value!r} is not a plain name")
    _require_fit("actor", parts["actor"])
    _require_fit("facts", parts["facts"])
    return Draft(kind=kind, at=moment, request_id=request_id, body=canonical(parts))


def canonical(parts: Mapping[str, Any]) -> str:
    """The one JSON text of *parts*."""
    return json.dumps(parts, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def as_text(at: datetime) -> str:
    """An aware time as the chain writes it, `2026-11-24T15:00:00.000000Z`: UTC, always 27 characters, so that it sorts as text."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def linked(previous: str, body: str) -> str:
    """The hash of an entry after the entry with the hash *previous*."""
    return hashlib.sha256(f"\x01{previous}{body}".encode()).hexdigest()


def agrees(body: str, *, at: str, kind: str, request_id: str | None) -> bool:
    """Whether the body says the same as the columns that it is searched by; by its fixed order, a third of the time of reading JSON."""
    # An actor is flat and its quotes are escaped, so the first such place is the end of the actor.
    place = body.find('},"at":"')
    request = "null" if request_id is None else f'"{request_id}"'
    return body.startswith(f'}},"at":"{at}","facts":', place) and body.endswith(f',"kind":"{kind}","request":{request},"v":1}}')


def head_of(connection: Connection) -> AuditHead:
    """The last entry's place and hash, GENESIS when there is none."""
    row = connection.execute(_HEAD).first()
    return GENESIS if row is None else AuditHead(seq=row.seq, hash=row.hash)


def hash_at(connection: Connection, seq: int) -> str | None:
    """The hash of the entry *seq*, as the one after it has it where the entry itself was dropped; None when neither is there."""
    row = connection.execute(_AROUND, {"this": seq, "next": seq + 1}).first()
    return None if row is None else str(row.hash if row.seq == seq else row.previous)


def append(connection: Connection, drafts: Iterable[Draft], *, locked_by_advisory: bool) -> None:
    """
    Add *drafts* to the chain in their order.

    On PostgreSQL the chain's lock is held from here to COMMIT; SQLite has one writer anyway.
    """
    if locked_by_advisory:
        connection.execute(_LOCK)
    seq, previous = (head := head_of(connection)).seq, head.hash
    rows = []
    for entry in drafts:
        seq, link = seq + 1, linked(previous, entry.body)
        rows.append(
            {
                "seq": seq,
                "at": entry.at,
                "kind": entry.kind,
                "request_id": entry.request_id,
                "body": entry.body,
                "previous": previous,
                "hash": link,
            }
        )
        previous = link
    connection.execute(_APPEND, rows)


def _require_fit(name: str, value: object) -> None:
    match value:
        case None | bool() | int():
            return
        case str():
            _require_code(name, value)
        case Mapping():
            for key, inner in value.items():
                _require_code(f"a key of {name}", key)
                _require_fit(f"{name}.{key}", inner)
        case list() | tuple():
            for inner in value:
                _require_fit(name, inner)
        case _:
            raise UnfitFact(name, why=f"{type(value).__name__} has no single form in JSON")


def _require_code(name: str, value: str) -> None:
    if not _CODE.fullmatch(value):
        raise UnfitFact(name, why="it holds an e-mail address, free text, or more than 200 characters")
    if _SLACK_PERSON.fullmatch(value):
        raise UnfitFact(name, why="it is a Slack id; use the person's id")
