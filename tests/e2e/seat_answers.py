"""What generated people and the admins of their organization do: answers to warnings, and what happens while a plan waits."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from bot.slack.surfaces import away_forms, exemption, warning
from sandbox.slack.messages import Message
from tests.e2e.conftest import ADMINS, Stage
from tests.e2e.quiet import until_quiet
from tests.e2e.seat_oracle import Key, Ledger
from tests.e2e.seat_people import DAY, PRODUCTS, PROTECTED, Person, Twist
from tests.e2e.ways import act, holds_role, joins_group


class Told(Protocol):
    """The stage, and the ledger that whatever is done goes into."""

    @property
    def stage(self) -> Stage:
        """Where it is played."""

    @property
    def ledger(self) -> Ledger:
        """What happened."""


Happening = Callable[[Told, Person], Awaitable[None]]


def has(message: Message, action: str) -> bool:
    """Whether there is such a button on the message."""
    return any(element.get("action_id") == action for _, element in message.elements())


def _questions(told: Told, person: Person) -> list[tuple[Key, Message]]:
    found = [message for message in told.stage.sandbox.slack.dm(person.key) if has(message, warning.KEEP)]
    return [((person.account_id, "confluence" if "Confluence" in message.words else "jira"), message) for message in found]


async def keep(told: Told, person: Person) -> None:
    """They press *Keep my access* on all that they are asked."""
    for key, message in _questions(told, person):
        await told.stage.sandbox.slack.clicks(person.key, message, warning.KEEP)
        told.ledger.kept.add(key)
    await until_quiet(told.stage)


async def let_go(told: Told, person: Person) -> None:
    """They press *Let it go* on all that they are asked."""
    for key, message in _questions(told, person):
        await told.stage.sandbox.slack.clicks(person.key, message, warning.LET_GO)
        told.ledger.let_go.add(key)
    await until_quiet(told.stage)


async def let_go_and_keep(told: Told, person: Person) -> None:
    """They change their mind."""
    await let_go(told, person)
    await keep(told, person)


async def be_away(told: Told, person: Person) -> None:
    """They say that they are away; nobody has decided yet what that means for their seats."""
    slack, until = told.stage.sandbox.slack, (told.stage.sandbox.clock.now() + 120 * DAY).date().isoformat()
    for key, message in _questions(told, person):
        await slack.clicks(person.key, message, warning.AWAY)
        sent = await slack.submits(person.key, slack.views(person.key)[-1], {away_forms.UNTIL: until, "reason": "on leave"})
        assert sent.accepted
        told.ledger.asked.add(key)
    await until_quiet(told.stage)


async def agree(told: Told, away: Iterable[Person]) -> None:
    """Grace agrees to what these people asked for."""
    names, accounts = {f"<@U0{person.key.upper()}>" for person in away}, {person.account_id for person in away}
    for card in [card for card in told.stage.sandbox.slack.messages(ADMINS) if has(card, exemption.AGREE)]:
        if any(name in card.words for name in names):
            await told.stage.parts.kit.directory.refresh()
            await told.stage.sandbox.slack.clicks("grace", card, exemption.AGREE)
            await until_quiet(told.stage)
    agreed = {key for key in told.ledger.asked if key[0] in accounts}
    told.ledger.asked -= agreed
    told.ledger.exempt |= dict.fromkeys(agreed, told.stage.sandbox.clock.now() + 119 * DAY)


async def _ask_for_it(told: Told, person: Person) -> None:
    """An admin takes the seat by hand, its holder asks for it, and the admin gives it back by hand: the request is still open."""
    act("remove_product", product="jira")(told.stage.sandbox, person.key)
    await told.stage.sandbox.slack.types(person.key, "/request-jira please")
    await until_quiet(told.stage)
    act("add_product", product="jira")(told.stage.sandbox, person.key)
    told.ledger.requested.add((person.account_id, "jira"))


async def _is_admin(told: Told, person: Person) -> None:
    for product in PRODUCTS:
        holds_role("atlassian/admin", on=product)(told.stage.sandbox, person.key)


async def _is_taken_by_hand(told: Told, person: Person) -> None:
    for product in PRODUCTS:
        act("remove_product", product=product)(told.stage.sandbox, person.key)


def _happens(arrange: Callable[..., object]) -> Happening:
    async def happen(told: Told, person: Person) -> None:
        arrange(told.stage.sandbox, person.key)

    return happen


EARLY: Mapping[Twist, Happening] = {
    Twist.KEEPS: keep,
    Twist.LETS_GO: let_go,
    Twist.LETS_GO_THEN_KEEPS: let_go_and_keep,
    Twist.AWAY_ASKED: be_away,
    Twist.AWAY_AGREED: be_away,
}
"""On the day after the warnings."""

LATE: Mapping[Twist, Happening] = {
    Twist.LATE_PRODUCT_ADMIN: _is_admin,
    Twist.LATE_ADMIN_BY_GROUP: _happens(joins_group("jira-admins-acme")),
    Twist.LATE_ORG_ADMIN: _happens(holds_role("atlassian/org-admin", on="jira")),
    Twist.LATE_PROTECTED_GROUP: _happens(joins_group(PROTECTED)),
    Twist.LATE_KEEP: keep,
    Twist.LATE_AWAY: be_away,
    Twist.LATE_REQUEST: _ask_for_it,
    Twist.LATE_SUSPENDED: _happens(act("suspend")),
    Twist.LATE_TAKEN_BY_HAND: _is_taken_by_hand,
}
"""While the plan waits for its approval."""
