"""All accounts with their indices: by id, e-mail, key, group, direct role and billed seat."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import BILLABLE, Catalog

Grant = tuple[str, str]  # resource ARI, role


class Register:
    """The accounts in order of their creation; `put` keeps every index and the seat counts true."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._ordinals: dict[str, int] = {}
        self._by_email: dict[str, list[str]] = {}
        self._by_key: dict[str, list[str]] = {}
        self._assigned: dict[tuple[frozenset[str], frozenset[Grant]], frozenset[Grant]] = {}
        self._seats_of: dict[frozenset[Grant], frozenset[str]] = {}
        self.accounts: list[Account] = []
        self.members: dict[str, set[int]] = defaultdict(set)
        self.direct: dict[str, set[int]] = defaultdict(set)
        self.used: Counter[str] = Counter()

    def put(self, account: Account) -> None:
        """Add *account*, or replace the one with its id."""
        ordinal = self._ordinals.get(account.id)
        if ordinal is None:
            ordinal = self._ordinals[account.id] = len(self.accounts)
            self.accounts.append(account)
            self._by_key.setdefault(account.key, []).append(account.id)
            if account.email_visible:
                self._by_email.setdefault(account.email.lower(), []).append(account.id)
        else:
            self._forget(self.accounts[ordinal], ordinal=ordinal)
            self.accounts[ordinal] = account
        for group in account.groups:
            self.members[group].add(ordinal)
        for ari, _ in account.roles:
            self.direct[ari].add(ordinal)
        self.used.update(self.billed(account))

    def _forget(self, account: Account, *, ordinal: int) -> None:
        for group in account.groups:
            self.members[group].discard(ordinal)
        for ari, _ in account.roles:
            self.direct[ari].discard(ordinal)
        self.used.subtract(self.billed(account))

    def get(self, account_id: str) -> Account | None:
        """The account with this id."""
        ordinal = self._ordinals.get(account_id)
        return None if ordinal is None else self.accounts[ordinal]

    def with_email(self, email: str) -> list[Account]:
        """Every account that shows exactly this e-mail, upper and lower case alike."""
        return [self.accounts[self._ordinals[id_]] for id_ in self._by_email.get(email.lower(), ())]

    def with_key(self, key: str) -> list[Account]:
        """The accounts of the person called *key* in the population."""
        return [self.accounts[self._ordinals[id_]] for id_ in self._by_key.get(key, ())]

    def ordinal(self, account_id: str) -> int:
        """The place of this account in `accounts`; it never changes."""
        return self._ordinals[account_id]

    def assigned(self, account: Account) -> frozenset[Grant]:
        """Every role that the account has directly or by a group, suspended or not."""
        key = (account.groups, account.roles)
        found = self._assigned.get(key)
        if found is None:
            found = self._assigned[key] = account.roles.union(*(self._catalog.groups[group].grants for group in account.groups))
        return found

    def billed(self, account: Account) -> frozenset[str]:
        """The ARIs on which this account takes a seat: once per product, however many ways lead there."""
        if not (account.active and not account.closed and account.directories):
            return frozenset()
        if True not in account.directories.values():
            return self._seats(self.assigned(account))
        groups = (self._catalog.groups[group] for group in account.groups)
        by_group = (grant for group in groups if account.active_in(group.directory) for grant in group.grants)
        return self._seats(frozenset(by_group) | (account.roles if False in account.directories.values() else frozenset()))

    def _seats(self, grants: frozenset[Grant]) -> frozenset[str]:
        found = self._seats_of.get(grants)
        if found is None:
            found = self._seats_of[grants] = frozenset(ari for ari, role in grants if role in BILLABLE)
        return found

    def granting(self, aris: Iterable[str]) -> set[int]:
        """The ordinals of every account with any role on one of *aris*."""
        wanted = set(aris)
        found = [self.members[group.id] for group in self._catalog.groups.values() if wanted & {ari for ari, _ in group.grants}]
        return set().union(*found, *(self.direct[ari] for ari in wanted if ari in self.direct))
