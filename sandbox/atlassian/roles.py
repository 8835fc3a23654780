"""Product roles that a person holds directly, and where every role comes from."""

from collections import defaultdict
from typing import Any

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Product
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.memberships import ORG_ADMIN, take_repeat
from sandbox.atlassian.organization import Organization

INFERRED = {"atlassian/admin": "atlassian/user"}  # an admin of a product is a user of it


def assign(organization: Organization, account: Account, *, role: str, resource: str | None, by: str = "api") -> None:
    """The account with *role* on the product (or on the organization); refused as documented, 409 when the licence is full."""
    if role == ORG_ADMIN:
        roles = tuple(sorted({*account.platform_roles, role}))
        organization.change(account, act="role.assign", by=by, target=role, platform_roles=roles)
        return
    product = licensed(organization, role=role, resource=resource)
    if account.account_status != "active":
        raise Refusal("ADMIN-UAM-400-2")
    if (product.ari, role) in organization.register.assigned(account):
        take_repeat(organization, account, act="role.assign", target=f"{role} {product.ari}", by=by)
        return
    facts = granting_facts(organization, account, product=product, role=role)
    organization.change(account, act="role.assign", by=by, target=f"{role} {product.ari}", full="ADMIN-UAM-409-3", **facts)


def revoke(organization: Organization, account: Account, *, role: str, resource: str | None, by: str = "api") -> None:
    """The direct role gone; a role that comes by a group stays, and the answer does not tell."""
    if role == ORG_ADMIN:
        roles = tuple(held for held in account.platform_roles if held != role)
        organization.change(account, act="role.revoke", by=by, target=role, platform_roles=roles)
        return
    product = licensed(organization, role=role, resource=resource)
    roles_left = account.roles - {(product.ari, role)}
    organization.change(account, act="role.revoke", by=by, target=f"{role} {product.ari}", roles=roles_left)


def licensed(organization: Organization, *, role: str, resource: str | None) -> Product:
    """The product of this ARI, if *role* exists there."""
    if not resource:
        raise Refusal("ADMIN-UAM-400-5")
    if not resource.startswith("ari:cloud:"):
        raise Refusal("ADMIN-400-4")
    product = organization.catalog.by_ari(resource)
    if product is None:
        raise Refusal("ADMIN-UAM-400-4")
    if role not in product.roles:
        raise Refusal("ADMIN-UAM-400-3")
    return product


def granting_facts(organization: Organization, account: Account, *, product: Product, role: str) -> dict[str, Any]:
    """What changes on the account when it is given *role*: a direct role, or membership of the default group."""
    by_group = organization.behaviour.roles_assign == "default_group" and role == "atlassian/user"
    if by_group and product.default_group is not None:
        return {"groups": account.groups | {organization.catalog.group_named(product.default_group).id}}
    return {"roles": account.roles | {(product.ari, role)}}


def methods_by_role(organization: Organization, account: Account) -> dict[tuple[str, str | None], dict[str, list[str]]]:
    """For each (ARI, directory) the roles held there and how: direct, group_direct, inferred; a direct role is in the first directory."""
    found: dict[tuple[str, str | None], dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    home = next(iter(account.directories), None)
    for ari, role in sorted(account.roles):
        found[ari, home][role].append("direct")
    for group_id in sorted(account.groups):
        group = organization.catalog.groups[group_id]
        for ari, role in group.grants:
            if "group_direct" not in found[ari, group.directory][role]:
                found[ari, group.directory][role].append("group_direct")
    for roles in found.values():
        for role in [role for role in roles if role in INFERRED]:
            roles[INFERRED[role]].append("inferred")
    if ORG_ADMIN in account.platform_roles:
        _infer_from_org_admin(organization, found, home=home)
    return found


def _infer_from_org_admin(
    organization: Organization, found: dict[tuple[str, str | None], dict[str, list[str]]], *, home: str | None
) -> None:
    """An organization admin manages access everywhere, without holding a seat by that."""
    found[f"ari:cloud:platform::org/{organization.id}", None][ORG_ADMIN].append("direct")
    for product in organization.catalog.products.values():
        found[product.ari, home]["atlassian/user-access-admin"].append("inferred")
