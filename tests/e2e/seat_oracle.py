"""Who may lose a seat, worked out a second time from nothing but the sandbox: its accounts and what people in it did."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.catalog import Group
from sandbox.human import SlackKind
from sandbox.server import Sandbox
from tests.e2e.seat_people import DAY, PRODUCTS, PROTECTED

Key = tuple[str, str]
"""An account's id and a product."""

SEATS = {"atlassian/user", "atlassian/admin"}
ADMINISTER = {"atlassian/admin", "atlassian/user-access-admin"}
REACHED = {SlackKind.MEMBER, SlackKind.ADMIN, SlackKind.OWNER, SlackKind.GUEST, SlackKind.SINGLE_GUEST}
AFTER, DELAY, GRACE, WARN = 90 * DAY, timedelta(hours=24), 30 * DAY, 14 * DAY


@dataclass(slots=True, kw_only=True)
class Ledger:
    """
    What happened, as whoever lives in the sandbox can tell.

    `idle_since` is the first of the scans in a row at which a seat was idle, `warned` when its holder was asked. The sets are filled by the
    story as people do things: `exempt` until when, the others the seats that are kept, let go, asked to be left alone or asked for.
    """

    sandbox: Sandbox
    approvers: set[str] = field(default_factory=set)
    exempt: dict[Key, datetime] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)
    kept: set[Key] = field(default_factory=set)
    let_go: set[Key] = field(default_factory=set)
    requested: set[Key] = field(default_factory=set)
    idle_since: dict[Key, datetime] = field(default_factory=dict)
    warned: dict[Key, datetime] = field(default_factory=dict)
    planned: set[Key] = field(default_factory=set)
    _first_seen: dict[Key, datetime] = field(default_factory=dict)
    _used: dict[Key, datetime] = field(default_factory=dict)
    _scans: int = 0

    def accounts(self) -> list[Account]:
        """Everybody, as they truly are now."""
        self.sandbox.atlassian.settle()
        return self.sandbox.atlassian.register.accounts

    def scan(self) -> None:
        """A scan of everything, now."""
        now = self.sandbox.clock.now()
        for account in self.accounts():
            for product in PRODUCTS:
                self._look(account, product, now=now)
        self._scans += 1

    def _look(self, account: Account, product: str, *, now: datetime) -> None:
        key = (account.id, product)
        if account.status == "active" and SEATS & self._roles(account, product):
            # Whoever was there at the first scan has been there for nobody knows how long.
            self._first_seen.setdefault(key, now if self._scans else datetime.min.replace(tzinfo=UTC))
        if self.spares(account, product, now=now):
            self.idle_since.pop(key, None)
            self.warned.pop(key, None)
        else:
            self.idle_since.setdefault(key, now)
            agreed = now - self.idle_since[key] >= timedelta(hours=20)
            if agreed and key not in self.asked | self.requested and self.reaches(account):
                self.warned.setdefault(key, now)
        self._remember(account, product, now=now)

    def _remember(self, account: Account, product: str, *, now: datetime) -> None:
        used = self._visit(account, product)
        if used is not None and datetime(2002, 1, 1, tzinfo=UTC) <= used <= now:
            self._used[account.id, product] = max(used, self._used.get((account.id, product), used))

    def _visit(self, account: Account, product: str) -> datetime | None:
        return account.visits.get(self.sandbox.atlassian.catalog.product(product).ari)

    def _roles(self, account: Account, product: str) -> set[str]:
        ari = self.sandbox.atlassian.catalog.product(product).ari
        return {role for on, role in self.sandbox.atlassian.register.assigned(account) if on == ari}

    def spares(self, account: Account, product: str, *, now: datetime) -> str | None:
        """Why the seat is not idle, in a word; None when it is."""
        key, groups = (account.id, product), {self.sandbox.atlassian.catalog.groups[group].name for group in account.groups}
        if account.type != "atlassian" or account.status != "active" or account.pending_since or not SEATS & self._roles(account, product):
            return "no seat"
        if account.platform_roles or ADMINISTER & self._roles(account, product) or PROTECTED in groups or account.id in self.approvers:
            return "protected"
        if key in self.kept or (key in self.exempt and self.exempt[key] > now):
            return "kept"
        return self._recent(account, product, now=now)

    def _recent(self, account: Account, product: str, *, now: datetime) -> str | None:
        key, visit = (account.id, product), self._visit(account, product)
        if any(date is not None and not datetime(2002, 1, 1, tzinfo=UTC) <= date <= now for date in (visit, account.added_at)):
            return "unknown"
        used = max((date for date in (visit, self._used.get(key)) if date), default=None)
        if used is not None and used >= now - AFTER - DELAY:
            return "active"
        return "joiner" if max(account.added_at, self._first_seen.get(key, account.added_at)) > now - GRACE else None

    def reaches(self, account: Account) -> bool:
        """Whether somebody with this address, who confirmed it, is there to be asked."""
        users = [one for one in self.sandbox.slack.people.users.values() if (one.email or "").lower() == account.email.lower()]
        return account.email_visible and any(not one.deleted and one.email_confirmed and one.kind in REACHED for one in users)

    def plan(self) -> None:
        """A plan is made now, and its members are frozen."""
        now = self.sandbox.clock.now()
        due = {key for key, at in self.warned.items() if key in self.let_go or now - at >= WARN}
        by_id = {account.id: account for account in self.accounts()}
        self.planned = {key for key in due if key in self.idle_since and not self._kept(by_id[key[0]], key, now=now)}

    def _kept(self, account: Account, key: Key, *, now: datetime) -> bool:
        return key in self.kept or (key in self.exempt and self.exempt[key] > now) or account.id in self.approvers

    def after_the_plan(self) -> dict[str, Account]:
        """Every account by id, as it has to be once the plan is carried out on the world as it is now."""
        return {account.id: self._after(account, self.going(account)) for account in self.accounts()}

    def losers(self) -> set[Key]:
        """The seats that have to go."""
        return {(one.id, product) for one in self.accounts() for product in self.going(one) if self._after(one, {product}) != one}

    def going(self, account: Account) -> set[str]:
        """The products that the account loses: those of the plan that nothing speaks for now, and that can go without anything else."""
        going = {product for product in PRODUCTS if self._may_go(account, product)}
        while True:
            stuck = {product for product in going if self._in_the_way(account, product, going=going)}
            if not stuck:
                return going
            going -= stuck

    def _may_go(self, account: Account, product: str) -> bool:
        key = (account.id, product)
        spoken_for = key in self.asked | self.requested
        return key in self.planned and not spoken_for and not self.spares(account, product, now=self.sandbox.clock.now())

    def _in_the_way(self, account: Account, product: str, *, going: set[str]) -> bool:
        """Whether a group that gives the seat is not ours to change, or would take anything else along."""
        taken = {group.id for one in going for group in self._givers(account, one)}
        stays = {grant for group in self._open_groups(account) if group.id not in taken for grant in group.grants} | account.roles
        aris = {one: self.sandbox.atlassian.catalog.product(one).ari for one in going}
        for group in self._givers(account, product):
            meant = {aris[one] for one in going if group in self._givers(account, one)}
            if group.external or any(grant not in stays and grant[0] not in meant for grant in group.grants):
                return True
        return False

    def _open_groups(self, account: Account) -> Iterator[Group]:
        groups = (self.sandbox.atlassian.catalog.groups[group] for group in account.groups)
        return (group for group in groups if account.active_in(group.directory))

    def _givers(self, account: Account, product: str) -> list[Group]:
        ari = self.sandbox.atlassian.catalog.product(product).ari
        return [group for group in self._open_groups(account) if any(on == ari and role in SEATS for on, role in group.grants)]

    def _after(self, account: Account, going: set[str]) -> Account:
        gone = {group.id for product in going for group in self._givers(account, product)}
        direct = {(self.sandbox.atlassian.catalog.product(product).ari, "atlassian/user") for product in going}
        return replace(account, groups=account.groups - gone, roles=account.roles - direct)
