"""Eight decide at once (B4): each request has exactly one decision, the seven others learn whose it was, and nobody is granted twice."""

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from sandbox.environment import ADMIN_CHANNEL
from sandbox.human import AtlassianState, SlackKind
from sandbox.server import Sandbox
from tests.torture import postgres, rows
from tests.torture.bar import Bar, Result, at_least, exactly, holds
from tests.torture.build import ROOT, Change, build
from tests.torture.doors import Doors, open_doors, world
from tests.torture.letters import Letter
from tests.torture.scale import Scale

AT_ONCE = 8
REQUESTS_AT_ONCE = 5
TAKEN = 200
TRIES = 10
OTHER_THAN_ONE = "requests with a number of decisions other than one"
PATIENCE = 240
"""Seconds that the worker gets for the grants."""
SETTINGS = {"COMEBACK_ATLASSIAN_PER_SECOND": "100", "COMEBACK_GRANTS_PER_DAY": "5000"}

ONE_DECISION = "SELECT count(DISTINCT request_id) FROM decisions"
MANY_DECISIONS = "SELECT count(*) FROM (SELECT request_id FROM decisions GROUP BY request_id HAVING count(*) > 1) AS many"
WHISPERS = "SELECT count(*) FROM outbox WHERE kind = 'notice.whisper'"
GRANTED = "SELECT count(*) FROM access_requests WHERE status = 'granted'"
UNFINISHED = """
    SELECT count(*) FROM outbox WHERE state <> 'done'
    AND kind IN ('request.admit', 'access.grant', 'access.read_back', 'decision.check')
"""

NO_CAS = (
    Change(
        path="storage/access_requests.py",
        old='_MOVE = update(access_requests).where(_THIS, _c.status.in_(bindparam("sources", expanding=True))).values(',
        new="_MOVE = update(access_requests).where(_THIS).values(",
    ),
    Change(
        path="storage/access_requests.py",
        old='moved = uow.connection.execute(statement, {"this_id": request_id, "sources": sources, **values}).rowcount',
        new='moved = uow.connection.execute(statement, {"this_id": request_id, **values}).rowcount',
    ),
)


@dataclass(slots=True, kw_only=True)
class Clicks:
    """How many decisions were sent again, as the bot said that it could not store them, and never taken."""

    again: int = 0
    lost: int = 0


async def run(scale: Scale, folder: Path, report: Callable[[Result], None]) -> None:
    """Both databases, PostgreSQL with two processes that answer; and a control on SQLite."""
    report(await _raced(folder / "sqlite", scale=scale, amount=scale.race_requests, roles=("run",)))
    if scale.has_more:
        with postgres.running() as server:
            url = server.fresh("race")
            report(await _raced(folder / "postgresql", scale=scale, amount=scale.race_requests, roles=("web", "web", "worker"), url=url))
    product = build(folder / "build", *NO_CAS)
    control = "the compare-and-set of a request's status"
    report(await _raced(folder / "control", scale=scale, amount=10, roles=("web",), product=product, control=control))


async def _raced(
    folder: Path,
    *,
    scale: Scale,
    amount: int,
    roles: Sequence[str],
    url: str | None = None,
    product: Path = ROOT,
    control: str | None = None,
) -> Result:
    begun = time.monotonic()
    async with AsyncExitStack() as stack:
        # A third of these people have lost their seat, and not all of them the one in Jira.
        sandbox = await stack.enter_async_context(world(people=50 + 5 * amount, free_seats=amount + 1000))
        people = who_lost_jira(sandbox)[: amount + AT_ONCE]
        approvers, asking = people[:AT_ONCE], people[AT_ONCE:]
        for one in approvers:
            sandbox.slack.joins(one, ADMIN_CHANNEL)
        settings = {**SETTINGS, "COMEBACK_APPROVERS": json.dumps(approvers)}
        doors = await stack.enter_async_context(open_doors(folder, sandbox, database_url=url, roles=roles, product=product, **settings))
        await doors.deliver([doors.post.command(one, "please", trigger=f"ask.{one}") for one in asking])
        clicks = await _decide_all(doors, approvers, chance=random.Random(scale.seed))
        if works(roles):
            await _work_off(doors)
        bars = (exactly("requests", doors.count("SELECT count(*) FROM access_requests"), wanted=amount), *_bars(doors, clicks, roles=roles))
    busy = f"; {clicks.again:,} pressed again, as the database was busy" if clicks.again else ""
    what = f"{amount:,} requests x {AT_ONCE} decisions at once on {doors.kind} with {', '.join(roles)}{busy}"
    seconds, must_fail = time.monotonic() - begun, (OTHER_THAN_ONE,) if control else ()
    return Result(scenario="race", what=what, bars=bars, seconds=seconds, control=control, must_fail=must_fail)


def who_lost_jira(sandbox: Sandbox) -> list[str]:
    """The Slack ids of people whose seat in Jira was taken, and whom one write gives it back."""
    lost = (
        human
        for human in sandbox.world.humans
        if human.atlassian is AtlassianState.IDLE_REMOVED and "jira" in human.lost and human.slack_kind is SlackKind.MEMBER
    )
    return [f"U0{human.key.upper()}" for human in lost if human.accounts == 1]


async def _decide_all(doors: Doors, approvers: Sequence[str], *, chance: random.Random) -> Clicks:
    """Have everybody decide every request, the eight of one side by side, again where the database was too busy to store it."""
    requests = [str(row[0]) for row in rows.ask(doors.database_url, "SELECT id FROM access_requests ORDER BY id")]
    clicks = Clicks()
    for start in range(0, len(requests), REQUESTS_AT_ONCE):
        letters = [letter for one in requests[start : start + REQUESTS_AT_ONCE] for letter in _eight(doors, one, approvers, chance)]
        for _ in range(TRIES):
            replies = await doors.deliver(letters, lines=len(letters))
            letters = [letter for letter, reply in zip(letters, replies, strict=True) if reply.status != TAKEN]
            if not letters:
                break
            clicks.again += len(letters)
        clicks.lost += len(letters)
    return clicks


def _eight(doors: Doors, request: str, approvers: Sequence[str], chance: random.Random) -> list[Letter]:
    """Four approve and four deny, in a random order."""
    post = doors.post
    who = chance.sample(approvers, k=AT_ONCE)
    approving = [post.click(one, "request.approve", request, trigger=f"{one}.{request}") for one in who[: AT_ONCE // 2]]
    denying = [post.submission(one, "request.deny", request, reason="no", trigger=f"{one}.{request}") for one in who[AT_ONCE // 2 :]]
    letters = [*approving, *denying]
    chance.shuffle(letters)
    return letters


async def _work_off(doors: Doors) -> None:
    """Wait until every approved request is granted, or time is up; those who were late are told meanwhile."""
    rows.hurry(doors.database_url)
    for _ in range(PATIENCE):
        if not doors.count(UNFINISHED):
            return
        await asyncio.sleep(1)


def works(roles: Sequence[str]) -> bool:
    """Whether any of *roles* grants what was approved."""
    return bool({"run", "worker"} & set(roles))


def grant_bars(roles: Sequence[str], *, approved: int, granted: int) -> tuple[Bar, ...]:
    """All that was approved has to be granted where anybody works, also when nothing was."""
    return (exactly("approved requests granted", granted, wanted=approved),) if works(roles) else ()


def _bars(doors: Doors, clicks: Clicks, *, roles: Sequence[str]) -> tuple[Bar, ...]:
    amount = doors.count("SELECT count(*) FROM access_requests")
    writes = Counter(write.account_id for write in doors.sandbox.atlassian.writes if write.by == "api")
    approved = doors.count("SELECT count(*) FROM decisions WHERE verdict = 'approve'")
    granted = doors.count(GRANTED)
    return (
        exactly(OTHER_THAN_ONE, amount - doors.count(ONE_DECISION) + doors.count(MANY_DECISIONS)),
        at_least("losers told so", doors.count(WHISPERS), wanted=amount * (AT_ONCE - 1)),
        exactly("decisions that were never taken", clicks.lost),
        *grant_bars(roles, approved=approved, granted=granted),
        *([_naming(doors)] if works(roles) else []),
        exactly("accounts written to twice", sum(number > 1 for number in writes.values())),
        exactly("writes without an approval", len(writes) - granted),
    )


def _naming(doors: Doors) -> Bar:
    """Whether everybody who has heard by now that somebody was faster was told who."""
    slack = doors.sandbox.slack
    whispers = [message.words for person in slack.people.users for message in slack.ephemerals(person)]
    late = [words for words in whispers if "Somebody was faster" in words]
    nameless = sum("<@U0" not in words for words in late)
    return holds(
        "whispers that do not name the decider", measured=f"{nameless} of {len(late):,}", threshold="0", held=bool(late) and not nameless
    )
