"""The organization as people look at it: products, states, and one row per person."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Group, Product
from sandbox.atlassian.organization import Organization


def state_of(account: Account) -> str:
    """The word for the account's state: the composite status, with `closed` and `pending` told apart."""
    if account.closed:
        return "closed"
    return "pending" if account.pending_since else account.status


def summary(organization: Organization) -> dict[str, Any]:
    """What `GET /control/atlassian` shows."""
    organization.settle()
    people = [account for account in organization.register.accounts if account.type == "atlassian"]
    return {
        "organization": {"id": organization.id, "name": organization.name, "key_state": organization.key_state, "people": len(people)},
        "products": [_product_row(organization, product) for product in organization.catalog.products.values()],
        "states": dict(Counter(state_of(account) for account in people)),
        "calls_total": organization.journal.calls_total,
        "writes_total": len(organization.writes),
        "groups": [_group_row(organization, group) for group in organization.catalog.groups.values()],
    }


def _product_row(organization: Organization, product: Product) -> dict[str, Any]:
    return {
        "key": product.key,
        "resource": product.ari,
        "name": product.name,
        "site": product.site,
        "owner": product.owner,
        "capacity": organization.capacity.get(product.key),
        "used": organization.register.used[product.ari],
        "free": organization.free(product),
    }


def _group_row(organization: Organization, group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "directory": organization.catalog.directories[group.directory].name,
        "modifiable": group.modifiable,
        "members": len(organization.register.members[group.id]),
    }


def person_row(organization: Organization, account: Account) -> dict[str, Any]:
    """One person with the products that they can use now."""
    billed = frozenset[str]() if account.pending_since else organization.register.billed(account)
    products = organization.catalog.products.values()
    return {
        "account_id": account.id,
        "key": account.key,
        "name": account.name,
        "email": account.email,
        "title": account.title,
        "state": state_of(account),
        "products": {product.key: product.ari in billed for product in products},
        "last_active": {product.key: account.visits[product.ari].isoformat() for product in products if product.ari in account.visits},
        "groups": sorted(organization.catalog.groups[group].name for group in account.groups),
        "directories": {
            organization.catalog.directories[id_].name: "suspended" if suspended else "active"
            for id_, suspended in account.directories.items()
        },
        "lock": account.lock,
        "managed": account.managed,
    }


def find_people(organization: Organization, *, query: str, state: str | None, product: str | None) -> list[Account]:
    """Accounts in order of joining; *product* keeps those who can use it, `-jira` those who can not."""
    organization.settle()
    return list(_matching(organization, term=query.lower(), state=state, product=product))


def _matching(organization: Organization, *, term: str, state: str | None, product: str | None) -> Iterator[Account]:
    wanted = organization.catalog.products.get(product.removeprefix("-")) if product else None
    for account in organization.register.accounts:
        if account.type != "atlassian" or (state and state_of(account) != state):
            continue
        if term and term != account.id.lower() and term not in account.name.lower() and term not in account.email.lower():
            continue
        if wanted and product:
            holds = account.pending_since is None and wanted.ari in organization.register.billed(account)
            if holds is product.startswith("-"):
                continue
        yield account
