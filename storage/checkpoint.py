"""
PURE: one checkpoint as text, in the shape of <https://c2sp.org/tlog-checkpoint> (seen November 2026), signed or not.

    comeback/5f0c2b9e41aa7d36
    1234
    4DtGfk1Yq3...=                       the hash of the last entry, in base64

    — comeback/5f0c2b9e41aa7d36 8kWq...  the key's id (4 bytes) and the signature of the three lines above, in base64

What signs is in `storage.signing`. Checkpoints are pasted out of chats and logs, so what those add or lose is forgiven when one is read.
"""

import base64
import binascii
import json
import re
from dataclasses import dataclass
from enum import StrEnum

from storage.signing import Key, Keyring

# It is posted in Slack: nothing of what rings or links there.
_ORIGIN = re.compile(r"[A-Za-z0-9._/+-]{1,96}")
_ROOT_BYTES = 32
_KEY_ID_BYTES = 4
_DASH = "\N{EM DASH} "
_NO_WORDS = frozenset({"", "```"})


class NotACheckpoint(ValueError):
    """The text is no checkpoint, or not a whole one."""


class Signature(StrEnum):
    """What is known of a checkpoint's signature."""

    GOOD = "good"
    WRONG = "wrong"
    UNKNOWN_KEY = "unknown_key"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """
    That the trail *origin* had *size* entries, the last with the hash *root* (hexadecimal).

    `key_id` is "" and `signature` empty when nobody signed it.
    """

    origin: str
    size: int
    root: str
    key_id: str = ""
    signature: bytes = b""

    @property
    def statement(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(bytes.fromhex(self.root)).decode()}\n"

    @property
    def text(self) -> str:
        """The whole checkpoint."""
        if not self.key_id:
            return self.statement
        signed = base64.b64encode(bytes.fromhex(self.key_id) + self.signature).decode()
        return f"{self.statement}\n{_DASH}{self.origin} {signed}\n"

    def checked(self, keys: Keyring) -> Signature:
        """What *keys* say of the signature."""
        if not self.key_id:
            return Signature.NONE
        good = keys.check(self.key_id, self.statement.encode(), signature=self.signature)
        return Signature.UNKNOWN_KEY if good is None else Signature.GOOD if good else Signature.WRONG


def made(*, origin: str, size: int, root: str, signer: Key | None) -> Checkpoint:
    """The checkpoint, signed where there is a key that can."""
    bare = Checkpoint(origin=origin, size=size, root=root)
    if signer is None or signer.sign is None:
        return bare
    return Checkpoint(origin=origin, size=size, root=root, key_id=signer.id, signature=signer.sign(bare.statement.encode()))


def parse(text: str) -> Checkpoint:
    """The checkpoint in *text*, which may also be the line of the log that told it; raises NotACheckpoint."""
    lines = [line for line in map(str.strip, _unwrapped(text).splitlines()) if line not in _NO_WORDS]
    if len(lines) not in {3, 4} or not _ORIGIN.fullmatch(lines[0]) or not re.fullmatch(r"[1-9][0-9]{0,17}", lines[1]):
        raise NotACheckpoint
    origin, size, root = lines[0], int(lines[1]), _bytes(lines[2])
    if len(root) != _ROOT_BYTES:
        raise NotACheckpoint
    key_id, signature = _signature(lines[3], origin=origin) if len(lines) == 4 else ("", b"")
    return Checkpoint(origin=origin, size=size, root=root.hex(), key_id=key_id, signature=signature)


def _unwrapped(text: str) -> str:
    text = text.strip("`'\" \r\n")
    if not text.startswith("{"):
        # As a log that is not JSON writes it.
        return text.replace("\\n", "\n").replace("\\u2014", "\N{EM DASH}")
    try:
        told = json.loads(text)
    except ValueError:
        raise NotACheckpoint from None
    return str(told.get("checkpoint", ""))


def _signature(line: str, *, origin: str) -> tuple[str, bytes]:
    # A keyboard has no long dash, and some chats make a short one of it.
    found = re.fullmatch(r"[\N{EM DASH}\N{EN DASH}-]+ (\S+) (\S+)", line)
    if found is None or found[1] != origin:
        raise NotACheckpoint
    value = _bytes(found[2])
    if len(value) <= _KEY_ID_BYTES:
        raise NotACheckpoint
    return value[:_KEY_ID_BYTES].hex(), value[_KEY_ID_BYTES:]


def _bytes(encoded: str) -> bytes:
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise NotACheckpoint from None
