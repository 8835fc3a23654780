"""PURE: what waits for a person's decision or help, as the digest counts it."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaiting:
    """
    Requests and exemptions to decide, requests and removals that are stuck, the proposed plan, and scans whose list is held (product keys).

    `unreached` counts warnings that reached nobody.
    """

    requests: Pile = Pile()
    stuck_requests: Pile = Pile()
    exemptions: Pile = Pile()
    plan: ProposedPlan | None = None
    held: tuple[str, ...] = ()
    stuck_removals: int = 0
    unreached: int = 0
