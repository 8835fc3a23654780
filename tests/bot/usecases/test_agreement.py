"""What an approval covers."""

from dataclasses import replace
from typing import Any

import pytest

from atlassian.access import AccessState, WayBack
from bot.usecases.agreement import goes_beyond

ADD, RESTORE, ENABLE, CANCEL, INVITE = (
    WayBack.ADD_ACCESS,
    WayBack.RESTORE,
    WayBack.ENABLE,
    WayBack.CANCEL_DELETION,
    WayBack.INVITE,
)
SHOWN = AccessState(way_back=ADD, levels=(ADD,), matches=1)


@pytest.mark.parametrize(
    "changed",
    [
        {"account_id": "712020:dan"},
        {"account_id": None},
        {"email": "dan@acme.example"},
        {"brings_back": ("engineering", "finance")},
        {"side_products": ("ari:cloud:confluence::site/c1",)},
    ],
    ids="+".join,
)
def test_another_account_and_what_comes_along_were_on_the_card(changed: dict[str, Any]) -> None:
    """Whose account it is, what else comes back, and what else the group gives: an approver has read all of that."""
    shown = replace(SHOWN, account_id="712020:ada", email="Ada@acme.example", brings_back=("engineering",))
    assert goes_beyond(shown, replace(shown, **changed))
    assert not goes_beyond(shown, replace(shown, email="ada@ACME.example", brings_back=()))
    assert not goes_beyond(replace(shown, account_id=None), shown), "the account that was made for the address on the card"


def _needing(*levels: WayBack) -> AccessState:
    return replace(SHOWN, way_back=levels[0], levels=levels)


@pytest.mark.parametrize(
    ("shown", "found"),
    [
        (_needing(ENABLE, RESTORE, ADD), _needing(RESTORE, ADD)),
        (_needing(RESTORE), _needing(ADD)),
        (_needing(CANCEL), _needing(ENABLE, ADD)),
        (_needing(ADD), _needing(WayBack.HAS_ACCESS)),
        (_needing(INVITE), _needing(ADD)),
    ],
    ids=["what is left", "the product itself", "activation after a deletion", "nothing", "after the invitation"],
)
def test_what_the_card_showed_is_agreed(shown: AccessState, found: AccessState) -> None:
    """Levels stack, and one approval is for all that were told, and for the product that was asked for."""
    assert not goes_beyond(shown, found)


@pytest.mark.parametrize("found", [(RESTORE, ADD), (ENABLE,), (CANCEL, ADD), (INVITE,)], ids=lambda levels: levels[0].value)
def test_another_kind_of_mending_is_not(found: tuple[WayBack, ...]) -> None:
    """Reviving gives back all that the account had, billing included, so somebody must have read that."""
    assert goes_beyond(SHOWN, _needing(*found))
    assert goes_beyond(_needing(ENABLE), _needing(CANCEL)), "a deletion is more than a deactivation"
