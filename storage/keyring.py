"""
The master keys, which are never in the database: they wrap the data keys of people, and seal what has no person's key.

A master key is used through subkeys, HMAC-SHA256 of a label, so that no key does two things. The first key seals, all of them open: that is
how keys are changed. Without any, texts stay as they are and data keys are only encoded: theft is not covered then, erasure is.
"""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from storage.cipher import Cipher, WillNotOpen, decoded, encoded
from storage.errors import SealingKeyMissing

_PLAIN, _AS_IS = "k0.", "m0."
WRAPPED_KEY, SEALED_TEXT = "k1.", "m1."
"""How a wrapped data key and a sealed text begin; the name of the master key follows, and a dot."""
_RESERVED = re.compile(r"m[01]\.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Master:
    """One master key, taken apart; `name` tells keys apart and says nothing about them."""

    name: str
    wrapping: Cipher
    sealing: Cipher
    marking: bytes

    @classmethod
    def of(cls, key: bytes) -> Self:
        return cls(
            name=_subkey(key, "name").hex()[:8],
            wrapping=Cipher(_subkey(key, "wrap data keys")),
            sealing=Cipher(_subkey(key, "seal")),
            marking=_subkey(key, "mark"),
        )


class Keyring:
    """The master keys of a process, the first one in use."""

    def __init__(self, master_keys: Sequence[bytes] = ()) -> None:
        """Take keys of 32 bytes, the newest first."""
        masters = [_Master.of(key) for key in master_keys]
        self._first = masters[0] if masters else None
        self._by_name: Mapping[str, _Master] = {master.name: master for master in masters}

    @property
    def protects(self) -> bool:
        """Whether there is a master key at all."""
        return self._first is not None

    @property
    def names(self) -> tuple[str, ...]:
        """What tells the master keys apart in what they sealed, the first key's before all."""
        return tuple(self._by_name)

    def wrap(self, data_key: bytes, *, place: str) -> str:
        """The data key as it may be stored: wrapped, or only encoded where there is no master key."""
        if self._first is None:
            return _PLAIN + encoded(data_key)
        return f"{WRAPPED_KEY}{self._first.name}.{self._first.wrapping.encrypt(data_key, place=place)}"

    def unwrap(self, stored: str, *, place: str) -> bytes:
        """The data key that `wrap` made this of; raises SealingKeyMissing."""
        if stored.startswith(_PLAIN):
            return decoded(stored.removeprefix(_PLAIN))
        name, _, box = stored.removeprefix(WRAPPED_KEY).partition(".")
        try:
            return self._named(name).wrapping.decrypt(box, place=place)
        except WillNotOpen:
            raise SealingKeyMissing(name) from None

    @property
    def wraps_as(self) -> str:
        """How a data key begins that `wrap` has wrapped as it does now."""
        return f"{WRAPPED_KEY}{self._first.name}." if self._first else _PLAIN

    def seal(self, text: str, *, place: str) -> str:
        """The text under the first master key; as it is where there is none."""
        if self._first is None:
            # Somebody may be called what a sealed text begins with.
            return _AS_IS + text if _RESERVED.match(text) else text
        return f"{SEALED_TEXT}{self._first.name}.{self._first.sealing.encrypt(text.encode(), place=place)}"

    def open(self, stored: str, *, place: str) -> str | None:
        """The text that `seal` made this of, None where it was sealed for another place; raises SealingKeyMissing."""
        if stored.startswith(_AS_IS):
            return stored.removeprefix(_AS_IS)
        if not stored.startswith(SEALED_TEXT):
            return stored
        name, _, box = stored.removeprefix(SEALED_TEXT).partition(".")
        try:
            return self._named(name).sealing.decrypt(box, place=place).decode()
        except WillNotOpen:
            return None

    def mark(self, text: str) -> str | None:
        """What equal texts have in common, in whatever case, and nobody without the key can compute; None without a master key."""
        return _mark(self._first, text) if self._first else None

    def marks(self, text: str) -> tuple[str, ...]:
        """The marks that the text may have been stored with, one for each master key."""
        return tuple(_mark(master, text) for master in self._by_name.values())

    def _named(self, name: str) -> _Master:
        master = self._by_name.get(name)
        if master is None:
            raise SealingKeyMissing(name)
        return master


def _subkey(key: bytes, label: str) -> bytes:
    return hmac.digest(key, f"comeback/{label}/v1".encode(), hashlib.sha256)


def _mark(master: _Master, text: str) -> str:
    return hmac.digest(master.marking, text.lower().encode(), hashlib.sha256).hex()[:32]
