"""
What has no one person's key, sealed under the master key where there is one: the mirror of the seats, figures of plans, payloads of jobs.

An erasure deletes or blanks these; sealing protects them against whoever gets hold of the database alone.
"""

import json
from collections.abc import Mapping
from typing import Any

from storage.unit import UnitOfWork

_SEALED = "sealed"
BODY_BEGINS = f'{{"{_SEALED}": "'
"""How the stored JSON of a sealed object begins; the sealed text follows."""


def seal_body(uow: UnitOfWork, body: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    """The JSON object as it is stored."""
    if not body or not uow.keyring.protects:
        return dict(body)
    return {_SEALED: uow.keyring.seal(json.dumps(body), place=place)}


def open_body(uow: UnitOfWork, stored: Mapping[str, Any], *, place: str) -> dict[str, Any]:
    """The JSON object that `seal_body` made this of, empty where it was sealed for another place; raises SealingKeyMissing."""
    sealed = stored.get(_SEALED) if len(stored) == 1 else None
    if not isinstance(sealed, str):
        return dict(stored)
    text = uow.keyring.open(sealed, place=place)
    opened: dict[str, Any] = json.loads(text) if text is not None else {}
    return opened
