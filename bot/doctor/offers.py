"""PURE: the products that the organization has and the settings do not, as tables ready to paste into `comeback.toml`."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import ValidationError

from atlassian.models import Workspace
from bot.settings import Product, ProductSettings

MOST_PRODUCTS = 49
"""Slack takes 50 commands in a manifest; one is /request-access."""
LONGEST_KEY = 23
LONGEST_NAME = 60

_KNOWN: Mapping[str, tuple[str, str]] = {
    "jira": ("jira", "Jira"),
    "jira-software": ("jira", "Jira"),
    "jira-core": ("jira_work", "Jira Work Management"),
    "jira-servicedesk": ("jsm", "Jira Service Management"),
    "jira-servicemanagement": ("jsm", "Jira Service Management"),
    "jira-product-discovery": ("jpd", "Jira Product Discovery"),
    "confluence": ("confluence", "Confluence"),
    "loom": ("loom", "Loom"),
    "bitbucket": ("bitbucket", "Bitbucket"),
    "compass": ("compass", "Compass"),
    "trello": ("trello", "Trello"),
    "statuspage": ("statuspage", "Statuspage"),
    "opsgenie": ("opsgenie", "Opsgenie"),
}
"""A short key, which becomes a slash command, and Atlassian's name, by the owner of a workspace."""
_UNFIT = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One product that could be put into the settings, under a key that is free there."""

    key: str
    name: str
    resource: str
    site: str


def offers(found: Sequence[Workspace], *, products: Mapping[str, Product]) -> tuple[Offer, ...]:
    """
    What *products* lack, in Atlassian's order; sandboxes, and products that are not online, are left out.

    A product on several sites is told apart by what their hosts do not share: `jira` and `jira_eu` on acme and acme-eu.
    """
    set_already = {product.resource for product in products.values()}
    usable = [one for one in found if _is_usable(one)]
    suffixes = _suffixes(usable)
    taken = set(products)
    offered = []
    for workspace in usable:
        if workspace.id in set_already:
            continue
        offer = _offer(workspace, suffix=suffixes[workspace.id], taken=taken)
        taken.add(offer.key)
        offered.append(offer)
    return tuple(offered[: max(0, MOST_PRODUCTS - len(products))])


def as_toml(offered: Iterable[Offer]) -> str:
    """The tables of *offered*, with the site as a comment; `name` only where the key does not say it."""
    return "\n\n".join("\n".join(_table(offer)) for offer in offered)


def _table(offer: Offer) -> Iterator[str]:
    yield f"[products.{offer.key}]" + (f"  # {offer.site}" if offer.site else "")
    yield f"resource = {_text(offer.resource)}"
    if _named_by_key(offer) != offer.name:
        yield f"name = {_text(offer.name)}"


def _text(value: str) -> str:
    # JSON's strings are TOML's, as nothing but printable characters gets here.
    return json.dumps(value, ensure_ascii=False)


def _named_by_key(offer: Offer) -> str:
    return _alone(offer.key, resource=offer.resource).name


def _alone(key: str, *, resource: str) -> Product:
    """The product as the settings would have it, from its resource alone; raises ValidationError when they would refuse it."""
    return ProductSettings.model_validate({"products": {key: {"resource": resource}}}).products[key]


def _is_usable(workspace: Workspace) -> bool:
    attributes = workspace.attributes
    return attributes.status in (None, "online") and not attributes.is_sandbox and _can_be_set(workspace.id)


def _can_be_set(resource: str) -> bool:
    try:
        _alone("any", resource=resource)
    except ValidationError:
        return False
    return True


def _known(workspace: Workspace) -> tuple[str, str]:
    attributes = workspace.attributes
    owner = attributes.owner or attributes.type_key or ""
    if owner in _KNOWN:
        return _KNOWN[owner]
    shown = _printable(attributes.type or owner) or "Product"
    return _slug(owner or shown) or "product", shown[:LONGEST_NAME]


def _suffixes(workspaces: Sequence[Workspace]) -> dict[str, tuple[str, ...]]:
    """What tells a workspace from others of its product: the words of its host that they do not all begin with."""
    sites: dict[str, set[tuple[str, ...]]] = {}
    for workspace in workspaces:
        sites.setdefault(_known(workspace)[0], set()).add(_words(workspace))
    shared = {product: _shared(words) for product, words in sites.items()}
    return {one.id: _words(one)[shared[_known(one)[0]] :] if len(sites[_known(one)[0]]) > 1 else () for one in workspaces}


def _shared(sites: Iterable[tuple[str, ...]]) -> int:
    """How many first words all *sites* have in common."""
    count = 0
    for words in zip(*sites, strict=False):
        if len(set(words)) > 1:
            break
        count += 1
    return count


def _words(workspace: Workspace) -> tuple[str, ...]:
    first = _host(workspace).partition(".")[0] or _printable(workspace.attributes.name or "")
    return tuple(word for word in _UNFIT.split(first.lower()) if word)


def _host(workspace: Workspace) -> str:
    return _printable(urlsplit(workspace.attributes.host_url or "").hostname or "")


def _offer(workspace: Workspace, *, suffix: tuple[str, ...], taken: set[str]) -> Offer:
    base, shown = _known(workspace)
    key = _free("_".join((base, *suffix)), taken=taken)
    where = " ".join(word.upper() if len(word) <= 3 else word.capitalize() for word in suffix)
    name = f"{shown} {where}".strip()[:LONGEST_NAME]
    return Offer(key=key, name=name, resource=workspace.id, site=_host(workspace))


def _free(key: str, *, taken: set[str]) -> str:
    """*key* cut to its length, with a number where it is taken; `access` is the command that lists all products."""
    wanted = key[:LONGEST_KEY].rstrip("_")
    numbered = (f"{key[: LONGEST_KEY - 1 - len(str(number))]}_{number}" for number in range(2, MOST_PRODUCTS + 3))
    return next(one for one in (wanted, *numbered) if one not in taken and one != "access")


def _slug(text: str) -> str:
    return _UNFIT.sub("_", text.lower()).strip("_0123456789")


def _printable(text: str) -> str:
    return " ".join("".join(char for char in text if char.isprintable()).split())
