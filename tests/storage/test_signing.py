"""Keys and checkpoints as text: what was signed is known by its key alone, and what was changed is not."""

import base64
import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from storage.checkpoint import Checkpoint, NotACheckpoint, Signature, made, parse
from storage.signing import ED25519, HMAC, Keyring, UnfitKey, new_key, public_key, signing_key

KINDS = pytest.mark.parametrize("kind", [HMAC, ED25519])
ROOT = "ab" * 32


def signed(key: str, *, size: int = 12) -> Checkpoint:
    """A checkpoint signed by *key*."""
    return made(origin="comeback/1f", size=size, root=ROOT, signer=signing_key(key))


@KINDS
def test_a_signature_is_known_by_its_own_key_alone(kind: str) -> None:
    """Another key of the same kind does not know it."""
    key, other = new_key(kind), new_key(kind)
    checkpoint = signed(key)
    assert checkpoint.checked(Keyring.of(signing=[key])) is Signature.GOOD
    assert checkpoint.checked(Keyring.of(signing=[other])) is Signature.UNKNOWN_KEY
    assert made(origin="o", size=1, root=ROOT, signer=None).checked(Keyring.of(signing=[key])) is Signature.NONE


@KINDS
def test_while_keys_change_the_first_signs_and_all_are_known(kind: str) -> None:
    """What the old key signed stays good for as long as the old key is kept."""
    old, new = new_key(kind), new_key(kind)
    ring = Keyring.of(signing=[new, old])
    assert ring.signer is not None
    assert ring.signer.id == signing_key(new).id
    assert signed(old).checked(ring) is signed(new).checked(ring) is Signature.GOOD


def test_an_auditor_checks_with_the_public_key_alone() -> None:
    """The public line tells nothing that signs, and is enough to check; anybody's tool checks it as well."""
    key = signing_key(text := new_key())
    assert key.public is not None
    public = public_key(key.public)
    assert (public.id, public.sign) == (key.id, None)
    checkpoint = signed(text)
    assert checkpoint.checked(Keyring.of(public=[key.public])) is Signature.GOOD
    raw = Ed25519PublicKey.from_public_bytes(base64.b64decode(key.public.removeprefix("ed25519:")))
    raw.verify(checkpoint.signature, checkpoint.statement.encode())


@KINDS
@pytest.mark.parametrize("change", [("12", "13"), ("comeback/1f", "comeback/2f")])
def test_a_changed_statement_is_not_signed(kind: str, change: tuple[str, str]) -> None:
    """Neither the size nor the trail can be changed under a signature."""
    key = new_key(kind)
    changed = parse(signed(key).text.replace(*change))
    assert changed.checked(Keyring.of(signing=[key])) is Signature.WRONG


@given(place=st.integers(0, 63), bit=st.integers(0, 7))
def test_any_changed_bit_of_a_signature_is_wrong(place: int, bit: int) -> None:
    """A signature is whole or none."""
    key = "ed25519:mTBeO3VxjYM0GtC1sNuKsnmEY3ZYMpBvpRKUqlN1S3o="
    checkpoint = signed(key)
    changed = bytearray(checkpoint.signature)
    changed[place] ^= 1 << bit
    forged = Checkpoint(origin="comeback/1f", size=12, root=ROOT, key_id=checkpoint.key_id, signature=bytes(changed))
    assert forged.checked(Keyring.of(signing=[key])) is Signature.WRONG


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ed25519",
        "ed25519:",
        "ed25519:!!!",
        "hmac:c2hvcnQ=",
        "rsa:" + base64.b64encode(bytes(32)).decode(),
        "ed25519:" + base64.b64encode(bytes(31)).decode(),
    ],
)
def test_what_is_no_key_is_refused_without_being_told(text: str) -> None:
    """A mistyped key is still most of a secret, so no error repeats it."""
    for read in (signing_key, public_key):
        with pytest.raises(UnfitKey) as refused:
            read(text)
        assert str(refused.value) == ""


def test_an_hmac_key_has_no_public_part() -> None:
    """Whoever could check with it could sign with it."""
    key = new_key(HMAC)
    assert signing_key(key).public is None
    with pytest.raises(UnfitKey):
        public_key(key)


def test_keys_do_not_show_themselves() -> None:
    """Neither a key nor a ring has its secret in its repr, which is what a log would print."""
    key = new_key(HMAC)
    secret = key.removeprefix("hmac:")
    assert secret not in repr(Keyring.of(signing=[key]))


@KINDS
def test_a_checkpoint_is_read_back_from_chats_and_logs(kind: str) -> None:
    """Blank lines get lost, fences and spaces come in, dashes get short; a line of the log is taken as it is."""
    checkpoint = signed(new_key(kind))
    text = checkpoint.text
    ways = [text, f"```\n{text}```", text.replace("\n\n", "\n"), text.replace("\N{EM DASH}", "-"), text.replace("\n", "  \r\n ")]
    assert all(parse(way) == checkpoint for way in ways)
    assert parse(json.dumps({"event": "audit.checkpoint", "checkpoint": text})) == checkpoint


def test_the_shape_of_a_checkpoint() -> None:
    """Origin, size, root, an empty line, a signature line: other tools read it too."""
    checkpoint = signed(new_key())
    origin, size, root, empty, line, end = checkpoint.text.split("\n")
    assert (origin, size, base64.b64decode(root).hex(), empty, end) == ("comeback/1f", "12", ROOT, "", "")
    dash, name, value = line.split(" ")
    assert (dash, name, base64.b64decode(value)[:4].hex()) == ("—", "comeback/1f", checkpoint.key_id)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "{",
        "{}",
        "o\n1\nQUJD\n",
        "o\n0\n" + "A" * 43 + "=\n",
        "o\nx\n" + "A" * 43 + "=\n",
        "o\n1\n" + "A" * 43 + "=\n\n— p QUJDREVG\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    """Half a checkpoint is none."""
    with pytest.raises(NotACheckpoint):
        parse(text)
