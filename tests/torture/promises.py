"""
What must hold after each step and in the end, by the evidence alone: rows read with plain SQL, what Atlassian counted, what Slack shows.

It shares no code with the product.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sandbox.atlassian.journal import Write
from sandbox.server import Sandbox
from sandbox.slack.messages import Message
from tests.torture import checker

Row = sqlite3.Row

ADMINS = "G0ADMINS"
ENDS = ("request.denied", "request.cancelled", "request.expired", "request.closed", "access.granted")
"""What ends a request: at most one of them, once."""
DONE = ("granted", "denied", "cancelled", "expired", "closed", "ended")
GOOD_NEWS = " again."
ON_ITS_WAY = ("approved", "granting", "waiting")
_QUESTIONS = {
    "requests": "SELECT r.*, p.slack_id FROM access_requests r JOIN people p ON p.id = r.person_id ORDER BY r.filed_at, r.id",
    "decisions": "SELECT * FROM decisions",
    "audit": "SELECT seq, at, kind, request_id, body, previous, hash FROM audit ORDER BY seq",
    "jobs": "SELECT * FROM outbox",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that there is at one moment."""

    requests: Sequence[Row]
    decisions: Sequence[Row]
    audit: Sequence[Row]
    jobs: Sequence[Row]
    writes: Sequence[Write]
    messages: Sequence[Message]
    owners: dict[str, str]
    """The Slack id behind each account."""
    products: dict[str, str]
    """The product that each group gives."""
    seated: frozenset[tuple[str, str]]
    """Who is in a group that gives which product, by Slack id."""
    needed: dict[str, int]
    """How many people must approve a product."""

    def request(self, request_id: str) -> Row:
        """One request."""
        return next(row for row in self.requests if row["id"] == request_id)

    def entries(self, request_id: str) -> list[tuple[str, datetime]]:
        """Kind and time of what the trail says of a request."""
        return [(row["kind"], _moment(row["at"])) for row in self.audit if row["request_id"] == request_id]


def read(database_url: str, sandbox: Sandbox, *, people: Sequence[str], needed: dict[str, int]) -> Evidence:
    """The evidence as it is now."""
    with closing(_connect(database_url)) as connection:
        connection.row_factory = sqlite3.Row
        rows = {name: connection.execute(question).fetchall() for name, question in _QUESTIONS.items()}
    organization, slack = sandbox.atlassian, sandbox.slack
    accounts = [(f"U0{key.upper()}", account) for key in people for account in organization.register.with_key(key)]
    products = {group.id: group.name.partition("-")[0] for group in organization.catalog.groups.values()}
    return Evidence(
        **rows,
        writes=[write for write in organization.writes if write.by == "api"],
        messages=[*slack.messages(ADMINS), *(message for who in people for message in slack.dm(who))],
        owners={account.id: slack_id for slack_id, account in accounts},
        products=products,
        seated=frozenset((slack_id, products[group]) for slack_id, account in accounts for group in account.groups),
        needed=needed,
    )


def everything(database_url: str) -> list[str]:
    """Every row of the database: two of these are equal only if nothing was stored in between."""
    with closing(_connect(database_url)) as connection:
        return list(connection.iterdump())


def _connect(database_url: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{database_url.removeprefix('sqlite:///')}?mode=ro", uri=True)


def broken(evidence: Evidence) -> list[str]:
    """Which promises are broken now, a sentence each."""
    return [
        *_chain(evidence),
        *_ended_twice(evidence),
        *_unapproved(evidence),
        *_written_twice(evidence),
        *_posted_twice(evidence),
        *_cards(evidence),
        *_good_news(evidence),
    ]


def unfinished(evidence: Evidence, *, now: datetime, slack_refused: bool) -> list[str]:
    """What is left undone although everybody had their time; where *slack_refused* something, that may be missing for good."""
    return [
        *(f"{row['id']} is still {row['status']}" for row in evidence.requests if row["status"] in ON_ITS_WAY),
        *(f"job {row['id']} ({row['kind']}) is still leased" for row in evidence.jobs if row["state"] == "leased"),
        *(f"job {row['id']} ({row['kind']}) is ready and never due" for row in evidence.jobs if _is_forgotten(row, now=now)),
        *(_missing_messages(evidence) if not slack_refused else ()),
        *(
            f"{row['id']} is granted without a seat"
            for row in evidence.requests
            if row["status"] == "granted" and not _seated(evidence, row)
        ),
    ]


def _chain(evidence: Evidence) -> Iterator[str]:
    verdict = checker.check(acks=(), effects=(), stored=checker.Stored(audit=[tuple(row) for row in evidence.audit]))
    yield from (*verdict.chain, *verdict.double)


def _ended_twice(evidence: Evidence) -> Iterator[str]:
    for row in evidence.requests:
        kinds = [kind for kind, _ in evidence.entries(row["id"])]
        ends = [kind for kind in kinds if kind in ENDS]
        verdicts = {decision["verdict"] for decision in evidence.decisions if decision["request_id"] == row["id"]}
        if len(ends) > 1 or ("request.approved" in kinds and "request.denied" in kinds):
            yield f"{row['id']} was ended by {kinds}"
        if bool(ends) != (row["status"] in DONE):
            yield f"{row['id']} is {row['status']}, and the trail says {kinds}"
        if "deny" in verdicts and row["status"] != "denied":
            yield f"{row['id']} was denied and is {row['status']}"


def _unapproved(evidence: Evidence) -> Iterator[str]:
    for write in evidence.writes:
        owner, product = evidence.owners[write.account_id], evidence.products.get(write.target or "")
        if not any(
            _lets_in(evidence, row, write) for row in evidence.requests if row["slack_id"] == owner and product in (None, row["product"])
        ):
            yield f"{write.act} of {owner} at {write.at} was approved by nobody"


def _lets_in(evidence: Evidence, row: Row, write: Write) -> bool:
    """Whether people enough, and none of them the requester, had approved this request, which had not ended, when the write came."""
    approvers = {
        decision["approver_person_id"]
        for decision in evidence.decisions
        if decision["request_id"] == row["id"] and decision["verdict"] == "approve" and _moment(decision["decided_at"]) <= write.at
    }
    entries = evidence.entries(row["id"])
    approved = any(kind == "request.approved" and at <= write.at for kind, at in entries)
    ended = any(kind in ENDS and at < write.at for kind, at in entries)
    return approved and not ended and row["person_id"] not in approvers and len(approvers) >= evidence.needed[row["product"]]


def _written_twice(evidence: Evidence) -> Iterator[str]:
    for (account_id, act, target), times in Counter((write.account_id, write.act, write.target) for write in evidence.writes).items():
        if times > 1:
            yield f"{act} of {evidence.owners[account_id]} ({target}) was written {times} times"


def _posted_twice(evidence: Evidence) -> Iterator[str]:
    for job_id, times in Counter(_job_of(message) for message in evidence.messages).items():
        if job_id is not None and times > 1:
            yield f"job {job_id} posted {times} messages"


def _cards(evidence: Evidence) -> Iterator[str]:
    cards = {row["key"].removeprefix("card:"): row["id"] for row in evidence.jobs if row["kind"] == "card.post"}
    if len(cards) != sum(row["kind"] == "card.post" for row in evidence.jobs):
        yield "a request has two jobs that post its card"
    for request_id, job_id in cards.items():
        ts, posted = evidence.request(request_id)["card_ts"], {message.ts for message in evidence.messages if _job_of(message) == job_id}
        if ts is not None and posted != {ts}:
            yield f"the card of {request_id} is {ts}, and {posted} was posted"


def _good_news(evidence: Evidence) -> Iterator[str]:
    """One message to each whose request was granted, and none before."""
    for slack_id in set(evidence.owners.values()):
        told, granted = _told(evidence, slack_id), _granted(evidence, slack_id)
        if told > granted:
            yield f"{slack_id} was told {told} times of {granted} grants"


def _missing_messages(evidence: Evidence) -> Iterator[str]:
    carded = {row["key"].removeprefix("card:") for row in evidence.jobs if row["kind"] == "card.post"}
    for row in evidence.requests:
        if row["status"] in ("pending", "needs_attention") and row["id"] not in carded:
            yield f"{row['id']} is {row['status']} and has no card"
        if row["id"] in carded and row["card_ts"] is None:
            yield f"the card of {row['id']} was never posted"
        elif row["id"] in carded and row["card_version"] != row["version"]:
            yield f"the card of {row['id']} shows version {row['card_version']} of {row['version']}"
    for slack_id in set(evidence.owners.values()):
        told, granted = _told(evidence, slack_id), _granted(evidence, slack_id)
        if told < granted:
            yield f"{slack_id} was told {told} times of {granted} grants"


def _is_forgotten(row: Row, *, now: datetime) -> bool:
    return row["state"] == "ready" and (row["claimable_at"] is None or _moment(row["claimable_at"]) < now)


def _seated(evidence: Evidence, row: Row) -> bool:
    return (row["slack_id"], row["product"]) in evidence.seated


def _told(evidence: Evidence, slack_id: str) -> int:
    """How often somebody read that they have a product again."""
    return sum(message.channel == f"D0{slack_id.removeprefix('U0')}" and GOOD_NEWS in message.words for message in evidence.messages)


def _granted(evidence: Evidence, slack_id: str) -> int:
    return sum(row["slack_id"] == slack_id and row["status"] in ("granted", "ended") for row in evidence.requests)


def _job_of(message: Message) -> str | None:
    payload: dict[str, Any] = (message.metadata or {}).get("event_payload") or {}
    job: str | None = payload.get("job")
    return job


def _moment(value: str) -> datetime:
    return checker._moment(value)
