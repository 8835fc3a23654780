"""The request bodies that each operation takes, and their refusal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from sandbox.atlassian.errors import Refusal

ROLES = frozenset(
    f"atlassian/{name}"
    for name in (
        "user",
        "admin",
        "guest",
        "customer",
        "user-access-admin",
        "contributor",
        "basic",
        "stakeholder",
        "org-admin",
        "site-admin",
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One property: its JSON type, its allowed words, the type of its items or its own properties."""

    type: str
    words: frozenset[str] | None = None
    items: "Field | None" = None
    fields: "Mapping[str, Field] | None" = None
    required: frozenset[str] = frozenset()


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _list(words: frozenset[str] | None = None) -> Field:
    return Field(type="array", items=Field(type="string", words=words))


def _sort(field: str) -> Field:
    fields = {"field": Field(type="string", words=_words(field)), "direction": Field(type="string", words=_words("asc desc"))}
    return Field(type="array", items=Field(type="object", fields=fields))


TEXT, NUMBER, FLAG, OBJECT = Field(type="string"), Field(type="integer"), Field(type="boolean"), Field(type="object")
TEXTS = _list()

USER_SEARCH = Field(
    type="object",
    fields={
        "cursor": TEXT,
        "limit": NUMBER,
        "accountIds": TEXTS,
        "directoryIds": TEXTS,
        "resourceIds": TEXTS,
        "groupIds": TEXTS,
        "mfaEnabled": FLAG,
        "claimStatus": Field(type="string", words=_words("managed unmanaged")),
        "status": _list(_words("active suspended not_invited deactivated for_deletion")),
        "accountStatus": _list(_words("active inactive closed")),
        "membershipStatus": _list(_words("active suspended no_membership")),
        "roleIds": _list(ROLES | {"atlassian/ai-access"}),
        "emailDomains": TEXTS,
        "searchTerm": TEXT,
        "emails": TEXTS,
        "expand": _list(_words("platformRoles counts.resources productAccess groups")),
        "sortBy": _sort("nick_name"),
    },
)
GROUP_SEARCH = Field(
    type="object",
    fields={
        "cursor": TEXT,
        "limit": NUMBER,
        "sortBy": _sort("name"),
        "accountIds": TEXTS,
        "directoryIds": TEXTS,
        "roleIds": TEXTS,
        "resourceOwners": TEXTS,
        "resourceIds": TEXTS,
        "searchTerm": TEXT,
        "groupIds": TEXTS,
        "groupNames": TEXTS,
        "expand": _list(_words("counts.resources counts.users")),
    },
)
MEMBERSHIP = Field(type="object", fields={"accountId": TEXT}, required=_words("accountId"))
ROLE = Field(type="object", fields={"role": Field(type="string", words=ROLES), "resource": TEXT}, required=_words("role"))
_RULE = Field(type="object", fields={"resource": TEXT, "role": TEXT}, required=_words("resource role"))
INVITE = Field(
    type="object",
    fields={
        "emails": TEXTS,
        "permissionRules": Field(type="array", items=_RULE),
        "additionalGroups": TEXTS,
        "sendNotification": FLAG,
        "notificationText": TEXT,
    },
    required=_words("emails"),
)
WORKSPACES = Field(type="object", fields={"query": OBJECT, "limit": NUMBER, "sort": Field(type="array", items=OBJECT), "cursor": TEXT})
DISABLE = Field(type="object", fields={"message": TEXT})

_IS: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
    "array": lambda value: isinstance(value, list),
    "object": lambda value: isinstance(value, dict),
}


async def read_body(request: web.Request, expected: Field, *, optional: bool = False) -> dict[str, Any]:
    """The JSON object of the request, as *expected*; raises Refusal 415 or 400 naming the first property that is wrong."""
    raw = await request.read()
    if not raw and optional:
        return {}
    if request.content_type != "application/json":
        raise Refusal("ADMIN-UAM-415-1")
    try:
        body = await request.json()
    except ValueError:
        raise Refusal("ADMIN-400-24", detail="The body is not JSON") from None
    check(body, expected, at="body")
    found: dict[str, Any] = body
    return found


def check(value: Any, expected: Field, *, at: str) -> None:
    """Raise Refusal unless *value* has the shape of *expected*; unknown properties are refused, as a typing error would widen a search."""
    if not _IS[expected.type](value):
        raise Refusal("ADMIN-400-24", detail=f"{at} must be of type {expected.type}")
    if expected.words is not None and value not in expected.words:
        raise Refusal("ADMIN-400-24", detail=f"{at} must be one of {', '.join(sorted(expected.words))}")
    if expected.items is not None:
        for index, item in enumerate(value):
            check(item, expected.items, at=f"{at}[{index}]")
    if expected.fields is not None:
        _check_object(value, expected, at=at)


def _check_object(value: Mapping[str, Any], expected: Field, *, at: str) -> None:
    fields = expected.fields or {}
    if unknown := sorted(set(value) - set(fields)):
        raise Refusal("ADMIN-400-24", detail=f"{at} has unknown properties: {', '.join(unknown)}")
    if missing := sorted(expected.required - set(value)):
        raise Refusal("ADMIN-400-24", detail=f"{at} lacks {', '.join(missing)}")
    for name, item in value.items():
        check(item, fields[name], at=f"{at}.{name}")
