"""
What people write, and their addresses, under a data key of each person's own: without the key nothing of it opens any more, anywhere.

Records leave storage with open texts; only the tables hold `s1.<person>.<nonce and ciphertext>`. A text without that form is one of an
earlier release, and is taken as it is. Opening never fails for lack of a person's key: what was erased reads `ERASED_WORDS`.
"""

import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, bindparam, delete, select, update

from storage.cipher import Cipher, WillNotOpen, new_key
from storage.errors import PersonErased
from storage.records import ERASED_WORDS, RowLike
from storage.sql import insert_or_keep
from storage.tables import people, person_keys
from storage.unit import UnitOfWork

R = TypeVar("R")

CHUNK = 500
"""Keys that one query fetches."""

_log = logging.getLogger(__name__)
_FORM = re.compile(r"s1\.([^.]{1,64})\.([A-Za-z0-9_-]+)")
_c = person_keys.c
_KEYS = select(_c.person_id, _c.wrapped).where(_c.person_id.in_(bindparam("persons", expanding=True)))
_KEY = select(_c.person_id, _c.wrapped).where(_c.person_id == bindparam("person"))
# Shared with others who seal, but not with an erasure: it waits for us, or we find that the key is gone.
_HELD = select(_c.wrapped).where(_c.person_id == bindparam("person")).with_for_update(read=True, key_share=True)
_ERASED_AT = select(people.c.erased_at).where(people.c.id == bindparam("person"))
_ADD = insert_or_keep(person_keys)
_DESTROY = delete(person_keys).where(_c.person_id == bindparam("person"))
_REWRAP = update(person_keys).where(_c.person_id == bindparam("person"), _c.wrapped == bindparam("before"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedColumns:
    """
    The columns of a table that hold what is sealed; `row` is the column that names the row.

    Erased `words` read as ERASED_WORDS, `addresses` as None, and `bodies`, which are JSON, as an empty object.
    """

    table: str
    row: str = "id"
    words: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    bodies: tuple[str, ...] = ()

    def seal(self, uow: UnitOfWork, person_id: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """
        The *fields* of a row, its name among them, with what is personal sealed under the person's key, which is made when needed.

        Raises PersonErased when there was one and it is destroyed.
        """
        given = [name for name in self.names if fields.get(name) is not None]
        if not given:
            return dict(fields)
        key = _held_key(uow, person_id)
        row_id = fields[self.row]

        def sealed(name: str) -> str:
            content = json.dumps(fields[name]) if name in self.bodies else fields[name]
            return f"s1.{person_id}.{key.encrypt(content.encode(), place=self._place(name, row_id))}"

        return {**fields, **{name: sealed(name) for name in given}}

    def records(self, uow: UnitOfWork, cls: type[R], rows: Iterable[RowLike]) -> tuple[R, ...]:
        """The records of these rows, opened; however many they are, their keys are fetched together."""
        found = [dict(row._mapping) for row in rows]  # noqa: SLF001 - how a row is read by name
        _fetch_keys(uow, (text for fields in found for name in self.names if isinstance(text := fields[name], str)))
        return tuple(cls(**self._opened(uow, fields)) for fields in found)

    @property
    def names(self) -> tuple[str, ...]:
        """All these columns."""
        return (*self.words, *self.addresses, *self.bodies)

    def _opened(self, uow: UnitOfWork, fields: dict[str, Any]) -> dict[str, Any]:
        for name in self.names:
            stored = fields[name]
            if is_sealed(stored):
                fields[name] = self._meant(name, _open(uow, stored, place=self._place(name, fields[self.row])))
        return fields

    def _meant(self, name: str, text: str | None) -> Any:
        if name in self.bodies:
            return json.loads(text) if text is not None else {}
        if name in self.addresses:
            return text
        return ERASED_WORDS if text is None else text

    def _place(self, name: str, row_id: str) -> str:
        return f"{self.table}.{name}:{row_id}"


def is_sealed(stored: object) -> bool:
    """Whether this is the form in which a column holds sealed text."""
    return isinstance(stored, str) and _FORM.fullmatch(stored) is not None


def destroy(uow: UnitOfWork, person_id: str) -> None:
    """Make all that was sealed for the person unreadable, here and in every copy that has not this table."""
    uow.connection.execute(_DESTROY, {"person": person_id})
    uow.person_keys[person_id] = None


def is_older(uow: UnitOfWork) -> ColumnElement[bool]:
    """Of a data key: that it is not wrapped under the first master key."""
    return _c.wrapped.not_like(f"{uow.keyring.wraps_as}%")


def rewrap(uow: UnitOfWork, chosen: ColumnElement[bool]) -> int:
    """Wrap the *chosen* data keys under the first master key; returns how many."""
    older = uow.connection.execute(select(_c.person_id, _c.wrapped).where(chosen)).all()
    for person_id, wrapped in older:
        data_key = uow.keyring.unwrap(wrapped, place=_key_place(person_id))
        new = uow.keyring.wrap(data_key, place=_key_place(person_id))
        uow.connection.execute(_REWRAP, {"person": person_id, "before": wrapped, "wrapped": new})
    return len(older)


def _held_key(uow: UnitOfWork, person_id: str) -> Cipher:
    wrapped = uow.connection.execute(_HELD, {"person": person_id}).scalar_one_or_none() or _new_key(uow, person_id)
    key = Cipher(uow.keyring.unwrap(wrapped, place=_key_place(person_id)))
    uow.person_keys[person_id] = key
    return key


def _new_key(uow: UnitOfWork, person_id: str) -> str:
    wrapped = uow.keyring.wrap(new_key(), place=_key_place(person_id))
    uow.connection.execute(_ADD, {"person_id": person_id, "wrapped": wrapped, "created_at": uow.now})
    # Only now: the row above waits for an erasure that is under way, as it refers to the person.
    if uow.connection.execute(_ERASED_AT, {"person": person_id}).scalar_one() is not None:
        raise PersonErased(person_id)
    # Ours, or that of a unit which was quicker.
    return str(uow.connection.execute(_HELD, {"person": person_id}).scalar_one())


def _fetch_keys(uow: UnitOfWork, texts: Iterable[str]) -> None:
    named = {match[1] for match in map(_FORM.fullmatch, texts) if match}
    # Not a difference of sets: that would walk through all keys of a long unit for each text.
    missing = sorted(person_id for person_id in named if person_id not in uow.person_keys)
    for start in range(0, len(missing), CHUNK):
        chunk = missing[start : start + CHUNK]
        uow.person_keys.update(dict.fromkeys(chunk))
        # One alone by a plain look-up: expanding a list costs as much again, and most units read one row.
        alone = len(chunk) == 1
        found = uow.connection.execute(_KEY, {"person": chunk[0]}) if alone else uow.connection.execute(_KEYS, {"persons": chunk})
        for person_id, wrapped in found:
            uow.person_keys[person_id] = Cipher(uow.keyring.unwrap(wrapped, place=_key_place(person_id)))


def _open(uow: UnitOfWork, stored: str, *, place: str) -> str | None:
    match = _FORM.fullmatch(stored)
    key = uow.person_keys.get(match[1]) if match else None
    if match is None or key is None:
        return None
    try:
        return key.decrypt(match[2], place=place).decode()
    except WillNotOpen:
        # Moved from another row, or damaged: it is nobody's words any more.
        _log.error("sealing.does_not_open", extra={"place": place})
        return None


def _key_place(person_id: str) -> str:
    return f"person_keys.wrapped:{person_id}"
