"""
The history checker: what was acknowledged, what Atlassian counted, and what the database says, held against each other.

It shares no code with the product: it reads the database with SQL of its own and computes the chain by itself.
"""

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

Row = tuple[Any, ...]

_REQUESTS = "SELECT r.id, p.slack_id, r.status, r.card_ts FROM access_requests r JOIN people p ON p.id = r.person_id"
_DECISIONS = "SELECT request_id, verdict, decided_at, approver_person_id, requester_person_id FROM decisions ORDER BY decided_at"
_AUDIT = "SELECT seq, at, kind, request_id, body, previous, hash FROM audit ORDER BY seq"
_DEAD = "SELECT kind, last_error FROM outbox WHERE state = 'dead'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ack:
    """Something that a person did: `asked` and `approved` were acknowledged, `clicking` was only begun."""

    what: str
    slack_id: str
    account_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One write that Atlassian counted."""

    account_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What the database holds, as plain rows."""

    requests: Sequence[Row] = ()
    decisions: Sequence[Row] = ()
    audit: Sequence[Row] = ()
    dead: Sequence[Row] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is wrong, a sentence each; all empty when nothing is."""

    lost: tuple[str, ...] = ()
    double: tuple[str, ...] = ()
    unapproved: tuple[str, ...] = ()
    chain: tuple[str, ...] = ()


def check(*, acks: Sequence[Ack], effects: Sequence[Effect], stored: Stored) -> Verdict:
    """Hold the three against each other."""
    return Verdict(
        lost=tuple(_lost(acks, effects, stored)),
        double=tuple(_double(effects, stored)),
        unapproved=tuple(_unapproved(acks, effects, stored)),
        chain=tuple(_chain(stored)),
    )


def _lost(acks: Sequence[Ack], effects: Sequence[Effect], stored: Stored) -> Iterable[str]:
    """Acknowledged, and nothing came of it."""
    reached = {effect.account_id for effect in effects}
    statuses = {row[1]: row[2] for row in stored.requests}
    carded = {row[1] for row in stored.requests if row[3] is not None}
    for ack in acks:
        if ack.what == "asked" and ack.slack_id not in carded:
            yield f"{ack.slack_id} asked and has no card ({statuses.get(ack.slack_id, 'no request')})"
        if ack.what == "approved" and ack.account_id not in reached:
            yield f"{ack.slack_id} was approved and Atlassian never heard of it ({statuses.get(ack.slack_id)})"
        elif ack.what == "approved" and statuses.get(ack.slack_id) not in ("granted", "ended"):
            yield f"{ack.slack_id} has access and their request is {statuses.get(ack.slack_id)}"
    for kind, error in stored.dead:
        yield f"a job {kind} was given up ({error})"


def _double(effects: Sequence[Effect], stored: Stored) -> Iterable[str]:
    """Done twice."""
    for account_id, times in Counter(effect.account_id for effect in effects).items():
        if times > 1:
            yield f"{account_id} was written {times} times"
    for slack_id, times in Counter(row[1] for row in stored.requests).items():
        if times > 1:
            yield f"{slack_id} has {times} requests"
    for request_id, times in Counter(row[0] for row in stored.decisions).items():
        if times > 1:
            yield f"{request_id} was decided {times} times"
    for (request_id, kind), times in Counter((row[3], row[2]) for row in stored.audit).items():
        if times > 1 and kind in ("request.approved", "access.granted"):
            yield f"{request_id} has {times} entries {kind}"


def _unapproved(acks: Sequence[Ack], effects: Sequence[Effect], stored: Stored) -> Iterable[str]:
    """Given before, or without, somebody else's click and its decision."""
    clicked = {ack.account_id: ack.at for ack in reversed(acks) if ack.what == "clicking"}
    slack_ids = {ack.account_id: ack.slack_id for ack in acks}
    requests = {row[1]: row[0] for row in stored.requests}
    decided = {row[0]: row for row in reversed(stored.decisions)}
    entered = {row[3]: _moment(row[1]) for row in reversed(stored.audit) if row[2] == "request.approved"}
    for effect in effects:
        request_id = requests.get(slack_ids.get(effect.account_id, ""))
        decision, since = decided.get(request_id), clicked.get(effect.account_id)
        if since is None or since > effect.at:
            yield f"{effect.account_id} was written before anybody clicked"
        elif decision is None or decision[1] != "approve" or decision[3] == decision[4] or _moment(decision[2]) > effect.at:
            yield f"{effect.account_id} was written before a decision of somebody else"
        elif request_id not in entered or entered[request_id] > effect.at:
            yield f"{effect.account_id} was written before the audit trail knew of an approval"


def _chain(stored: Stored) -> Iterable[str]:
    """Gaps, broken links, changed bodies, columns that say something else than the body."""
    previous = "0" * 64
    for place, (seq, at, kind, request_id, body, said, link) in enumerate(stored.audit, start=1):
        if seq != place:
            yield f"entry {place} is missing"
            return
        if said != previous or link != hashlib.sha256(b"\x01" + previous.encode() + body.encode()).hexdigest():
            yield f"entry {place} does not follow from the one before"
            return
        parts = json.loads(body)
        if (parts["at"], parts["kind"], parts["request"]) != (at, kind, request_id):
            yield f"entry {place} says something else than its columns"
        previous = link


def _moment(value: str | datetime) -> datetime:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def read_acks(path: Path) -> list[Ack]:
    """The journal of the people."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [Ack(**{**row, "at": _moment(row["at"])}) for row in rows]


def read_effects(writes: Iterable[Mapping[str, Any]]) -> list[Effect]:
    """What the API changed, of all the writes that the sandbox lists."""
    return [Effect(account_id=row["account_id"], at=_moment(row["at"])) for row in writes if row["by"] == "api"]


def read_database(url: str) -> Stored:
    """The rows of a SQLite file or a PostgreSQL database."""
    if url.startswith("sqlite:///"):
        connection: Any = sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
    else:
        connection = psycopg.connect(url)
    try:
        requests, decisions, audit, dead = (connection.execute(query).fetchall() for query in (_REQUESTS, _DECISIONS, _AUDIT, _DEAD))
    finally:
        connection.close()
    return Stored(requests=requests, decisions=decisions, audit=audit, dead=dead)
