"""
People at work while the bot is tortured: they ask, an approver clicks, and both do it again until Slack shows that it was taken.

What was acknowledged is written down at once, a line of JSON each, and that journal is what the bot is held to.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.slack.deliveries import Delivery, Outcome
from sandbox.slack.errors import NotPossible
from sandbox.slack.messages import Message
from tests.e2e.conftest import ADMINS
from tests.torture.world import Torture

APOLOGIES = ("nothing was saved", "can't tell whether", "on our side")
LOOK = 0.1
AGAIN = 0.4
APPROVER = "grace"


@dataclass(slots=True, kw_only=True)
class Crowd:
    """
    Everybody who asks in one world, `at_once` of them at a time; of every four the last is never approved.

    A click counts when no apology follows it: the bot answers Slack in time even when it could not store a thing, and says so privately.
    """

    world: Torture
    at_once: int = 12
    asked: int = 0
    approved: int = 0
    _next: int = 0
    _cards: dict[str, Message] = field(default_factory=dict)
    _seen: str = ""
    _closing: bool = False

    @property
    def journal(self) -> Path:
        """Where acknowledgements are written down."""
        return self.world.folder / "acks.jsonl"

    async def work(self, *, most: int) -> None:
        """Ask and approve until *most* have asked or `close` was called, and everything that was begun is approved."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self.at_once):
                group.create_task(self._one_after_the_other(most))

    def close(self) -> None:
        """Nobody new asks."""
        self._closing = True

    async def _one_after_the_other(self, most: int) -> None:
        while not self._closing and self._next < most:
            number, self._next = self._next, self._next + 1
            await self._one(f"t{number}", may_come_in=number % 4 != 3)

    async def _one(self, key: str, *, may_come_in: bool) -> None:
        await self.ask(key)
        if may_come_in:
            await self.approve(key)
            await self.world.sandbox.slack.until(lambda: self.world.sandbox.atlassian.has_product(key, "jira"), timeout=3600)

    async def ask(self, key: str) -> None:
        """Ask until that is acknowledged, and wait for the card."""
        slack_id = self.world.sandbox.slack.person(key).id
        await self._until_taken(lambda: self.world.sandbox.slack.types(key, "/request-jira please"))
        self._note("asked", slack_id)
        self.asked += 1
        await self._card(slack_id)

    async def approve(self, key: str) -> None:
        """Have somebody approve until that is acknowledged."""
        slack_id = self.world.sandbox.slack.person(key).id
        card = await self._card(slack_id)
        self._note("clicking", slack_id)
        await self._until_taken(lambda: self._click(card))
        self._note("approved", slack_id)
        self.approved += 1

    async def _until_taken(self, act: Callable[[], Awaitable[Delivery | None]]) -> None:
        while True:
            self.world.sign_in_real_time()
            before = self._apologies()
            delivery = await act()
            if delivery is None or await self._is_taken(delivery, before):
                return
            await asyncio.sleep(AGAIN)

    async def _is_taken(self, delivery: Delivery, before: int) -> bool:
        if delivery.outcome is not Outcome.OK or any(words in json.dumps(delivery.answer) for words in APOLOGIES):
            return False
        # A click that failed is acknowledged only after its sentence is out: an ack without one is a promise, as it is for all else.
        return delivery.kind != "block_actions" or self._apologies() == before

    def _apologies(self) -> int:
        return sum(any(words in message.words for words in APOLOGIES) for message in self.world.sandbox.slack.ephemerals(APPROVER))

    async def _click(self, card: Message) -> Delivery | None:
        """None when the button is gone: an earlier click was taken although its answer was lost."""
        try:
            return await self.world.sandbox.slack.clicks(APPROVER, card, "request.approve")
        except NotPossible:
            return None

    async def _card(self, slack_id: str) -> Message:
        while slack_id not in self._cards:
            self._read_cards()
            await asyncio.sleep(LOOK)
        return self._cards[slack_id]

    def _read_cards(self) -> None:
        for message in self.world.sandbox.slack.messages(ADMINS):
            if message.ts > self._seen and message.thread_ts is None:
                self._seen = message.ts
                for slack_id in mentioned(message):
                    self._cards.setdefault(slack_id, message)

    def _note(self, what: str, slack_id: str) -> None:
        at = self.world.clock.now().isoformat()
        row = {"what": what, "slack_id": slack_id, "account_id": self.world.accounts[slack_id], "at": at}
        with self.journal.open("a") as journal:
            journal.write(json.dumps(row) + "\n")


def mentioned(message: Message) -> set[str]:
    """The people of the crowd whom a message names."""
    return {word.partition(">")[0] for word in message.words.split("<@")[1:] if word.startswith("U0T")}
