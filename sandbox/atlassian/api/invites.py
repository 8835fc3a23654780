"""Invitations."""

from typing import Any

from aiohttp import web

from sandbox.atlassian.api.bodies import INVITE, read_body
from sandbox.atlassian.api.context import organization_of
from sandbox.atlassian.errors import TITLES
from sandbox.atlassian.invitations import Invitation, Outcome, any_failed, invite


def register(app: web.Application) -> None:
    """Add the route."""
    app.router.add_post("/admin/v2/orgs/{orgId}/users/invite", invite_users)


async def invite_users(request: web.Request) -> web.Response:
    """Invite up to 25 addresses: 200, or 206 when anything that was asked for was not given."""
    body = await read_body(request, INVITE)
    invitation = Invitation(
        emails=tuple(body["emails"]),
        rules=tuple((rule["resource"], rule["role"]) for rule in body.get("permissionRules", ())),
        groups=tuple(body.get("additionalGroups", ())),
    )
    outcomes = invite(organization_of(request), invitation)
    return web.json_response({"data": [_row(outcome) for outcome in outcomes]}, status=206 if any_failed(outcomes) else 200)


def _row(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.account_id,
        "email": outcome.email,
        "results": {
            "roleAssignmentResult": [{"resource": ari, "role": role, **_status(reason)} for ari, role, reason in outcome.roles],
            "groupAssignmentResult": [{"group": group_id, **_status(reason)} for group_id, reason in outcome.groups],
        },
    }


def _status(reason: str | None) -> dict[str, str | None]:
    return {"status": "ERROR" if reason else "INVITED", "statusReason": TITLES[reason] if reason else None}
