"""
`/control/slack/*`: what a person does in the workspace, as JSON, for the page, the demo and story tests.

Every refusal of the simulated client is HTTP 400 with `{"error": sentence}`; what does not exist is 404.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from sandbox.human import SlackKind
from sandbox.slack import acts, glimpses, modals
from sandbox.slack.deliveries import Delivery
from sandbox.slack.errors import NotPossible
from sandbox.slack.messages import Message
from sandbox.slack.views import View

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]
Answer = Callable[[Json], Awaitable[Json]]

ROWS = 200


class Control:
    """The control routes of one workspace; each method takes the request's fields and gives the answer's."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    async def conversations(self, body: Json) -> Json:
        """The channels and direct messages that this person sees, newest activity first."""
        return {"conversations": glimpses.conversations(self._workspace, self._workspace.person(body["user"]))}

    async def conversation(self, body: Json) -> Json:
        """One conversation as this person sees it, which is thereby read."""
        return {"messages": glimpses.conversation(self._workspace, self._workspace.person(body["user"]), body["channel"])}

    async def message(self, body: Json) -> Json:
        """Say something; a text that starts with a slash is a command."""
        workspace, text, channel = self._workspace, str(body["text"]), body.get("channel", "C0GENERAL")
        if text.startswith("/"):
            return {"kind": "command", "delivery": (await workspace.types(body["user"], text, channel=channel)).wire()}
        said = workspace.says(body["user"], text, channel=channel, thread_ts=body.get("thread_ts"))
        return {"kind": "message", "ts": said.ts}

    async def action(self, body: Json) -> Json:
        """Press or choose something on a message or in a view."""
        workspace, user = self._workspace, self._workspace.person(body["user"])
        on = self._surface(user.id, body["container"])
        chosen = next((body[name] for name in _CHOICES if body.get(name) is not None), None)
        delivery = await acts.press(
            workspace, user, on, body["action_id"], value=chosen, block_id=body.get("block_id"), values=body.get("state")
        )
        return {"delivery": delivery.wire()}

    async def options(self, body: Json) -> Json:
        """What the app offers for a text in an external_select."""
        user = self._workspace.person(body["user"])
        on = self._surface(user.id, body["container"])
        return {"options": await acts.search(self._workspace, user, on, body["action_id"], str(body.get("text", "")))}

    async def submit(self, body: Json) -> Json:
        """Send a modal."""
        user = self._workspace.person(body["user"])
        view = self._view(user.id, body["view_id"])
        sent = await modals.submit(self._workspace, user, view, state=body.get("state"))
        return {
            "delivery": _wire(sent.delivery),
            "response_action": sent.response_action,
            "errors": sent.errors or None,
            "trouble": sent.trouble,
        }

    async def close(self, body: Json) -> Json:
        """Cancel a modal, or with `everything` the whole stack."""
        user = self._workspace.person(body["user"])
        view = self._view(user.id, body["view_id"])
        return {"delivery": _wire(await modals.close(self._workspace, user, view, everything=bool(body.get("everything"))))}

    async def home(self, body: Json) -> Json:
        """Open the app's Home tab."""
        delivery = await self._workspace.opens_home(body["user"])
        return {"view": glimpses.view(self._workspace, self._workspace.home(body["user"])), "delivery": delivery.wire()}

    async def views(self, body: Json) -> Json:
        """The modals that this person has open, the topmost last."""
        return {"stack": [glimpses.view(self._workspace, view) for view in self._workspace.views(body["user"])]}

    async def deliveries(self, _body: Json) -> Json:
        """The newest deliveries, oldest first."""
        return {"deliveries": [delivery.wire() for delivery in self._workspace.courier.journal.last(ROWS)]}

    async def pings(self, _body: Json) -> Json:
        """Who the app's messages pinged."""
        pings = self._workspace.pings[-ROWS:]
        return {"pings": [{"kind": p.kind, "target": p.target, "channel": p.channel, "ts": p.ts, "place": p.place} for p in pings]}

    async def connection(self, body: Json) -> Json:
        """A fault of Socket Mode: refresh, warn, drop, stall, refuse or too_many (the last two for the next `times` handshakes)."""
        socket, wanted, times = self._workspace.socket, body["do"], int(body.get("times", 1))
        if wanted in ("refresh", "warn"):
            await socket.refresh(warn=wanted == "warn")
        elif wanted in ("drop", "stall"):
            (socket.drop if wanted == "drop" else socket.stall)()
        elif wanted == "refuse":
            socket.refusals = times
            socket.drop()
        elif wanted == "too_many":
            socket.overcrowded = times
            socket.drop()
        else:
            raise NotPossible("do is refresh, warn, drop, stall, refuse or too_many")
        return {"connected": self._workspace.connected}

    async def user(self, body: Json) -> Json:
        """An administrator's change of an account: deactivate, reactivate, email, kind, reload."""
        workspace, key, wanted = self._workspace, body["user"], body["do"]
        if wanted == "email":
            workspace.change_email(key, body["email"], confirmed=bool(body.get("confirmed", True)))
        elif wanted == "kind":
            workspace.set_kind(key, SlackKind(body["kind"]))
        elif wanted in ("deactivate", "reactivate", "reload"):
            {"deactivate": workspace.deactivate, "reactivate": workspace.reactivate, "reload": workspace.reloads}[wanted](key)
        else:
            raise NotPossible("do is deactivate, reactivate, email, kind or reload")
        return {"user": glimpses.user(workspace.person(key))}

    async def group(self, body: Json) -> Json:
        """Replace the members of a user group."""
        self._workspace.set_group(body["group"], body["members"])
        return {"group": self._workspace.people.groups[body["group"]].wire(with_users=True)}

    async def channel(self, body: Json) -> Json:
        """Archive, share or change a channel, and let somebody `join` or `leave` it."""
        workspace, channel = self._workspace, body["channel"]
        workspace.set_channel(channel, **{name: bool(value) for name, value in body.items() if name.startswith(("is_", "pending_"))})
        if body.get("join"):
            workspace.joins(body["join"], channel)
        if body.get("leave"):
            workspace.leaves(body["leave"], channel)
        return {"channel": glimpses.channel(workspace.channel(channel))}

    async def limits(self, body: Json) -> Json:
        """Switch rate limits on or off."""
        self._workspace.limits.enabled = bool(body["enabled"])
        return {"enabled": self._workspace.limits.enabled}

    def _surface(self, user_id: str, container: Json) -> Message | View:
        if container.get("type") == "view":
            home = self._workspace.surfaces.homes.get(user_id)
            return home if home is not None and home.id == container["view_id"] else self._view(user_id, container["view_id"])
        timeline, channel = self._workspace.timeline, self._workspace.channel(container["channel"]).id
        message = timeline.find(channel, container["ts"]) or timeline.ephemeral(user_id, container["ts"])
        if message is None:
            raise NotPossible("this message is gone")
        return message

    def _view(self, user_id: str, view_id: str) -> View:
        view = next((view for view in self._workspace.surfaces.stack(user_id) if view.id == view_id), None)
        if view is None:
            raise NotPossible("this modal is not open")
        return view


_CHOICES = ("value", "selected_option", "selected_options", "selected_user", "selected_users", "selected_date", "selected_time",
            "selected_channel", "selected_conversation")  # fmt: skip


def _wire(delivery: Delivery | None) -> Json | None:
    return delivery.wire() if delivery is not None else None


def register(app: web.Application, workspace: Workspace) -> None:
    """Add `/control/slack/*` to *app*."""
    control = Control(workspace)
    for name in ("conversations", "conversation", "views", "deliveries", "pings"):
        app.router.add_get(f"/control/slack/{name}", _handler(getattr(control, name)))
    for name in ("message", "action", "options", "submit", "close", "home", "connection", "user", "group", "channel", "limits"):
        app.router.add_post(f"/control/slack/{name}", _handler(getattr(control, name)))


def _handler(answer: Answer) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            body = dict(request.query) if request.method == "GET" else await request.json()
            return web.json_response(await answer(body))
        except NotPossible as refusal:
            return web.json_response({"error": str(refusal)}, status=400)
        except KeyError as missing:
            return web.json_response({"error": f"unknown or missing: {missing.args[0]}"}, status=404)
        except (ValueError, TypeError) as wrong:
            return web.json_response({"error": str(wrong)}, status=400)

    return handle
