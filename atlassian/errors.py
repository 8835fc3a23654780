"""
What the Atlassian API can answer that is not success: one class per reaction.

    AtlassianError
    +-- Refused            this request never succeeds as it is: a human looks at it
    |   +-- NotThere       the person, group or directory does not exist (any more): diagnose again
    |   +-- AlreadyThere   the wanted state is there, or another writer was faster: read it back
    |   +-- SeatsExhausted the product is full: wait until a seat frees
    |   +-- OwnedElsewhere an identity provider or another organization decides: name who must act
    +-- KeyRejected        the key is unknown, revoked or expired: stop everything, tell the admin once
    |   +-- NotPermitted   the key lives, but not for this organization or operation: the same reaction, another remedy
    +-- Busy               over the rate limit: nothing happened, go on at `retry_at`
    +-- Unreachable        no answer came and nothing can have changed: try again when you like
    +-- OutcomeUnknown     a write was sent and its answer is lost: read the state before you write again, not before `retry_at`
    +-- Broken             an answer to a read that nobody can understand: try again later

Errors carry data (which operation, status, code, request id, reason key) and never a token, an e-mail address or the text of an answer;
the sentence for people is made at the surface. They are caught by the effects, and by nobody in this package except where a result says so.
"""

from datetime import datetime


class AtlassianError(Exception):
    """
    An answer that is not success, or none at all.

    `operation` is the name of our method; `status` the HTTP status, None without an answer; `code` Atlassian's own, as in
    `ADMIN-UAM-409-3`; `request_id` what their support asks for; `reason` a machine key, as in `externalDirectory.scim`.
    """

    def __init__(
        self,
        operation: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        reason: str | None = None,
    ) -> None:
        facts = {"status": status, "code": code, "reason": reason, "request_id": request_id}
        super().__init__(" ".join([operation, *(f"{name}={value}" for name, value in facts.items() if value is not None)]))
        self.operation = operation
        self.status = status
        self.code = code
        self.request_id = request_id
        self.reason = reason


class Refused(AtlassianError):
    """The request is refused for good (400, 402, 403, 404, 409 ...): a retry gets the same answer."""


class NotThere(Refused):
    """What the path names does not exist (404). A removal may take it for success."""


class AlreadyThere(Refused):
    """The wanted state is there, or two writers met (409 `ADMIN-UAM-409-2`). A grant may take it for success and read back."""


class SeatsExhausted(Refused):
    """The product has no seat left (409-3 in both families of codes, and 409 to an invitation): it succeeds when one frees."""


class OwnedElsewhere(Refused):
    """An identity provider owns the account or group; `reason` is Atlassian's key, or `group_not_manageable`."""


class KeyRejected(AtlassianError):
    """The API key is not accepted (401): every other call would fail in the same way."""


class NotPermitted(KeyRejected):
    """The key is accepted, but lacks the scope, the organization or the rights of an organization admin (403, 401-2, 404-2)."""


class Busy(AtlassianError):
    """Refused for now (429, or a read's 5xx that says when); nothing was done. `retry_at` is UTC, never earlier than the answer."""

    def __init__(
        self,
        operation: str,
        *,
        retry_at: datetime,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(operation, status=status, code=code, request_id=request_id)
        self.retry_at = retry_at


class Unreachable(AtlassianError):
    """Nothing was done: no connection (refused, DNS, TLS, proxy), or a read that got no answer. `reason` names the exception."""


class OutcomeUnknown(AtlassianError):
    """
    A write was sent and may have taken effect: timed out, reset, 5xx, or an answer that nobody can read.

    `retry_at` (UTC) is the earliest time for another call, None where the answer did not tell.
    """

    def __init__(
        self,
        operation: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        reason: str | None = None,
        retry_at: datetime | None = None,
    ) -> None:
        super().__init__(operation, status=status, code=code, request_id=request_id, reason=reason)
        self.retry_at = retry_at


class Broken(AtlassianError):
    """A read was answered with something else than an answer: 5xx, a redirect, bad JSON, a wrong shape, too many bytes."""
