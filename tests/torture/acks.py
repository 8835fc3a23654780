"""Answers while the world hangs (B5): Slack's and Atlassian's sides never answer, and everybody who asks or clicks is answered in time."""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path

from sandbox.faults import Fault
from tests.torture import postgres
from tests.torture.bar import Bar, Result, at_most, exactly
from tests.torture.build import ROOT, Change, build
from tests.torture.doors import Doors, open_doors, world
from tests.torture.letters import Letter
from tests.torture.scale import Scale
from tests.torture.wire import Reply

APPROVER = "U0OMAR"
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
    report(await _hung(folder / "sqlite", rounds=scale.acks_rounds, roles=("run",)))
    with postgres.running() as server:
        url = server.fresh("acks")
        report(await _hung(folder / "postgresql", rounds=scale.acks_rounds, roles=("web", "worker"), url=url))
    product = build(folder / "build", ASKS_FIRST)
    report(await _hung(folder / "control", rounds=1, roles=("run",), product=product, control="the ack before any call"))


async def _hung(
    folder: Path, *, rounds: int, roles: Sequence[str], url: str | None = None, product: Path = ROOT, control: str | None = None
) -> Result:
    begun = time.monotonic()
    async with world() as sandbox, open_doors(folder, sandbox, database_url=url, roles=roles, product=product) as doors:
        sandbox.faults.add(Fault(side="slack", match=".*", delay_s=HANGS))
        sandbox.faults.add(Fault(side="atlassian", match=".*", delay_s=HANGS))
        numbers = count(1)
        few = [reply for _ in range(rounds) for reply in await _at_once(doors, FEW, numbers)]
        many = [reply for _ in range(max(1, rounds // 5)) for reply in await _at_once(doors, MANY, numbers)]
        forms = await doors.deliver([doors.post.command(f"U0W{n}", "", trigger=f"form.{n}") for n in range(FEW)], lines=FEW)
        hangs = {rule["side"]: rule["hit"] for rule in sandbox.faults.active()}
    bars = (*_bars(few, many), _forms(forms))
    what = (
        f"{len(few):,} requests, {FEW} at once, and {len(many):,}, {MANY} at once, on {doors.kind} with {', '.join(roles)}; {_told(hangs)}"
    )
    return Result(scenario="acks", what=what, bars=bars, seconds=time.monotonic() - begun, control=control)


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


def _bars(few: Sequence[Reply], many: Sequence[Reply]) -> tuple[Bar, ...]:
    seconds = sorted(reply.seconds for reply in few)
    p99 = seconds[int(len(seconds) * 0.99) - 1]
    late = sum(reply.seconds > SLACK_WAITS or reply.status != 200 for reply in (*few, *many))
    return (
        at_most(f"p99 of an ack, {FEW} at once", p99 * 1000, limit=FAST * 1000, unit="ms", digits=0),
        at_most(f"slowest ack, {MANY} at once", max(reply.seconds for reply in many) * 1000, limit=SLACK_WAITS * 1000, unit="ms", digits=0),
        exactly("acks over 3 s, or not 200", late),
    )


def _forms(replies: Sequence[Reply]) -> Bar:
    """A form is opened before the ack, as its trigger lives for 3 s: there Slack is asked first, and given up in time."""
    slowest = max(reply.seconds for reply in replies)
    return at_most(f"slowest answer where a form could not be opened, {FEW} at once", slowest * 1000, limit=3000, unit="ms", digits=0)


def _told(hangs: dict[str, int]) -> str:
    calls = Counter(hangs)
    return f"{calls['slack']:,} calls to Slack and {calls['atlassian']:,} to Atlassian hung meanwhile"
