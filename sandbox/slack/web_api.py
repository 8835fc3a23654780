"""
The Web API over HTTP: arguments in, permission, pace, the method, `ok` and its relatives out.

https://docs.slack.dev/apis/web-api : POST with form, JSON or multipart, or GET; HTTP 200 for refusals too, 429 when limited.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.faults import with_fault
from sandbox.slack.errors import SlackError
from sandbox.slack.methods.call import Call, Method
from sandbox.slack.methods.table import METHODS

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]

FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


class WebApi:
    """Answers `/slack/api/{method}` for one workspace."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """The answer to one call, planted faults included."""
        fault = self._workspace.faults.take("slack", request.match_info["method"])
        return await with_fault(fault, request, self._answer, clock=self._workspace.clock)

    async def _answer(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        try:
            body = {"ok": True, **await self._run(name, request)}
            status, headers = 200, dict[str, str]()
        except SlackError as refusal:
            body, status, headers = refusal.body, refusal.status, refusal.headers
        return web.json_response(body, status=status, headers=headers | self._headers(METHODS.get(name)))

    async def _run(self, name: str, request: web.Request) -> Json:
        method = METHODS.get(name)
        if method is None:
            raise SlackError("unknown_method", req_method=name)
        args = await _arguments(request)
        token = _token(request, args)
        if method.caller != "anybody":
            self._authorize(method, token)
        call = Call(workspace=self._workspace, args=args)
        self._pace(name, method, call)
        self._workspace.calls.append((name, args))
        return method.run(call)

    def _authorize(self, method: Method, token: str) -> None:
        app = self._workspace.app
        if not token:
            raise SlackError("not_authed")
        if token not in (app.bot_token, app.app_token):
            raise SlackError("token_revoked" if token in app.former_tokens else "invalid_auth")
        if token == app.bot_token and app.refused_as:
            raise SlackError(app.refused_as)
        if (token == app.app_token) != (method.caller == "app"):
            raise SlackError("not_allowed_token_type")
        scopes = app.app_scopes if method.caller == "app" else app.scopes
        if method.scopes and not any(scope in scopes for scope in method.scopes):
            raise SlackError("missing_scope", needed=",".join(method.scopes), provided=",".join(scopes))

    def _pace(self, name: str, method: Method, call: Call) -> None:
        wait = self._workspace.limits.take({name: method.allowance, **method.buckets(call)})
        if wait is not None:
            raise SlackError("ratelimited", status=429, headers={"Retry-After": str(wait)})

    def _headers(self, method: Method | None) -> dict[str, str]:
        app = self._workspace.app
        return {
            "x-slack-req-id": self._workspace.ids.noise(32, alphabet="0123456789abcdef"),
            "x-oauth-scopes": ",".join(app.app_scopes if method and method.caller == "app" else app.scopes),
            "x-accepted-oauth-scopes": ",".join(method.scopes) if method else "",
        }


def _token(request: web.Request, args: Json) -> str:
    """The token of the Authorization header, or else of the arguments, out of which it is taken."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    given = str(args.pop("token", "") or "")
    return token.strip() if scheme.lower() == "bearer" else given


async def _arguments(request: web.Request) -> Json:
    args: Json = dict(request.query)
    if request.method == "GET" or not request.body_exists:
        return args
    if request.content_type == "application/json":
        return args | _json_object(await request.text())
    if request.content_type in FORMS:
        form = await request.post()
        return args | {name: value for name, value in form.items() if isinstance(value, str)}
    raise SlackError("invalid_post_type" if "Content-Type" in request.headers else "missing_post_type")


def _json_object(text: str) -> Json:
    try:
        value = json.loads(text or "{}")
    except ValueError:
        raise SlackError("invalid_json") from None
    if not isinstance(value, dict):
        raise SlackError("json_not_object")
    return value
