"""Every request that the client can make, held to the OpenAPI file of the admin API."""

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import jsonschema
import pytest

from atlassian.client import AdminClient
from atlassian.errors import OutcomeUnknown
from atlassian.transport import Transport
from tests.atlassian.conftest import Wire, reply
from tests.atlassian.words import ACME, ADA, EMAIL, JIRA, NOW, USER

SPECIFICATION = json.loads((Path(__file__).parents[1] / "contracts" / "atlassian-admin.openapi.json").read_text())
# developer.atlassian.com/cloud/admin/user-management/rest/api-group-api-tokens (seen November 2026); the file above lacks it.
SPECIFICATION["paths"]["/users/{account_id}/manage/api-tokens"] = {"get": {}}
NOT_USED = {
    # What Comeback must never do: it takes product access, never an account or a membership of a directory.
    ("DELETE", "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}"),
    ("POST", "/v2/orgs/{orgId}/directories/{directoryId}/users/{accountId}/suspend"),
    ("POST", "/users/{account_id}/manage/lifecycle/disable"),
    ("POST", "/users/{account_id}/manage/lifecycle/delete"),
}

Call = Callable[[AdminClient], Awaitable[object]]


async def _every_page(client: AdminClient) -> None:
    async for _ in client.users(resource_ids=(JIRA,), role_ids=(USER,)):
        pass


CALLS: dict[str, Call] = {
    "search_users by address": lambda c: c.search_users(emails=(EMAIL,)),
    "search_users by id": lambda c: c.search_users(account_ids=(ADA,), claim_status="managed", directory=ACME, limit=10),
    "search_users, next page": lambda c: c.search_users(resource_ids=(JIRA,), role_ids=(USER,), status=("active",), cursor="next"),
    "users": _every_page,
    "role_assignments": lambda c: c.role_assignments(ADA, resource_ids=(JIRA,)),
    "group_role_assignments": lambda c: c.group_role_assignments("g1", directory=ACME),
    "search_groups": lambda c: c.search_groups(resource_ids=(JIRA,), role_ids=(USER,), group_ids=("g1",)),
    "workspaces": lambda c: c.workspaces(),
    "directories": lambda c: c.directories(),
    "directories of a person": lambda c: c.directories(account_id=ADA),
    "manage_permissions": lambda c: c.manage_permissions(ADA),
    "api_tokens": lambda c: c.api_tokens(ADA),
    "add_to_group": lambda c: c.add_to_group("g1", directory_id=ACME, account_id=ADA),
    "remove_from_group": lambda c: c.remove_from_group("g1", directory_id=ACME, account_id=ADA),
    "assign_role": lambda c: c.assign_role(ADA, role=USER, resource=JIRA),
    "revoke_role": lambda c: c.revoke_role(ADA, role=USER, resource=JIRA),
    "restore": lambda c: c.restore(ADA, directory_id=ACME),
    "invite to the product": lambda c: c.invite(EMAIL, resource=JIRA, role=USER),
    "invite into a group": lambda c: c.invite(EMAIL, resource=JIRA, role=USER, group_ids=("g1",)),
    "enable": lambda c: c.enable(ADA),
    "cancel_delete": lambda c: c.cancel_delete(ADA),
}


def client_of(wire: Wire, http: httpx.AsyncClient) -> AdminClient:
    """A client that talks to *wire*."""
    return AdminClient(Transport(wire.url, "key", now=lambda: NOW, http=http), "org/1")


def _closed(schema: Any) -> Any:
    """The schema with its references followed and unknown properties refused, so that a misspelt one shows."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _closed(SPECIFICATION["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
    closed = {name: _closed(value) for name, value in schema.items()}
    return closed | {"additionalProperties": False} if schema.get("type") == "object" and schema.get("properties") else closed


def _operation(method: str, path: str) -> tuple[str, dict[str, Any], list[str]]:
    """The template that matches the path, its operation and the values of the path's parameters."""
    bare = path.removeprefix("/admin") if not path.startswith("/users/") else path
    assert bare != path or path.startswith("/users/"), f"{path} is below neither base"
    for template, operations in SPECIFICATION["paths"].items():
        values = re.fullmatch(re.sub(r"\{\w+\}", "([^/]+)", template), bare)
        if values and method.lower() in operations:
            return template, operations[method.lower()], [unquote(value) for value in values.groups()]
    raise AssertionError(f"{method} {path} is in no contract")


def _check(raw: bytes) -> tuple[str, str, list[str]]:
    """Hold one request to the contract; returns its method, template and path values."""
    head, _, body = raw.partition(b"\r\n\r\n")
    method, target, _ = head.decode().splitlines()[0].split(" ")
    url = urlsplit(target)
    template, operation, values = _operation(method, url.path)
    known = {parameter["name"]: parameter["schema"] for parameter in operation.get("parameters", []) if parameter["in"] == "query"}
    for name, given in parse_qs(url.query, keep_blank_values=True).items():
        assert name in known, f"{name} is no parameter of {template}"
        value = given if known[name]["type"] == "array" else int(given[0]) if known[name]["type"] == "integer" else given[0]
        jsonschema.validate(value, known[name])
    _check_body(operation, body)
    return method, template, values


def _check_body(operation: dict[str, Any], body: bytes) -> None:
    if "requestBody" not in operation:
        assert body == b""
        return
    jsonschema.validate(json.loads(body), _closed(operation["requestBody"]["content"]["application/json"]["schema"]))


@pytest.mark.parametrize("name", CALLS)
async def test_every_request_is_in_the_contract(wire: Wire, http: httpx.AsyncClient, name: str) -> None:
    """Method, path, parameters and body, with no property that the contract does not know."""
    wire.answers(reply(200, b"[]" if name == "api_tokens" else b'{"data": []}'))
    await CALLS[name](client_of(wire, http))
    assert len(wire.requests) == 1
    method, template, values = _check(wire.requests[0])
    assert (method, template) not in NOT_USED
    assert "org/1" in values or template.startswith("/users/")


async def test_ids_are_quoted(wire: Wire, http: httpx.AsyncClient) -> None:
    """An account id may hold anything; it stays one segment of the path."""
    wire.answers(reply(204))
    await client_of(wire, http).restore("712020:a/../b?c", directory_id="d#1")
    assert _check(wire.requests[0])[2] == ["org/1", "d#1", "712020:a/../b?c"]


@pytest.mark.parametrize("account_id", ["", ".", ".."])
async def test_an_id_of_dots_is_refused(wire: Wire, http: httpx.AsyncClient, account_id: str) -> None:
    """It would lead to another path."""
    with pytest.raises(ValueError, match="an id must be more than dots"):
        await client_of(wire, http).enable(account_id)
    assert wire.requests == []


def _pages(*cursors: str | None) -> Iterator[bytes]:
    for cursor in cursors:
        yield reply(200, json.dumps({"data": [], "links": {"next": cursor}}).encode())


@pytest.mark.parametrize("name", ["users", "role_assignments", "search_groups", "workspaces", "directories"])
@pytest.mark.parametrize("following", ["b", "https://api.example/x?limit=5&cursor=b"])
async def test_all_pages_are_read(wire: Wire, http: httpx.AsyncClient, name: str, following: str) -> None:
    """By bare token or by URL, to the page that names no next one, each request within the contract."""
    answers = _pages(following, "c", "")

    async def script(_: object, writer: Any) -> None:
        writer.write(next(answers))
        await writer.drain()

    wire.script = script
    await CALLS[name](client_of(wire, http))
    assert [_check(raw)[0] for raw in wire.requests] == [_check(wire.requests[0])[0]] * 3
    assert [b'"b"' in raw or b"cursor=b" in raw for raw in wire.requests] == [False, True, False]


async def test_a_cursor_that_repeats_ends_the_list(wire: Wire, http: httpx.AsyncClient) -> None:
    """An endless list would hold a worker for ever."""
    wire.answers(next(_pages("same")))
    await client_of(wire, http).workspaces()
    assert len(wire.requests) == 2


async def test_beside_a_cursor_nothing_else_is_sent(wire: Wire, http: httpx.AsyncClient) -> None:
    """Workspaces refuse other properties then; role assignments discard them."""
    answers = _pages("b", None, "b", None)

    async def script(_: object, writer: Any) -> None:
        writer.write(next(answers))
        await writer.drain()

    wire.script = script
    await client_of(wire, http).workspaces()
    await client_of(wire, http).role_assignments(ADA, resource_ids=(JIRA,))
    assert json.loads(wire.requests[1].partition(b"\r\n\r\n")[2]) == {"cursor": "b"}
    assert wire.requests[3].split(b" ")[1].endswith(b"/role-assignments?cursor=b")


def _invited(status: int, *items: tuple[str, str | None]) -> bytes:
    results = [{"resource": JIRA, "role": USER, "status": word, "statusReason": reason} for word, reason in items]
    body = {"data": [{"id": ADA, "email": EMAIL, "results": {"roleAssignmentResult": results, "groupAssignmentResult": None}}]}
    return reply(status, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (_invited(200, ("INVITED", None)), (True, False, None)),
        (_invited(200), (True, False, None)),
        (_invited(200, ("ERROR", "Product not licensed")), (False, False, "product_not_licensed")),
        (_invited(206, ("INVITED", None)), (False, False, "partial")),
        (_invited(206, ("ERROR", f"{EMAIL} is blocked")), (False, False, "partial")),
        (_invited(206, ("ERROR", "Product License Limit Exceeded")), (False, True, "partial")),
        (_invited(206, ("ERROR", "USER_LIMIT_REACHED")), (False, True, "partial")),
    ],
)
async def test_an_invitation_is_read_to_its_items(
    wire: Wire, http: httpx.AsyncClient, answer: bytes, meaning: tuple[bool, bool, str | None]
) -> None:
    """A success may hold failures, and a failure may be that there is no seat; free text stays inside."""
    wire.answers(answer)
    result = await client_of(wire, http).invite(EMAIL, resource=JIRA, role=USER)
    assert (result.invited, result.seats_exhausted, result.reason) == meaning
    assert EMAIL not in repr(result)


async def test_an_invitation_whose_answer_nobody_can_read_is_unknown(wire: Wire, http: httpx.AsyncClient) -> None:
    """It may have been sent."""
    wire.answers(reply(200, b"{"))
    with pytest.raises(OutcomeUnknown):
        await client_of(wire, http).invite(EMAIL, resource=JIRA, role=USER)
