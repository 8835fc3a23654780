"""
Takes secrets, and what is as good as one, out of text: known values, and whatever has the shape of a token.

The shapes catch what no setting knows: a `response_url`, a Socket Mode ticket, a token of another app in a stack trace.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from bot.settings import database_passwords

HIDDEN = "[hidden]"

_SHORTEST_KNOWN = 6
"""Shorter values are no secrets, and hiding each "k" would make a log unreadable."""

_SHAPES = re.compile(
    r"""
      xox[a-z](?:\.xox[a-z])?-[\w-]+              # Slack tokens
    | xapp-[\w-]+
    | AT(?:ATT|CTT)3[\w=.-]+                      # Atlassian keys and tokens
    | (?<=hmac:)[A-Za-z0-9+/]{42,}={0,2}          # keys that sign the audit trail's checkpoints
    | (?<=ed25519:)[A-Za-z0-9+/]{42,}={0,2}
    | v0=[0-9a-fA-F]{64}                          # a request's signature
    | (?<=hooks\.slack\.com/)[\w./-]+             # response_url: whoever has it may post
    | (?<=ticket=)[^\s&"']+                       # a Socket Mode address
    | (?<=Bearer\ )[^\s"',]+
    | (?<=Basic\ )[A-Za-z0-9+/=]+
    | (?<=://)[^\s/:@"']*:[^\s/@"']+(?=@)         # user and password of an address
    | [\w.+%-]+@[\w-]+(?:\.[\w-]+)+               # an e-mail address
    """,
    re.VERBOSE,
)


class Redactor:
    """Hides the values it was given, and token shapes, in any text or nested structure."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {part for value in secrets for part in _parts_of(value) if len(part) >= _SHORTEST_KNOWN}
        written = known | {json.dumps(value)[1:-1] for value in known}
        # The longest first: one secret may begin with another.
        self._known = re.compile("|".join(map(re.escape, sorted(written, key=len, reverse=True))) or r"(?!)")

    @classmethod
    def of(cls, settings: BaseModel) -> "Redactor":
        """A redactor that knows every secret of *settings*, the database's password included."""
        return cls(secrets_of(settings))

    def clean(self, text: str) -> str:
        """*text* with everything secret hidden."""
        return _SHAPES.sub(HIDDEN, self._known.sub(HIDDEN, text))

    def clean_all(self, value: Any) -> Any:
        """*value* with all its texts cleaned; what is neither text, number nor container becomes clean text."""
        if isinstance(value, str):
            return self.clean(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {self.clean(str(key)): self.clean_all(part) for key, part in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean_all(part) for part in value]
        return self.clean(str(value))


def _parts_of(secret: str) -> set[str]:
    """The secret; each of several keys (`hmac:NEW,hmac:OLD`), with and without its kind; an address's query; the key of `Scheme key`."""
    if "://" in secret:
        return {secret, secret.partition("?")[2]}
    keys = {key.strip() for key in secret.split(",")}
    return {secret, *keys, *(key.partition(":")[2] for key in keys), secret.rpartition(" ")[2]}


def secrets_of(settings: BaseModel) -> frozenset[str]:
    """Every secret value in *settings*, those in its tables included."""
    fields = type(settings).model_fields
    values = [part for name in fields for part in _parts(getattr(settings, name))]
    secrets = {value.get_secret_value() for value in values if isinstance(value, SecretStr)}
    tables = (secrets_of(value) for value in values if isinstance(value, BaseModel))
    return frozenset(secrets.union(*tables) | database_passwords(getattr(settings, "database_url", "")))


def _parts(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)
