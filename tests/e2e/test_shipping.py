"""The audit trail arrives at the admin's receiver, whole and in order, whatever happens on the way."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from bot.effects import shipping as effect
from bot.jobs.house import MakeCheckpoint
from bot.usecases import shipping
from bot.usecases.steps import enqueue
from sandbox.siem import Receiver, Reply
from storage import audit, outbox, shipments, tables
from storage.db import UnitOfWork
from storage.lifecycle import JobState
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.quiet import until_quiet
from tests.storage.test_audit import unlock

OpenStage = Callable[..., Any]
SYSTEM = {"type": "system", "id": "comeback"}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver that takes everything, unless a test says otherwise."""
    async with Receiver() as receiver:
        yield receiver


def write(uow: UnitOfWork, *, entries: int, weight: int = 0) -> None:
    """So many entries, each of that many characters and some."""
    for number in range(entries):
        uow.audit("test.happened", actor=SYSTEM, number=number, weights=["w" * 200] * (weight // 200))


async def ship(stage: Stage) -> None:
    """What the ticker does half a minute later, and all that follows."""
    stage.later(timedelta(seconds=shipping.EVERY_SECONDS))
    await stage.parts.database.write(shipping.ship)
    await until_quiet(stage)


async def arrived(stage: Stage, receiver: Receiver) -> bool:
    """Whether the receiver has the whole trail, as the database has it."""
    trail = [(entry.seq, entry.body, entry.hash) for entry in await stage.trail()]
    return [(entry["seq"], entry["body"], entry["hash"]) for entry in receiver.entries()] == trail


async def alerts(stage: Stage, saying: str) -> int:
    """How often the admin channel was told so."""
    return sum(saying in message.words for message in stage.sandbox.slack.messages(ADMINS))


async def test_every_entry_arrives_once_and_in_order(small_stage: OpenStage, receiver: Receiver) -> None:
    """Errors, limits, a line that breaks after the batch was read: the receiver drops repeats by `seq`, and nothing is missing."""
    receiver.replies += [
        Reply(status=500),
        Reply(keeps=True, drops=True),
        Reply(status=429, headers={"Retry-After": "120"}),
        Reply(keeps=True),
        Reply(keeps=True, status=502),
        Reply(drops=True),
    ]
    async with small_stage(**receiver.environment()) as stage:
        await stage.parts.database.write(lambda uow: write(uow, entries=effect.MOST_ENTRIES + 20))
        await ship(stage)
        await stage.parts.database.write(lambda uow: write(uow, entries=3))
        await ship(stage)
        assert await arrived(stage, receiver)
        assert receiver.replies == []
        sizes = [len(batch.body.splitlines()) for batch in receiver.batches]
        assert max(sizes) == effect.MOST_ENTRIES
        assert sum(sizes) > len(receiver.entries())


async def test_a_batch_that_was_taken_by_a_killed_worker_is_sent_again(small_stage: OpenStage, receiver: Receiver) -> None:
    """The call landed and the place was not stored: the same entries come once more, and none is left out."""
    async with small_stage(**receiver.environment()) as stage:
        await stage.parts.database.write(lambda uow: write(uow, entries=5))
        await ship(stage)

        def as_if_killed(uow: UnitOfWork) -> None:
            uow.connection.exec_driver_sql("UPDATE shipments SET seq = 2, hash = NULL")

        await stage.parts.database.write(as_if_killed)
        await ship(stage)
        assert len(receiver.batches) == 2
        assert await arrived(stage, receiver)


async def test_a_batch_is_a_megabyte_at_most(small_stage: OpenStage, receiver: Receiver) -> None:
    """Receivers refuse what is larger; an entry that is larger by itself would go alone."""
    async with small_stage(**receiver.environment()) as stage:
        await stage.parts.database.write(lambda uow: write(uow, entries=25, weight=100_000))
        await ship(stage)
        assert await arrived(stage, receiver)
        assert len(receiver.batches) == 3
        assert all(len(batch.body) <= effect.MOST_BYTES for batch in receiver.batches)


async def test_a_receiver_that_refuses_us_is_told_once_and_tried_on(small_stage: OpenStage, receiver: Receiver) -> None:
    """An admin has to look, once; the trail and all other work go on, and so does the sending when it is mended."""
    receiver.replies += [Reply(status=401)] * 3
    async with small_stage(**receiver.environment()) as stage:
        await stage.parts.database.write(lambda uow: write(uow, entries=1))
        began = stage.sandbox.clock.now()
        await ship(stage)
        assert await alerts(stage, "The SIEM refuses the audit trail (401)") == 1
        assert await arrived(stage, receiver)
        assert stage.sandbox.clock.now() - began >= 3 * effect.SLOWLY
        assert (await stage.parts.database.read(lambda uow: shipments.of(uow, "siem"))).trouble is None


async def test_a_receiver_that_is_away_for_a_day_is_told(small_stage: OpenStage, receiver: Receiver) -> None:
    """The job that gave up is told and followed by another: nothing of the trail is ever left out."""
    async with small_stage(**receiver.environment()) as stage:
        await stage.parts.database.write(lambda uow: write(uow, entries=1))
        receiver.replies.append(Reply(status=500))
        await stage.parts.database.write(_nearly_given_up)
        await until_quiet(stage)
        assert await alerts(stage, "has not taken the audit trail for a day (500)") == 1
        await ship(stage)
        assert await arrived(stage, receiver)


def _nearly_given_up(uow: UnitOfWork) -> None:
    shipping.ship(uow)
    a_day_ago = uow.now - timedelta(days=1, minutes=1)
    uow.connection.execute(update(tables.outbox).where(tables.outbox.c.kind == "audit.ship").values(attempts=583, created_at=a_day_ago))


@pytest.mark.parametrize("grown", [1, 4])
async def test_a_trail_that_was_cut_after_it_was_sent_is_told(small_stage: OpenStage, receiver: Receiver, grown: int) -> None:
    """The places are used anew and never sent again: the channel hears of it, before and after the trail has grown past them."""
    async with small_stage(**receiver.environment()) as stage:
        database = stage.parts.database
        await database.write(lambda uow: write(uow, entries=6))
        await ship(stage)
        await database.write(unlock)
        await database.write(lambda uow: uow.connection.exec_driver_sql("DELETE FROM audit WHERE seq > 3"))
        await database.write(lambda uow: write(uow, entries=grown))
        await ship(stage)
        await database.write(lambda uow: enqueue(uow, MakeCheckpoint(slot="2026-11-24T09:00")))
        await until_quiet(stage)
        assert await alerts(stage, "not the one any more that the SIEM has") == 1


async def test_what_is_sent_is_the_sealed_text(small_stage: OpenStage, receiver: Receiver) -> None:
    """Ids and codes: whoever reads the SIEM learns no name and no address from it."""
    async with small_stage(**receiver.environment()) as stage:
        await stage.sandbox.slack.types("ada", "/request-jira the sprint board is my Monday")
        await stage.card(saying="asks for Jira")
        await ship(stage)
        assert await arrived(stage, receiver)
        sent = b"".join(batch.body for batch in receiver.batches)
        assert b"request.filed" in sent
        assert not any(personal in sent for personal in (b"U0ADA", b"acme.example", b"sprint board"))
        assert all(set(json.loads(entry["body"])) == {"actor", "at", "facts", "kind", "request", "v"} for entry in receiver.entries())


async def test_nothing_is_sent_that_is_not_asked_for(small_stage: OpenStage) -> None:
    """Without an address the trail stays in the house, and a job of an earlier setting ends quietly."""
    async with small_stage() as stage:
        await stage.parts.database.write(lambda uow: write(uow, entries=1))
        await ship(stage)
        left = await stage.parts.database.read(outbox.backlog)
        assert not [row for row in left if row.kind == "audit.ship" and row.state is not JobState.DONE]
        assert (await stage.parts.database.read(lambda uow: shipments.of(uow, "siem"))).seq == 0
        assert (await stage.parts.database.read(audit.head)).seq > 0
