"""Groups that somebody sets up, and groups that an identity provider takes over."""

from collections.abc import Iterable
from dataclasses import replace

from sandbox.atlassian.catalog import Group, stable_id
from sandbox.atlassian.organization import Organization


def set_up_group(organization: Organization, name: str, *, directory: str, gives: Iterable[str] = (), external: bool = False) -> Group:
    """
    A new group in the directory called *directory*, without members; *gives* are keys of products to which it seats people.

    Raises ValueError when there is one of that name, as its members' seats would be counted wrong from then on.
    """
    catalog, group_id = organization.catalog, stable_id(f"group:{name}")
    if group_id in catalog.groups:
        raise ValueError(f"there is a group {name} already")
    grants = tuple((catalog.product(key).ari, "atlassian/user") for key in gives)
    home = catalog.directory_named(directory).id
    catalog.groups[group_id] = Group(id=group_id, name=name, directory=home, grants=grants, external=external)
    return catalog.groups[group_id]


def hand_to_identity_provider(organization: Organization, name: str) -> Group:
    """The group called *name*, from now on synced from an identity provider; members stay. Raises KeyError when there is none."""
    group = replace(organization.catalog.group_named(name), external=True)
    organization.catalog.groups[group.id] = group
    return group
