"""
Modals and Home tabs: the stack that each person sees, and what they have typed.

https://docs.slack.dev/surfaces/modals : at most three views on a stack; `hash` guards updates against older ones.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sandbox.slack.blocks.surfaces import elements_of, refuse_view, with_ids
from sandbox.slack.errors import NotPossible, SlackError, invalid_arguments, with_findings
from sandbox.slack.ids import Ids
from sandbox.slack.people import TEAM_ID
from sandbox.slack.widgets import initial_state

Json = dict[str, Any]

STACK = 3
VIEW_BYTES = 250_000
KEPT_FIELDS = (
    "type",
    "title",
    "submit",
    "close",
    "private_metadata",
    "callback_id",
    "external_id",
    "clear_on_close",
    "notify_on_close",
)


@dataclass(slots=True, kw_only=True)
class View:
    """An open modal or a published Home tab; `state` is what the person entered: block_id -> action_id -> value object."""

    id: str
    user: str
    kind: str
    fields: Json
    blocks: list[Json]
    hash: str
    state: dict[str, dict[str, Json]] = field(default_factory=dict)
    root_id: str
    previous_id: str | None = None

    @property
    def callback_id(self) -> str:
        """The app's own name for this view."""
        return str(self.fields.get("callback_id", ""))

    @property
    def title(self) -> str:
        """The words in its title bar; empty for a Home tab."""
        return str(self.fields.get("title", {}).get("text", ""))

    @property
    def external_id(self) -> str:
        """The id that the app gave it, unique in the workspace; empty when none."""
        return str(self.fields.get("external_id", ""))

    def inputs(self) -> Iterator[tuple[Json, Json]]:
        """(block, element) of every input block, in reading order."""
        for block in self.blocks:
            if block.get("type") == "input":
                yield block, block["element"]

    def element(self, action_id: str, *, block_id: str | None = None) -> tuple[Json, Json]:
        """The (block, element) with this action_id; raises NotPossible when it isn't on the screen."""
        for block in self.blocks:
            for element in elements_of(block):
                if element.get("action_id") == action_id and block_id in (None, block.get("block_id")):
                    return block, element
        raise NotPossible(f"there is nothing called {action_id} in this view")

    def wire(self, app_id: str, bot_id: str) -> Json:
        """The view object of the Web API and of payloads."""
        return {
            "id": self.id,
            "team_id": TEAM_ID,
            "type": self.kind,
            "blocks": self.blocks,
            "private_metadata": self.fields.get("private_metadata", ""),
            "callback_id": self.callback_id,
            "state": {"values": self.state},
            "hash": self.hash,
            "title": self.fields.get("title") or {"type": "plain_text", "text": "View Title", "emoji": True},
            "clear_on_close": bool(self.fields.get("clear_on_close", False)),
            "notify_on_close": bool(self.fields.get("notify_on_close", False)),
            "close": self.fields.get("close"),
            "submit": self.fields.get("submit"),
            "previous_view_id": self.previous_id,
            "root_view_id": self.root_id,
            "app_id": app_id,
            "external_id": self.external_id,
            "app_installed_team_id": TEAM_ID,
            "bot_id": bot_id,
        }


class Views:
    """Every person's stack of modals (the topmost last) and Home tab."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._count = 0
        self._stacks: dict[str, list[View]] = {}
        self.homes: dict[str, View] = {}

    def stack(self, user: str) -> list[View]:
        """The modals that *user* has open, the topmost last."""
        return list(self._stacks.get(user, ()))

    def find(self, *, view_id: str | None = None, external_id: str | None = None) -> View | None:
        """The open view (Home tabs included) with this id or external id."""
        wanted = [*self.homes.values(), *(view for stack in self._stacks.values() for view in stack)]
        return next((v for v in wanted if v.id == view_id or (external_id and v.external_id == external_id)), None)

    def open(self, user: str, raw: Any) -> View:
        """A new stack for *user* with one view; what was open is gone."""
        self._check(raw, kind="modal")
        view = self._make(user, raw, previous=None)
        self._stacks[user] = [view]
        return view

    def push(self, user: str, raw: Any) -> View:
        """One more view on top; raises SlackError `push_limit_reached` at the fourth."""
        stack = self._stacks.get(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= STACK:
            raise SlackError("push_limit_reached")
        self._check(raw, kind="modal")
        view = self._make(user, raw, previous=stack[-1])
        stack.append(view)
        return view

    def update(self, view: View, raw: Any, *, expected_hash: str | None = None) -> View:
        """*view* with new contents and a new hash; typed values stay where their block and action ids do."""
        if expected_hash and expected_hash != view.hash:
            raise SlackError("hash_conflict")
        self._check(raw, kind=view.kind, own=view)
        view.fields = {name: raw[name] for name in KEPT_FIELDS if name in raw}
        view.blocks = with_ids(raw["blocks"], self._ids.block)
        view.state = initial_state(view.blocks, before=view.state)
        view.hash = self._hash()
        return view

    def publish(self, user: str, raw: Any, *, expected_hash: str | None = None) -> View:
        """The Home tab of *user*, replaced as a whole."""
        home = self.homes.get(user)
        if home is not None:
            return self.update(home, raw, expected_hash=expected_hash)
        self._check(raw, kind="home")
        self.homes[user] = self._make(user, raw, previous=None)
        return self.homes[user]

    def close(self, view: View) -> None:
        """Take *view* and what lies on it off the stack; doing it twice is harmless."""
        stack = self._stacks.get(view.user, [])
        if view in stack:
            del stack[stack.index(view) :]

    def clear(self, user: str) -> None:
        """Close all modals of *user*."""
        self._stacks.pop(user, None)

    def _check(self, raw: Any, *, kind: str, own: View | None = None) -> None:
        if not isinstance(raw, dict):
            raise invalid_arguments("must provide an object [json-pointer:/view]")
        if findings := refuse_view(raw, kind=kind):
            raise with_findings("invalid_arguments", findings)
        if len(json.dumps(raw)) > VIEW_BYTES:
            raise SlackError("view_too_large")
        taken = self.find(external_id=raw.get("external_id") or None)
        if raw.get("external_id") and taken is not None and taken is not own:
            raise SlackError("duplicate_external_id")

    def _make(self, user: str, raw: Json, *, previous: View | None) -> View:
        view_id = self._ids.new("V0", 11)
        blocks = with_ids(raw["blocks"], self._ids.block)
        return View(
            id=view_id,
            user=user,
            kind=raw["type"],
            fields={name: raw[name] for name in KEPT_FIELDS if name in raw},
            blocks=blocks,
            hash=self._hash(),
            state=initial_state(blocks),
            root_id=previous.root_id if previous else view_id,
            previous_id=previous.id if previous else None,
        )

    def _hash(self) -> str:
        self._count += 1
        return f"{1_700_000_000 + self._count}.{self._ids.noise(8)}"
