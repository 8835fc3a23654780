"""The simulated organization: its state, its clockwork and what a person may do to it in Python."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.agenda import Agenda
from sandbox.atlassian.behaviour import Behaviour
from sandbox.atlassian.catalog import API_KEY, ORG_ID, SITE_EMAIL, SITE_TOKEN, Catalog, Product
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.journal import Call, Journal, Write
from sandbox.atlassian.limits import RateLimits
from sandbox.atlassian.register import Register
from sandbox.clock import Clock
from sandbox.events import Events

KEY_LIFE = timedelta(days=300)  # Atlassian allows a year at most


class KeyState(StrEnum):
    """What the organization API key is worth."""

    VALID = "valid"
    REVOKED = "revoked"
    SCOPED = "scoped"
    EXPIRED = "expired"


class Organization:
    """
    The organization `acme`.

    Facts change only through `change`, which counts seats, remembers what lagging readers still see and writes the journal.
    """

    id = ORG_ID
    name = "Acme"
    api_key = API_KEY
    site_email = SITE_EMAIL
    site_token = SITE_TOKEN

    def __init__(self, *, clock: Clock, events: Events, catalog: Catalog) -> None:
        self.clock, self.catalog = clock, catalog
        self.behaviour = Behaviour()
        self.register = Register(catalog)
        self.journal = Journal(clock, events)
        self.agenda = Agenda()
        self.key_by_email: dict[str, str] = {}
        self.capacity: dict[str, int] = {}
        self.limits = RateLimits(clock)
        self.key_state = KeyState.VALID
        self.key_expires_at = clock.now() + KEY_LIFE
        self._veils: dict[str, list[tuple[datetime, Account]]] = {}

    def settle(self) -> datetime:
        """Let everything happen that is due, and return the time."""
        now = self.clock.now()
        self.agenda.run_due(now)
        if self.key_state is KeyState.VALID and now >= self.key_expires_at:
            self.key_state = KeyState.EXPIRED
        return now

    # -- reading

    def seen(self, account: Account, *, by_roles: bool = False) -> Account | None:
        """The account as searches (or reads of its roles) show it now: behind by their lag; None when they do not show it yet."""
        now, lags = self.clock.now(), (self.behaviour.write_lag, self.behaviour.role_lag)
        if account.pending_since and not self._shows_pending(account.pending_since, now=now):
            return None
        veils = self._veils.get(account.id)
        if not veils:
            return account
        veils[:] = [veil for veil in veils if veil[0] + max(lag for lag in lags if lag is not None) > now]
        if not veils:
            del self._veils[account.id]
        lag = lags[1] if by_roles and lags[1] is not None else lags[0]
        return next((before for since, before in veils if since + lag > now), account)

    def _shows_pending(self, since: datetime, *, now: datetime) -> bool:
        after = self.behaviour.pending_visible_after
        return after is not None and now >= since + after

    def veiled(self) -> list[Account]:
        """Accounts that searches may still show in an older state."""
        return [account for id_ in list(self._veils) if (account := self.register.get(id_)) is not None]

    def free(self, product: Product) -> int | None:
        """Seats left, never below 0; None when the plan has no limit."""
        capacity = self.capacity.get(product.key)
        return None if capacity is None else max(0, capacity - self.register.used[product.ari])

    # -- changing

    def change(
        self, account: Account, /, *, act: str, by: str = "api", target: str | None = None, full: str | None = None, **facts: Any
    ) -> Account:
        """
        The account with *facts* replaced, journaled as *act*.

        With *full*, the code for a full licence, raises Refusal when the change needs a seat that is not there.
        """
        after = replace(account, **facts)
        if after == account:
            return account
        if full:
            self.need_seats(self.register.billed(after) - self.register.billed(account), code=full)
        self._veil(account)
        self.register.put(after)
        self.journal.record_write(act, account_id=account.id, target=target, by=by)
        return after

    def join(self, account: Account, *, act: str, by: str = "api") -> Account:
        """Take in a new *account*."""
        self.register.put(account)
        self.journal.record_write(act, account_id=account.id, target=None, by=by)
        return account

    def visit(self, account: Account, *, product: Product) -> None:
        """Let this person use the product now; activity data tell so after the activity lag. A visit is no write."""
        when, ari = self.clock.now(), product.ari

        def publish(current: Account) -> None:
            self.register.put(replace(current, visits={**current.visits, ari: max(when, current.visits.get(ari, when))}))

        self.later(self.behaviour.activity_lag, account.id, publish)

    def _veil(self, account: Account) -> None:
        if self.behaviour.write_lag or self.behaviour.role_lag:
            self._veils.setdefault(account.id, []).append((self.clock.now(), account))

    def later(self, delay: timedelta, account_id: str, act: Callable[[Account], object]) -> None:
        """Do *act* to the account as it then is, after *delay*."""

        def do() -> None:
            account = self.register.get(account_id)
            if account is not None:
                act(account)

        self.agenda.put(self.clock.now() + delay, do)

    def need_seats(self, gained: frozenset[str], *, code: str) -> None:
        """Raises Refusal with *code* unless every product of *gained* has a seat left."""
        for product in self.catalog.products.values():
            if product.ari in gained and self.free(product) == 0:
                raise Refusal(code, detail=f"The licence limit of {product.name} on {product.site} is reached")

    # -- for tests and stories

    @property
    def writes(self) -> list[Write]:
        """Every effective change since the world began, oldest first."""
        return self.journal.writes

    @property
    def calls(self) -> list[Call]:
        """The calls still remembered, oldest first."""
        return list(self.journal.calls)

    def person(self, key: str) -> Account:
        """The (first) account of the person called *key*, as it truly is; raises KeyError when there is none."""
        self.settle()
        found = self.register.with_key(key)
        if not found:
            raise KeyError(key)
        return found[0]

    def has_product(self, key: str, product: str) -> bool:
        """Whether this person can use the product now: a seat by any way, account and membership in order, invitation accepted."""
        account = self.person(key)
        return account.pending_since is None and self.catalog.product(product).ari in self.register.billed(account)

    def groups_of(self, key: str) -> frozenset[str]:
        """The names of this person's groups."""
        return frozenset(self.catalog.groups[group].name for group in self.person(key).groups)
