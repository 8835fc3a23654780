"""What each error answer means, and that none of its text gets out."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atlassian.errors import (
    AlreadyThere,
    AtlassianError,
    Broken,
    Busy,
    KeyRejected,
    NotPermitted,
    NotThere,
    OutcomeUnknown,
    OwnedElsewhere,
    Refused,
    SeatsExhausted,
)
from atlassian.refusals import error_for
from tests.atlassian.words import NOW

HTML = "<html>Access denied</html>"


def coded(code: str | None, **more: str) -> dict[str, Any]:
    """The envelope of the admin API."""
    return {"errors": [{"id": "65e99414", "code": code, "status": "4xx", "title": "t", "detail": "ada@acme.example"} | more]}


def lifecycle(reason: str | None, *, context: Any = None) -> dict[str, Any]:
    """The envelope of user management."""
    body = context if context is not None else {"allowed": False, "reason": {"key": reason}}
    return {"key": "forbidden.action", "context": body, "errorKey": "forbidden.action", "errorDetail": body}


def flat(status: int, message: str) -> dict[str, Any]:
    """The envelope of the gateway."""
    return {"timestamp": "x", "path": "/api/admin", "status": status, "error": "Forbidden", "message": message, "requestId": "r-1"}


def answered(
    status: int, body: Any = "", *, operation: str = "add_to_group", headers: dict[str, str] | None = None, write: bool = True
) -> AtlassianError:
    """The error for one answer."""
    raw = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return error_for(operation, status=status, headers=headers or {}, body=raw, write=write, now=NOW)


MEANINGS: list[tuple[int, Any, type[AtlassianError]]] = [
    (400, coded("ADMIN-UAM-400-2"), Refused),
    (400, coded("ADMIN-400-1"), Refused),
    (400, coded("ADMIN-400-32"), SeatsExhausted),
    (400, HTML, Refused),
    (401, coded("ADMIN-UAM-401-1"), KeyRejected),
    (401, "", KeyRejected),
    (401, coded("ADMIN-401-2", title="INSUFFICIENT_SCOPE"), NotPermitted),
    (401, coded(None, title="INSUFFICIENT_SCOPE"), NotPermitted),
    (402, coded("ADMIN-UAM-402-1"), Refused),
    (403, coded("ADMIN-UAM-403-1"), NotPermitted),
    (403, coded("ADMIN-UAM-403-2"), NotPermitted),
    (403, coded("ADMIN-403-3"), NotPermitted),
    (403, coded("ADMIN-403-5"), OwnedElsewhere),
    (403, coded("ADMIN-403-6"), Refused),
    (403, coded("ADMIN-403-6", title="INSUFFICIENT_SCOPE"), NotPermitted),
    (403, flat(403, "User has no permission to access resource."), Refused),
    (403, {"message": "no"}, Refused),
    (403, {"code": 403, "message": "needs manage:org"}, NotPermitted),
    (403, HTML, Refused),
    (403, lifecycle("externalDirectory.scim"), OwnedElsewhere),
    (403, lifecycle("authPolicy.saml"), OwnedElsewhere),
    (403, lifecycle("blocked.exportControl"), Refused),
    (403, lifecycle(None, context="not a managed account"), Refused),
    (404, coded("ADMIN-UAM-404-1"), NotThere),
    (404, coded("ADMIN-404-10"), NotThere),
    (404, lifecycle(None, context="no such user"), NotThere),
    (404, "", NotThere),
    (404, coded("ADMIN-404-2"), NotPermitted),
    (404, {"status": 404, "message": "TCS validation failed"}, NotPermitted),
    (405, coded("ADMIN-UAM-405-1"), Refused),
    (409, coded("ADMIN-UAM-409-2"), AlreadyThere),
    (409, coded("ADMIN-UAM-409-3"), SeatsExhausted),
    (409, coded("ADMIN-409-3"), SeatsExhausted),
    (409, coded("ADMIN-UAM-409-1"), Refused),
    (409, lifecycle(None, context={"message": "already active"}), AlreadyThere),
    (412, lifecycle(None, context="precondition"), Refused),
    (429, coded("ADMIN-429-1"), Busy),
    (429, {"code": 429, "message": "slow down"}, Busy),
    (429, HTML, Busy),
]


@pytest.mark.parametrize(
    ("status", "body", "kind"), MEANINGS, ids=lambda value: value.__name__ if isinstance(value, type) else str(value)[:60]
)
def test_each_answer_has_its_reaction(status: int, body: Any, kind: type[AtlassianError]) -> None:
    """The code inside decides, and the class is exactly that of the reaction; what only a write can meet is a plain refusal to a read."""
    assert type(answered(status, body, write=True)) is kind
    assert type(answered(status, body, write=False)) is (Refused if kind in (AlreadyThere, SeatsExhausted) else kind)


@pytest.mark.parametrize("body", [flat(403, "User has no permission to access resource."), {"code": 403, "message": "no"}, HTML, ""])
def test_a_403_without_a_code_speaks_of_the_key_only_where_nobody_is_named(body: Any) -> None:
    """One person's refusal must not stop the whole organization; a key without rights is refused the search before it."""
    for operation in ("search_users", "search_groups", "workspaces", "directories"):
        assert type(answered(403, body, operation=operation, write=False)) is NotPermitted
    for operation in ("manage_permissions", "restore", "enable", "role_assignments", "group_role_assignments", "add_to_group"):
        assert type(answered(403, body, operation=operation)) is Refused


def test_a_restore_that_is_forbidden_is_about_the_person() -> None:
    """Seen for somebody with access on a second site; the same code for another write, or with a word about scopes, is the key's."""
    assert type(answered(403, coded("ADMIN-UAM-403-1"), operation="restore")) is Refused
    assert type(answered(403, coded("ADMIN-UAM-403-1", detail="INSUFFICIENT_SCOPE"), operation="restore")) is NotPermitted
    for code in ("ADMIN-403-3", "ADMIN-UAM-403-2"):
        assert type(answered(403, coded(code), operation="restore")) is NotPermitted


@pytest.mark.parametrize("status", [502, 503, 504])
def test_an_answer_that_says_when_does_not_say_that_a_write_failed(status: int) -> None:
    """A gateway that gave up on a write knows nothing of it: the state is read first, and not before the time that it told."""
    headers = {"retry-after": "7"}
    write, read = answered(status, HTML, headers=headers), answered(status, HTML, headers=headers, write=False)
    assert isinstance(write, OutcomeUnknown)
    assert isinstance(read, Busy)
    assert write.retry_at == read.retry_at == NOW + timedelta(seconds=7)


@pytest.mark.parametrize("status", [302, 408, 500, 502, 503, 504])
def test_a_server_error_leaves_a_write_unknown_and_a_read_broken(status: int) -> None:
    """An error of the server can come after the write took effect."""
    error = answered(status, coded("ADMIN-500-1"))
    assert isinstance(error, OutcomeUnknown)
    assert error.retry_at is None
    assert type(answered(status, HTML, write=False)) is Broken


def test_a_conflict_of_an_invitation_is_a_full_product() -> None:
    """There 409 is documented as the user limit, whatever the code."""
    assert type(answered(409, coded("ADMIN-UAM-409-9"), operation="invite")) is SeatsExhausted


def test_the_facts_are_kept() -> None:
    """What an admin or Atlassian's support needs, as data."""
    error = answered(403, lifecycle("externalDirectory.scim"), operation="enable", headers={"atl-traceid": "abc123"})
    assert (error.operation, error.status, error.reason, error.request_id) == ("enable", 403, "externalDirectory.scim", "abc123")
    error = answered(403, coded("ADMIN-403-5"))
    assert (error.code, error.reason, error.request_id) == ("ADMIN-403-5", "group_not_manageable", "65e99414")


def busy_until(**headers: str) -> timedelta:
    """How long an answer with these headers makes us wait."""
    error = answered(429, headers={name.replace("_", "-"): value for name, value in headers.items()})
    assert isinstance(error, Busy)
    return error.retry_at - NOW


def test_busy_says_when_to_go_on() -> None:
    """Seconds, HTTP date or Atlassian's own header, which is an ISO time; Retry-After comes first."""
    assert busy_until(retry_after="7") == timedelta(seconds=7)
    assert busy_until(retry_after="Tue, 24 Nov 2026 09:00:30 GMT") == timedelta(seconds=30)
    assert busy_until(x_ratelimit_reset="2026-11-24T09:01:00Z") == timedelta(minutes=1)
    assert busy_until(x_ratelimit_reset="2026-11-24T11:01:00+02:00") == timedelta(minutes=1)
    assert busy_until(retry_after="7", x_ratelimit_reset="2026-11-24T09:01:00Z") == timedelta(seconds=7)


@pytest.mark.parametrize("value", ["", "soon", "-5", "0", "Tue, 99 Foo", "2020-01-01T00:00:00Z", "999999999999999"])
def test_nonsense_waits_between_a_second_and_an_hour(value: str) -> None:
    """A header from nowhere must neither stop the queue for a year nor make it spin."""
    for wait in (busy_until(retry_after=value), busy_until(x_ratelimit_reset=value)):
        assert timedelta(seconds=1) <= wait <= timedelta(hours=1)


@given(secret=st.text(min_size=8, max_size=40), status=st.sampled_from([302, 400, 401, 402, 403, 404, 409, 429, 500, 503]))
def test_no_text_of_an_answer_gets_into_an_error(secret: str, status: int) -> None:
    """Addresses, tokens and free text in any field stay out of str, repr and the error's own data."""
    secret = f"ada@{secret}"
    for body in (coded(secret, id=secret, title=secret), lifecycle(secret), lifecycle(None, context=secret), flat(status, secret), secret):
        error = answered(status, body, headers={"x-request-id": secret, "retry-after": secret})
        assert secret not in f"{error} {error!r} {vars(error)}"


@pytest.mark.parametrize("body", ["[]", "null", "3", '{"errors": {}}', '{"errors": [3]}', '{"errors": []}', "[" * 100_000, "\udcff"])
def test_any_body_is_survived(body: str) -> None:
    """An error answer may hold anything."""
    raw = body.encode("utf-8", "surrogateescape")
    assert type(error_for("invite", status=400, headers={}, body=raw, write=True, now=NOW)) is Refused
