"""
Sending the audit trail to the admin's receiver, in order: a batch for each job, and the place moves in the unit that finishes it.

At least once: a batch whose answer was lost is sent again, and the receiver drops what it knows by `hash`. What is sent are the sealed
texts of the entries, which hold ids and codes; nothing of them is logged.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.effects.kit import Kit
from bot.effects.outcome import Again, Done, Fact, GivenUp, Outcome
from bot.jobs.outgoing import ShipAudit
from bot.usecases import shipping
from bot.webhook import WebhookRejected
from storage import audit, shipments
from storage.db import UnitOfWork
from storage.records import AuditEntry, Job

MOST_ENTRIES = 500
MOST_BYTES = 1_000_000
SLOWLY = timedelta(minutes=15)
"""Between two attempts at a receiver that refuses us: somebody has to change something."""


async def ship_audit(job: Job, payload: ShipAudit, kit: Kit) -> Outcome:
    """Send the next entries, at most 500 and about a megabyte."""
    del job
    siem, name = kit.siem, payload.name
    if siem is None:
        return Done()
    source, entries = await kit.database.read(lambda uow: _next(uow, name))
    batch = tuple(_fitting(entries))
    if not batch:
        return Done()
    try:
        await siem.post(b"".join(line for _, line in batch))
    except WebhookRejected as error:
        code = error.code
        return Again(due_at=kit.now() + SLOWLY, fact=lambda uow: shipping.record_rejected(uow, name, code=code, settings=kit.settings))
    target = batch[-1][0]
    return Done(fact=lambda uow: shipping.record_shipped(uow, name, source=source, target=target, settings=kit.settings))


def _next(uow: UnitOfWork, name: str) -> tuple[int, Sequence[AuditEntry]]:
    place = shipments.of(uow, name).seq
    return place, audit.following(uow, place, limit=MOST_ENTRIES)


def _fitting(entries: Sequence[AuditEntry]) -> Iterator[tuple[int, bytes]]:
    """The places and lines of the first entries, as many as fit; one at least."""
    size = 0
    for entry in entries:
        line = _line(entry)
        size += len(line)
        if size > MOST_BYTES and size > len(line):
            return
        yield entry.seq, line


def _line(entry: AuditEntry) -> bytes:
    """As `comeback audit export` has it: `body` is the very text that the hash covers."""
    fields = {
        "seq": entry.seq,
        "at": entry.at.isoformat(),
        "kind": entry.kind,
        "body": entry.body,
        "previous": entry.previous,
        "hash": entry.hash,
    }
    return f"{json.dumps(fields, ensure_ascii=False, separators=(',', ':'))}\n".encode()


def shipping_given_up(payload: ShipAudit, kit: Kit, *, why: GivenUp) -> Fact:
    """No answer for a day: the channel is told, and it is tried again from the start of this job's patience."""
    code, name = why.details.get("code", why.code.value), payload.name
    return lambda uow: shipping.record_away(uow, name, code=code, settings=kit.settings)
