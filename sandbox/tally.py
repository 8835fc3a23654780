"""The sandbox's own count of seats, told from nothing but the accounts themselves: what the bot's figures are held against."""

from dataclasses import dataclass, field
from datetime import date

from sandbox.atlassian.organization import Organization


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A seat that was there at one count and not at the next (`lost`), or the other way round."""

    day: date
    account_id: str
    product: str
    lost: bool


@dataclass(slots=True, kw_only=True)
class Tally:
    """Counts who has a seat of some products, and keeps what changed from one count to the next."""

    organization: Organization
    products: tuple[str, ...]
    changes: list[Change] = field(default_factory=list)
    _seated: dict[str, frozenset[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """The first count."""
        self._seated = {product: self.seated(product) for product in self.products}

    def seated(self, product: str) -> frozenset[str]:
        """The ids of all accounts that the product is billed for now."""
        ari = self.organization.catalog.product(product).ari
        return frozenset(one.id for one in self.organization.register.accounts if ari in self.organization.register.billed(one))

    def count(self) -> tuple[Change, ...]:
        """What has changed since the last count."""
        day, found = self.organization.clock.now().date(), list[Change]()
        for product in self.products:
            now, before = self.seated(product), self._seated[product]
            found += [Change(day=day, account_id=one, product=product, lost=True) for one in sorted(before - now)]
            found += [Change(day=day, account_id=one, product=product, lost=False) for one in sorted(now - before)]
            self._seated[product] = now
        self.changes += found
        return tuple(found)

    def lost(self, product: str) -> list[Change]:
        """The seats that went, in order; one that went twice is there twice."""
        return [change for change in self.changes if change.product == product and change.lost]

    def returned(self, product: str) -> list[Change]:
        """The seats that came, or came back, in order."""
        return [change for change in self.changes if change.product == product and not change.lost]
