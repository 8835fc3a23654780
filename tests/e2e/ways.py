"""What the stories of the ways back share: how a person got there, what the card says, and what Atlassian is to look like after."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from bot.usecases.showing import FIRST_LOOK
from sandbox.atlassian import acts, memberships, roles
from sandbox.atlassian.accounts import Account
from sandbox.atlassian.groups import hand_to_identity_provider, set_up_group
from sandbox.faults import Fault
from sandbox.server import Sandbox
from sandbox.slack.messages import Message
from tests.e2e.conftest import PATIENCE, Stage

HAS_IT = ("has Jira again", "Approved by <@U0GRACE>", "seen in Atlassian")
TOLD = ("You have Jira again", "<@U0GRACE> approved it")
LONGER = ("takes a little longer", "The admins know, and you needn't do anything")
SEAT = ("jira-users-acme",)

Arrangement = Callable[[Sandbox, str], object]
"""Something that is done in the world to the person with this key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """All that changes on the one account; the rest of the world stays as it was."""

    groups: tuple[str, ...] = ()
    role_on: str | None = None
    active_in: tuple[str, ...] = ()
    activated: bool = False

    def given_to(self, account: Account, *, sandbox: Sandbox) -> Account:
        """*account* with the gain."""
        catalog = sandbox.atlassian.catalog
        role = {(catalog.product(self.role_on).ari, "atlassian/user")} if self.role_on else set()
        opened = {catalog.directory_named(name).id: False for name in self.active_in}
        facts: dict[str, Any] = {"active": True, "deactivated_on": None, "deletion_asked_at": None} if self.activated else {}
        return replace(
            account,
            groups=account.groups | {catalog.group_named(name).id for name in self.groups},
            roles=account.roles | role,
            directories={**account.directories, **opened},
            **facts,
        )


NOTHING = Gain()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """
    One row of the table: who asks for what in which state, and all that is seen of it.

    `arranged` happens before the request, `meanwhile` between card and click. The card must say each of `asks` (nothing of `hides`) and
    offer `offers` before the click, and each of `ends` after it; the person is told each of `told`. Without `asks` nobody clicks, and
    `ends` is what the card says from the start. `joins` says that the account is a new one, with the gain and nothing else.
    """

    id: str
    who: str
    product: str = "jira"
    arranged: tuple[Arrangement, ...] = ()
    settings: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    asks: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    offers: str = "Approve"
    meanwhile: tuple[Arrangement, ...] = ()
    ends: tuple[str, ...]
    told: tuple[str, ...]
    gains: Gain = NOTHING
    joins: bool = False


def named(row: Row) -> str:
    """The row's id, for pytest."""
    return row.id


async def play(stage: Stage, row: Row) -> None:
    """The whole story of *row*, from the slash command to the card, the message and the organization."""
    sandbox = stage.sandbox
    for arrange in row.arranged:
        arrange(sandbox, row.who)
    await sandbox.slack.types(row.who, f"/request-{row.product} I need it back")
    card = await _card_to_decide(stage, row) if row.asks else None
    for happens in row.meanwhile:
        happens(sandbox, row.who)
    before = everybody(sandbox)
    if card:
        await sandbox.slack.clicks("grace", card, "request.approve")
    says((await told_soon(stage, row.who, row.told[0])).words, row.told)
    says((await stage.card(saying=row.ends[0])).words, row.ends)
    assert everybody(sandbox) == _afterwards(before, row=row, sandbox=sandbox)


async def _card_to_decide(stage: Stage, row: Row) -> Message:
    card = await stage.card(saying=row.asks[0])
    says(card.words, row.asks)
    assert [phrase for phrase in row.hides if phrase in card.words] == [], card.words
    assert row.offers in card.buttons
    return card


async def told_soon(stage: Stage, who: str, saying: str) -> Message:
    """The private message to *who* that says *saying*; each write is read back at once, not a second later."""
    done = 0
    for _ in range(PATIENCE * 10):
        try:
            await stage.sandbox.slack.until(lambda: any(saying in message.words for message in stage.sandbox.slack.dm(who)), timeout=0.1)
        except TimeoutError:
            writes = len(stage.sandbox.atlassian.writes)
            stage.later(FIRST_LOOK if writes > done else timedelta(0))
            done = writes
        else:
            break
    return await stage.told(who, saying)


def says(words: str, phrases: tuple[str, ...]) -> None:
    """Fails with all the *words* unless they hold each of the *phrases*."""
    assert [phrase for phrase in phrases if phrase not in words] == [], words


def everybody(sandbox: Sandbox) -> dict[str, Account]:
    """Every account as it truly is, by id."""
    sandbox.atlassian.settle()
    return {account.id: account for account in sandbox.atlassian.register.accounts}


def _afterwards(before: Mapping[str, Account], *, row: Row, sandbox: Sandbox) -> dict[str, Account]:
    if not row.joins:
        mine = [account for account in before.values() if account.key == row.who]
        return {**before, **{account.id: row.gains.given_to(account, sandbox=sandbox) for account in mine}}
    newcomer = sandbox.atlassian.person(row.who)
    assert newcomer.id not in before
    bare = replace(newcomer, groups=frozenset(), roles=frozenset())
    return {**before, newcomer.id: row.gains.given_to(bare, sandbox=sandbox)}


# -- how people got there


def act(word: str, *, product: str | None = None) -> Arrangement:
    """What an admin or the person does, as `sandbox.atlassian.acts` names it."""
    return lambda sandbox, who: acts.do(sandbox.atlassian, sandbox.atlassian.person(who), word, product=product)


def joins_directory(name: str) -> Arrangement:
    """A member of one more directory."""

    def arrange(sandbox: Sandbox, who: str) -> None:
        account, home = sandbox.atlassian.person(who), sandbox.atlassian.catalog.directory_named(name).id
        sandbox.atlassian.change(account, act="directory.join", by="admin", directories={**account.directories, home: False})

    return arrange


def joins_group(name: str) -> Arrangement:
    """A member of one more group, by whoever owns it."""

    def arrange(sandbox: Sandbox, who: str) -> None:
        group = sandbox.atlassian.catalog.group_named(name)
        memberships.add_to_group(sandbox.atlassian, sandbox.atlassian.person(who), group, by="admin")

    return arrange


def suspended_in(name: str) -> Arrangement:
    """Suspended in this one directory."""

    def arrange(sandbox: Sandbox, who: str) -> None:
        directory = sandbox.atlassian.catalog.directory_named(name).id
        memberships.suspend(sandbox.atlassian, sandbox.atlassian.person(who), directory=directory, by="admin")

    return arrange


def holds_role(role: str, *, on: str) -> Arrangement:
    """Given a role directly on a product."""

    def arrange(sandbox: Sandbox, who: str) -> None:
        ari = sandbox.atlassian.catalog.product(on).ari
        roles.assign(sandbox.atlassian, sandbox.atlassian.person(who), role=role, resource=ari, by="admin")

    return arrange


def locked(reason: str) -> Arrangement:
    """An account that nobody here may change, for the *reason* that Atlassian gives."""
    return lambda sandbox, who: sandbox.atlassian.change(sandbox.atlassian.person(who), act="lock", by="idp", lock=reason)


def new_group(name: str, *, directory: str = "acme", gives: tuple[str, ...]) -> Arrangement:
    """A group of an admin's that seats people on products."""
    return lambda sandbox, _: set_up_group(sandbox.atlassian, name, directory=directory, gives=gives)


def synced_group(name: str) -> Arrangement:
    """A group that an identity provider took over."""
    return lambda sandbox, _: hand_to_identity_provider(sandbox.atlassian, name)


def days_pass(count: int) -> Arrangement:
    """Nothing but time."""
    return lambda sandbox, _: sandbox.clock.advance(timedelta(days=count))


def minutes_pass(count: int) -> Arrangement:
    """Long enough, above ten, for what the card said to be looked at anew."""
    return lambda sandbox, _: sandbox.clock.advance(timedelta(minutes=count))


def invitation_fails(sandbox: Sandbox, who: str) -> None:
    """Atlassian takes the invitation and gives nothing of it: 206."""
    sandbox.atlassian.behaviour.invite_errors.add(sandbox.slack.person(who).email or "")


def invitation_fails_in_part(sandbox: Sandbox, _: str) -> None:
    """Atlassian gives the role, and fails at a group that it adds of its own: 206."""
    results = {
        "roleAssignmentResult": [{"status": "INVITED"}],
        "groupAssignmentResult": [{"status": "ERROR", "statusReason": "Group not found"}],
    }
    sandbox.faults.add(Fault(match="POST /users/invite$", when="after", status=206, body={"data": [{"results": results}]}))


def invitations_show(sandbox: Sandbox, _: str) -> None:
    """Searches show people who were invited and have not accepted."""
    sandbox.atlassian.behaviour.pending_visible_after = timedelta(0)
