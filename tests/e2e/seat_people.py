"""People with every kind of seat and every reason to keep it, drawn for a seed and put in the place of the sandbox's ordinary ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum, auto
from random import Random

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Group, stable_id
from sandbox.atlassian.groups import set_up_group
from sandbox.human import AtlassianState, SlackKind
from sandbox.server import Sandbox

DAY = timedelta(days=1)
PRODUCTS = ("jira", "confluence")
PROTECTED = "berlin-office"
"""The group that the bot's settings protect."""
HANDED_OVER = "squad-handed-over"
"""The group that an identity provider takes over while a plan waits."""


class Twist(StrEnum):
    """What is special about somebody. Those after `CONTROLS` do not save a seat: who has one of them and nothing else must lose it."""

    ORG_ADMIN = auto()
    PRODUCT_ADMIN = auto()
    ACCESS_ADMIN = auto()
    ADMIN_BY_GROUP = auto()
    PROTECTED_GROUP = auto()
    APPROVER = auto()
    LINKED_APPROVER = auto()
    APP = auto()
    EXEMPT = auto()
    EXEMPTION_ASKED = auto()
    EXEMPT_UNTIL_AFTER_SECOND_SCAN = auto()
    RECENT = auto()
    WITHIN_THE_DELAY = auto()
    IDLE_TOO_LATE = auto()
    DATE_TO_COME = auto()
    DATE_BEFORE_ALL = auto()
    DATE_LOST_AFTER_FIRST_SCAN = auto()
    ADDED_LATELY = auto()
    ADDED_TO_COME = auto()
    SEATED_AFTER_FIRST_SCAN = auto()
    NOT_IN_SLACK = auto()
    LEFT_SLACK = auto()
    UNCONFIRMED = auto()
    HIDDEN_ADDRESS = auto()
    KEEPS = auto()
    LETS_GO_THEN_KEEPS = auto()
    AWAY_ASKED = auto()
    AWAY_AGREED = auto()
    BACK_AFTER_WARNING = auto()
    LATE_VISIT = auto()
    LATE_PRODUCT_ADMIN = auto()
    LATE_ADMIN_BY_GROUP = auto()
    LATE_ORG_ADMIN = auto()
    LATE_PROTECTED_GROUP = auto()
    LATE_APPROVER = auto()
    LATE_KEEP = auto()
    LATE_AWAY = auto()
    LATE_REQUEST = auto()
    LATE_HANDED_OVER = auto()
    LATE_SUSPENDED = auto()
    LATE_TAKEN_BY_HAND = auto()
    NOTHING = auto()
    LETS_GO = auto()
    IDLE_LATE_LETS_GO = auto()
    EXEMPTION_OVER = auto()
    SLACK_GUEST = auto()
    NEVER_CAME = auto()


CONTROLS = tuple(Twist)[list(Twist).index(Twist.NOTHING) :]
CLEAN = ("jira-users-acme", "confluence-users-acme")
PATHS: tuple[tuple[str, ...], ...] = (
    # A word is a group, `product!role` a role of the person's own, `directory?` a second directory, `directory/` one that suspends them.
    CLEAN,
    ("jira-users-acme",),
    ("confluence-users-acme", "design"),
    ("all-staff",),
    ("all-staff", "jira-users-acme"),
    ("jira!atlassian/user",),
    ("jira!atlassian/user", "confluence!atlassian/user", "all-staff"),
    ("jira-users-acme", "confluence!atlassian/guest"),
    ("engineering",),
    ("engineering", "jira-users-acme", "confluence-users-acme"),
    ("contractors",),
    ("contractors", "jsm-agents-acme", "confluence-users-acme"),
    ("partners", "confluence-users-acme"),
    ("partners",),
    ("northwind?", "builders", "jira-users-acme"),
    ("northwind/", "builders", "jira-users-acme"),
    ("northwind?", "knowledge-idp", "jira-users-acme"),
    ("northwind/", "knowledge-idp", "confluence-users-acme"),
    ("jira-users-labs", "jira-users-acme"),
    (HANDED_OVER, "jira-users-acme"),
    ("jira-users-acme", "jira-users-acme", "jsm-agents-acme", "book-club"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One person to be: the ways to the seats, how many days ago each product was used (None: never), and what else is true."""

    path: tuple[str, ...]
    used: Mapping[str, float | None]
    twist: Twist


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A case in the world."""

    key: str
    account_id: str
    case: Case


def cases(chance: Random, *, drawn: int) -> list[Case]:
    """Each twist alone, each path alone, and *drawn* mixtures of everything."""
    return [
        *(Case(path=_path_of(twist), used=_idle(chance), twist=twist) for twist in Twist),
        *(Case(path=path, used=_idle(chance), twist=Twist.NOTHING) for path in PATHS),
        *(_mixture(chance) for _ in range(drawn)),
    ]


def _path_of(twist: Twist) -> tuple[str, ...]:
    return (HANDED_OVER,) if twist is Twist.LATE_HANDED_OVER else CLEAN


def _idle(chance: Random) -> dict[str, float | None]:
    return {product: chance.uniform(95, 400) for product in PRODUCTS}


def _mixture(chance: Random) -> Case:
    twist = chance.choice(tuple(Twist)) if chance.random() < 0.6 else Twist.NOTHING
    return Case(path=chance.choice(PATHS), used={product: _used(chance) for product in PRODUCTS}, twist=twist)


def _used(chance: Random) -> float | None:
    drawn = chance.random()
    if drawn < 0.15:
        return chance.uniform(0.1, 30)
    # Around the day on which a seat turns idle, and in between two scans.
    return None if drawn < 0.3 else chance.uniform(70, 95) if drawn < 0.45 else chance.uniform(95, 400)


def settle(sandbox: Sandbox, wanted: list[Case], *, chance: Random) -> list[Person]:
    """Make people of the world what the cases say, whoever they were; the world's other people stay what they are."""
    _groups(sandbox)
    humans = [human for human in sandbox.world.humans if human.key.startswith("p") and human.key[1:].isdigit()]
    ordinary = (AtlassianState.ACTIVE, AtlassianState.IDLE_REMOVED)
    free = [one for one in humans if one.slack_kind is SlackKind.MEMBER and one.atlassian in ordinary and one.email_visible]
    chance.shuffle(free)
    return list(_settled(sandbox, wanted, [one.key for one in free]))


def _settled(sandbox: Sandbox, wanted: list[Case], keys: list[str]) -> Iterator[Person]:
    for key, case in zip(keys, wanted, strict=False):
        account = sandbox.atlassian.person(key)
        sandbox.atlassian.register.put(_made(account, case, sandbox=sandbox))
        yield Person(key=key, account_id=account.id, case=case)


def _groups(sandbox: Sandbox) -> None:
    organization = sandbox.atlassian
    set_up_group(organization, "contractors", directory="acme", gives=("jira", "jsm"))
    set_up_group(organization, "builders", directory="northwind", gives=("jira",))
    set_up_group(organization, HANDED_OVER, directory="acme", gives=("jira",))
    jira, confluence = (organization.catalog.product(key).ari for key in PRODUCTS)
    partners = Group(
        id=stable_id("group:partners"),
        name="partners",
        directory=organization.catalog.directory_named("acme").id,
        grants=((jira, "atlassian/user"), (confluence, "atlassian/guest")),
    )
    organization.catalog.groups[partners.id] = partners


def _made(account: Account, case: Case, *, sandbox: Sandbox) -> Account:
    catalog, now = sandbox.atlassian.catalog, sandbox.clock.now()
    acme, northwind = (catalog.directory_named(name).id for name in ("acme", "northwind"))
    second = {northwind: "northwind/" in case.path} if case.path[0].startswith("northwind") else {}
    visits = {catalog.product(key).ari: now - days * DAY for key, days in case.used.items() if days is not None}
    plain = replace(
        account,
        directories={acme: False, **second},
        groups=frozenset(catalog.group_named(word).id for word in case.path if word[-1] not in "?/" and "!" not in word),
        roles=frozenset((catalog.product(key).ari, role) for key, _, role in (word.partition("!") for word in case.path) if role),
        platform_roles=(),
        visits=visits,
        added_at=now - 700 * DAY,
    )
    return _twisted(plain, case.twist, sandbox=sandbox, now=now)


def _twisted(account: Account, twist: Twist, *, sandbox: Sandbox, now: datetime) -> Account:
    """What is special about the account from the start."""
    aris = [sandbox.atlassian.catalog.product(key).ari for key in PRODUCTS]
    dates = {
        Twist.RECENT: now - 60 * DAY,
        # Idle from the third scan on: the second sees 90 days, which may be told a day late.
        Twist.WITHIN_THE_DELAY: now - 89 * DAY - timedelta(hours=12),
        Twist.IDLE_TOO_LATE: now - 84 * DAY,
        Twist.IDLE_LATE_LETS_GO: now - 84 * DAY,
        Twist.DATE_TO_COME: now + 400 * DAY,
        Twist.DATE_BEFORE_ALL: datetime(1970, 1, 1, tzinfo=UTC),
        Twist.DATE_LOST_AFTER_FIRST_SCAN: now - 30 * DAY,
    }
    if twist in dates:
        return replace(account, visits=dict.fromkeys(aris, dates[twist]))
    changed = {
        Twist.ORG_ADMIN: {"platform_roles": ("atlassian/org-admin",)},
        Twist.PRODUCT_ADMIN: {"roles": account.roles | {(ari, "atlassian/admin") for ari in aris}},
        Twist.ACCESS_ADMIN: {"roles": account.roles | {(ari, "atlassian/user-access-admin") for ari in aris}},
        Twist.ADMIN_BY_GROUP: {"groups": account.groups | {stable_id("group:jira-admins-acme")}},
        Twist.PROTECTED_GROUP: {"groups": account.groups | {stable_id(f"group:{PROTECTED}")}},
        Twist.APP: {"type": "app"},
        Twist.ADDED_LATELY: {"added_at": now - 10 * DAY},
        Twist.ADDED_TO_COME: {"added_at": now + 400 * DAY},
        Twist.HIDDEN_ADDRESS: {"email_visible": False},
        Twist.NEVER_CAME: {"visits": {}},
        Twist.SEATED_AFTER_FIRST_SCAN: {"groups": frozenset(), "roles": frozenset()},
    }
    return replace(account, **changed.get(twist, {}))  # type: ignore[arg-type]
