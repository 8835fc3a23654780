"""
Every card as it leaves for Slack, held against a file that was looked at.

`COMEBACK_DRAW_GOLDEN=1 pytest tests/bot/slack/test_golden_cards.py` draws the files anew: look at what changed before you keep it.
"""

import json
import os
from pathlib import Path

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.slack.surfaces import card
from bot.slack.surfaces.message import to_json
from storage.lifecycle import RequestStatus
from tests.bot.slack.gallery import CARDS

GOLDEN = Path(__file__).parent / "golden"
DRAW = os.environ.get("COMEBACK_DRAW_GOLDEN") == "1"


@pytest.mark.parametrize("name", CARDS)
def test_card_looks_as_it_was_approved(name: str) -> None:
    """A card changes only when somebody means it to."""
    message = card.render(CARDS[name])
    drawn = json.dumps({"text": message.text, "blocks": to_json(message.blocks)}, indent=2, ensure_ascii=False) + "\n"
    file = GOLDEN / f"{name}.json"
    if DRAW:
        file.write_text(drawn, encoding="utf-8")
    assert drawn == file.read_text(encoding="utf-8")


def test_every_state_of_a_request_has_a_card() -> None:
    """A request in any state can be redrawn: a state without a drawing would leave a wrong card standing for ever."""
    assert {view.request.status for view in CARDS.values()} == set(RequestStatus)


def test_there_is_no_golden_card_that_nothing_draws() -> None:
    """A file that belongs to no card would look approved and be wrong."""
    assert {file.stem for file in GOLDEN.glob("*.json")} == set(CARDS)


@pytest.mark.parametrize("name", CARDS)
async def test_slack_takes_every_card(name: str, client: AsyncWebClient) -> None:
    """A block over one of Slack's limits is refused whole, and the request would have no card at all."""
    message = card.render(CARDS[name])
    blocks = to_json(message.blocks)
    posted = await client.chat_postMessage(channel="G0ADMINS", text=message.text, blocks=blocks)
    assert posted["ok"]
    updated = await client.chat_update(channel="G0ADMINS", ts=posted["ts"], text=message.text, blocks=blocks)
    assert updated["ok"]
