"""What an administrator, an identity provider or the person does outside of Comeback."""

from collections.abc import Callable

from sandbox.atlassian import invitations, lifecycle, memberships, roles
from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Product
from sandbox.atlassian.organization import Organization

ADMIN = "admin"


def do(organization: Organization, account: Account, act: str, *, product: str | None = None) -> Account:
    """
    The account after *act*, one of `ACTS` or `PRODUCT_ACTS` (these need a *product* key).

    Raises ValueError for another word or a missing product, and Refusal when the organization would refuse its own admin too.
    """
    organization.settle()
    if act in PRODUCT_ACTS:
        if product not in organization.catalog.products:
            raise ValueError(f"product must be one of {', '.join(organization.catalog.products)}")
        PRODUCT_ACTS[act](organization, account, organization.catalog.product(product))
    elif act in ACTS:
        ACTS[act](organization, account)
    else:
        raise ValueError(f"do must be one of {', '.join([*ACTS, *PRODUCT_ACTS])}")
    organization.settle()
    return organization.register.get(account.id) or account


def add_product(organization: Organization, account: Account, product: Product) -> None:
    """Give the product by a group of the person's directories, else by a direct role; nothing when it is held already."""
    if any(ari == product.ari for ari, _ in organization.register.assigned(account)):
        return
    grant = (product.ari, "atlassian/user")
    groups = [group for group in organization.catalog.groups.values() if grant in group.grants and group.directory in account.directories]
    if groups:
        memberships.add_to_group(organization, account, groups[0], by=ADMIN)
    else:
        roles.assign(organization, account, role="atlassian/user", resource=product.ari, by=ADMIN)


def remove_product(organization: Organization, account: Account, product: Product) -> None:
    """Take every group and direct role that grants the product, external groups included (the identity provider agrees)."""
    for group_id in sorted(account.groups):
        group = organization.catalog.groups[group_id]
        if any(ari == product.ari for ari, _ in group.grants):
            memberships.remove_from_group(organization, organization.register.get(account.id) or account, group, by=ADMIN)
    current = organization.register.get(account.id) or account
    left = frozenset(grant for grant in current.roles if grant[0] != product.ari)
    organization.change(current, act="role.revoke", by=ADMIN, target=product.ari, roles=left)


def visit(organization: Organization, account: Account, product: Product) -> None:
    """Use the product now; last-active data tell so after the activity lag."""
    organization.visit(account, product=product)


def _suspend(organization: Organization, account: Account) -> None:
    for directory in account.directories:
        memberships.suspend(organization, organization.register.get(account.id) or account, directory=directory, by=ADMIN)


def _restore(organization: Organization, account: Account) -> None:
    for directory in account.directories:
        memberships.restore(organization, organization.register.get(account.id) or account, directory=directory, by=ADMIN)


def _remove(organization: Organization, account: Account) -> None:
    memberships.remove(organization, account, directories=frozenset(account.directories), by=ADMIN)


def _accept(organization: Organization, account: Account) -> None:
    if account.pending_since is None:
        raise ValueError("there is no invitation to accept")
    invitations.accept(organization, account)


def _make_admin(organization: Organization, account: Account) -> None:
    memberships.add_to_group(organization, account, organization.catalog.group_named("jira-admins-acme"), by=ADMIN)


ACTS: dict[str, Callable[[Organization, Account], object]] = {
    "suspend": _suspend,
    "restore": _restore,
    "deactivate": lambda organization, account: lifecycle.disable(organization, account, by=ADMIN),
    "enable": lambda organization, account: lifecycle.enable(organization, account, by=ADMIN),
    "delete": lambda organization, account: lifecycle.ask_deletion(organization, account, by=ADMIN),
    "cancel_delete": lambda organization, account: lifecycle.cancel_deletion(organization, account, by=ADMIN),
    "remove": _remove,
    "accept": _accept,
    "make_admin": _make_admin,
}
PRODUCT_ACTS: dict[str, Callable[[Organization, Account, Product], object]] = {
    "add_product": add_product,
    "remove_product": remove_product,
    "visit": visit,
}
