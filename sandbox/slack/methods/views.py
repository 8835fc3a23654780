"""
views.*: modals and the Home tab.
"""

from __future__ import annotations

from sandbox.slack import modals
from sandbox.slack.errors import SlackError, invalid_arguments
from sandbox.slack.methods.call import Call, Json, Method
from sandbox.slack.rate import TIER_4, Allowance
from sandbox.slack.views import View


def open_view(call: Call) -> Json:
    """A modal for the person whose trigger_id this is; the trigger is spent first."""
    workspace = call.workspace
    trigger = workspace.triggers.spend(call.required("trigger_id"))
    view = workspace.surfaces.open(trigger.user, call.json("view"))
    modals.show(workspace, view, kind="view_opened")
    return _answer(call, view)


def push(call: Call) -> Json:
    """One more modal on the stack of the person whose trigger_id this is."""
    workspace = call.workspace
    trigger = workspace.triggers.spend(call.required("trigger_id"))
    view = workspace.surfaces.push(trigger.user, call.json("view"))
    modals.show(workspace, view, kind="view_opened")
    return _answer(call, view)


def update(call: Call) -> Json:
    """Other contents for an open view, found by view_id or external_id."""
    workspace = call.workspace
    view_id, external_id = call.text("view_id"), call.text("external_id")
    if view_id and external_id:
        raise invalid_arguments("Cannot provide both `view_id` and `external_id`")
    view = workspace.surfaces.find(view_id=view_id or None, external_id=external_id or None)
    if view is None:
        raise SlackError("not_found")
    workspace.surfaces.update(view, call.json("view"), expected_hash=call.text("hash") or None)
    modals.show(workspace, view, kind="view_updated")
    return _answer(call, view)


def publish(call: Call) -> Json:
    """The Home tab of one person, replaced."""
    workspace = call.workspace
    user = workspace.people.find(call.required("user_id"))
    if user is None or not user.can_act:
        raise invalid_arguments("invalid `user_id` [json-pointer:/user_id]")
    if not workspace.app.home_enabled:
        raise SlackError("not_enabled")
    view = workspace.surfaces.publish(user.id, call.json("view"), expected_hash=call.text("hash") or None)
    modals.show(workspace, view, kind="home_published")
    return _answer(call, view)


def _answer(call: Call, view: View) -> Json:
    return {"view": view.wire(call.workspace.app.id, call.workspace.app.bot_id)}


_OFTEN = Allowance(per_minute=TIER_4, burst=TIER_4)
METHODS = {
    "views.open": Method(run=open_view, allowance=_OFTEN),
    "views.push": Method(run=push, allowance=_OFTEN),
    "views.update": Method(run=update, allowance=_OFTEN),
    "views.publish": Method(run=publish, allowance=_OFTEN),
}
