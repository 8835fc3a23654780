"""What waits for a person, read at one moment."""

from collections.abc import Iterable, Iterator
from typing import Protocol

from bot.figures.awaiting import Awaiting, CardPlace, HeldScan, Pile, ProposedPlan
from bot.idle.plan_figures import PlanFigures
from bot.jobs.plans import ProposePlan
from bot.usecases.proposing import names_anybody
from storage import access_requests, batches, exemptions, figures, outbox, reclaims, scans, warnings
from storage.db import UnitOfWork
from storage.lifecycle import ReclaimStatus, RequestStatus, WarningStatus

MOST_CARDS = 3
"""Links in one line; the channel has the others."""
MOST_READ = 200
"""The longest waiting of these are linked: what is listed comes newest first."""


class HasCard(Protocol):
    """A row with a card, or without one yet."""

    @property
    def card_channel(self) -> str | None:
        """Where it is."""

    @property
    def card_ts(self) -> str | None:
        """Which message it is."""


def awaiting(uow: UnitOfWork, products: Iterable[str]) -> Awaiting:
    """All that waits now; *products* are keys."""
    keys = tuple(products)
    asked = exemptions.list_asked(uow, limit=MOST_READ)
    return Awaiting(
        requests=_requests(uow, RequestStatus.PENDING),
        stuck_requests=_requests(uow, RequestStatus.NEEDS_ATTENTION),
        exemptions=Pile(count=len(asked), cards=_places(asked)),
        plans=tuple(_plans(uow)),
        held=tuple(HeldScan(key, card=place_of(one)) for key in keys for one in scans.awaiting_answer(uow, key, limit=MOST_READ)),
        stuck_removals=sum(figures.reclaim_counts(uow, key)[ReclaimStatus.NEEDS_ATTENTION] for key in keys),
        unreached=sum(warnings.counts(uow, key)[WarningStatus.UNDELIVERABLE] for key in keys),
    )


def plan_comes(uow: UnitOfWork) -> bool:
    """Whether a plan is being made at this moment, or was, and is not in the channel yet."""
    made = any(one.card_ts is None and not PlanFigures.from_json(one.figures).dry for one in batches.list_proposed(uow))
    return made or outbox.is_unfinished(uow, subject=ProposePlan.of)


def place_of(row: HasCard) -> CardPlace | None:
    """Where the row's card stands; None while it has none."""
    return CardPlace(row.card_channel, row.card_ts) if row.card_channel and row.card_ts else None


def _requests(uow: UnitOfWork, status: RequestStatus) -> Pile:
    newest_first = access_requests.list_recent(uow, status=status, limit=MOST_READ)
    return Pile(count=access_requests.counts(uow)[status], cards=_places(reversed(newest_first)))


def _places(rows: Iterable[HasCard]) -> tuple[CardPlace, ...]:
    return tuple(place for row in rows if (place := place_of(row)) is not None)[:MOST_CARDS]


def _plans(uow: UnitOfWork) -> Iterator[ProposedPlan]:
    """Those that there is something to decide about; the picture of plan mode is no plan: nobody can decide it."""
    for batch in sorted(batches.list_proposed(uow), key=lambda one: one.due_at or one.proposed_at):
        figures, seats = PlanFigures.from_json(batch.figures), reclaims.counts_of_batch(uow, batch.id)[ReclaimStatus.PLANNED]
        if not figures.dry and (seats or names_anybody(uow, figures)):
            yield ProposedPlan(seats=seats, card=place_of(batch))
