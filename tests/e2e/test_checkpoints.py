"""Checkpoints of the audit trail: made by the schedule, told to the log, posted once where the database is not."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.effects.outcome import Done
from bot.effects.trail import post_checkpoint
from bot.jobs.house import MakeCheckpoint, PostCheckpoint
from bot.usecases import trail
from bot.usecases.steps import enqueue
from storage import audit, outbox
from storage.checkpoint import Signature, parse
from storage.db import UnitOfWork
from storage.records import Job
from storage.signing import new_key
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.quiet import until_quiet
from tests.storage.test_audit import ENTRIES, unlock, write_entries
from tests.storage.test_checkpoints import rehash

OpenStage = Callable[..., Any]


def posted(stage: Stage) -> list[str]:
    """The texts of checkpoints in the admin channel."""
    words = [message.words for message in stage.sandbox.slack.messages(ADMINS) if "The audit trail stands at" in message.words]
    return [text.split("```")[1] for text in words]


async def fire(stage: Stage, slot: str = "2026-11-24T09:00") -> None:
    """Let both schedules fire, one after the other."""
    for job in (MakeCheckpoint(slot=slot), PostCheckpoint(slot=slot, channel=ADMINS)):
        await stage.parts.database.write(partial(enqueue, job=job))
        await until_quiet(stage)


@pytest.mark.parametrize("signed", [True, False])
async def test_what_is_posted_is_what_the_trail_is_checked_against(small_stage: OpenStage, signed: bool) -> None:
    """Copied out of the channel it fits; a key signs it, and without one the message says so."""
    settings = {"COMEBACK_AUDIT__SIGNING_KEY": new_key()} if signed else {}
    async with small_stage(**settings) as stage:
        await stage.parts.database.write(write_entries)
        with capture_logs() as logs:
            await fire(stage)
        (text,) = posted(stage)
        kept, keys = parse(text), trail.keyring(stage.parts.kit.settings.audit)
        assert kept.checked(keys) is (Signature.GOOD if signed else Signature.NONE)
        verdict = await stage.parts.database.read(lambda uow: trail.examine(uow, keys=keys, against=kept))
        assert verdict.is_good
        (line,) = [line for line in logs if line["event"] == "audit.checkpoint"]
        assert (parse(line["checkpoint"]), line["size"], line["root"]) == (kept, kept.size, kept.root)
        told = stage.sandbox.slack.messages(ADMINS)[-1].words
        assert ("Nobody signed it" in told) is not signed


async def test_a_trail_that_stands_still_is_not_told_again(small_stage: OpenStage) -> None:
    """No entries, no checkpoint; none in the channel of which it has heard."""
    async with small_stage() as stage:
        await fire(stage)
        assert posted(stage) == []
        await stage.parts.database.write(write_entries)
        await fire(stage)
        stage.later(timedelta(hours=26))
        await fire(stage, slot="2026-11-25T09:00")
        assert len(posted(stage)) == 1


async def test_what_speaks_against_the_trail_is_told_once_a_day(small_stage: OpenStage) -> None:
    """A place in the table that somebody took, then a trail that was computed anew: the log and the channel hear of it."""
    async with small_stage(COMEBACK_AUDIT__SIGNING_KEY=new_key()) as stage:
        database = stage.parts.database
        await database.write(write_entries)
        await fire(stage)
        size = (await database.read(audit.head)).seq + ENTRIES
        row = f"INSERT INTO checkpoints SELECT {size}, key_id, 'x', made_at FROM checkpoints"
        await database.write(lambda uow: uow.connection.exec_driver_sql(row))
        await database.write(write_entries)
        with capture_logs() as logs:
            await fire(stage, slot="2026-11-24T09:15")
        assert {"audit.checkpoint", "audit.checkpoint_occupied"} <= {line["event"] for line in logs}
        await database.write(unlock)
        edit = "UPDATE audit SET body = replace(body, 'number', 'lumber') WHERE seq = 2"
        await database.write(lambda uow: uow.connection.exec_driver_sql(edit))
        await database.write(rehash)
        for slot in ("2026-11-24T09:30", "2026-11-24T09:45"):
            await fire(stage, slot=slot)
        told = [message.words for message in stage.sandbox.slack.messages(ADMINS)]
        for saying in ("Somebody else has written to the audit trail's checkpoints", "does not fit the checkpoint at entry"):
            assert sum(saying in words for words in told) == 1


async def test_a_retaken_post_is_not_repeated(small_stage: OpenStage) -> None:
    """The answer of the first was lost; the second finds it there."""
    async with small_stage() as stage:
        await stage.parts.database.write(write_entries)
        await fire(stage)
        stage.later(timedelta(minutes=1))
        kit = stage.parts.kit
        payload = PostCheckpoint(slot="again", channel=ADMINS)

        def leased(uow: UnitOfWork) -> Job:
            enqueue(uow, payload)
            (job,) = outbox.claim(uow)
            return job

        job = await stage.parts.database.write(leased)
        for unknown in (False, True):
            assert await post_checkpoint(replace(job, unknown=unknown), payload, kit) == Done()
        assert len(posted(stage)) == 2
