"""What a use case answers to whoever called it; the surfaces turn these into sentences."""

from dataclasses import dataclass

from bot.codes import NotLinked
from bot.policy import Refusal
from storage.records import AccessRequest, Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """The request is in; vetting and the card follow."""

    request: AccessRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyOpen:
    """This person has an open request for this product."""

    request: AccessRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class TooMany:
    """This person has too many open requests, or asked too often in the last hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """Slack delivered this before; `request` is what came of it, where that can be told."""

    request: AccessRequest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancelled:
    """The person took their request back."""

    request: AccessRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPossible:
    """The request is not theirs, or too far on its way."""

    request: AccessRequest | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """This call decided the request."""

    request: AccessRequest
    decision: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The approval counts, and `needed` different people have to give one; `given` is how many have."""

    request: AccessRequest
    given: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """This call sent a request that needed attention back on its way, or closed it."""

    request: AccessRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class AlreadyDecided:
    """Somebody or something was first; `decision` is theirs, and None when nobody decided (expired, cancelled, closed)."""

    request: AccessRequest
    decision: Decision | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAllowed:
    """The actor may not decide this."""

    refusal: Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Checking:
    """Our copy of the approvers is too old to trust: a job decides, and says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """A job looks for the account that was named, and says what it found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRefused:
    """The account that was named was not linked."""

    code: NotLinked


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """No such request."""


FilingAnswer = Filed | AlreadyOpen | TooMany | Seen
CancelAnswer = Cancelled | NotPossible | Seen
DecisionAnswer = Decided | Counted | Resumed | AlreadyDecided | NotAllowed | Checking | Gone | Seen
LinkAnswer = Resumed | Looking | AccountRefused | AlreadyDecided | NotAllowed | Checking | Gone | Seen
