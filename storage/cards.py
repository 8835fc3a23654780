"""Where the card of a row is, and which version of the row it shows; for the tables that have `version` and the three `card_` columns."""

from dataclasses import dataclass
from typing import Self

from sqlalchemy import Table, Update, bindparam, update

from storage.unit import UnitOfWork


@dataclass(frozen=True, slots=True)
class CardColumns:
    """The statements of one table."""

    _touch: Update
    _posted: Update
    _drawn: Update

    @classmethod
    def of(cls, table: Table) -> Self:
        """Those of *table*."""
        this = update(table).where(table.c.id == bindparam("this_id"))
        return cls(
            this.values(version=table.c.version + 1),
            this,
            this.where(table.c.card_version < bindparam("drawn")).values(card_version=bindparam("drawn")),
        )

    def touch(self, uow: UnitOfWork, row_id: str) -> None:
        """Note that what the card shows has changed, so that it is drawn again."""
        uow.connection.execute(self._touch, {"this_id": row_id})

    def posted(self, uow: UnitOfWork, row_id: str, *, channel: str, ts: str, version: int) -> None:
        """Remember where the card is, and which version of the row it shows."""
        uow.connection.execute(self._posted, {"this_id": row_id, "card_channel": channel, "card_ts": ts, "card_version": version})

    def drawn(self, uow: UnitOfWork, row_id: str, *, version: int) -> None:
        """Remember which version of the row the card shows now; an older drawing that comes late changes nothing."""
        uow.connection.execute(self._drawn, {"this_id": row_id, "drawn": version})
