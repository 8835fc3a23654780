"""Accounts and groups as JSON rows."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Group, Product
from sandbox.atlassian.organization import Organization


def timestamp(when: datetime) -> str:
    """ISO 8601 with nanoseconds, as activity is reported; not every parser takes nine digits."""
    return f"{when:%Y-%m-%dT%H:%M:%S.%f}{when.microsecond * 7 % 1000:03d}Z"


def instant(when: datetime) -> str:
    """ISO 8601 with milliseconds."""
    return f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03d}Z"


def activity_key(product: Product) -> str:
    """The name of a product in `productAccess`."""
    return product.owner


def user_row(organization: Organization, account: Account, *, expand: Collection[str]) -> dict[str, Any]:
    """One user; what *expand* does not name is absent."""
    row: dict[str, Any] = {
        "accountId": account.id,
        "accountType": account.type,
        "status": account.status,
        "accountStatus": account.account_status,
        "membershipStatus": account.membership_status,
        "addedToOrg": instant(account.added_at),
        "name": account.name,
        "nickname": account.name.partition(" ")[0].lower(),
        "emailVerified": account.email_verified,
        "claimStatus": "managed" if account.managed else "unmanaged",
        "managementSource": _source(account),
        "mfaEnabled": account.managed,
        "jobTitle": account.title,
        "deactivatedOn": instant(account.deactivated_on) if account.deactivated_on else None,
        "forDeletion": account.status == "for_deletion",
        "links": {},
    }
    if account.email_visible:
        row["email"] = account.email
    return row | _expanded(organization, account, expand=expand)


def _source(account: Account) -> str | None:
    if account.lock and account.lock.startswith("externalDirectory"):
        return "synced"
    return "invited" if account.directories else None


def _expanded(organization: Organization, account: Account, *, expand: Collection[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "platformRoles" in expand:
        found["platformRoles"] = list(account.platform_roles)
    if "counts.resources" in expand:
        found["counts"] = {"resources": len({ari for ari, _ in organization.register.assigned(account)})}
    if "productAccess" in expand:
        found["productAccess"] = [
            {"key": activity_key(product), "id": product.ari, "lastActiveTimestamp": timestamp(account.visits[product.ari])}
            for product in organization.catalog.products.values()
            if product.ari in account.visits
        ]
    if "groups" in expand:
        groups = [organization.catalog.groups[id_] for id_ in sorted(account.groups)]
        found["groups"] = [
            {"id": f"ari:cloud:identity::group/{group.id}", "name": group.name, "description": group.description or None}
            for group in groups
        ]
    return found


def group_row(organization: Organization, group: Group, *, expand: Collection[str]) -> dict[str, Any]:
    """One group; ids are bare UUIDs here."""
    row: dict[str, Any] = {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "directoryId": group.directory,
        "managementAccess": {"deletable": group.modifiable, "modifiable": group.modifiable, "readable": True},
        "externalSynced": group.external,
        "managedBy": "external" if group.external else "admins",
        "links": {},
    }
    counts = {}
    if "counts.users" in expand:
        counts["users"] = len(organization.register.members[group.id])
    if "counts.resources" in expand:
        counts["resources"] = len({ari for ari, _ in group.grants})
    return row | ({"counts": counts} if counts else {})
