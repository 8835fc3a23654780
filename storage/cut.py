"""
PURE: one cut of the trail as text, signed: `comeback audit prune` makes it, and nothing else may shorten the trail.

    comeback audit cut
    comeback/5f0c2b9e41aa7d36
    1234
    e03b46...                            the hash of the last entry that goes, in hexadecimal
    2026-11-29T12:00:00.000000Z          the time of the entry `audit.pruned` that says the same

    1f2e3d4c 8kWq...                     the key's id and the signature of the five lines above, in base64

The first line has spaces, as no origin has: what was signed as a checkpoint is never leave to cut there, nor the other way round.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from storage.checkpoint import Checkpoint, Signature
from storage.signing import Key, Keyring

_LABEL = "comeback audit cut"
_TEXT = re.compile(rf"{_LABEL}\n(\S{{1,96}})\n([1-9][0-9]{{0,17}})\n([0-9a-f]{{64}})\n(\S{{27}})\n\n([0-9a-f]{{8}}) (\S+)\n")


class NotACut(ValueError):
    """The text is no cut, or not a whole one."""


class NoSigner(Exception):
    """Nobody may cut without a key that signs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """That the entries of the trail *origin* up to *size*, which has the hash *root*, may go; `at` is as the chain writes times."""

    origin: str
    size: int
    root: str
    at: str
    key_id: str
    signature: bytes

    @property
    def statement(self) -> str:
        """The lines that are signed."""
        return _statement(origin=self.origin, size=self.size, root=self.root, at=self.at)

    @property
    def text(self) -> str:
        """The whole cut."""
        return f"{self.statement}\n{self.key_id} {base64.b64encode(self.signature).decode()}\n"

    def checked(self, keys: Keyring) -> Signature:
        """What *keys* say of the signature."""
        good = keys.check(self.key_id, self.statement.encode(), signature=self.signature)
        return Signature.UNKNOWN_KEY if good is None else Signature.GOOD if good else Signature.WRONG


def made(checkpoint: Checkpoint, *, at: str, signer: Key | None) -> Cut:
    """The cut at *checkpoint*; raises NoSigner without a key that can sign."""
    if signer is None or signer.sign is None:
        raise NoSigner
    origin, size, root = checkpoint.origin, checkpoint.size, checkpoint.root
    signature = signer.sign(_statement(origin=origin, size=size, root=root, at=at).encode())
    return Cut(origin=origin, size=size, root=root, at=at, key_id=signer.id, signature=signature)


def parse(text: str) -> Cut:
    """The cut that *text* is; raises NotACut."""
    found = _TEXT.fullmatch(text)
    if found is None:
        raise NotACut
    origin, size, root, at, key_id, encoded = found.groups()
    try:
        signature = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NotACut from None
    return Cut(origin=origin, size=int(size), root=root, at=at, key_id=key_id, signature=signature)


def _statement(*, origin: str, size: int, root: str, at: str) -> str:
    return f"{_LABEL}\n{origin}\n{size}\n{root}\n{at}\n"
