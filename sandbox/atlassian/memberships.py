"""Who is in which group and directory."""

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Group
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.organization import Organization

ORG_ADMIN = "atlassian/org-admin"


def add_to_group(organization: Organization, account: Account, group: Group, *, by: str = "api") -> None:
    """The account a member of *group*, its seats taken; refused for outsiders, inactive accounts, full licences and external groups."""
    _refuse_external(organization, group, by=by)
    if group.directory not in account.directories:
        raise Refusal("ADMIN-UAM-404-1")
    if account.account_status != "active":
        raise Refusal("ADMIN-UAM-400-2")
    if group.id in account.groups:
        take_repeat(organization, account, act="group.add", target=group.id, by=by)
        return
    organization.change(account, act="group.add", by=by, target=group.id, full="ADMIN-409-3", groups=account.groups | {group.id})
    if group.external and by == "api":
        organization.later(organization.behaviour.idp_sync, account.id, lambda now: _sync(organization, now, group=group, member=False))


def remove_from_group(organization: Organization, account: Account, group: Group, *, by: str = "api") -> None:
    """The account no longer in *group*; 404 when it was not."""
    _refuse_external(organization, group, by=by)
    if group.id not in account.groups:
        raise Refusal("ADMIN-404-8")
    organization.change(account, act="group.remove", by=by, target=group.id, groups=account.groups - {group.id})
    if group.external and by == "api":
        organization.later(organization.behaviour.idp_sync, account.id, lambda now: _sync(organization, now, group=group, member=True))


def _refuse_external(organization: Organization, group: Group, *, by: str) -> None:
    if group.external and by == "api" and organization.behaviour.idp == "refuse":
        raise Refusal("ADMIN-403-5", detail=f"The group {group.name} is synced from an identity provider")


def _sync(organization: Organization, account: Account, *, group: Group, member: bool) -> None:
    """The identity provider's word is final: *member* again as it says."""
    groups = account.groups | {group.id} if member else account.groups - {group.id}
    organization.change(account, act="group.add" if member else "group.remove", by="idp", target=group.id, groups=groups)


def take_repeat(organization: Organization, account: Account, *, act: str, target: str, by: str) -> None:
    """Nothing (one more write where repeats count), or a conflict, as this organization answers to a second add."""
    if organization.behaviour.already == 409:
        raise Refusal("ADMIN-UAM-409-2", detail="The user already has this")
    if organization.behaviour.repeats_count:
        organization.journal.record_write(act, account_id=account.id, target=target, by=by)


def suspend(organization: Organization, account: Account, *, directory: str, by: str = "api") -> None:
    """The account suspended in *directory*: groups and roles stay, seats are freed. Organization admins can't be suspended."""
    _refuse_org_admin(account)
    _refuse_outsider(account, directory=directory)
    organization.change(account, act="directory.suspend", by=by, target=directory, directories={**account.directories, directory: True})


def restore(organization: Organization, account: Account, *, directory: str, by: str = "api") -> None:
    """The account active in *directory* with what it had; refused when its seats are taken meanwhile."""
    _refuse_org_admin(account)
    _refuse_outsider(account, directory=directory)
    directories = {**account.directories, directory: False}
    organization.change(account, act="directory.restore", by=by, target=directory, full="ADMIN-UAM-409-3", directories=directories)


def remove(organization: Organization, account: Account, *, directories: frozenset[str], by: str = "api") -> None:
    """The account out of *directories*, with its groups there and, once nowhere, its roles; the removal is queued."""
    _refuse_org_admin(account)
    if not directories & set(account.directories):
        raise Refusal("ADMIN-404-8")
    delay = organization.behaviour.removal_delay
    organization.later(delay, account.id, lambda now: _take_out(organization, now, directories=directories, by=by))
    organization.settle()


def _take_out(organization: Organization, account: Account, *, directories: frozenset[str], by: str) -> None:
    left = {id_: suspended for id_, suspended in account.directories.items() if id_ not in directories}
    groups = frozenset(group for group in account.groups if organization.catalog.groups[group].directory in left)
    roles = account.roles if left else frozenset()
    organization.change(account, act="directory.remove", by=by, directories=left, groups=groups, roles=roles)


def _refuse_outsider(account: Account, *, directory: str) -> None:
    if directory not in account.directories:
        raise Refusal("ADMIN-UAM-404-1")


def _refuse_org_admin(account: Account) -> None:
    if ORG_ADMIN in account.platform_roles:
        raise Refusal("ADMIN-UAM-400-1", detail="Organization admins can't be suspended, restored or removed")
