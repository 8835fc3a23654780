"""Master keys: what they seal, where it opens, and how they are changed."""

import pytest

from storage.cipher import new_key
from storage.errors import SealingKeyMissing
from storage.keyring import Keyring

HERE = "seats.name:a1"


def test_what_is_sealed_opens_at_its_place_only() -> None:
    """Whoever writes to the tables cannot give one row the words of another."""
    ring = Keyring([new_key()])
    sealed = ring.seal("Ada Park", place=HERE)
    assert "Ada" not in sealed
    assert ring.open(sealed, place=HERE) == "Ada Park"
    assert ring.open(sealed, place="seats.name:a2") is None


def test_a_changed_byte_opens_nothing() -> None:
    """A text that was tampered with is not shown as if somebody had written it."""
    ring = Keyring([new_key()])
    sealed = ring.seal("Ada Park", place=HERE)
    assert ring.open(sealed[:-4] + "AAAA", place=HERE) is None
    assert ring.open(f"{sealed[:12]}", place=HERE) is None


def test_old_keys_open_and_the_first_one_seals() -> None:
    """Keys are changed by adding one in front; nothing has to be sealed anew at once."""
    old, new = new_key(), new_key()
    before, both, after = Keyring([old]), Keyring([new, old]), Keyring([new])
    text, data_key = before.seal("Ada", place=HERE), before.wrap(b"k" * 32, place=HERE)
    assert both.open(text, place=HERE) == "Ada"
    assert both.unwrap(data_key, place=HERE) == b"k" * 32
    assert not data_key.startswith(both.wraps_as)
    assert after.open(both.seal("Ada", place=HERE), place=HERE) == "Ada"
    assert set(both.marks("ADA@acme.example")) == {before.mark("ada@acme.example"), after.mark("ada@acme.example")}


def test_a_key_that_was_taken_away_is_told() -> None:
    """Taking it for an erasure would hide that a setting is wrong."""
    sealed, wrapped = Keyring([new_key()]).seal("Ada", place=HERE), Keyring([new_key()]).wrap(new_key(), place=HERE)
    for ring in (Keyring([new_key()]), Keyring()):
        with pytest.raises(SealingKeyMissing, match="COMEBACK_SEALING_KEYS"):
            ring.open(sealed, place=HERE)
        with pytest.raises(SealingKeyMissing, match="COMEBACK_SEALING_KEYS"):
            ring.unwrap(wrapped, place=HERE)


def test_without_a_key_texts_stay_as_they_are() -> None:
    """Names are whatever people call themselves, also what a sealed text looks like."""
    ring = Keyring()
    for name in ("Ada Park", "m1.0123abcd.AAAA", "m0.x"):
        assert ring.open(ring.seal(name, place=HERE), place=HERE) == name
    assert ring.seal("Ada Park", place=HERE) == "Ada Park"
    assert (ring.mark("Ada"), ring.marks("Ada")) == (None, ())
