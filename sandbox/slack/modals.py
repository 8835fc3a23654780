"""
Submitting and cancelling modals, and what the app's answer does to the stack.

https://docs.slack.dev/surfaces/modals#handling_submissions : `errors`, `update`, `push`, `clear`, or nothing to close the view.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sandbox.slack import payloads, widgets
from sandbox.slack.deliveries import Delivery, Envelope, Outcome
from sandbox.slack.errors import NotPossible, SlackError
from sandbox.slack.people import SlackUser
from sandbox.slack.views import View

if TYPE_CHECKING:
    from sandbox.slack.workspace import Workspace

Json = dict[str, Any]

TROUBLE = "We had some trouble connecting. Try again?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """
    What the person saw after pressing submit.

    `errors` are sentences by block_id, from the app or from the Slack client (then `delivery` is None); `trouble` is Slack's own sentence
    when the app did not answer properly, with the modal still open.
    """

    delivery: Delivery | None
    response_action: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    trouble: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether the app took it: no error, no trouble."""
        return not self.errors and self.trouble is None


async def submit(
    workspace: Workspace, user: SlackUser, view: View, *, entries: dict[str, Any] | None = None, state: Json | None = None
) -> Submission:
    """Send *view* with *entries* (see Workspace.submits) or a whole *state* on top of what was entered before."""
    _allow(workspace, user, view)
    for block_id, values in (state or {}).items():
        view.state.setdefault(block_id, {}).update(values)
    for name, value in (entries or {}).items():
        _enter(view, name, value)
    _empty_to_null(view)
    if complaints := _complaints(view):
        return Submission(delivery=None, errors=complaints)
    payload = payloads.view_submission(workspace, user, view)
    delivery = await workspace.courier.ask(
        Envelope.INTERACTIVE, payload, kind="view_submission", what=view.callback_id, user=user.id, takes_answer=True
    )
    return _outcome(workspace, view, delivery)


def _allow(workspace: Workspace, user: SlackUser, view: View) -> None:
    if view not in workspace.surfaces.stack(user.id):
        raise NotPossible("this modal is not open")
    if "submit" not in view.fields:
        raise NotPossible("this modal has no submit button")


def _enter(view: View, name: str, value: Any) -> None:
    for block, element in view.inputs():
        if name in (f"{block['block_id']}.{element['action_id']}", block["block_id"], element["action_id"]):
            view.state.setdefault(block["block_id"], {})[element["action_id"]] = widgets.entered(element, value)
            return
    raise NotPossible(f"there is no input called {name} in this modal")


def _empty_to_null(view: View) -> None:
    """An input that was emptied again is null in the payload, as one that was never touched."""
    for values in view.state.values():
        for value in values.values():
            if value.get("value") == "":
                value["value"] = None


def _complaints(view: View) -> dict[str, str]:
    found = {}
    for block, element in view.inputs():
        sentence = widgets.complaint(block, view.state.get(block["block_id"], {}).get(element["action_id"]))
        if sentence:
            found[block["block_id"]] = sentence
    return found


def _outcome(workspace: Workspace, view: View, delivery: Delivery) -> Submission:
    if delivery.outcome is not Outcome.OK:
        return Submission(delivery=delivery, trouble=TROUBLE)
    answer = delivery.answer if isinstance(delivery.answer, dict) else {}
    action = answer.get("response_action")
    if action is None:
        workspace.surfaces.close(view)
        workspace.changed("view_closed", user=view.user, view=view.id)
        return Submission(delivery=delivery)
    try:
        return Submission(delivery=delivery, response_action=action, errors=_apply(workspace, view, action, answer))
    except SlackError:
        return Submission(delivery=delivery, response_action=action, trouble=TROUBLE)


def _apply(workspace: Workspace, view: View, action: str, answer: Json) -> dict[str, str]:
    surfaces = workspace.surfaces
    if action == "errors":
        return _read_errors(view, answer.get("errors"))
    if action == "clear":
        surfaces.clear(view.user)
        workspace.changed("view_closed", user=view.user, view=view.id)
    elif action == "update":
        show(workspace, surfaces.update(view, answer.get("view")), kind="view_updated")
    elif action == "push":
        show(workspace, surfaces.push(view.user, answer.get("view")), kind="view_opened")
    else:
        raise SlackError("invalid_response_action")
    return {}


def _read_errors(view: View, errors: Any) -> dict[str, str]:
    inputs = {block["block_id"] for block, _ in view.inputs()}
    if not isinstance(errors, dict) or not errors or not set(errors) <= inputs:
        raise SlackError("invalid_errors")
    return {str(block_id): str(sentence) for block_id, sentence in errors.items()}


def show(workspace: Workspace, view: View, *, kind: str) -> None:
    """Tell whoever watches that *view* was opened or updated."""
    workspace.changed(kind, user=view.user, view=view.wire(workspace.app.id, workspace.app.bot_id))


async def close(workspace: Workspace, user: SlackUser, view: View, *, everything: bool = False) -> Delivery | None:
    """Cancel *view*, or with *everything* the stack; view_closed goes to the app only for views with `notify_on_close`."""
    if view not in workspace.surfaces.stack(user.id):
        raise NotPossible("this modal is not open")
    if everything:
        workspace.surfaces.clear(user.id)
    else:
        workspace.surfaces.close(view)
    workspace.changed("view_closed", user=user.id, view=view.id)
    if not view.fields.get("notify_on_close"):
        return None
    payload = payloads.view_closed(workspace, user, view, is_cleared=everything)
    return await workspace.courier.ask(Envelope.INTERACTIVE, payload, kind="view_closed", what=view.callback_id, user=user.id)
