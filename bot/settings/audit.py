"""How the audit trail is vouched for, and how long it is kept."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from bot.settings.section import Section, Table
from bot.settings.values import Meaning
from storage.signing import Key, UnfitKey, public_key, signing_key


def _signing_keys(value: SecretStr) -> SecretStr:
    keys = split_keys(value)
    if not keys or not all(_is_read(key, by=signing_key) for key in keys):
        raise ValueError
    return value


def _public_key(value: str) -> str:
    if not _is_read(value, by=public_key):
        raise ValueError
    return value


def _is_read(text: str, *, by: Callable[[str], Key]) -> bool:
    try:
        by(text)
    except UnfitKey:
        return False
    return True


def split_keys(value: SecretStr) -> tuple[str, ...]:
    """The keys of a setting that holds several, separated by commas."""
    return tuple(key.strip() for key in value.get_secret_value().split(",") if key.strip())


class AuditSettings(Table):
    """Who signs the trail's checkpoints, whose signatures are known, and how long entries stay."""

    signing_key: Annotated[
        Annotated[SecretStr, AfterValidator(_signing_keys)] | None,
        Field(repr=False),
        Meaning(
            purpose="Signs the audit trail's checkpoints (`comeback audit keygen` makes one); while it changes `NEW,OLD`",
            expected="ed25519: or hmac: and 32 random bytes in base64, several separated by commas",
            example="(what `comeback audit keygen` prints)",
            otherwise="checkpoints are not signed",
        ),
    ] = None
    public_keys: Annotated[
        tuple[Annotated[str, AfterValidator(_public_key)], ...],
        Meaning(
            purpose="Keys whose signatures are known too: earlier ones, or the only ones where the trail is checked elsewhere",
            expected="a JSON list of public keys, each ed25519: and 32 bytes in base64",
            example='["(the public line of `comeback audit keygen`)"]',
            otherwise="none",
        ),
    ] = ()
    # For ever: a trail that gets shorter by itself is what an intruder would set up first, and how long is lawful is not ours to know.
    keep_days: Annotated[
        int,
        Field(ge=0, le=36_500),
        Meaning(
            purpose="Days after which `comeback audit prune` may drop entries; 0: --before says, 90 at least. Nothing is dropped by itself",
            expected="a whole number from 0 to 36500",
            example="400",
        ),
    ] = 0


class TrailSettings(Section):
    """What the `audit` commands need beside the database."""

    audit: AuditSettings = AuditSettings()
