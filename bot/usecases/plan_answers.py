"""What the use cases of plans answer to whoever called them."""

from dataclasses import dataclass

from bot.actor import SlackPerson
from bot.policy import ApproverFacts
from bot.usecases.answers import Checking, Gone, NotAllowed
from storage.seat_records import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanClick:
    """Who pressed what on which plan, on which facts, and where they are answered."""

    actor: SlackPerson
    batch_id: str
    approvers: ApproverFacts
    channel: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """This call did it."""

    batch: Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class TooLate:
    """Somebody or something was first; nothing was changed."""

    batch: Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnedOff:
    """Removal is turned off by now; nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBefore:
    """Slack delivered this before."""


PlanAnswer = Moved | TooLate | TurnedOff | SeenBefore | NotAllowed | Checking | Gone
