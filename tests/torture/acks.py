"""
Answers while the world hangs (B5): Slack's and Atlassian's sides never answer, and everybody who asks or clicks is answered in time.

A quarter of what is measured are approvals of requests that wait for one: compare-and-set, decision, audit entry and jobs are in the times.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import count, islice
from pathlib import Path

from sandbox.faults import Fault
from sandbox.human import SlackKind
from sandbox.slack.people import APPROVERS_GROUP
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
KINDS, CLICKS = 4, 2
"""Of so many letters in a row, the one with this remainder is a click that approves."""
DECIDED = "SELECT count(*) FROM decisions WHERE verdict = 'approve'"
SLACK_WAITS = 3.0
"""Seconds after which people see that the app did not answer."""
FAST = 0.5
P99, SLOWEST = f"p99 of an ack, {FEW} at once", f"slowest ack, {MANY} at once"

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


@dataclass(slots=True, kw_only=True)
class Round:
    """What was sent at once so far, and came back; of these the `approvals` of requests that waited for one, and those `stored`."""

    replies: list[Reply] = field(default_factory=list)
    approvals: list[Reply] = field(default_factory=list)
    stored: int = 0


async def _hung(
    folder: Path, scale: Scale, *, roles: Sequence[str], url: str | None = None, product: Path = ROOT, control: str | None = None
) -> Result:
    begun, rounds = time.monotonic(), scale.acks_rounds
    more_rounds = max(1, rounds // 5)
    wanted = (rounds * FEW + more_rounds * MANY) // KINDS
    async with (
        world(people=80 + 2 * wanted, free_seats=1000) as sandbox,
        open_doors(folder, sandbox, database_url=url, roles=roles, product=product) as doors,
    ):
        approvals = await _vetted(doors)
        sandbox.faults.add(Fault(side="atlassian", match=".*", delay_s=HANGS))
        await doors.deliver(approvals)
        await _until_hung(doors)
        pending = await _pending(doors, wanted)
        await _read_approvers(doors)
        # After the other: a grant asks Slack about the approver first.
        sandbox.faults.add(Fault(side="slack", match=".*", delay_s=HANGS))
        numbers, hung_at = count(1), time.monotonic()
        few = await _rounds(doors, FEW, rounds, numbers, pending)
        many = await _rounds(doors, MANY, more_rounds, numbers, pending)
        lasted = time.monotonic() - hung_at
        forms = await doors.deliver([doors.post.command(f"U0W{n}", "", trigger=f"form.{n}") for n in range(FEW)], lines=FEW)
        hangs = {rule["side"]: rule["hit"] for rule in sandbox.faults.active()}
    calls = [at_least(f"calls to {side.title()} that hung", hit, wanted=1) for side, hit in hangs.items()]
    bars = (*_bars(few, many, lenience=scale.lenience), _forms(forms, lenience=scale.lenience), *calls)
    what = (
        f"{len(few.replies):,} requests, {FEW} at once, and {len(many.replies):,}, {MANY} at once, within {lasted:.0f} s, "
        f"on {doors.kind} with {', '.join(roles)}"
    )
    # On the quick scale the slowest has more room than a call to Slack takes.
    must_fail = () if control is None else (P99, SLOWEST) if scale.lenience == 1 else (P99,)
    return Result(scenario="acks", what=what, bars=bars, seconds=time.monotonic() - begun, control=control, must_fail=must_fail)


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


async def _pending(doors: Doors, amount: int) -> Iterator[str]:
    """Requests of so many people whom Slack knows: what Atlassian would have to say about them hangs, so all wait for a decision."""
    members = (human for human in doors.sandbox.world.humans if human.slack_kind is SlackKind.MEMBER)
    strangers = {APPROVER, *who_lost_jira(doors.sandbox)[:WAITING]}
    asking = [one for one in (f"U0{human.key.upper()}" for human in members) if one not in strangers][:amount]
    await doors.deliver([doors.post.command(one, "please", trigger=f"wait.{one}") for one in asking], lines=FEW)
    found = rows.ask(doors.database_url, "SELECT id FROM access_requests WHERE status = 'pending' ORDER BY filed_at DESC")
    return iter([str(row[0]) for row in found[:amount]])


async def _read_approvers(doors: Doors) -> None:
    """
    Have the door read the approvers anew: they count for a minute from now.

    Who clicks later in a world that hangs is answered as fast, and decides when Slack is heard of again.
    """
    calls = doors.sandbox.slack.calls
    known = len(calls)
    await doors.deliver([doors.post.event({"type": "subteam_members_changed", "subteam_id": APPROVERS_GROUP}, event_id="EvApprovers")])
    async with asyncio.timeout(PATIENCE):
        while True:
            if any(name == "users.info" and facts.get("user") == APPROVER for name, facts in islice(calls, known, None)):
                break
            await asyncio.sleep(0.05)
    await asyncio.sleep(1)  # its answer has arrived by then


async def _rounds(doors: Doors, amount: int, rounds: int, numbers: Iterator[int], pending: Iterator[str]) -> Round:
    """So many times as many different people at the same moment, who ask, decide or look."""
    before, done = doors.count(DECIDED), Round()
    for _ in range(rounds):
        letters = [_letter(doors, next(numbers), pending) for _ in range(amount)]
        replies = await doors.deliver([letter for letter, _ in letters], lines=amount)
        done.replies += replies
        done.approvals += [reply for reply, (_, decides) in zip(replies, letters, strict=True) if decides]
    done.stored = doors.count(DECIDED) - before
    return done


def _letter(doors: Doors, number: int, pending: Iterator[str]) -> tuple[Letter, bool]:
    """A letter, and whether it decides."""
    post, person, trigger = doors.post, f"U0W{number}", f"hung.{number}"
    kinds = (
        lambda: post.command(person, "please", trigger=trigger),
        lambda: post.command(person, "status", trigger=trigger),
        lambda: post.click(APPROVER, "request.approve", next(pending, f"no-request-{number}"), trigger=trigger),
        lambda: post.home_opened(person, event_id=f"Ev{number}"),
    )
    return kinds[number % KINDS](), number % KINDS == CLICKS


def _bars(few: Round, many: Round, *, lenience: float) -> tuple[Bar, ...]:
    every = (*few.replies, *many.replies)
    return (
        in_time(P99, p99(few.replies), limit=FAST, lenience=lenience),
        in_time(f"p99 of an approval, {FEW} at once", p99(few.approvals), limit=FAST, lenience=lenience),
        in_time(SLOWEST, max(reply.seconds for reply in every), limit=SLACK_WAITS, lenience=lenience),
        exactly("acks other than 200", sum(reply.status != 200 for reply in every)),
        exactly(f"approvals stored, {FEW} at once", few.stored, wanted=len(few.approvals)),
        exactly(f"approvals stored, {MANY} at once", many.stored, wanted=len(many.approvals)),
    )


def p99(replies: Sequence[Reply]) -> float:
    """The seconds within which 99 % of *replies* came; at least one has to."""
    seconds = sorted(reply.seconds for reply in replies)
    return seconds[max(0, math.ceil(len(seconds) * 0.99) - 1)]


def _forms(replies: Sequence[Reply], *, lenience: float) -> Bar:
    """A form is opened before the ack, as its trigger lives for 3 s: there Slack is asked first, and given up in time."""
    slowest = max(reply.seconds for reply in replies)
    return in_time(f"slowest answer where a form could not be opened, {FEW} at once", slowest, limit=SLACK_WAITS, lenience=lenience)
