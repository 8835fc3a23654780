"""The forms of a plan: leaving people out and adding some, refusing with a reason, and putting some seats back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slack_sdk.models.blocks import Block, InputBlock, Option, OptionGroup, PlainTextInputElement, PlainTextObject, StaticMultiSelectElement
from slack_sdk.models.views import View

from bot.idle.plan_view import Holder, PlanView
from bot.slack.surfaces.markup import LONGEST_QUOTE, plain, section
from bot.slack.surfaces.modals import REASON
from bot.slack.surfaces.plan_parts import why_unwarned
from bot.slack.surfaces.plan_people import in_a_list
from storage.lifecycle import HOLDING_RECLAIMS, ReclaimStatus

EDIT = "plan.edit"
REFUSE = "plan.refuse"
UNDO_SOME = "plan.undo_some"
ADDED = "added"
IN_A_GROUP = 100
"""Slack takes so many options in one group, and so many groups."""
MOST_AT_ONCE = 50
"""What is sent is done in one unit of work, which has to be over before anybody's patience."""
MOST_CHOICES = 1_000
"""More make a form of a quarter of a megabyte, which Slack refuses; the longest idle are among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The ids of reclaims and of warnings that were chosen; whether they belong to the plan is asked when it is changed."""

    batch_id: str
    ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Which plan was refused, and why."""

    batch_id: str
    reason: str


def edit_form(view: PlanView) -> View:
    """The form that leaves members out, and adds those whom nobody could warn."""
    members = [_option(member.reclaim.id, member.holder) for member in view.in_status(ReclaimStatus.PLANNED)]
    unwarned = [_option(one.warning_id, one.holder, why=why_unwarned(one)) for one in view.unwarned]
    blocks: list[Block] = []
    if members:
        blocks.append(
            _choice(members, block_id=REASON, label="Leave out", hint="They keep their seat, and aren't asked again for a while.")
        )
    if unwarned:
        # Where nobody is in the plan, an answer to the submission is shown beside this list.
        block_id = ADDED if members else REASON
        hint = "Look twice: often these are accounts of machines. They lose their seat without having been warned."
        blocks.append(_choice(unwarned, block_id=block_id, label="Nobody could warn these: add", hint=hint))
    return _form(EDIT, view.batch.id, title="Edit this plan", submit="Change the plan", blocks=blocks)


def undo_form(view: PlanView) -> View:
    """The form that chooses whose seats are put back."""
    held = [_option(member.reclaim.id, member.holder) for member in view.in_status(*HOLDING_RECLAIMS)]
    choice = _choice(held, block_id=REASON, label="Put back", hint="Exactly what was taken. The person is told.", optional=False)
    return _form(UNDO_SOME, view.batch.id, title="Put seats back", submit="Put back", blocks=[choice])


def refuse_form(batch_id: str) -> View:
    """The form that asks why a plan is refused."""
    answer = InputBlock(
        block_id=REASON,
        label="Why not?",
        hint="Shown on the plan. Nobody in it is warned again for a while.",
        element=PlainTextInputElement(action_id=REASON, multiline=True, max_length=LONGEST_QUOTE, focus_on_load=True),
    )
    explained = section("All of them keep their seats.")
    return _form(REFUSE, batch_id, title="Refuse this plan", submit="Refuse", blocks=[explained, answer])


def parse_chosen(view: Mapping[str, Any]) -> Chosen:
    """All that was chosen, from whichever list: the ids tell it apart."""
    values = (view.get("state") or {}).get("values") or {}
    options = (option for name in (REASON, ADDED) for option in ((values.get(name) or {}).get(name) or {}).get("selected_options") or ())
    return Chosen(batch_id=_batch_id(view), ids=tuple(str(option["value"]) for option in options))


def parse_refuse(view: Mapping[str, Any]) -> Refusal:
    """Which plan, and why; an empty reason when there is nothing to see in it."""
    values = (view.get("state") or {}).get("values") or {}
    reason = str(((values.get(REASON) or {}).get(REASON) or {}).get("value") or "").strip()
    return Refusal(batch_id=_batch_id(view), reason=reason if plain(reason) else "")


def _form(callback_id: str, batch_id: str, *, title: str, submit: str, blocks: Sequence[Block]) -> View:
    return View(
        type="modal", callback_id=callback_id, title=title, submit=submit, close="Cancel", private_metadata=batch_id, blocks=list(blocks)
    )


def _option(row_id: str, holder: Holder, *, why: str | None = None) -> Option:
    return Option(value=row_id, text=PlainTextObject(text=in_a_list(holder)), description=why)


def _choice(people: Sequence[Option], *, block_id: str, label: str, hint: str, optional: bool = True) -> InputBlock:
    options = people[:MOST_CHOICES]
    pages = [options[at : at + IN_A_GROUP] for at in range(0, len(options), IN_A_GROUP)]
    groups = [OptionGroup(label=PlainTextObject(text=f"From {1 + at * IN_A_GROUP}"), options=page) for at, page in enumerate(pages)]
    one_list = {"options": options} if len(groups) == 1 else {"option_groups": groups}
    most, told = (MOST_AT_ONCE, f"{hint} At most {MOST_AT_ONCE} at a time.") if len(options) > MOST_AT_ONCE else (None, hint)
    element = StaticMultiSelectElement(action_id=block_id, placeholder="Choose people", max_selected_items=most, **one_list)
    return InputBlock(block_id=block_id, label=label, hint=told, optional=optional, element=element)


def _batch_id(view: Mapping[str, Any]) -> str:
    return str(view.get("private_metadata") or "")
