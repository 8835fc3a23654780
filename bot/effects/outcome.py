"""What an effect hands back to the worker: a fact to record with the end of the job, or when to look at the job again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.codes import Attention
from storage.db import UnitOfWork

Fact = Callable[[UnitOfWork], object]


def nothing(_: UnitOfWork) -> None:
    """The fact of a job that has nothing to record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The job is over; *fact* is recorded in the same unit. One that is *large* shares its COMMIT with no other."""

    fact: Fact = nothing
    large: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """Not yet: the job is due again at *due_at*; *fact* is recorded in the same unit. It does not count as a failure."""

    due_at: datetime
    fact: Fact = nothing


Outcome = Done | Again


class Trouble(StrEnum):
    """Why the outside could not be reached or understood; the job goes on by itself."""

    KEY_REJECTED = "key_rejected"
    NOT_PERMITTED = "not_permitted"
    UNREACHABLE = "unreachable"
    SLACK_AWAY = "slack_away"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """Why a job is not tried any more, as a request's reason code and its details."""

    code: Attention
    details: dict[str, str]


KEY_TROUBLES = frozenset({Trouble.KEY_REJECTED, Trouble.NOT_PERMITTED})
"""Atlassian answers, but not to our key: nothing goes on until somebody changes it."""
