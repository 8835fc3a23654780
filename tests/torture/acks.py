"""Answers while the world hangs (B5): Slack's and Atlassian's sides never answer, and everybody who asks or clicks is answered in time."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path

from sandbox.faults import Fault
from tests.torture import postgres, rows
from tests.torture.bar import Bar, Result, at_least, exactly, in_time
from tests.torture.build import ROOT, Change, build
from tests.torture.doors import Doors, open_doors, world
from tests.torture.letters import Letter
from tests.torture.race import who_lost_jira
from tests.torture.scale import Scale
from tests.torture.wire import Reply

ALONE = True
"""It measures times."""
APPROVER = "U0OMAR"
WAITING = 8
"""So many have their card already and are approved when the world hangs, so that calls of either side do."""
PATIENCE = 90
FEW, MANY = 40, 200
HANGS = 3600.0
SLACK_WAITS = 3.0
"""Seconds after which people see that the app did not answer."""
FAST = 0.5

ASKS_FIRST = Change(
    path="bot/slack/listeners/requesting.py",
    old="            answer = await _file(desk, actor=actor, delivery=delivery, product=product, reason=text",
    new="            await client.users_info(user=actor.slack_id)\n"
    "            answer = await _file(desk, actor=actor, delivery=delivery, product=product, reason=text",
)


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """`run` on SQLite and `web` with a worker on PostgreSQL; and a build that asks Slack who asks before it answers."""
    report(await _hung(folder / "sqlite", scale, roles=("run",)))
    if scale.has_more:
        with postgres.running() as server:
            report(await _hung(folder / "postgresql", scale, roles=("web", "worker"), url=server.fresh("acks")))
    product = build(folder / "build", ASKS_FIRST)
    few = replace(scale, acks_rounds=1)
    report(await _hung(folder / "control", few, roles=("run",), product=product, control="the ack before any call"))


async def _hung(
    folder: Path, scale: Scale, *, roles: Sequence[str], url: str | None = None, product: Path = ROOT, control: str | None = None
) -> Result:
    begun, rounds = time.monotonic(), scale.acks_rounds
    async with (
        world(people=80, free_seats=1000) as sandbox,
        open_doors(folder, sandbox, database_url=url, roles=roles, product=product) as doors,
    ):
        approvals = await _vetted(doors)
        sandbox.faults.add(Fault(side="atlassian", match=".*", delay_s=HANGS))
        await doors.deliver(approvals)
        await _until_hung(doors)
        # After the other: a grant asks Slack about the approver first.
        sandbox.faults.add(Fault(side="slack", match=".*", delay_s=HANGS))
        numbers = count(1)
        few = [reply for _ in range(rounds) for reply in await _at_once(doors, FEW, numbers)]
        many = [reply for _ in range(max(1, rounds // 5)) for reply in await _at_once(doors, MANY, numbers)]
        forms = await doors.deliver([doors.post.command(f"U0W{n}", "", trigger=f"form.{n}") for n in range(FEW)], lines=FEW)
        hangs = {rule["side"]: rule["hit"] for rule in sandbox.faults.active()}
    calls = [at_least(f"calls to {side.title()} that hung", hit, wanted=1) for side, hit in hangs.items()]
    bars = (*_bars(few, many, lenience=scale.lenience), _forms(forms, lenience=scale.lenience), *calls)
    what = f"{len(few):,} requests, {FEW} at once, and {len(many):,}, {MANY} at once, on {doors.kind} with {', '.join(roles)}"
    return Result(scenario="acks", what=what, bars=bars, seconds=time.monotonic() - begun, control=control)


async def _vetted(doors: Doors) -> list[Letter]:
    """Approvals of people whose card is posted."""
    people = who_lost_jira(doors.sandbox)[:WAITING]
    await doors.deliver([doors.post.command(one, "please", trigger=f"ask.{one}") for one in people])
    async with asyncio.timeout(PATIENCE):
        while doors.count("SELECT count(*) FROM access_requests WHERE status = 'pending' AND card_ts IS NULL"):
            rows.hurry(doors.database_url)
            await asyncio.sleep(0.2)
    requests = [str(row[0]) for row in rows.ask(doors.database_url, "SELECT id FROM access_requests WHERE status = 'pending'")]
    return [doors.post.click(APPROVER, "request.approve", one, trigger=f"yes.{one}") for one in requests]


async def _until_hung(doors: Doors) -> None:
    """Wait until a call of either side hangs."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if all(rule["hit"] for rule in doors.sandbox.faults.active()):
                return
            await asyncio.sleep(0.05)


async def _at_once(doors: Doors, amount: int, numbers: Iterator[int]) -> list[Reply]:
    """The replies to so many different people who ask, decide, take back or look at the same moment."""
    return await doors.deliver([_letter(doors, next(numbers)) for _ in range(amount)], lines=amount)


def _letter(doors: Doors, number: int) -> Letter:
    post, person, trigger = doors.post, f"U0W{number}", f"hung.{number}"
    kinds = (
        lambda: post.command(person, "please", trigger=trigger),
        lambda: post.command(person, "status", trigger=trigger),
        lambda: post.click(APPROVER, "request.approve", f"no-request-{number}", trigger=trigger),
        lambda: post.home_opened(person, event_id=f"Ev{number}"),
    )
    return kinds[number % len(kinds)]()


def _bars(few: Sequence[Reply], many: Sequence[Reply], *, lenience: float) -> tuple[Bar, ...]:
    seconds = sorted(reply.seconds for reply in few)
    p99 = seconds[int(len(seconds) * 0.99) - 1]
    slowest = max(reply.seconds for reply in (*few, *many))
    return (
        in_time(f"p99 of an ack, {FEW} at once", p99, limit=FAST, lenience=lenience),
        in_time(f"slowest ack, {MANY} at once", slowest, limit=SLACK_WAITS, lenience=lenience),
        exactly("acks other than 200", sum(reply.status != 200 for reply in (*few, *many))),
    )


def _forms(replies: Sequence[Reply], *, lenience: float) -> Bar:
    """A form is opened before the ack, as its trigger lives for 3 s: there Slack is asked first, and given up in time."""
    slowest = max(reply.seconds for reply in replies)
    return in_time(f"slowest answer where a form could not be opened, {FEW} at once", slowest, limit=SLACK_WAITS, lenience=lenience)
