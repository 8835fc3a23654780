"""
PURE: the keys that sign checkpoints, HMAC-SHA256 or Ed25519, as text to paste: `hmac:<base64>`, `ed25519:<base64 of 32 bytes>`.

With Ed25519 whoever checks needs the public key alone; with HMAC whoever checks could sign as well. A key is named by the first 8 hex
digits of a hash, of its public part or (HMAC has none) of a labelled digest of the key, from which nobody gets the key back.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

HMAC = "hmac"
ED25519 = "ed25519"
SHORTEST_HMAC_KEY = 32
_ED25519_KEY = 32
_LABEL = b"comeback checkpoint key\x00"

_FEWEST_DIFFERENT_BYTES = 8
"""Of 32 random bytes some 30 differ: fewer than this were typed, not drawn."""
# Anybody can sign for a point of low order. Their y, as in libsodium's ge25519_has_small_order (seen November 2026); the sign counts not.
_LOW_ORDER = frozenset(
    {0, 1, 2**255 - 20, 2**255 - 19, 2**255 - 18}
    | {
        int.from_bytes(bytes.fromhex(y), "little")
        for y in (
            "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
            "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        )
    }
)


class UnfitKey(ValueError):
    """The text is no key; it is never quoted, as it may be most of one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """One key: `id` may be told to everybody, `public` is the line for whoever only checks (None where there is none)."""

    id: str
    public: str | None
    check: Callable[[bytes, bytes], bool] = field(repr=False)
    sign: Callable[[bytes], bytes] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """The key that signs, where there is one, and all that are known by their ids, earlier ones included."""

    signer: Key | None = None
    known: Mapping[str, Key] = field(default_factory=dict)

    @classmethod
    def of(cls, *, signing: Iterable[str] = (), public: Iterable[str] = ()) -> "Keyring":
        """The ring of these texts, of which the first of *signing* signs; raises UnfitKey."""
        own = [signing_key(text) for text in signing]
        others = [public_key(text) for text in public]
        return cls(signer=own[0] if own else None, known={key.id: key for key in (*others, *own)})

    def check(self, key_id: str, message: bytes, *, signature: bytes) -> bool | None:
        """Whether the key *key_id* signed *message*; None when we do not know that key."""
        key = self.known.get(key_id)
        return None if key is None else key.check(message, signature)


def signing_key(text: str) -> Key:
    """The key that signs and checks; raises UnfitKey, also for one that was never drawn, such as zeros."""
    kind, secret = _decoded(text)
    return _hmac_key(secret) if kind == HMAC else _ed25519_key(secret)


def public_key(text: str) -> Key:
    """The key that only checks; raises UnfitKey, also for one that anybody signs for, and an HMAC key, which has no public part."""
    kind, public = _decoded(text)
    if kind != ED25519 or int.from_bytes(public, "little") % 2**255 in _LOW_ORDER:
        raise UnfitKey
    return _ed25519_public(public)


def new_key(kind: str = ED25519) -> str:
    """A fresh signing key as text, from the system's own randomness."""
    return _encoded(kind, secrets.token_bytes(_ED25519_KEY if kind == ED25519 else SHORTEST_HMAC_KEY))


def _decoded(text: str) -> tuple[str, bytes]:
    kind, _, encoded = text.strip().partition(":")
    try:
        value = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise UnfitKey from None
    fits = {HMAC: len(value) >= SHORTEST_HMAC_KEY, ED25519: len(value) == _ED25519_KEY}
    if not fits.get(kind, False) or len(set(value)) < _FEWEST_DIFFERENT_BYTES:
        raise UnfitKey
    return kind, value


def _encoded(kind: str, value: bytes) -> str:
    return f"{kind}:{base64.b64encode(value).decode()}"


def _hmac_key(secret: bytes) -> Key:
    def sign(message: bytes) -> bytes:
        return hmac.digest(secret, message, "sha256")

    def check(message: bytes, signature: bytes) -> bool:
        return hmac.compare_digest(sign(message), signature)

    return Key(id=_id(hashlib.sha256(_LABEL + secret).digest()), public=None, check=check, sign=sign)


def _ed25519_key(seed: bytes) -> Key:
    # Here: a start without a key does without a tenth of a second of imports.
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    private = Ed25519PrivateKey.from_private_bytes(seed)
    checking = _ed25519_public(private.public_key().public_bytes_raw())
    return Key(id=checking.id, public=checking.public, check=checking.check, sign=private.sign)


def _ed25519_public(public: bytes) -> Key:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(public)
    except ValueError:
        raise UnfitKey from None

    def check(message: bytes, signature: bytes) -> bool:
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return Key(id=_id(public), public=_encoded(ED25519, public), check=check)


def _id(public: bytes) -> str:
    return hashlib.sha256(public).hexdigest()[:8]
