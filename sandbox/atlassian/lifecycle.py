"""Account lifecycle: deactivate, enable, delete with 14 days of grace, cancel the deletion."""

from typing import Any

from sandbox.atlassian.accounts import DELETION_GRACE, Account
from sandbox.atlassian.errors import ManageRefusal
from sandbox.atlassian.organization import Organization


def managed(organization: Organization, account_id: str) -> Account:
    """The managed account with this id; refused with 404 when unknown, unmanaged or closed for good."""
    account = organization.register.get(account_id)
    if account is None or account.type != "atlassian" or not account.managed or account.closed:
        raise ManageRefusal(404, key="not.found", message=f"Account {account_id} is not managed by this organization")
    return account


def enable(organization: Organization, account: Account, *, by: str = "api") -> Account:
    """The account active again with all that it had; twice is once. Refused while it is marked for deletion."""
    if account.deletion_asked_at:
        raise ManageRefusal(412, key="precondition.failed", message="Cancel the deletion of the account before activating it")
    return organization.change(account, act="lifecycle.enable", by=by, active=True, deactivated_on=None)


def disable(organization: Organization, account: Account, *, by: str = "api") -> Account:
    """The account deactivated; groups and roles stay."""
    return organization.change(account, act="lifecycle.disable", by=by, active=False, deactivated_on=organization.clock.now())


def ask_deletion(organization: Organization, account: Account, *, by: str = "api") -> Account:
    """The account deactivated and marked; after 14 days it is closed for good. A second ask does not restart the clock."""
    if account.deletion_asked_at:
        return account
    now = organization.clock.now()
    marked = organization.change(account, act="lifecycle.delete", by=by, active=False, deactivated_on=now, deletion_asked_at=now)
    close_when_due(organization, marked)
    return marked


def cancel_deletion(organization: Organization, account: Account, *, by: str = "api") -> Account:
    """The mark taken off and the account active; refused with 409 when nothing was asked."""
    if not account.deletion_asked_at:
        raise ManageRefusal(409, key="conflict", message="The account is not scheduled for deletion")
    return organization.change(account, act="lifecycle.cancel-delete", by=by, active=True, deactivated_on=None, deletion_asked_at=None)


def close_when_due(organization: Organization, account: Account) -> None:
    """Put the end of *account* on the agenda, unless the deletion is cancelled (and asked for anew) before."""
    asked_at = account.deletion_asked_at
    if asked_at is None:
        return

    def close(current: Account) -> None:
        if current.deletion_asked_at == asked_at:
            facts: dict[str, Any] = {"active": False, "closed": True, "groups": frozenset(), "roles": frozenset(), "platform_roles": ()}
            organization.change(current, act="lifecycle.closed", by="atlassian", **facts)

    organization.later(asked_at + DELETION_GRACE - organization.clock.now(), account.id, close)
