"""
What people do with messages, buttons and the Home tab.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from sandbox.slack import payloads, widgets
from sandbox.slack.deliveries import Delivery, Envelope, Outcome
from sandbox.slack.errors import NotPossible
from sandbox.slack.messages import Message
from sandbox.slack.people import SlackUser
from sandbox.slack.views import View

if TYPE_CHECKING:
    from sandbox.slack.channels import Channel
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]


def say(workspace: Workspace, user: SlackUser, text: str, *, channel: Channel, thread_ts: str | None = None) -> Message:
    """Post *text* as the person; raises NotPossible where Slack has no message box for them."""
    if not user.can_act or not workspace.sees(user, channel) or channel.is_archived:
        raise NotPossible(f"{user.name} can't write in {channel.name or channel.id}")
    message = Message(ts=workspace.stamps.next(), channel=channel.id, user=user.id, text=payloads.escaped(text), thread_ts=thread_ts)
    workspace.timeline.add(message)
    workspace.changed("message", channel=channel.id, ts=message.ts, user=None)
    return message


async def press(
    workspace: Workspace,
    user: SlackUser,
    on: Message | View,
    action_id: str,
    *,
    value: Any = None,
    block_id: str | None = None,
    element: Json | None = None,
    values: Json | None = None,
) -> Delivery:
    """Send block_actions for one element; *values* are what the person entered elsewhere on the same surface."""
    if not user.can_act:
        raise NotPossible(f"{user.name} can't use Slack")
    block, pressed = ({"block_id": block_id or "remembered"}, element) if element else on.element(action_id, block_id=block_id)
    action = widgets.action(block, pressed, value=value, action_ts=workspace.stamps.next())
    payload = _payload(workspace, user, on, action, values)
    return await workspace.courier.ask(Envelope.INTERACTIVE, payload, kind="block_actions", what=action_id, user=user.id)


async def search(workspace: Workspace, user: SlackUser, on: Message | View, action_id: str, text: str) -> list[Json]:
    """What the app offers for *text* in an external_select; empty when it did not answer in time or with something else."""
    block, element = on.element(action_id)
    if element["type"] != "external_select":
        raise NotPossible("only an external_select is searched")
    action = {"action_id": action_id, "block_id": block["block_id"], "type": "external_select", "action_ts": workspace.stamps.next()}
    payload = payloads.suggestion(_payload(workspace, user, on, action, None), action, text)
    delivery = await workspace.courier.ask(
        Envelope.INTERACTIVE, payload, kind="block_suggestion", what=action_id, user=user.id, takes_answer=True
    )
    answer = delivery.answer if isinstance(delivery.answer, dict) else {}
    grouped = [option for group in answer.get("option_groups", ()) for option in group["options"]]
    return [*answer.get("options", ()), *grouped]


def _payload(workspace: Workspace, user: SlackUser, on: Message | View, action: Json, values: Json | None) -> Json:
    if isinstance(on, View):
        if on.user != user.id:
            raise NotPossible("a view is seen only by the person that it was opened for")
        _remember(on, action, values)
        return payloads.view_action(workspace, user, on, action)
    if not workspace.sees(user, workspace.channels.named(on.channel)) or on.seen_only_by not in (None, user.id):
        raise NotPossible(f"{user.name} does not see this message")
    state = widgets.initial_state(on.blocks, before=values)
    return payloads.message_action(workspace, user, on, action, state)


def _remember(view: View, action: Json, values: Json | None) -> None:
    for block_id, entries in (values or {}).items():
        view.state.setdefault(block_id, {}).update(entries)
    name = widgets.VALUE_NAMES.get(action["type"])
    if name in action and action["type"] != "overflow":
        entered = {"type": action["type"], name: action.get(name)}
        view.state.setdefault(action["block_id"], {})[action["action_id"]] = entered


async def open_home(workspace: Workspace, user: SlackUser) -> Delivery:
    """Fire app_home_opened (with the view when one was published) and wait until the app has taken it or it failed."""
    if not user.can_act:
        raise NotPossible(f"{user.name} can't use Slack")
    inner: Json = {"type": "app_home_opened", "user": user.id, "channel": workspace.channels.im(user.id).id, "tab": "home"}
    home = workspace.surfaces.homes.get(user.id)
    if home is not None:
        inner["view"] = home.wire(workspace.app.id, workspace.app.bot_id)
    delivery = workspace.courier.tell(payloads.event(workspace, inner), what="app_home_opened", user=user.id)
    if workspace.connected:
        await _settled(workspace, delivery)
    return delivery


async def _settled(workspace: Workspace, delivery: Delivery) -> None:
    with workspace.events.subscription() as queue:
        while delivery.outcome is Outcome.WAITING:
            await asyncio.wait_for(queue.get(), timeout=10)
