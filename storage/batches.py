"""Batches: plans of several reclaims that admins decide as one. Their members are found by `storage.reclaims.of_batch`."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, insert, select, update

from storage.cards import CardColumns
from storage.guarded import open_body, seal_body
from storage.lifecycle import BatchStatus, require_moves
from storage.records import RowLike
from storage.seat_records import Batch
from storage.seat_tables import batches
from storage.unit import UnitOfWork

_ENDS = frozenset({BatchStatus.REFUSED, BatchStatus.EXPIRED, BatchStatus.DONE, BatchStatus.UNDONE})

_c = batches.c
_THIS = _c.id == bindparam("this_id")
_GET = select(batches).where(_THIS)
_LOCK = _GET.with_for_update()
_RECENT = select(batches).order_by(_c.proposed_at.desc(), _c.id.desc()).limit(bindparam("most"))
_PROPOSED = _RECENT.where(_c.status == BatchStatus.PROPOSED)
_DECIDED_BY = select(batches).where(_c.decided_by == bindparam("person")).order_by(_c.id)
_PROPOSE = insert(batches)
_MOVE = update(batches).where(_THIS, _c.status.in_(bindparam("sources", expanding=True))).values(version=_c.version + 1)
_NOTE = update(batches).where(_THIS).values(version=_c.version + 1)
_CARDS = CardColumns.of(batches)

touch = _CARDS.touch
card_posted = _CARDS.posted
card_drawn = _CARDS.drawn


def propose(uow: UnitOfWork, *, figures: Mapping[str, Any], due_at: datetime | None) -> Batch:
    """A new batch, without members, that nobody has decided yet."""
    fields: dict[str, Any] = {
        "id": uow.new_id(),
        "status": BatchStatus.PROPOSED,
        "version": 1,
        "figures": dict(figures),
        "card_channel": None,
        "card_ts": None,
        "card_version": None,
        "decided_by": None,
        "proposed_at": uow.now,
        "decided_at": None,
        "due_at": due_at,
        "ended_at": None,
        "changed_at": uow.now,
    }
    uow.connection.execute(_PROPOSE, fields | {"figures": _sealed(uow, fields["id"], figures)})
    return Batch(**fields)


def get(uow: UnitOfWork, batch_id: str) -> Batch | None:
    """The batch, None when there is none with this id (ids come back from buttons)."""
    return _first(uow, _GET, this_id=batch_id)


def lock(uow: UnitOfWork, batch_id: str) -> Batch | None:
    """The batch, which no other unit can change until this one ends; lock it before its reclaims."""
    return _first(uow, _LOCK, this_id=batch_id)


def list_proposed(uow: UnitOfWork, *, limit: int = 50) -> tuple[Batch, ...]:
    """The batches that await a decision, the newest first."""
    return tuple(_opened(uow, row) for row in uow.connection.execute(_PROPOSED, {"most": limit}))


def list_recent(uow: UnitOfWork, *, limit: int = 50) -> tuple[Batch, ...]:
    """The newest batches first, in whatever status."""
    return tuple(_opened(uow, row) for row in uow.connection.execute(_RECENT, {"most": limit}))


def decided_by(uow: UnitOfWork, person_id: str) -> tuple[Batch, ...]:
    """The batches that the person decided, by their ids."""
    return tuple(_opened(uow, row) for row in uow.connection.execute(_DECIDED_BY, {"person": person_id}))


def move(
    uow: UnitOfWork,
    batch_id: str,
    *,
    source: BatchStatus | Collection[BatchStatus],
    target: BatchStatus,
    decided_by: str | None = None,
    figures: Mapping[str, Any] | None = None,
) -> Batch | None:
    """
    The batch in its new status, or None when its status was none of *source*: somebody was quicker.

    *decided_by*, a person's id, is stored with the time when given, *figures* are replaced when given; the tables refuse a batch that goes
    on undecided (IntegrityError). Raises IllegalMove when a source may never become *target*.
    """
    values: dict[str, Any] = {"status": target, "changed_at": uow.now}
    if decided_by is not None:
        values |= {"decided_by": decided_by, "decided_at": uow.now}
    if figures is not None:
        values["figures"] = _sealed(uow, batch_id, figures)
    if target in _ENDS:
        values["ended_at"] = uow.now
    moved = uow.connection.execute(_MOVE, {"this_id": batch_id, "sources": require_moves(source, target), **values}).rowcount
    return get(uow, batch_id) if moved else None


def note(uow: UnitOfWork, batch_id: str, *, figures: Mapping[str, Any]) -> None:
    """Replace the figures, which the card then shows; the status stays. Lock the batch before reading what they were."""
    uow.connection.execute(_NOTE, {"this_id": batch_id, "figures": _sealed(uow, batch_id, figures)})


def _first(uow: UnitOfWork, statement: Select[Any], **parameters: object) -> Batch | None:
    row = uow.connection.execute(statement, parameters).first()
    return None if row is None else _opened(uow, row)


def _sealed(uow: UnitOfWork, batch_id: str, figures: Mapping[str, Any]) -> dict[str, Any]:
    return seal_body(uow, figures, place=f"batches.figures:{batch_id}")


def _opened(uow: UnitOfWork, row: RowLike) -> Batch:
    fields = dict(row._mapping)  # noqa: SLF001 - how a row is read by name
    return Batch(**fields | {"figures": open_body(uow, fields["figures"], place=f"batches.figures:{fields['id']}")})
