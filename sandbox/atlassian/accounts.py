"""One Atlassian account, with a state of its own for each level."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

DELETION_GRACE = timedelta(days=14)  # developer.atlassian.com: delete a managed account


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """
    Never changed in place: an older object is what a reader that lags behind still sees.

    The levels are independent: account (`active`, `deletion_asked_at`, `closed`), directory memberships, groups, direct roles.

    `directories` maps a directory id to whether the person is suspended there; no entry is no membership. `visits` holds the published
    last visit by ARI; a product never used is missing. `tokens` are API tokens, each as (made, last used or None).
    `lock` is the reason key that forbids account changes (identity provider, law).
    """

    id: str
    key: str
    type: str = "atlassian"
    name: str
    email: str
    email_visible: bool = True
    email_verified: bool = True
    title: str = ""
    managed: bool = True
    active: bool = True
    closed: bool = False
    deactivated_on: datetime | None = None
    deletion_asked_at: datetime | None = None
    pending_since: datetime | None = None
    added_at: datetime
    directories: Mapping[str, bool] = field(default_factory=dict)
    groups: frozenset[str] = frozenset()
    roles: frozenset[tuple[str, str]] = frozenset()
    platform_roles: tuple[str, ...] = ()
    visits: Mapping[str, datetime] = field(default_factory=dict)
    tokens: tuple[tuple[datetime, datetime | None], ...] = ()
    lock: str | None = None

    @property
    def account_status(self) -> str:
        """active | inactive | closed."""
        if self.closed:
            return "closed"
        return "active" if self.active else "inactive"

    @property
    def membership_status(self) -> str:
        """Suspended only when suspended in every directory."""
        if not self.directories:
            return "no_membership"
        return "suspended" if all(self.directories.values()) else "active"

    @property
    def status(self) -> str:
        """The composite of both levels that user search filters and shows."""
        if self.deletion_asked_at and not self.closed:
            return "for_deletion"
        if self.account_status != "active":
            return "deactivated"
        return {"active": "active", "suspended": "suspended", "no_membership": "not_invited"}[self.membership_status]

    def active_in(self, directory: str) -> bool:
        """Whether the person is a member of this directory and not suspended there."""
        return self.directories.get(directory) is False
