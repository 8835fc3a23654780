"""PURE: what waits for a person's decision or help, as the digest counts it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple


class CardPlace(NamedTuple):
    """Where a card stands in Slack."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pile:
    """So many of one kind, and the places of the first few cards, the longest waiting first."""

    count: int = 0
    cards: tuple[CardPlace, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposedPlan:
    """The newest plan that nobody has decided: how many seats, and its card once it is posted."""

    seats: int
    card: CardPlace | None


class HeldScan(NamedTuple):
    """The product of a list that waits for an answer, and the question about it where it is known."""

    product: str
    card: CardPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaiting:
    """
    Requests and exemptions to decide, requests and removals that are stuck, the proposed plan, and scans whose list is held.

    `unreached` counts warnings that reached nobody.
    """

    requests: Pile = Pile()
    stuck_requests: Pile = Pile()
    exemptions: Pile = Pile()
    plan: ProposedPlan | None = None
    held: tuple[HeldScan, ...] = ()
    stuck_removals: int = 0
    unreached: int = 0

    def cards(self) -> Iterator[CardPlace]:
        """Where all of these stand that have a card."""
        for pile in (self.requests, self.stuck_requests, self.exemptions):
            yield from pile.cards
        yield from (one.card for one in (self.plan, *self.held) if one is not None and one.card is not None)
