"""Making a plan: of the seats that may be taken now or, in mode `plan`, a picture of those that could be."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice

from bot.actor import Comeback
from bot.idle.plan_figures import PlanFigures, ProductFigures
from bot.idle.rules import BETWEEN_SCANS
from bot.jobs.plans import ExpirePlan, PostPlan
from bot.settings import Settings
from bot.usecases import seasons
from bot.usecases.batches import expire
from bot.usecases.scans import is_doubted
from bot.usecases.seat_facts import used_after
from bot.usecases.steps import audit_actor, enqueue
from storage import batches, exemptions, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import IDLE_ACTIVITIES, BatchStatus, ReclaimStatus, WarningStatus
from storage.seat_records import Batch, IdlePlace, Planned, Seat, SeatWarning

PLAN_LASTS = timedelta(days=7)
MOST_READ = 10_000
"""Warnings looked at for one plan: as many as one plan may ever have."""
EVERYBODY = 1_000_000
"""A list that approvers read before they agree has all of them."""
PAGE = 500
A_WEEK = timedelta(days=6, hours=12)
"""Between two pictures; half a day less than a week, as the hour of a daily job wavers."""
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


MOST_UNWARNED = 200
"""People of one product whom nobody could warn that one plan names, the longest unreached; who is taken makes room for the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Due:
    """A seat whose time has come, with the warning of its holder."""

    seat: Seat
    warning: SeatWarning

    @property
    def place(self) -> tuple[datetime, str, str]:
        """Longest idle first, never active before all, as `reclaims.of_batch` has it."""
        return (self.seat.last_active_at or _BEFORE_ALL, self.seat.account_id, self.seat.product)


def propose(uow: UnitOfWork, *, settings: Settings) -> Batch | None:
    """
    A plan of the warned seats whose time and whose product's window have come, longest idle first; None when there is nothing to plan.

    Where they are more than a plan may have, a product with a nearer renewal comes first. A product whose seats are before the approvers
    already waits for their answer. Warnings that reached nobody are named beside the plan; one that only names people ends where a later
    one names them too.
    """
    undecided = _undecided(uow)
    awaited = {product for one in undecided if one.seats for product in one.figures.products}
    products = [key for key in _in_season(uow, settings) if key not in awaited and not is_doubted(uow, key)]
    all_due = _due(uow, products, settings=settings)
    due = all_due[: settings.idle.max_per_run]
    # A product whose people are due, and found no room, comes with the next plan: to name it in this one would hold it up.
    left_out = {one.seat.product for one in all_due} - {one.seat.product for one in due}
    unwarned = [warning for key in products if key not in left_out for warning in _unwarned(uow, key, settings)]
    naming = [one for one in undecided if not one.seats and names_anybody(uow, one.figures)]
    named = {product for one in naming for product in one.figures.products}
    if not due and all(warning.product in named for warning in unwarned):
        return None
    counts = Counter(one.seat.product for one in due)
    counts.update(dict.fromkeys((warning.product for warning in unwarned), 0))
    for one in naming:
        if not counts.keys().isdisjoint(one.figures.products):
            expire(uow, one.id, settings=settings)
    left_over = len(all_due) - len(due)
    named_here = tuple(warning.id for warning in unwarned)
    figures = PlanFigures(products=_figures(uow, counts, settings=settings), unwarned=named_here, left_over=left_over)
    due_at = _ends_at(uow, figures, settings=settings)
    batch = batches.propose(uow, figures=figures.to_json(), due_at=due_at)
    reclaims.plan_all(uow, batch.id, [_planned(one) for one in due])
    _audit(uow, batch, members=len(due), figures=figures)
    enqueue(uow, PostPlan(batch_id=batch.id, channel=settings.admin_channel))
    enqueue(uow, ExpirePlan(batch_id=batch.id), due_at=due_at)
    return batch


def _audit(uow: UnitOfWork, batch: Batch, *, members: int, figures: PlanFigures) -> None:
    actor, unwarned = audit_actor(uow, Comeback()), len(figures.unwarned)
    uow.audit("batch.proposed", actor=actor, batch=batch.id, members=members, unwarned=unwarned, left_over=figures.left_over)


def _ends_at(uow: UnitOfWork, figures: PlanFigures, *, settings: Settings) -> datetime:
    """When the plan ends undecided: after a week, or as the first of its renewals begins, from which on what it takes is paid for."""
    renewals = (seasons.begins(one.renewal, settings).astimezone(UTC) for one in figures.products.values() if one.renewal)
    return min([uow.now + PLAN_LASTS, *renewals])


def _in_season(uow: UnitOfWork, settings: Settings) -> Iterator[str]:
    today = seasons.local_day(uow.now, settings)
    yield from (key for key, product in settings.products.items() if seasons.is_open(product, settings=settings, today=today))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undecided:
    """A plan that awaits its decision, and how many seats are still in it."""

    id: str
    seats: int
    figures: PlanFigures


def _undecided(uow: UnitOfWork) -> list[_Undecided]:
    return [
        _Undecided(
            id=batch.id, seats=reclaims.counts_of_batch(uow, batch.id)[ReclaimStatus.PLANNED], figures=PlanFigures.from_json(batch.figures)
        )
        for batch in batches.list_proposed(uow)
    ]


def names_anybody(uow: UnitOfWork, figures: PlanFigures) -> bool:
    """Whether the plan names somebody whom nobody could warn, and who has not been reached since."""
    return any(one.status is WarningStatus.UNDELIVERABLE for one in warnings.of_ids(uow, figures.unwarned).values())


def _due(uow: UnitOfWork, products: Sequence[str], *, settings: Settings) -> list[_Due]:
    """The seats whose time has come: those whose renewal is nearest first, and of these the longest idle."""
    found = warnings.due(uow, at=uow.now, products=products, limit=MOST_READ)
    renewals, due = {}, list[_Due]()
    for key in products:
        product = settings.products[key]
        renewals[key] = seasons.renewal_after(product, settings=settings, now=uow.now) or date.max
        words_from = seasons.words_from(product, settings=settings, now=uow.now)
        timely = [one for one in found if one.product == key and not seasons.is_overtaken(one, words_from=words_from)]
        due.extend(_with_seats(uow, key, timely))
    return sorted(due, key=lambda one: (renewals[one.seat.product], one.place))


def _with_seats(uow: UnitOfWork, product: str, found: Sequence[SeatWarning]) -> Iterator[_Due]:
    for start in range(0, len(found), PAGE):
        yield from _page(uow, product, found[start : start + PAGE])


def _page(uow: UnitOfWork, product: str, page: Sequence[SeatWarning]) -> Iterator[_Due]:
    accounts = [warning.account_id for warning in page]
    known = seats.of_accounts(uow, product, accounts)
    exempt = exemptions.active_of_accounts(uow, product, accounts)
    for warning in page:
        seat = known.get(warning.account_id)
        if seat is not None and seat.account_id not in exempt and _may_be_planned(uow, seat) and not used_after(seat, warning):
            yield _Due(seat=seat, warning=warning)


def _may_be_planned(uow: UnitOfWork, seat: Seat) -> bool:
    """Whether the last scan found it idle, and nothing holds it; all else is looked at again before it is taken."""
    kept = seat.kept_until is not None and seat.kept_until > uow.now
    return seat.activity in IDLE_ACTIVITIES and seat.held_by is None and not kept


def _unwarned(uow: UnitOfWork, product: str, settings: Settings) -> Iterator[SeatWarning]:
    """Those whom nobody could warn, when a warning would have run out, and whose seat is not in a plan already."""
    before = uow.now - timedelta(days=settings.idle.warn_days)
    found = [one for one in warnings.undeliverable(uow, product) if one.created_at <= before]
    planned = reclaims.accounts_with_open(uow, product, [one.account_id for one in found])
    yield from islice((one.warning for one in _with_seats(uow, product, found) if one.seat.account_id not in planned), MOST_UNWARNED)


def _figures(uow: UnitOfWork, counts: Mapping[str, int], *, settings: Settings) -> dict[str, ProductFigures]:
    return {
        key: ProductFigures(
            seats=count,
            seats_before=sum(seats.counts(uow, key).values()),
            renewal=seasons.renewal_after(settings.products[key], settings=settings, now=uow.now),
        )
        for key, count in counts.items()
    }


def _planned(one: _Due) -> Planned:
    seat = one.seat
    return Planned(account_id=seat.account_id, product=seat.product, last_active_at=seat.last_active_at, warning_id=one.warning.id)


def show(uow: UnitOfWork, *, settings: Settings) -> Batch | None:
    """The picture of mode `plan`, once a week: who would be warned, and nothing that could be pressed; None when there is none to show."""
    if any(_is_recent_picture(uow, batch) for batch in batches.list_recent(uow)):
        return None
    counts = {key: seats.count_candidates(uow, key, idle_before=uow.now - BETWEEN_SCANS) for key in settings.products}
    counts = {key: count for key, count in counts.items() if count}
    if not counts:
        return None
    figures = PlanFigures(dry=True, products=_figures(uow, counts, settings=settings))
    batch = batches.propose(uow, figures=figures.to_json(), due_at=None)
    # Nobody can decide it, so that it never waits for anybody.
    batches.move(uow, batch.id, source=BatchStatus.PROPOSED, target=BatchStatus.EXPIRED)
    uow.audit("plan.shown", actor=audit_actor(uow, Comeback()), batch=batch.id, members=sum(counts.values()))
    enqueue(uow, PostPlan(batch_id=batch.id, channel=settings.admin_channel))
    return batch


def _is_recent_picture(uow: UnitOfWork, batch: Batch) -> bool:
    return PlanFigures.from_json(batch.figures).dry and uow.now - batch.proposed_at < A_WEEK


def would_be_warned(uow: UnitOfWork, product: str, *, most: int = EVERYBODY) -> Iterator[Seat]:
    """The product's seats that two scans agree are idle, longest idle first."""
    after: IdlePlace | None = None
    left = most
    while left > 0:
        page = seats.candidates(uow, product, idle_before=uow.now - BETWEEN_SCANS, after=after, limit=min(PAGE, left))
        yield from page
        if len(page) < min(PAGE, left):
            return
        left, after = left - len(page), seats.place_of(page[-1])
