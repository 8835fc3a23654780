"""The process's only clocks, ids and chance; everything else is given one of these."""

import random
import secrets
import uuid
from datetime import UTC, datetime


def system_now() -> datetime:
    """This moment, UTC and aware."""
    return datetime.now(UTC)


def new_id() -> str:
    """A fresh row id: 32 hexadecimal digits."""
    return uuid.uuid4().hex


def new_token() -> str:
    """A fresh lease token that nobody can guess."""
    return secrets.token_hex(16)


def full_jitter(ceiling_seconds: float) -> float:
    """A wait between nothing and *ceiling_seconds*, so that retries of many jobs do not march in step."""
    return random.uniform(0, ceiling_seconds)  # noqa: S311 - spreading load, not keeping a secret
