"""What comes back beside the product that was asked for: seats, groups, and, to be said loudly, administration."""

import re
from collections.abc import Mapping, Sequence

from atlassian.licences import HARMLESS_ROLES
from bot.slack.surfaces.markup import quoted

_PRODUCTS: Mapping[str, str] = {
    "jira-software": "Jira",
    "jira": "Jira",
    "jira-core": "Jira",
    "jira-servicedesk": "Jira Service Management",
    "jira-servicemanagement": "Jira Service Management",
    "jira-product-discovery": "Jira Product Discovery",
    "confluence": "Confluence",
    "bitbucket": "Bitbucket",
    "compass": "Compass",
}
_LONGEST_NAME = 60
_SEAT = "atlassian/user"
_ROLE_ON = re.compile(r"^(?P<role>.+?) on (?P<resource>ari:.*)$", re.DOTALL)
# Atlassian names a product's own group so when it sets the site up: `confluence-users-acme`.
_SEAT_GROUP = re.compile(rf"^({'|'.join(sorted(map(re.escape, _PRODUCTS), key=len, reverse=True))})-users(-|$)", re.IGNORECASE)
_ADMIN_WORDS = re.compile(r"admin|owner", re.IGNORECASE)


def administration(brought_back: Sequence[str]) -> tuple[str, ...]:
    """Those of *brought_back* that administrate: by their role, and for a group, whose roles are not told, by its name."""
    return tuple(thing for thing in brought_back if _administrates(thing))


def seats_and_groups(brought_back: Sequence[str]) -> tuple[str, ...]:
    """All others."""
    return tuple(thing for thing in brought_back if not _administrates(thing))


def _administrates(thing: str) -> bool:
    on_a_resource = _ROLE_ON.match(thing)
    role = on_a_resource["role"] if on_a_resource else thing
    if on_a_resource or role.startswith("atlassian/"):
        return role not in HARMLESS_ROLES
    return bool(_ADMIN_WORDS.search(role))


def thing(name: str, names: Mapping[str, str]) -> str:
    """A product by its resource id, a `role on resource`, or a group or platform role by its name; *names* are products by resource id."""
    on_a_resource = _ROLE_ON.match(name)
    if on_a_resource:
        role = on_a_resource["role"]
        kind = "a seat" if role == _SEAT else _short(role.removeprefix("atlassian/"))
        return f"{_product(on_a_resource['resource'], names)} ({kind})"
    if name in names or name.startswith("ari:cloud:"):
        return _product(name, names)
    seat = _SEAT_GROUP.match(name)
    return f"`{_short(name)}`" + (f" (by its name a {_PRODUCTS[seat[1].lower()]} seat)" if seat else "")


def _product(resource: str, names: Mapping[str, str]) -> str:
    owner = resource.split(":")[2] if resource.startswith("ari:cloud:") else resource
    return _short(names.get(resource) or _PRODUCTS.get(owner) or owner or resource)


def _short(text: str) -> str:
    return quoted(text, longest=_LONGEST_NAME)
