"""The part of Home about a person's own seats: what may be taken and how to keep it, and what is left alone until when."""

from collections.abc import Mapping
from dataclasses import dataclass

from slack_sdk.models.blocks import Block, DividerBlock, HeaderBlock, PlainTextObject

from bot.settings import Product
from bot.slack.surfaces.exemption import WITHDRAW
from bot.slack.surfaces.markup import button, buttons, day, mention, quoted, section
from bot.slack.surfaces.taken import ASK_BACK
from bot.slack.surfaces.warning import KEEP
from storage.lifecycle import ExemptionStatus, WarningStatus
from storage.records import Reclaim
from storage.seat_records import Exemption, SeatWarning

BE_AWAY = "exemption.form"
MOST_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSeats:
    """
    A person's open warnings and exemptions, newest first, and the seats that they *lost* and may ask back.

    `owners` are the Slack ids of those whose seats the exemptions are about, by person id; `reader` is this person's. `may_be_away` says
    whether exemptions can be asked for at all, `after_days` how long nobody uses a seat that may be taken.
    """

    reader: str
    warned: tuple[SeatWarning, ...] = ()
    exemptions: tuple[Exemption, ...] = ()
    owners: Mapping[str, str] | None = None
    may_be_away: bool = False
    lost: tuple[Reclaim, ...] = ()
    after_days: int | None = None


def blocks(seats: OwnSeats, *, products: Mapping[str, Product]) -> tuple[Block, ...]:
    """What Home says; nothing where no seats are ever taken back and there is nothing to tell."""
    rows = (
        *(_lost(one, products) for one in seats.lost[:MOST_ROWS]),
        *(_warned(one, products) for one in seats.warned[:MOST_ROWS]),
        *(_exempt(one, seats, products) for one in seats.exemptions[:MOST_ROWS]),
    )
    if not rows and not seats.may_be_away:
        return ()
    ask = (buttons(button("I'll be away…", action_id=BE_AWAY, value="any"), block_id="away"),) if seats.may_be_away else ()
    unused = f"for {seats.after_days} days" if seats.after_days else "any more"
    none = () if rows else (section(f"A seat that nobody uses {unused} may be taken back, and you are asked first."),)
    return (DividerBlock(), HeaderBlock(text=PlainTextObject(text="Your seats")), *rows, *none, *ask)


def _lost(reclaim: Reclaim, products: Mapping[str, Product]) -> Block:
    freed = f" on {day(reclaim.taken_at)}" if reclaim.taken_at else ""
    ask = button("Ask for it back", action_id=ASK_BACK, value=reclaim.id, style="primary")
    return section(f"🪑  *{_name(reclaim.product, products)}* · freed{freed}.", accessory=ask)


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
        return section(text, accessory=button("Withdraw my wish", action_id=WITHDRAW, value=exemption.id))
    return section(f"🌴  *{name}*{whose} · Left alone until {day(exemption.until)}.")


def _name(key: str, products: Mapping[str, Product]) -> str:
    product = products.get(key)
    return quoted(product.name if product else key)
