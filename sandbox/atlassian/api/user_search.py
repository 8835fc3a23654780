"""Search of the accounts of all directories, a page at a time, quick at 100,000."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.api.cursors import Place, Query
from sandbox.atlassian.organization import Organization

SPARSE = 0.2  # a part of all accounts below which an index is quicker than the whole list

Test = Callable[[Account], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The accounts of one page and where the next begins (None: the end)."""

    accounts: list[Account]
    next_position: int | None


def search(organization: Organization, *, place: Place, size: int, directories: frozenset[str]) -> Page:
    """
    The accounts that match `place.query`, in order of joining (or of nickname) from `place.position` on.

    A position is a place in the list of candidates, so that joining and leaving between two calls moves rows as on a living list.
    """
    tests = _tests(organization, place.query, directories=directories)
    candidates = _candidates(organization, place.query)
    found: list[Account] = []
    overlap = min(organization.behaviour.page_overlap, size - 1)
    start = max(0, place.position - overlap) if place.position else 0
    for position in range(start, len(candidates)):
        seen = organization.seen(organization.register.accounts[candidates[position]])
        if seen is None or not all(test(seen) for test in tests):
            continue
        if len(found) == size:
            return Page(accounts=found, next_position=position)
        found.append(seen)
    return Page(accounts=found, next_position=None)


def _candidates(organization: Organization, query: Query) -> Sequence[int]:
    register = organization.register
    narrowed = _narrowed(organization, query)
    chosen: Sequence[int] = range(len(register.accounts)) if narrowed is None else sorted(narrowed)
    for order in query.get("sortBy", [])[:1]:
        backwards = order.get("direction") == "desc"
        chosen = sorted(chosen, key=lambda ordinal: register.accounts[ordinal].name.lower(), reverse=backwards)
    return chosen


def _narrowed(organization: Organization, query: Query) -> set[int] | None:
    """The only accounts that can match, when an index knows them; None for all."""
    register = organization.register
    if "accountIds" in query:
        known = (register.get(account_id) for account_id in query["accountIds"])
        return {register.ordinal(account.id) for account in known if account is not None}
    if "emails" in query:
        return {register.ordinal(account.id) for email in query["emails"] for account in register.with_email(email)}
    if not {"groupIds", "resourceIds"} & set(query):
        return None
    veiled = {register.ordinal(account.id) for account in organization.veiled()}
    if "groupIds" in query:
        return veiled.union(*(register.members[id_] for id_ in query["groupIds"] if id_ in register.members))
    granted = register.granting(query["resourceIds"])
    return granted | veiled if len(granted) < SPARSE * len(register.accounts) else None


def _tests(organization: Organization, query: Query, *, directories: frozenset[str]) -> list[Test]:
    wanted = directories & set(query["directoryIds"]) if "directoryIds" in query else directories
    everywhere = wanted == frozenset(organization.catalog.directories)
    tests: list[Test] = [_belongs(wanted, homeless=everywhere and query.get("claimStatus") == "managed")]
    tests += [make(query[name]) for name, make in _FILTERS.items() if name in query]
    if "resourceIds" in query or "roleIds" in query:
        tests.append(_holds(organization, aris=query.get("resourceIds"), roles=query.get("roleIds")))
    return tests


def _belongs(directories: frozenset[str], *, homeless: bool) -> Test:
    """In one of *directories*; managed accounts in none are listed only to those who ask for managed ones."""

    def test(account: Account) -> bool:
        if account.type != "atlassian":
            return False
        return not directories.isdisjoint(account.directories) or (homeless and account.managed and not account.directories)

    return test


def _holds(organization: Organization, *, aris: list[str] | None, roles: list[str] | None) -> Test:
    def test(account: Account) -> bool:
        held = organization.register.assigned(account)
        if roles and not aris and not set(roles).isdisjoint(account.platform_roles):
            return True
        return any((aris is None or ari in aris) and (roles is None or role in roles) for ari, role in held)

    return test


def _matches(term: str) -> Test:
    term = term.lower()
    return lambda account: term in account.name.lower() or (account.email_visible and term in account.email.lower())


def _addressed(emails: list[str]) -> Test:
    wanted = {email.lower() for email in emails}
    return lambda account: account.email_visible and account.email.lower() in wanted


def _same_domain(domains: list[str]) -> Test:
    wanted = {domain.lower() for domain in domains}
    return lambda account: account.email_visible and account.email.rpartition("@")[2].lower() in wanted


_FILTERS: dict[str, Callable[[Any], Test]] = {
    "accountIds": lambda ids: lambda account: account.id in ids,
    "groupIds": lambda ids: lambda account: not account.groups.isdisjoint(ids),
    "mfaEnabled": lambda flag: lambda account: account.managed is flag,
    "claimStatus": lambda word: lambda account: account.managed is (word == "managed"),
    "status": lambda words: lambda account: account.status in words,
    "accountStatus": lambda words: lambda account: account.account_status in words,
    "membershipStatus": lambda words: lambda account: account.membership_status in words,
    "emails": _addressed,
    "emailDomains": _same_domain,
    "searchTerm": _matches,
}
