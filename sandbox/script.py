"""
The story that plays itself: people come back at once, some are refused, one meets an identity provider, one a full licence.

Everything goes through the front doors: people type and click, the bot answers over its sockets, and what happened is read from what
people were told and from the organization itself.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from sandbox.bot_process import Bot
from sandbox.human import AtlassianState, SlackKind
from sandbox.server import Sandbox
from sandbox.slack.messages import Message

ADMINS = "G0ADMINS"
RETURNING = 15
SCENE_SECONDS = 120
DENIAL = "Recruiting moved to another tool in May."


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one person does, and what the story expects to come of it; `has` is whether they can use the product at the end."""

    key: str
    product: str = "jira"
    what: str
    told: str
    outcome: str
    has: bool


CAST: tuple[Part, ...] = (
    Part(key="ada", what="two admins click at once", told="You have Jira again", outcome="granted, once", has=True),
    Part(key="hugo", what="has a seat already", told="You have Jira already", outcome="told so, no card", has=True),
    Part(key="dan", what="is denied, with a reason", told=DENIAL, outcome="denied", has=False),
    Part(key="ivy", what="is a guest", told="Guests can't ask", outcome="refused", has=False),
    Part(key="sam", what="has an unconfirmed address", told="isn't confirmed", outcome="refused", has=False),
    Part(key="lena", what="has no Atlassian account", told="You're invited to Jira", outcome="invited", has=False),
    Part(key="mona", what="was suspended", told="You have Jira again", outcome="restored", has=True),
    Part(key="nils", what="was deactivated", told="You have Jira again", outcome="enabled, restored", has=True),
    Part(key="tess", what="belongs to an identity provider", told="takes a little longer", outcome="handed to a human", has=False),
    Part(
        key="ben",
        product="confluence",
        what="meets a full licence, then a seat frees",
        told="You have Confluence again",
        outcome="waited, then granted",
        has=True,
    ),
)


@dataclass(slots=True, kw_only=True)
class Result:
    """How one part went: seconds from asking to the last word, or None when it never came."""

    part: Part
    seconds: float | None
    has: bool

    @property
    def as_expected(self) -> bool:
        """Whether the person was told what the story expects, and the organization agrees."""
        return self.seconds is not None and self.has is self.part.has


@dataclass(slots=True, kw_only=True)
class Admins:
    """Grace and Omar: they decide every card that appears, as people would, one after the other."""

    sandbox: Sandbox
    decided: set[str] = field(default_factory=set)

    async def work(self) -> None:
        """Decide until cancelled."""
        while True:
            card = await self.sandbox.slack.until(self._next, timeout=SCENE_SECONDS)
            if card is None:
                continue
            self.decided.add(card.ts)
            await self._decide(card)

    def _next(self) -> Message | None:
        cards = self.sandbox.slack.messages(ADMINS)
        return next((card for card in cards if card.ts not in self.decided and "asks for" in card.words), None)

    async def _decide(self, card: Message) -> None:
        slack = self.sandbox.slack
        if "U0ADA" in card.words:
            await asyncio.gather(slack.clicks("grace", card, "request.approve"), slack.clicks("omar", card, "request.approve"))
        elif "U0DAN" in card.words:
            await slack.clicks("grace", card, "request.deny")
            await slack.submits("grace", slack.views("grace")[-1], {"reason": DENIAL})
        else:
            await slack.clicks("omar" if len(self.decided) % 2 else "grace", card, "request.approve")


async def play(sandbox: Sandbox, bot: Bot, console: Console) -> int:
    """Play the story and show what came of it; 0 when everybody got what they should and the audit trail is whole."""
    parts = (*CAST, *_returning(sandbox))
    console.print(f"[bold]{len(parts)} people[/bold] type their command in the same moment; Grace and Omar decide.\n")
    organization = sandbox.atlassian
    organization.capacity["confluence"] = organization.register.used[organization.catalog.product("confluence").ari]
    results = await _play_all(sandbox, parts, console)
    console.print(_table(sandbox, results))
    code, said = await bot.run("audit", "verify")
    console.print(said.strip())
    return _verdict(results, console, chain_is_whole=code == 0)


def _returning(sandbox: Sandbox) -> tuple[Part, ...]:
    named = {part.key for part in CAST}
    away = (
        human
        for human in sandbox.world.humans
        if human.atlassian is AtlassianState.IDLE_REMOVED
        and "jira" in human.lost
        and human.key not in named
        and human.slack_kind is SlackKind.MEMBER
        and human.slack_email_confirmed
    )
    chosen = [human.key for human, _ in zip(away, range(RETURNING), strict=False)]
    return tuple(Part(key=key, what="comes back", told="You have Jira again", outcome="granted", has=True) for key in chosen)


async def _play_all(sandbox: Sandbox, parts: Sequence[Part], console: Console) -> list[Result]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("Everybody has an answer", total=len(parts))
        admins = asyncio.create_task(Admins(sandbox=sandbox).work())
        seat = asyncio.create_task(_free_a_seat(sandbox))

        async def act(part: Part) -> Result:
            result = await _act(sandbox, part)
            progress.advance(bar)
            return result

        try:
            return list(await asyncio.gather(*(act(part) for part in parts)))
        finally:
            for task in (admins, seat):
                task.cancel()
            await asyncio.gather(admins, seat, return_exceptions=True)


async def _free_a_seat(sandbox: Sandbox) -> None:
    """An admin buys a seat as soon as somebody waits for one."""
    await sandbox.slack.until(lambda: _told(sandbox, "ben", "Approved, and waiting"), timeout=SCENE_SECONDS)
    sandbox.atlassian.capacity["confluence"] += 1


async def _act(sandbox: Sandbox, part: Part) -> Result:
    began = time.monotonic()
    await sandbox.slack.types(part.key, f"/request-{part.product} I need it for this week's work")
    try:
        await sandbox.slack.until(lambda: _told(sandbox, part.key, part.told), timeout=SCENE_SECONDS)
        seconds: float | None = time.monotonic() - began
    except TimeoutError:
        seconds = None
    return Result(part=part, seconds=seconds, has=_has(sandbox, part))


def _has(sandbox: Sandbox, part: Part) -> bool:
    try:
        return sandbox.atlassian.has_product(part.key, part.product)
    except KeyError:
        return False


def _told(sandbox: Sandbox, key: str, sentence: str) -> bool:
    return any(sentence in message.words for message in sandbox.slack.dm(key))


def _table(sandbox: Sandbox, results: Sequence[Result]) -> Table:
    table = Table(title="What happened", title_style="bold", title_justify="left")
    for heading in ("Who", "Story", "Came of it"):
        table.add_column(heading)
    table.add_column("From ask to answer", justify="right")
    table.add_column("")
    for result in results:
        answer = "never" if result.seconds is None else f"{result.seconds:.1f} s"
        mark = "[green]ok[/green]" if result.as_expected else "[red]wrong[/red]"
        table.add_row(sandbox.slack.person(result.part.key).name, result.part.what, result.part.outcome, answer, mark)
    slowest = max((delivery.ack_ms or 0.0 for delivery in sandbox.slack.deliveries), default=0.0)
    writes = sum(1 for write in sandbox.atlassian.writes if write.by == "api")
    table.caption = f"{len(sandbox.slack.deliveries)} deliveries, slowest ack {slowest:.0f} ms · {writes} writes to Atlassian"
    return table


def _verdict(results: Sequence[Result], console: Console, *, chain_is_whole: bool) -> int:
    wrong = [result.part.key for result in results if not result.as_expected]
    if wrong or not chain_is_whole:
        console.print(f"[red]Not as it should be:[/red] {', '.join(wrong) or 'the audit trail'}")
        return 1
    console.print("[green]Everybody got what they should, once, and the audit trail is whole.[/green]")
    return 0
