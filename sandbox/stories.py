"""What befell the people without a fixed part: their accounts, products and last visits."""

from collections.abc import Callable
from random import Random
from typing import Any

from sandbox.human import AtlassianState, SlackKind

Facts = dict[str, Any]

LICENCE_GROUPS = {"jira": "jira-users-acme", "confluence": "confluence-users-acme", "jsm": "jsm-agents-acme", "jpd": "jpd-creators-acme"}
PLAIN_GROUPS = ("design", "book-club", "berlin-office", "on-call", "marketing")
ROUTES = (
    # products, groups that grant them, weight
    (("jira", "confluence"), ("jira-users-acme", "confluence-users-acme"), 40),
    (("jira", "confluence"), ("all-staff",), 8),
    (("jira", "confluence"), ("engineering", "confluence-users-acme"), 10),
    (("jira", "confluence"), ("jira-users-acme", "engineering", "confluence-users-acme"), 4),
    (("jira",), ("jira-users-acme",), 20),
    (("confluence",), ("confluence-users-acme",), 14),
    (("jira", "jsm"), ("jira-users-acme", "jsm-agents-acme"), 3),
    (("jira", "confluence", "jpd"), ("jira-users-acme", "confluence-users-acme", "jpd-creators-acme"), 2),
)
_WEIGHTS = tuple(route[2] for route in ROUTES)

# Shares among those who did not lose access for inactivity, in the proportions that audits of mid-sized organizations show.
SHARES = {
    "busy": 64.0,
    "quiet": 12.0,
    "idle": 8.0,
    "never": 2.0,
    "joiner": 2.5,
    "suspended": 2.5,
    "deactivated": 3.0,
    "scim": 1.0,
    "leaving": 0.5,
    "closed": 1.0,
    "invited": 1.0,
    "outside": 2.5,
}


def tell(story: str, *, chance: Random) -> Facts:
    """The facts of one person, as keyword arguments of `Human`."""
    facts = _STORIES[story](chance)
    facts.setdefault("since", chance.uniform(240, 2200))
    return facts


def _seated(chance: Random, *, days: tuple[float, float]) -> Facts:
    """Somebody with seats, each last used *days* ago."""
    products, groups, _ = chance.choices(ROUTES, _WEIGHTS)[0]
    seen = tuple((product, chance.uniform(*days)) for product in products)
    return {"products": products, "groups": groups, "seen": seen}


def _busy(chance: Random) -> Facts:
    facts = _seated(chance, days=(0.05, 20))
    rare = chance.random()
    if rare < 0.02:
        return {**facts, "products": ("jira",), "groups": (), "direct_roles": (("jira", "atlassian/user"),), "seen": facts["seen"][:1]}
    if rare < 0.05:
        return {**facts, "directories": ("acme", "northwind"), "groups": (*facts["groups"], "knowledge-idp")}
    if rare < 0.08:
        return {**facts, "managed": False, "email_visible": chance.random() < 0.5}
    if rare < 0.09:
        return {**facts, "groups": (*facts["groups"], "jira-admins-acme")}
    if rare < 0.10:
        return {**facts, "slack_kind": SlackKind.GUEST, "managed": False}
    return {**facts, "groups": (*facts["groups"], chance.choice(PLAIN_GROUPS))} if rare < 0.4 else facts


def _quiet(chance: Random) -> Facts:
    return _seated(chance, days=(30, 80))


def _idle(chance: Random) -> Facts:
    facts = _seated(chance, days=(95, 420))
    if chance.random() < 0.4:  # idle in one product only
        first, *rest = facts["seen"]
        facts["seen"] = (first, *((product, chance.uniform(0.2, 20)) for product, _ in rest))
    if chance.random() < 0.03:
        facts["groups"] = (*facts["groups"], "jira-admins-acme")
    return facts


def _never(chance: Random) -> Facts:
    return {**_seated(chance, days=(0, 1)), "seen": (), "since": chance.uniform(120, 600)}


def _joiner(chance: Random) -> Facts:
    since = chance.uniform(1, 25)
    facts = _seated(chance, days=(0.1, since))
    return {**facts, "since": since, "seen": facts["seen"] if chance.random() < 0.6 else ()}


def _lost(chance: Random) -> Facts:
    lost = chance.choices((("jira",), ("confluence",), ("jira", "confluence")), (55, 20, 25))[0]
    kept = tuple(product for product in ("jira", "confluence") if product not in lost and chance.random() < 0.6)
    since_loss = chance.uniform(3, 120)
    seen = [(product, since_loss + chance.uniform(90, 300)) for product in lost]
    return {
        "atlassian": AtlassianState.IDLE_REMOVED,
        "products": kept,
        "lost": lost,
        "groups": (*(LICENCE_GROUPS[product] for product in kept), *((chance.choice(PLAIN_GROUPS),) if chance.random() < 0.3 else ())),
        "seen": tuple(seen + [(product, chance.uniform(0.2, 60)) for product in kept]),
        "state_days": since_loss,
        "since": since_loss + chance.uniform(320, 1800),
    }


def _suspended(chance: Random) -> Facts:
    facts = _seated(chance, days=(60, 300))
    if chance.random() < 0.25:  # suspended in one of two directories: still active on the whole
        return {**facts, "directories": ("acme", "northwind"), "suspended_in": ("northwind",)}
    return {**facts, "atlassian": AtlassianState.SUSPENDED, "products": (), "suspended_in": ("acme",), "state_days": chance.uniform(5, 200)}


def _gone(state: AtlassianState, *, days: tuple[float, float], lock: str | None = None) -> Callable[[Random], Facts]:
    def facts(chance: Random) -> Facts:
        slack_kind = SlackKind.DEACTIVATED if chance.random() < 0.8 else SlackKind.MEMBER
        standing = {"atlassian": state, "products": (), "slack_kind": slack_kind, "lock": lock, "state_days": chance.uniform(*days)}
        return {**_seated(chance, days=(200, 500)), **standing}

    return facts


def _closed(chance: Random) -> Facts:
    return {**_gone(AtlassianState.CLOSED, days=(20, 300))(chance), "groups": ()}


def _scim(chance: Random) -> Facts:
    lock = "externalDirectory.google" if chance.random() < 0.25 else "externalDirectory.scim"
    return _gone(AtlassianState.DEACTIVATED, days=(2, 200), lock=lock)(chance)


def _invited(chance: Random) -> Facts:
    days = chance.uniform(0.5, 40)
    return {**_seated(chance, days=(0, 1)), "atlassian": AtlassianState.PENDING, "seen": (), "since": days, "state_days": days}


def _outside(chance: Random) -> Facts:
    guest = chance.random() < 0.3
    kind = SlackKind.SINGLE_GUEST if guest else SlackKind.MEMBER
    return {"atlassian": AtlassianState.ABSENT, "directories": (), "managed": False, "slack_kind": kind}


_STORIES: dict[str, Callable[[Random], Facts]] = {
    "busy": _busy,
    "quiet": _quiet,
    "idle": _idle,
    "never": _never,
    "joiner": _joiner,
    "lost": _lost,
    "suspended": _suspended,
    "deactivated": _gone(AtlassianState.DEACTIVATED, days=(10, 400)),
    "scim": _scim,
    "leaving": _gone(AtlassianState.FOR_DELETION, days=(0.5, 13.5)),
    "closed": _closed,
    "invited": _invited,
    "outside": _outside,
}
