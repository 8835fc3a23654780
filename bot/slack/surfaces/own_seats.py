"""The part of Home about a person's own seats: what may be taken and how to keep it, and what is left alone until when."""

from collections.abc import Mapping
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock, PlainTextObject

from bot.settings import Product
from bot.slack.surfaces.exemption import WITHDRAW
from bot.slack.surfaces.markup import button, buttons, day, mention, quoted, section
from bot.slack.surfaces.warning import KEEP
from storage.lifecycle import ExemptionStatus, WarningStatus
from storage.seat_records import Exemption, SeatWarning

BE_AWAY = "exemption.form"
MOST_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSeats:
    """
    A person's open warnings and exemptions, newest first.

    `owners` are the Slack ids of those whose seats the exemptions are about, by person id; `reader` is this person's. `may_be_away` says
    whether exemptions can be asked for at all.
    """

    reader: str
    warned: tuple[SeatWarning, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    owners: Mapping[str, str] | None = None
    may_be_away: bool = False


def blocks(seats: OwnSeats, *, products: Mapping[str, Product]) -> tuple[Block, ...]:
    """What Home says; nothing where no seats are ever taken back and there is nothing to tell."""
    rows = (
        *(_warned(one, products) for one in seats.warned[:MOST_ROWS]),
        *(_exempt(one, seats, products) for one in seats.exemptions[:MOST_ROWS]),
    )
    if not rows and not seats.may_be_away:
        return ()
    ask = (buttons(button("I'll be away…", action_id=BE_AWAY, value="any"), block_id="away"),) if seats.may_be_away else ()
    none = () if rows else (section("Seats that nobody uses are taken back after a while, and you are asked first."),)
    return (DividerBlock(), HeaderBlock(text=PlainTextObject(text="Your seats")), *rows, *none, *ask)


def _warned(warning: SeatWarning, products: Mapping[str, Product]) -> Block:
    name, keep = _name(warning.product, products), button("Keep my access", action_id=KEEP, value=warning.id, style="primary")
    if warning.status is WarningStatus.LET_GO:
        return section(f"👋  *{name}* · You let it go; it is taken with the next plan.", accessory=keep)
    when = f" from {day(warning.plan_at)} on" if warning.plan_at else ""
    return section(f"🪑  *{name}* · It looks unused, and an admin may free it{when}.", accessory=keep)


def _exempt(exemption: Exemption, seats: OwnSeats, products: Mapping[str, Product]) -> Block:
    name, owner = _name(exemption.product, products), (seats.owners or {}).get(exemption.owner_id)
    whose = f" · {mention(owner)}" if owner and owner != seats.reader else ""
    if exemption.status is ExemptionStatus.ASKED:
        text = f"🟡  *{name}*{whose} · You've asked that it be left alone until {day(exemption.until)}."
        return section(text, accessory=button("Take it back", action_id=WITHDRAW, value=exemption.id))
    return section(f"🌴  *{name}*{whose} · Left alone until {day(exemption.until)}.")


def _name(key: str, products: Mapping[str, Product]) -> str:
    product = products.get(key)
    return quoted(product.name if product else key)
