"""Reading a plan for its card, its list and its forms: whose seats they are, and what they save by the prices of the settings."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from bot.billing import saving_per_month, terms_of
from bot.codes import Kept
from bot.idle.plan_figures import PlanFigures
from bot.idle.plan_view import Holder, Member, PlanView, ProductPlan, Unwarned
from bot.settings import Settings
from bot.usecases.mailing import of_warning
from bot.usecases.proposing import EVERYBODY, would_be_warned
from storage import batches, mails, people, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import BatchStatus, ReclaimStatus, WarningStatus
from storage.records import Reclaim
from storage.seat_records import Batch, Seat

PAGE = 500
PICTURED = 7
"""As many as a card names."""


def view_of(uow: UnitOfWork, batch_id: str, settings: Settings) -> PlanView | None:
    """All that the plan's card and forms show; None when there is no such plan."""
    batch = batches.get(uow, batch_id)
    if batch is None:
        return None
    figures = PlanFigures.from_json(batch.figures)
    members = _members(uow, reclaims.of_batch(uow, batch_id), settings)
    return PlanView(
        batch=batch,
        figures=figures,
        products=tuple(_products(figures, members, settings)),
        members=members,
        now=uow.now,
        unwarned=tuple(_unwarned(uow, figures, settings)) if batch.status is BatchStatus.PROPOSED else (),
        pictured=_pictured(uow, figures, settings, most=PICTURED),
        decided_by=people.slack_id_of(uow, batch.decided_by) if batch.decided_by else None,
        deeds=tuple(replace(deed, by=people.slack_id_of(uow, deed.by) if deed.by else None) for deed in figures.deeds),
    )


def holders_of(uow: UnitOfWork, batch: Batch, settings: Settings) -> tuple[Holder, ...]:
    """Everybody whose seat is in the plan or the picture, longest idle first; without those whom an approver left out."""
    figures = PlanFigures.from_json(batch.figures)
    if figures.dry:
        return _pictured(uow, figures, settings, most=EVERYBODY)
    members = (one for one in reclaims.of_batch(uow, batch.id) if one.reason_code != Kept.LEFT_OUT.value)
    return tuple(member.holder for member in _members(uow, tuple(members), settings))


def _members(uow: UnitOfWork, found: tuple[Reclaim, ...], settings: Settings) -> tuple[Member, ...]:
    known = _seats_of(uow, found)
    return tuple(Member(reclaim=one, holder=_holder(one, known.get((one.account_id, one.product)), settings)) for one in found)


def _seats_of(uow: UnitOfWork, found: tuple[Reclaim, ...]) -> Mapping[tuple[str, str], Seat]:
    known: dict[tuple[str, str], Seat] = {}
    for product in sorted({one.product for one in found}):
        accounts = [one.account_id for one in found if one.product == product]
        for at in range(0, len(accounts), PAGE):
            page = seats.former(uow, product, accounts[at : at + PAGE])
            known |= {(account_id, product): seat for account_id, seat in page.items()}
    return known


def _holder(reclaim: Reclaim, seat: Seat | None, settings: Settings) -> Holder:
    return Holder(
        account_id=reclaim.account_id,
        product=product_name(reclaim.product, settings),
        name=seat.name if seat else None,
        email=seat.email if seat else None,
        last_active_at=reclaim.last_active_at,
    )


def holder_of_seat(seat: Seat, settings: Settings) -> Holder:
    """Whose seat it is, as the last scan knew them."""
    product, used = product_name(seat.product, settings), seat.last_active_at
    return Holder(account_id=seat.account_id, product=product, name=seat.name, email=seat.email, last_active_at=used)


def product_name(key: str, settings: Settings) -> str:
    """What people call the product; its key when the settings have it no more."""
    product = settings.products.get(key)
    return product.name if product else key


def _products(figures: PlanFigures, members: tuple[Member, ...], settings: Settings) -> Iterator[ProductPlan]:
    left = Counter(member.reclaim.product for member in members if member.reclaim.status is not ReclaimStatus.STOPPED)
    for key, told in figures.products.items():
        product, count = settings.products.get(key), told.seats if figures.dry else left[key]
        saving = saving_per_month(terms_of(product), seats_before=told.seats_before, seats_freed=count) if product else None
        yield ProductPlan(
            name=product_name(key, settings), seats=count, seats_before=told.seats_before, saving=saving, renewal=told.renewal
        )


def _unwarned(uow: UnitOfWork, figures: PlanFigures, settings: Settings) -> Iterator[Unwarned]:
    # A few statements for all of them: the form of the plan opens within half a second, also where the database is across a network.
    found = warnings.of_ids(uow, figures.unwarned)
    mailed = mails.of_all(uow, [of_warning(warning_id).about for warning_id in found])
    missed = [found[one] for one in figures.unwarned if one in found and found[one].status is WarningStatus.UNDELIVERABLE]
    by_product = {key: [one.account_id for one in missed if one.product == key] for key in sorted({one.product for one in missed})}
    known = {key: seats.of_accounts(uow, key, accounts) for key, accounts in by_product.items()}
    planned = {key: reclaims.accounts_with_open(uow, key, accounts) for key, accounts in by_product.items()}
    for one in missed:
        seat = known[one.product].get(one.account_id)
        if seat is not None and one.account_id not in planned[one.product]:
            mail = mailed.get(of_warning(one.id).about)
            yield Unwarned(warning_id=one.id, holder=holder_of_seat(seat, settings), code=one.reason_code, mail=mail)


def _pictured(uow: UnitOfWork, figures: PlanFigures, settings: Settings, *, most: int) -> tuple[Holder, ...]:
    if not figures.dry:
        return ()
    found = (seat for key in figures.products for seat in islice(would_be_warned(uow, key, most=most), most))
    return tuple(holder_of_seat(seat, settings) for seat in _longest_idle(found)[:most])


def _longest_idle(found: Iterable[Seat]) -> list[Seat]:
    return sorted(found, key=lambda seat: (seat.last_active_at is not None, seat.last_active_at or seat.first_seen_at, seat.account_id))
