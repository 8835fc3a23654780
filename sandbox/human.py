"""One person of the world, as both sides need them."""

from dataclasses import dataclass
from enum import StrEnum


class SlackKind(StrEnum):
    """What this person is in the Slack workspace; `absent` has no Slack account."""

    MEMBER = "member"
    ADMIN = "admin"
    OWNER = "owner"
    GUEST = "guest"
    SINGLE_GUEST = "single_guest"
    STRANGER = "stranger"
    BOT = "bot"
    APP = "app"
    DEACTIVATED = "deactivated"
    ABSENT = "absent"


class AtlassianState(StrEnum):
    """The story of this person's Atlassian account when the world begins."""

    ACTIVE = "active"
    IDLE_REMOVED = "idle_removed"  # lost product access for inactivity; account and membership are fine
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"
    FOR_DELETION = "for_deletion"
    CLOSED = "closed"
    PENDING = "pending"  # invited, not accepted
    ABSENT = "absent"  # not in the organization


@dataclass(frozen=True, slots=True, kw_only=True)
class Human:
    """
    A person's name, e-mail and standing on both sides.

    `products` are those held now, `lost` those taken for inactivity (keys of `atlassian.catalog.PRODUCTS`). `seen` gives days since the
    last visit per product, lost ones included; a product that was never used is missing. `groups` are group names, beyond none implied.
    `since` is how many days ago this person joined, `state_days` how many days ago the present state began. `lock` is the reason key
    with which an identity provider (or law) forbids account changes. `accounts` counts the Atlassian accounts with this e-mail.
    """

    key: str
    name: str
    email: str
    title: str
    slack_kind: SlackKind = SlackKind.MEMBER
    slack_email_confirmed: bool = True
    atlassian: AtlassianState = AtlassianState.ACTIVE
    products: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    seen: tuple[tuple[str, float], ...] = ()
    groups: tuple[str, ...] = ()
    directories: tuple[str, ...] = ("acme",)
    suspended_in: tuple[str, ...] = ()
    since: float = 900.0
    state_days: float = 0.0
    platform_roles: tuple[str, ...] = ()
    direct_roles: tuple[tuple[str, str], ...] = ()
    managed: bool = True
    email_visible: bool = True
    lock: str | None = None
    accounts: int = 1
