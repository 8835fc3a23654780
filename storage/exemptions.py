"""Exemptions: why a seat is left alone, until when, who asked and who decided."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, literal_column, or_, select, update

from storage.cards import CardColumns
from storage.lifecycle import OPEN_EXEMPTIONS, ExemptionStatus, require_moves
from storage.sealing import SealedColumns
from storage.seat_records import Exemption
from storage.seat_tables import exemptions
from storage.sql import among, insert_or_keep
from storage.unit import UnitOfWork

SEALED = SealedColumns(table="exemptions", words=("reason", "refusal"))
"""What whoever asked wrote, and what an approver answered them: both under the asker's key."""

_c = exemptions.c
_THIS = _c.id == bindparam("this_id")
_PRODUCT = _c.product == bindparam("this_product")
_IS_OPEN = among(_c.status, OPEN_EXEMPTIONS)
_IS_ACTIVE = _c.status == ExemptionStatus.ACTIVE
_GET = select(exemptions).where(_THIS)
_LOCK = _GET.with_for_update()
_OPEN_OF = select(exemptions).where(_c.account_id == bindparam("this_account"), _PRODUCT, _IS_OPEN)
_OPEN_OF_ACCOUNTS = select(_c.account_id, _c.status, _c.until).where(
    _PRODUCT, _c.account_id.in_(bindparam("accounts", expanding=True)), _IS_OPEN
)
_LIST_ASKED = select(exemptions).where(_c.status == ExemptionStatus.ASKED).order_by(_c.asked_at, _c.id).limit(bindparam("most"))
_OF_ACCOUNT = select(exemptions).where(_c.account_id == bindparam("this_account")).order_by(_c.id)
_OF_PERSON = (
    select(exemptions)
    .where(or_(_c.owner_id == bindparam("person"), _c.asked_by == bindparam("person")))
    .order_by(_c.asked_at.desc(), _c.id.desc())
)
_ASKED_BY = select(func.count()).select_from(exemptions).where(_c.asked_by == bindparam("person"), _c.status == literal_column("'asked'"))
_ASK = insert_or_keep(exemptions)
_MOVE = update(exemptions).where(_THIS, _c.status.in_(bindparam("sources", expanding=True))).values(version=_c.version + 1)
_CARDS = CardColumns.of(exemptions)

touch = _CARDS.touch
card_posted = _CARDS.posted
card_drawn = _CARDS.drawn


def open_by(uow: UnitOfWork, person_id: str) -> int:
    """How many exemptions this person has asked for that nobody has decided yet."""
    return uow.connection.execute(_ASKED_BY, {"person": person_id}).scalar_one()


def ask(uow: UnitOfWork, *, account_id: str, product: str, asked_by: str, owner_id: str, reason: str, until: datetime) -> Exemption | None:
    """A new exemption that nobody has decided yet; None when the seat has one that is asked for or active."""
    fields: dict[str, Any] = {
        "id": uow.new_id(),
        "account_id": account_id,
        "product": product,
        "asked_by": asked_by,
        "owner_id": owner_id,
        "reason": reason,
        "until": until,
        "status": ExemptionStatus.ASKED,
        "decided_by": None,
        "version": 1,
        "card_channel": None,
        "card_ts": None,
        "card_version": None,
        "asked_at": uow.now,
        "decided_at": None,
        "ended_at": None,
        "changed_at": uow.now,
    }
    sealed = SEALED.seal(uow, asked_by, fields)
    return Exemption(**fields) if uow.connection.execute(_ASK, sealed).rowcount else None


def get(uow: UnitOfWork, exemption_id: str) -> Exemption | None:
    """The exemption, None when there is none with this id (ids come back from buttons)."""
    return _first(uow, _GET, this_id=exemption_id)


def lock(uow: UnitOfWork, exemption_id: str) -> Exemption | None:
    """The exemption, which no other unit can change until this one ends; lock several in the order of their ids."""
    return _first(uow, _LOCK, this_id=exemption_id)


def open_of(uow: UnitOfWork, account_id: str, product: str) -> Exemption | None:
    """The seat's exemption that is asked for or active; there is at most one."""
    return _first(uow, _OPEN_OF, this_account=account_id, this_product=product)


def move(
    uow: UnitOfWork,
    exemption_id: str,
    *,
    source: ExemptionStatus | Collection[ExemptionStatus],
    target: ExemptionStatus,
    decided_by: str | None = None,
    refusal: str | None = None,
) -> Exemption | None:
    """
    The exemption in its new status, or None when its status was none of *source*: somebody was quicker.

    *decided_by*, a person's id, is stored with the time when given; the tables refuse to go on without one, and one's own
    (IntegrityError). *refusal* is what they wrote. Raises IllegalMove when a source may never become *target*.
    """
    values: dict[str, Any] = {"status": target, "changed_at": uow.now}
    if decided_by is not None:
        values |= {"decided_by": decided_by, "decided_at": uow.now}
    if target is ExemptionStatus.ENDED:
        values["ended_at"] = uow.now
    before = get(uow, exemption_id) if refusal is not None else None
    if before is not None:
        values["refusal"] = SEALED.seal(uow, before.asked_by, {"id": exemption_id, "refusal": refusal})["refusal"]
    moved = uow.connection.execute(_MOVE, {"this_id": exemption_id, "sources": require_moves(source, target), **values}).rowcount
    return get(uow, exemption_id) if moved else None


def active_of_accounts(uow: UnitOfWork, product: str, account_ids: Collection[str]) -> frozenset[str]:
    """Which of the accounts have a seat on the product that is exempt now; one whose time is over is not, ended or not yet."""
    # Which of them are active is asked here: asked there, SQLite goes through all that are active, for each page of a scan.
    rows = uow.connection.execute(_OPEN_OF_ACCOUNTS, {"this_product": product, "accounts": list(account_ids)})
    return frozenset(row.account_id for row in rows if row.status is ExemptionStatus.ACTIVE and row.until > uow.now)


def list_asked(uow: UnitOfWork, *, limit: int = 50) -> tuple[Exemption, ...]:
    """Those that nobody has decided, the longest waiting first."""
    return _records(uow, _LIST_ASKED, most=limit)


def of_account(uow: UnitOfWork, account_id: str) -> tuple[Exemption, ...]:
    """The exemptions of the account's seats, in whatever status, by their ids."""
    return _records(uow, _OF_ACCOUNT, this_account=account_id)


def of_person(uow: UnitOfWork, person_id: str) -> tuple[Exemption, ...]:
    """The exemptions that the person asked for or answers for, in whatever status, newest first."""
    return _records(uow, _OF_PERSON, person=person_id)


def _first(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> Exemption | None:
    return next(iter(_records(uow, statement, **parameters)), None)


def _records(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> tuple[Exemption, ...]:
    return SEALED.records(uow, Exemption, uow.connection.execute(statement, parameters))
