"""Three weeks of generated people: scans, warnings and their answers, a plan, what happens while it waits, the taking and the undo."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from random import Random

from bot.jobs.exemptions import EndExemption
from bot.jobs.plans import ProposePlan
from bot.jobs.scans import StartScans
from bot.slack.surfaces import taken
from bot.slack.surfaces.card import APPROVE
from bot.usecases.steps import enqueue
from sandbox.atlassian.groups import hand_to_identity_provider
from sandbox.human import SlackKind
from storage import exemptions, people
from storage.db import UnitOfWork
from storage.lifecycle import ExemptionStatus
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.quiet import until_quiet
from tests.e2e.seat_answers import EARLY, LATE, Happening, agree, has, let_go
from tests.e2e.seat_oracle import Key, Ledger
from tests.e2e.seat_people import DAY, HANDED_OVER, PRODUCTS, Person, Twist, cases, settle
from tests.e2e.ways import act

_EXEMPT_FOR = {
    Twist.EXEMPT: 200 * DAY,
    Twist.EXEMPTION_ASKED: 200 * DAY,
    Twist.EXEMPT_UNTIL_AFTER_SECOND_SCAN: 1.5 * DAY,
    Twist.EXEMPTION_OVER: 0.05 * DAY,
}
AT_WORK = 31 * DAY
"""Who used a product this recently when the story begins goes on using it."""


@dataclass(slots=True, kw_only=True)
class Story:
    """One stage with generated people in it, and the ledger of what happens to them."""

    stage: Stage
    chance: Random
    drawn: int
    people: list[Person] = field(init=False)
    ledger: Ledger = field(init=False)
    _working: frozenset[Key] = frozenset()
    _scans: int = 0
    _seen: set[str] = field(default_factory=set)

    async def begin(self) -> None:
        """The world before the first scan."""
        self.people = settle(self.stage.sandbox, cases(self.chance, drawn=self.drawn), chance=self.chance)
        self.ledger = Ledger(sandbox=self.stage.sandbox)
        self._working = frozenset(self._at_work())
        self._leave_slack()
        await self._approvers()
        for person in self.people:
            await self._exempt(person)
        await self._days(0.1)

    def having(self, *twists: Twist) -> list[Person]:
        """Those of whom one of these is true."""
        return [person for person in self.people if person.case.twist in twists]

    def _at_work(self) -> Iterator[Key]:
        now = self.stage.sandbox.clock.now()
        special = {person.account_id for person in self.people if person.case.twist is not Twist.NOTHING}
        for account in self.ledger.accounts():
            for product in PRODUCTS:
                used = account.visits.get(self.stage.sandbox.atlassian.catalog.product(product).ari)
                if used is not None and now - AT_WORK < used <= now and account.id not in special:
                    yield account.id, product

    def _leave_slack(self) -> None:
        slack = self.stage.sandbox.slack
        for person in self.having(Twist.LEFT_SLACK):
            slack.deactivate(person.key)
        for person in self.having(Twist.NOT_IN_SLACK):
            slack.change_email(person.key, f"somebody.else.{person.key}@acme.example")
        for person in self.having(Twist.UNCONFIRMED):
            slack.change_email(person.key, slack.person(person.key).email or "", confirmed=False)
        for person in self.having(Twist.SLACK_GUEST):
            slack.set_kind(person.key, SlackKind.GUEST)

    async def _approvers(self) -> None:
        """Some decide such plans; of others only the link of an approver's Slack account to theirs tells so."""
        taken = {person.key for person in self.people}
        spare = [human.key for human in self.stage.sandbox.world.humans if human.slack_kind is SlackKind.MEMBER and human.key not in taken]
        linked = list(zip(self.having(Twist.LINKED_APPROVER), reversed(spare), strict=False))
        own = [person.key for person in self.having(Twist.APPROVER)]
        await self._approve("grace", "omar", *own, *(key for _, key in linked))
        for person, key in linked:
            await self.stage.parts.database.write(partial(_link, key=key, account_id=person.account_id))
            self.ledger.approvers.add(person.account_id)

    async def _approve(self, *keys: str) -> None:
        members = dict.fromkeys((*self._deciding, *(f"U0{key.upper()}" for key in keys)))
        self.stage.sandbox.slack.set_group("S0ADMINS", list(members))
        register = self.stage.sandbox.atlassian.register
        self.ledger.approvers |= {account.id for key in keys for account in register.with_key(key)}
        await until_quiet(self.stage)
        await self.stage.parts.kit.directory.refresh()

    @property
    def _deciding(self) -> tuple[str, ...]:
        return tuple(sorted(self.stage.parts.kit.directory.approvers.slack_ids))

    async def _exempt(self, person: Person) -> None:
        """What was agreed or asked before the first scan."""
        until = self.stage.sandbox.clock.now() + _EXEMPT_FOR.get(person.case.twist, timedelta(0))
        if person.case.twist not in _EXEMPT_FOR:
            return
        agreed = person.case.twist is not Twist.EXEMPTION_ASKED
        for product in PRODUCTS:
            key = (person.account_id, product)
            await self.stage.parts.database.write(partial(_exempt, person=person, product=product, until=until, agreed=agreed))
            if agreed:
                self.ledger.exempt[key] = until
            else:
                self.ledger.asked.add(key)

    # -- the days

    async def until_the_plan(self) -> None:
        """Scans on days 0, 1, 2, 8, 9 and 17, warnings and answers between them, and a plan of those who were warned by day 2."""
        await self._scan()
        for person in self.having(Twist.SEATED_AFTER_FIRST_SCAN):
            for product in PRODUCTS:
                act("add_product", product=product)(self.stage.sandbox, person.key)
        self._lose_dates()
        for _ in range(2):
            await self._days(1)
            await self._scan()
        await self._days(1)
        await self._react(EARLY)
        await agree(self, self.having(Twist.AWAY_AGREED))
        await self._days(3)
        self._come_back(Twist.BACK_AFTER_WARNING)
        await self._days(2)
        await self._scan()
        await self._days(1)
        await self._scan()
        await self._days(1)
        await self._react({Twist.IDLE_LATE_LETS_GO: let_go})
        await self._days(7)
        await self._scan()
        await self._propose()

    async def while_it_waits(self) -> None:
        """All that may happen between a plan and its approval; it takes a day and more, as visits are told late."""
        self._come_back(Twist.LATE_VISIT)
        await self._react(LATE)
        hand_to_identity_provider(self.stage.sandbox.atlassian, HANDED_OVER)
        await self._approve(*(person.key for person in self.having(Twist.LATE_APPROVER)))
        await until_quiet(self.stage)
        await self._days(1.1)

    async def _react(self, happenings: Mapping[Twist, Happening]) -> None:
        for twist, happen in happenings.items():
            for person in self.having(twist):
                await happen(self, person)

    async def press(self, action: str) -> None:
        """Grace presses this on the plan, and everything that follows is done."""
        await self.click(action)
        await until_quiet(self.stage)

    async def click(self, action: str) -> None:
        """Grace presses this on the plan."""
        card = next(card for card in reversed(self.stage.sandbox.slack.messages(ADMINS)) if has(card, action))
        await self.stage.parts.kit.directory.refresh()
        await self.stage.sandbox.slack.clicks("grace", card, action)

    async def some_ask_back(self) -> int:
        """Half of those who were told that their seat is gone ask for it, and what is asked for is approved; how many presses that were."""
        slack, presses = self.stage.sandbox.slack, 0
        asking = [(person.key, message) for person in self.people for message in slack.dm(person.key) if has(message, taken.ASK_BACK)]
        cards = [("grace", card) for card in slack.messages(ADMINS) if has(card, APPROVE)]
        for who, message in (*asking, *cards):
            if message.ts in self._seen:
                continue
            self._seen.add(message.ts)
            if who == "grace" or self.chance.random() < 0.5:
                presses += 1
                await self.stage.parts.kit.directory.refresh()
                await slack.clicks(who, message, APPROVE if who == "grace" else taken.ASK_BACK)
        return presses

    async def _days(self, count: float) -> None:
        self.stage.later(count * DAY)
        await until_quiet(self.stage)

    async def _scan(self) -> None:
        self._scans += 1
        self._go_to_work()
        self.ledger.scan()
        slot = f"scan-{self._scans}"
        await self.stage.parts.database.write(lambda uow: enqueue(uow, StartScans(slot=slot)))
        await until_quiet(self.stage)

    async def _propose(self) -> None:
        self.ledger.plan()
        await self.stage.parts.database.write(lambda uow: enqueue(uow, ProposePlan(slot="story")))
        await until_quiet(self.stage)

    def _go_to_work(self) -> None:
        organization, now = self.stage.sandbox.atlassian, self.stage.sandbox.clock.now()
        for account_id, product in self._working:
            account = organization.register.get(account_id)
            assert account is not None
            visits = {**account.visits, organization.catalog.product(product).ari: now - timedelta(hours=1)}
            organization.register.put(replace(account, visits=visits))

    def _lose_dates(self) -> None:
        for person in self.having(Twist.DATE_LOST_AFTER_FIRST_SCAN):
            self.stage.sandbox.atlassian.register.put(replace(self.stage.sandbox.atlassian.person(person.key), visits={}))

    def _come_back(self, twist: Twist) -> None:
        organization = self.stage.sandbox.atlassian
        for person in self.having(twist):
            for product in PRODUCTS:
                organization.visit(organization.person(person.key), product=organization.catalog.product(product))


def _person(uow: UnitOfWork, key: str) -> str:
    return people.find_or_add(uow, team_id="T0ACME", slack_id=f"U0{key.upper()}").id


def _link(uow: UnitOfWork, *, key: str, account_id: str) -> None:
    people.link(uow, _person(uow, key), account_id=account_id, email=None)


def _exempt(uow: UnitOfWork, *, person: Person, product: str, until: datetime, agreed: bool) -> None:
    owner = _person(uow, person.key)
    asked = exemptions.ask(
        uow,
        account_id=person.account_id,
        product=product,
        asked_by=owner,
        owner_id=owner,
        reason="on leave",
        until=until,
    )
    assert asked is not None
    enqueue(uow, EndExemption(exemption_id=asked.id), due_at=until)
    if agreed:
        exemptions.move(uow, asked.id, source=ExemptionStatus.ASKED, target=ExemptionStatus.ACTIVE, decided_by=_person(uow, "grace"))
