"""The year of an organization: people live, the schedule fires, those who are asked answer, and the sandbox keeps a count of its own."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random

from bot.slack.surfaces import away_forms, exemption, plan, scan_card, taken, warning
from bot.ticker import Ticker, schedules
from sandbox.habits import Habit, Habits, Use
from sandbox.slack.messages import Message
from sandbox.tally import Tally
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.quiet import until_quiet
from tests.e2e.scanned import holders

DAY = timedelta(days=1)
PRODUCTS = ("jira", "confluence")
LOOK_EVERY = 7
MORNING = 9
"""The hour (UTC) at which a day is looked at: after the scan, and when plan and digest are due."""


@dataclass(slots=True, kw_only=True)
class Year:
    """One stage with everybody's habits; `kept` and `gone` count by product who kept a seat, and who let one go."""

    stage: Stage
    chance: Random = field(default_factory=lambda: Random(11))
    today: int = 0
    undo_at: int = 3
    plans: int = 0
    undone: bool = False
    warned_on: dict[tuple[str, str], list[date]] = field(default_factory=dict)
    kept: Counter[str] = field(default_factory=Counter)
    gone: Counter[str] = field(default_factory=Counter)
    let_go: set[tuple[str, str]] = field(default_factory=set)
    away: int = 0
    counted: dict[str, int] = field(default_factory=dict)
    visits: dict[tuple[str, str], list[date]] = field(default_factory=dict)
    habits: Habits = field(init=False)
    tally: Tally = field(init=False)
    ticker: Ticker = field(init=False)
    _answered: set[tuple[str, str]] = field(default_factory=set)
    _ask_back: list[tuple[int, str, Message]] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Before the first day."""
        organization, parts = self.stage.sandbox.atlassian, self.stage.parts
        organization.key_expires_at += timedelta(days=500)
        self.habits = Habits(organization, products=PRODUCTS)
        self.tally = Tally(organization=organization, products=PRODUCTS)
        self.ticker = Ticker(database=parts.database, schedules=schedules(parts.kit.settings))

    async def live(self, days: int) -> None:
        """Let so many days go by; the bot is looked at once a week, and makes up once for what it missed."""
        for _ in range(0, days, LOOK_EVERY):
            for _ in range(LOOK_EVERY):
                self._people_work()
                self._until_morning()
                self.today += 1
            await self._bot_looks()
            await self._people_answer()
            await until_quiet(self.stage)
            await self._admins_decide()
            await until_quiet(self.stage)
            self.tally.count()

    async def end(self) -> None:
        """One night more, in which nobody does anything: the last scan sees what the last decisions gave."""
        self._until_morning()
        await self._bot_looks()

    async def _bot_looks(self) -> None:
        self.counted = {product: len(holders(self.stage.sandbox, product)) for product in PRODUCTS}
        await self.ticker.tick()
        await until_quiet(self.stage)

    def _people_work(self) -> None:
        for use in self.habits.uses:
            if self.chance.random() < use.chance_of_visit(self.today) and self.habits.visit(use):
                self.visits.setdefault((use.account_id, use.product), []).append(self.stage.sandbox.clock.now().date())

    def _until_morning(self) -> None:
        now = self.stage.sandbox.clock.now()
        morning = now.replace(hour=MORNING, minute=5, second=0, microsecond=0)
        self.stage.later((morning if morning > now else morning + DAY) - now)

    def last_visit_before(self, account_id: str, product: str, *, day: date) -> date | None:
        """When they last used the product before that day, in this year; None when they did not."""
        return max((one for one in self.visits.get((account_id, product), ()) if one < day), default=None)

    # -- those who are asked

    async def _people_answer(self) -> None:
        for who, message in list(self._news(warning.KEEP, taken.ASK_BACK)):
            if _has(message, warning.KEEP):
                await self._answer_warning(who, message)
            else:
                # They notice after some days that they need it.
                self._ask_back.append((self.today + self.chance.randrange(2, 40), who, message))
        for due in [one for one in self._ask_back if one[0] <= self.today]:
            self._ask_back.remove(due)
            if self.chance.random() < 0.3:
                await self.stage.sandbox.slack.clicks(due[1], due[2], taken.ASK_BACK)

    def _news(self, *actions: str) -> Iterator[tuple[str, Message]]:
        """Private messages with one of these buttons that nobody has reacted to yet, each once."""
        for user in list(self.stage.sandbox.slack.people.users.values()):
            if user.bot_id is not None:
                continue
            for message in self.stage.sandbox.slack.dm(user.id):
                fresh = (user.id, message.ts) not in self._answered
                if fresh and any(_has(message, action) for action in actions):
                    self._answered.add((user.id, message.ts))
                    yield user.id, message

    async def _answer_warning(self, who: str, message: Message) -> None:
        use = self._use_of(who, message)
        if use is None:
            return
        written = datetime.fromtimestamp(float(message.ts), UTC).date()
        self.warned_on.setdefault((use.account_id, use.product), []).append(written)
        choice = self.chance.random()
        keeps = 0.8 if use.habit is Habit.RARELY else 0.1
        if choice < keeps:
            self.kept[use.product] += 1
            await self.stage.sandbox.slack.clicks(who, message, warning.KEEP)
        elif choice < keeps + 0.1:
            self.let_go.add((use.account_id, use.product))
            self.gone[use.product] += 1
            await self.stage.sandbox.slack.clicks(who, message, warning.LET_GO)
        elif choice < keeps + 0.14:
            await self._say_away(who, message)

    def _use_of(self, who: str, message: Message) -> Use | None:
        email = (self.stage.sandbox.slack.person(who).email or "").lower()
        product = "confluence" if "Confluence" in message.words else "jira"
        accounts = {account.id for account in self.stage.sandbox.atlassian.register.with_email(email)}
        return next((use for use in self.habits.uses if use.product == product and use.account_id in accounts), None)

    async def _say_away(self, who: str, message: Message) -> None:
        slack = self.stage.sandbox.slack
        self.away += 1
        await slack.clicks(who, message, warning.AWAY)
        back = (self.stage.sandbox.clock.now() + timedelta(days=120)).date().isoformat()
        await slack.submits(who, slack.views(who)[-1], {away_forms.UNTIL: back, "reason": "on parental leave"})
        await until_quiet(self.stage)

    async def _admins_decide(self) -> None:
        """Grace agrees to everything, and takes one plan back."""
        for action in (scan_card.RELEASE, exemption.AGREE, "request.approve", plan.APPROVE):
            for card in [card for card in self.stage.sandbox.slack.messages(ADMINS) if _has(card, action)]:
                if ("admins", card.ts) in self._answered:
                    continue
                self._answered.add(("admins", card.ts))
                await self._press(card, action)
                await until_quiet(self.stage)
                if action == plan.APPROVE:
                    await self._after_a_plan(card)

    async def _after_a_plan(self, card: Message) -> None:
        self.plans += 1
        # A plan whose few members all came back in time has nothing to undo.
        if not self.undone and self.plans >= self.undo_at and _has(card, plan.UNDO):
            self.undone = True
            self.tally.count()
            await self._press(card, plan.UNDO)
            await until_quiet(self.stage)

    async def _press(self, card: Message, action: str) -> None:
        await self.stage.parts.kit.directory.refresh()
        await self.stage.sandbox.slack.clicks("grace", card, action)


def _has(message: Message, action: str) -> bool:
    return any(element.get("action_id") == action for _, element in message.elements())
