"""Somebody asks, a fault strikes, the world is moved until nothing happens any more: what became of the request."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from sandbox.atlassian.seeding import _account
from sandbox.faults import Fault
from sandbox.human import AtlassianState, Human
from sandbox.slack.app import Command
from sandbox.slack.messages import Message
from sandbox.slack.people import user_from
from storage import access_requests, audit
from storage.lifecycle import RequestStatus
from storage.records import AccessRequest, AuditEntry
from tests.e2e.conftest import Stage
from tests.e2e.faulty import INVITE, Door, Facts, Site, Way
from tests.e2e.quiet import until_quiet

NEXT_DAY = timedelta(hours=24, minutes=1)


@dataclass(slots=True, kw_only=True)
class Trial:
    """One stage on which many people come back, one after the other, each with a fault in their way."""

    stage: Stage
    people: int = 0
    hidden: bool = False
    door: Door = field(init=False)

    def __post_init__(self) -> None:
        """Room for everybody, and a command for the product that no group gives."""
        self.door = Door(self.stage)
        capacity, app = self.stage.sandbox.atlassian.capacity, self.stage.sandbox.slack.app
        capacity.update({product: seats + 1000 for product, seats in capacity.items()})
        app.commands += (Command(command="/request-labs", description="Ask for the laboratory's Confluence", usage_hint="[reason]"),)

    async def play(self, site: Site, facts: Facts | None, *, times: int = 1) -> str:
        """
        What somebody's request goes through that meets the fault *times* times at *site*: `waits key_rejected, granted`.

        Whenever a human is asked, they press *Try again*. What must never happen is said behind `BUT`.
        """
        who, before = self.hire(site.way), len(self.stage.sandbox.atlassian.calls)
        if site.at == "asking":
            self.stage.parts.kit.catalog.forget()
            self.plant(site, facts, times=times)
        await self.ask(who, site.way)
        await self._try_again(who)
        if site.at == "granting":
            # So late that the group is looked at once more before somebody becomes its member.
            self.stage.later(timedelta(minutes=2))
            self.plant(site, facts, times=times)
        await self.click(who, "request.approve")
        await self._try_again(who)
        if site.at == "the next day":
            self.plant(site, facts, times=times)
            self.stage.later(NEXT_DAY)
            await self.until_quiet()
        wrong = [] if self.lift() == times else ["the fault did not strike"]
        wrong += await self._wrong(who, site, since=before)
        return ", ".join([*(station(entry) for entry in await self.trail(who) if entry.kind in STATIONS), *(f"BUT {one}" for one in wrong)])

    def hire(self, way: Way) -> str:
        """Somebody new with *way* in front of them, in Slack and (where their part has one) with an account; their key."""
        self.people += 1
        key = f"w{self.people}"
        human = Human(key=key, name=f"Wanda {key.upper()}", email=f"{key}@acme.example", title="Tester", **way.part)
        slack, organization = self.stage.sandbox.slack, self.stage.sandbox.atlassian
        user = user_from(human)
        slack.people.users[user.id], slack.people._ids[key] = user, user.id
        slack.joins(key, "C0GENERAL")
        organization.key_by_email[human.email] = key
        if human.atlassian is not AtlassianState.ABSENT:
            now = self.stage.sandbox.clock.now()
            organization.register.put(_account(human, copy=0, catalog=organization.catalog, now=now, chance=Random(key)))
        return key

    async def ask(self, who: str, way: Way) -> None:
        """They ask, and everything happens that does so without an approver."""
        await self.stage.sandbox.slack.types(who, f"/request-{way.product} it is needed")
        await self.until_quiet()

    async def click(self, who: str, action: str) -> None:
        """An approver presses a button of their card, and everything happens that does so by itself."""
        await self.stage.parts.kit.directory.refresh()
        await self.stage.sandbox.slack.clicks("grace", await self.card(who), action)
        await self.until_quiet()

    async def _try_again(self, who: str) -> None:
        if (await self.request(who)).status is RequestStatus.NEEDS_ATTENTION:
            assert "needs you" in (await self.card(who)).words
            await self.click(who, "request.retry")

    async def until_quiet(self) -> None:
        """Let the bot work until nothing is due for long."""
        await until_quiet(self.stage)

    def plant(self, site: Site, facts: Facts | None, *, times: int = 1) -> None:
        """Put the fault in the way of the next calls to *site*; None is a refused connection."""
        told = facts(self.stage.sandbox.clock.now()) if facts else {}
        rule = Fault(match=site.match, times=times, **told)
        self.hidden = "after" in (rule.when, rule.drop)
        if facts is None:
            self.door.shut(rule)
        else:
            self.stage.sandbox.faults.add(rule)

    def lift(self) -> int:
        """Take the fault away; how often it struck."""
        hits = sum(int(rule["hit"]) for rule in self.stage.sandbox.faults.active())
        self.stage.sandbox.faults.clear()
        return hits + self.door.open()

    async def request(self, who: str) -> AccessRequest:
        """Their one request."""
        requests = await self.stage.parts.database.read(lambda uow: list(access_requests.list_recent(uow)))
        return next(request for request in requests if request.requester_slack_id == f"U0{who.upper()}")

    async def card(self, who: str) -> Message:
        """Their card in the admin channel."""
        ts = (await self.request(who)).card_ts
        return next(card for card in self.stage.cards() if card.ts == ts)

    async def trail(self, who: str) -> list[AuditEntry]:
        """What the audit trail says of their request."""
        request_id = (await self.request(who)).id
        return await self.stage.parts.database.read(lambda uow: list(audit.entries(uow, request_id=request_id)))

    def invitations(self, *, since: int) -> int:
        """How often somebody was invited after the first *since* calls, the time included whose answer the fault took."""
        calls = [call for call in self.stage.sandbox.atlassian.calls[since:] if call.path.endswith("/users/invite")]
        taken = [200 <= call.status < 300 for call in calls]
        return sum(taken) + (self.hidden and not all(taken))

    async def _wrong(self, who: str, site: Site, *, since: int) -> list[str]:
        organization = self.stage.sandbox.atlassian
        accounts = {account.id for account in organization.register.with_key(who)}
        writes = [write for write in organization.writes if write.account_id in accounts and write.by == "api"]
        told = [message.words for message in self.stage.sandbox.slack.dm(who) if any(news in message.words for news in GOOD_NEWS)]
        invited, name = self.invitations(since=since), self.stage.parts.kit.settings.products[site.way.product].name
        request, card = await self.request(who), (await self.card(who)).words
        granted = [entry.at for entry in await self.trail(who) if entry.kind == "access.granted"]
        checks = {
            f"it ended as {request.status.value}": request.status is RequestStatus.GRANTED,
            f"Atlassian saw {[write.act for write in writes]}": tuple(write.act for write in writes) == site.way.acts,
            f"{invited} invitations went out": invited == (site.way is INVITE),
            "it was called granted before it was": all(write.at <= at for write in writes for at in granted),
            f"the person was told {told}": len(told) == 1,
            "the card is not green": any(words in card for words in (f"has {name} again", f"is invited to {name}")),
        }
        return [what for what, holds in checks.items() if not holds]


GOOD_NEWS = ("You have", "You're invited")
STATIONS = {
    "request.waiting": "waits {code}",
    "request.needs_attention": "asks {code}",
    "access.granted": "granted",
    "access.undone": "undone",
}


def station(entry: AuditEntry) -> str:
    """What an entry of the trail means to the person who asked."""
    return STATIONS[entry.kind].format_map(json.loads(entry.body)["facts"])
