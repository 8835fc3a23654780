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
    """A plan that nobody has decided: how many seats it would take, and its card once it is posted. One without seats names people."""

    seats: int
    card: CardPlace | None


class HeldScan(NamedTuple):
    """The product of a list that waits for an answer, and the question about it where it is known."""

    product: str
    card: CardPlace | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaiting:
    """
    Requests and exemptions to decide, requests and removals that are stuck, plans by their end, and scans whose list is held.

    `unreached` counts warnings that reached nobody.
    """

    requests: Pile = Pile()
    stuck_requests: Pile = Pile()
    exemptions: Pile = Pile()
    plans: tuple[ProposedPlan, ...] = ()
    held: tuple[HeldScan, ...] = ()
    stuck_removals: int = 0
    unreached: int = 0

    def cards(self) -> Iterator[CardPlace]:
        """Where all of these stand that have a card."""
        for pile in (self.requests, self.stuck_requests, self.exemptions):
            yield from pile.cards
        for card in (*(one.card for one in self.plans), *(one.card for one in self.held)):
            if card is not None:
                yield card
