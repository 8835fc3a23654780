"""Block Kit: what Slack accepts, and the sentences with which it refuses."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.server import Sandbox
from sandbox.slack.blocks.surfaces import refuse_message_blocks, refuse_view
from tests.sandbox.slack.conftest import Api
from tests.sandbox.slack.tiny_bot import modal, plain

Json = dict[str, Any]


def section(words: str = "hello", **more: Any) -> Json:
    """A section with mrkdwn."""
    return {"type": "section", "text": {"type": "mrkdwn", "text": words}, **more}


def button(**more: Any) -> Json:
    """A button called go."""
    return {"type": "button", "action_id": "go", "text": plain("Go"), **more}


def actions(*elements: Json, **more: Any) -> Json:
    """An actions block."""
    return {"type": "actions", "elements": list(elements), **more}


def option(words: str = "One", value: str = "1", **more: Any) -> Json:
    """One choice."""
    return {"text": plain(words), "value": value, **more}


def field(element: Json, **more: Any) -> Json:
    """An input block."""
    return {"type": "input", "label": plain("Label"), "element": element, **more}


SELECT = {"type": "static_select", "action_id": "pick", "options": [option()], "placeholder": plain("Pick")}
ACCEPTED: list[list[Json]] = [
    [],
    [section(), {"type": "divider"}, {"type": "header", "text": plain("x" * 150)}],
    [section("x" * 3000), section(fields=[plain("a")] * 10)],
    [{"type": "section", "fields": [plain("x" * 2000)]}],
    [{"type": "context", "elements": [plain("a"), {"type": "image", "image_url": "https://x.example/a.png", "alt_text": "a"}]}],
    [actions(button(style="primary", value="v" * 2000, url="https://x.example"), SELECT)],
    [actions(*[button(action_id=f"a{n}") for n in range(25)])],
    [actions({"type": "users_select", "action_id": "who"}, {"type": "datepicker", "initial_date": "2026-11-24"})],
    [section(accessory={"type": "overflow", "options": [option(url="https://x.example")]})],
    [field({"type": "plain_text_input", "multiline": True, "max_length": 3000}, hint=plain("h"), optional=True)],
    [field({"type": "checkboxes", "options": [option()] * 10}), field({"type": "radio_buttons", "options": [option()]})],
    [{"type": "image", "image_url": "https://x.example/a.png", "alt_text": "chart", "title": plain("t")}],
    [{"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": [{"type": "text", "text": "hi"}]}]}],
    [section()] * 50,
]


@pytest.mark.parametrize("blocks", ACCEPTED)
def test_blocks_within_the_limits_are_accepted(blocks: list[Json]) -> None:
    """Every limit is inclusive: a message at the edge goes through."""
    assert refuse_message_blocks(blocks) == []


CONFIRM = {"title": plain("t"), "text": plain("x" * 301)}
REFUSED: list[tuple[list[Json], str]] = [
    ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text/text]"),
    ([section("x" * 3001)], "failed to match all allowed schemas [json-pointer:/blocks/0/text]"),
    ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
    ([{"type": "section"}], "must define either `text` or `fields` [json-pointer:/blocks/0]"),
    ([section(fields=[plain("a")] * 11)], "no more than 10 items allowed [json-pointer:/blocks/0/fields]"),
    ([section()] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
    ([{"type": "header", "text": {"type": "mrkdwn", "text": "a"}}], "unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]"),
    ([{"type": "header", "text": plain("x" * 151)}], "must be less than 151 characters [json-pointer:/blocks/0/text/text]"),
    ([{"type": "header"}], "missing required field: text [json-pointer:/blocks/0]"),
    ([{"text": plain("a")}], "missing required field: type [json-pointer:/blocks/0]"),
    ([{"type": "carousel"}], "unsupported type: carousel [json-pointer:/blocks/0/type]"),
    ([section(colour="red")], "invalid additional property: colour [json-pointer:/blocks/0]"),
    ([section(text={"type": "mrkdwn", "text": "a", "emoji": True})], "invalid additional property: emoji [json-pointer:/blocks/0/text]"),
    ([actions(*[button(action_id=f"a{n}") for n in range(26)])], "no more than 25 items allowed [json-pointer:/blocks/0/elements]"),
    ([actions()], "no fewer than 1 items allowed [json-pointer:/blocks/0/elements]"),
    ([actions(button(), button())], "`action_id` already exists: go [json-pointer:/blocks/0/elements/1/action_id]"),
    ([section(block_id="b"), section(block_id="b")], "`block_id` already exists: b [json-pointer:/blocks/1/block_id]"),
    ([actions(button(text=plain("x" * 76)))], "must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]"),
    ([actions(button(value="x" * 2001))], "must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]"),
    ([actions(button(style="default"))], "must be a valid enum value [json-pointer:/blocks/0/elements/0/style]"),
    ([actions(button(disabled=True))], "invalid additional property: disabled [json-pointer:/blocks/0/elements/0]"),
    ([actions(button(action_id="x" * 256))], "must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]"),
    ([actions(button(confirm=CONFIRM))], "must be less than 301 characters [json-pointer:/blocks/0/elements/0/confirm/text/text]"),
    ([actions({"type": "plain_text_input"})], "unsupported type: plain_text_input [json-pointer:/blocks/0/elements/0/type]"),
    ([field(button())], "unsupported type: button [json-pointer:/blocks/0/element/type]"),
    ([field({**SELECT, "options": [option()] * 101})], "no more than 100 items allowed [json-pointer:/blocks/0/element/options]"),
    (
        [field({**SELECT, "options": [option(value="x" * 151)]})],
        "must be less than 151 characters [json-pointer:/blocks/0/element/options/0/value]",
    ),
    ([field({"type": "static_select"})], "must define either `options` or `option_groups` [json-pointer:/blocks/0/element]"),
    ([field({"type": "checkboxes", "options": [option()] * 11})], "no more than 10 items allowed [json-pointer:/blocks/0/element/options]"),
    ([field({"type": "plain_text_input", "max_length": 3001})], "must be at most 3000 [json-pointer:/blocks/0/element/max_length]"),
    (
        [section(accessory={"type": "overflow", "options": [option()] * 6})],
        "no more than 5 items allowed [json-pointer:/blocks/0/accessory/options]",
    ),
    ([{"type": "context", "elements": [button()]}], "unsupported type: button [json-pointer:/blocks/0/elements/0/type]"),
    ([{"type": "context", "elements": [plain("a")] * 11}], "no more than 10 items allowed [json-pointer:/blocks/0/elements]"),
    ([{"type": "image", "image_url": "https://x.example/a.png"}], "missing required field: alt_text [json-pointer:/blocks/0]"),
]


@pytest.mark.parametrize(("blocks", "sentence"), REFUSED)
def test_blocks_beyond_a_limit_are_refused_with_a_pointer(blocks: list[Json], sentence: str) -> None:
    """Each refusal names the rule and the place, so that a developer can mend it."""
    assert sentence in refuse_message_blocks(blocks)


VIEWS_REFUSED: list[tuple[Json, str]] = [
    ({**modal(), "title": plain("x" * 25)}, "must be less than 25 characters [json-pointer:/view/title/text]"),
    ({name: value for name, value in modal().items() if name != "submit"}, "missing required field: submit [json-pointer:/view]"),
    ({"type": "modal", "blocks": []}, "missing required field: title [json-pointer:/view]"),
    ({**modal(), "private_metadata": "x" * 3001}, "must be less than 3001 characters [json-pointer:/view/private_metadata]"),
    ({**modal(), "callback_id": "x" * 256}, "must be less than 256 characters [json-pointer:/view/callback_id]"),
    ({**modal(), "submit_disabled": True}, "invalid additional property: submit_disabled [json-pointer:/view]"),
    ({**modal(), "blocks": [section()] * 101}, "no more than 100 items allowed [json-pointer:/view/blocks]"),
]


@pytest.mark.parametrize(("view", "sentence"), VIEWS_REFUSED)
def test_modal_beyond_a_limit_is_refused(view: Json, sentence: str) -> None:
    """Modals have limits of their own besides those of blocks."""
    assert sentence in refuse_view(view, kind="modal")


async def test_refusal_of_a_message_carries_messages_and_errors(api: Api) -> None:
    """invalid_blocks lists its findings twice: prefixed for logs, bare for programs."""
    body = await api("chat.postMessage", channel="C0GENERAL", text="a", blocks=[section("x" * 3001)])
    assert (body["status"], body["ok"], body["error"]) == (200, False, "invalid_blocks")
    assert "[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]" in body["response_metadata"]["messages"]
    assert "must be less than 3001 characters [json-pointer:/blocks/0/text/text]" in body["errors"]


async def test_blocks_that_are_no_list_have_a_code_of_their_own(api: Api) -> None:
    """What is not even JSON of the right shape is invalid_blocks_format."""
    assert (await api("chat.postMessage", channel="C0GENERAL", text="a", blocks="{"))["error"] == "invalid_blocks_format"


async def test_many_small_blocks_are_too_long_together(api: Api) -> None:
    """The undocumented sum over all blocks is enforced."""
    body = await api("chat.postMessage", channel="C0GENERAL", text="a", blocks=[section("x" * 2900) for _ in range(5)])
    assert body["error"] == "msg_blocks_too_long"


async def test_missing_ids_are_added_and_come_back(api: Api, sandbox: Sandbox) -> None:
    """Slack gives every block and element an id, so that a click can name it."""
    element = {"type": "button", "text": plain("Go")}
    body = await api("chat.postMessage", channel="C0GENERAL", text="a", blocks=[section(), actions(element)])
    ids = [block["block_id"] for block in body["message"]["blocks"]]
    assert len(set(ids)) == 2
    assert body["message"]["blocks"][1]["elements"][0]["action_id"]
    assert sandbox.slack.messages("general")[0].blocks == body["message"]["blocks"]


def test_every_method_of_the_contract_that_the_bot_needs_is_served() -> None:
    """The scopes and tiers of the methods here are those of the official list in the contract file."""
    from sandbox.slack.methods.table import METHODS

    contract = json.loads((Path(__file__).parents[2] / "contracts" / "slack-methods.json").read_text())["methods"]
    tiers = {"Tier1": 1, "Tier2": 20, "Tier3": 50, "Tier4": 100}
    for name in METHODS.keys() & contract.keys():
        official = contract[name]
        if official["scopes_bot"] and name != "conversations.open":
            assert set(METHODS[name].scopes) <= set(official["scopes_bot"]), name
        if official["tier_official"] in tiers and official["tier_official"] == official["tier_docs"].replace("Tier ", "Tier")[:5]:
            assert METHODS[name].allowance.per_minute == tiers[official["tier_official"]], name
