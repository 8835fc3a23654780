"""Processes that live short: started, killed, started again; then the calm in which everything that was acknowledged must come true."""

import asyncio
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from tests.e2e.conftest import ADMINS
from tests.torture import checker
from tests.torture.bar import Bar, exactly
from tests.torture.checker import Verdict
from tests.torture.crowd import mentioned
from tests.torture.processes import Life
from tests.torture.world import Torture

UNBORN = 0.2
"""The share of the lives that end before they listen, if a start takes a second; the others end up to `LONGEST_LIFE` after."""
LONGEST_LIFE = 2.2
LOOK = 0.5
TOLD = ("You have Jira again", "already have Jira")
LOST, DOUBLE = "lost", "double"


@dataclass(slots=True, kw_only=True)
class Havoc:
    """Kills processes of one world at random times, as long as it `may`; `deaths` are those that ended by themselves."""

    world: Torture
    chance: Random
    may: Callable[[], bool] = lambda: True
    kills: int = 0
    deaths: int = 0

    async def torment(self, command: str, *, until: asyncio.Event) -> None:
        """Start, kill after a random time, and start again at once."""
        while not until.is_set():
            life = await self.world.start(command)
            try:
                if self.chance.random() >= UNBORN:
                    await life.ready()
                async with asyncio.timeout(self.chance.uniform(0, LONGEST_LIFE)):
                    await life.ended.wait()
                self.deaths += 1
            except TimeoutError:
                if not self.may():
                    # There were deaths enough: from now on the living have time to work.
                    ends = {asyncio.create_task(one.wait()) for one in (until, life.ended)}
                    _, pending = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                    for task in pending:
                        task.cancel()
                if life.ended.is_set():
                    self.deaths += 1
                    continue
                await life.kill()
                self.kills += 1

    @asynccontextmanager
    async def calm(self, commands: Sequence[str]) -> AsyncIterator[list[Life]]:
        """Processes that nobody kills before the end."""
        lives = [await self.world.start(command) for command in commands]
        try:
            yield lives
        finally:
            await end(lives)


async def end(lives: Sequence[Life]) -> None:
    """Kill all, those that are stopped as well."""
    for life in lives:
        life.signal(signal.SIGKILL)
    await asyncio.gather(*(life.ended.wait() for life in lives))


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What the sandbox's Slack side saw: people with more than one card, with more than one happy message, and with none."""

    cards_twice: tuple[str, ...] = ()
    told_twice: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Record:
    """The findings of one or several worlds together."""

    verdicts: list[Verdict] = field(default_factory=list)
    counts: list[Count] = field(default_factory=list)
    acked: int = 0
    effects: int = 0
    entries: int = 0

    async def add(self, world: Torture) -> None:
        """Check one world's history."""
        acks = await asyncio.to_thread(checker.read_acks, world.folder / "acks.jsonl")
        effects = checker.read_effects(await world.writes())
        stored = await asyncio.to_thread(checker.read_database, world.database_url)
        self.verdicts.append(checker.check(acks=acks, effects=effects, stored=stored))
        self.counts.append(count(world, approved={ack.slack_id for ack in acks if ack.what == "approved"}))
        self.acked += sum(ack.what == "approved" for ack in acks)
        self.effects += len(effects)
        self.entries += len(stored.audit)

    def sentences(self) -> list[str]:
        """All that is wrong, the first of each kind."""
        found = [wrong for verdict in self.verdicts for wrong in (verdict.lost, verdict.double, verdict.unapproved, verdict.chain)]
        seen = [wrong for one in self.counts for wrong in (one.cards_twice, one.told_twice, one.untold)]
        return [sentence for wrong in [*found, *seen] for sentence in wrong[:3]]

    def bars(self) -> tuple[Bar, ...]:
        """Lost, double, unapproved, chain, cards and messages, each 0."""
        chain = exactly("audit chain broken", sum(len(verdict.chain) for verdict in self.verdicts))
        return (
            exactly(LOST, sum(len(verdict.lost) for verdict in self.verdicts)),
            exactly(DOUBLE, sum(len(verdict.double) for verdict in self.verdicts)),
            exactly("without approval", sum(len(verdict.unapproved) for verdict in self.verdicts)),
            chain,
            exactly("people with two cards", sum(len(one.cards_twice) for one in self.counts)),
            exactly("people told twice", sum(len(one.told_twice) for one in self.counts)),
            exactly("people not told", sum(len(one.untold) for one in self.counts)),
        )


def count(world: Torture, *, approved: set[str]) -> Count:
    """What people saw in Slack."""
    slack = world.sandbox.slack
    cards = Counter(one for message in slack.messages(ADMINS) if message.thread_ts is None for one in mentioned(message))
    told = {one: sum(any(words in message.words for words in TOLD) for message in slack.dm(one)) for one in world.accounts}
    return Count(
        cards_twice=tuple(f"{one} has {times} cards" for one, times in cards.items() if times > 1),
        told_twice=tuple(f"{one} was told {times} times" for one, times in told.items() if times > 1),
        untold=tuple(f"{one} was not told" for one in sorted(approved) if not told[one]),
    )


async def until_true(world: Torture, *, patience: float) -> None:
    """Wait until nothing that was acknowledged is missing, *patience* seconds at most; what is missing then, the check will say."""
    give_up = time.monotonic() + patience
    while time.monotonic() < give_up:
        record = Record()
        await record.add(world)
        if not record.verdicts[0].lost and not record.counts[0].untold:
            return
        await asyncio.sleep(LOOK)
