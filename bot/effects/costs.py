"""What a return costs, by the prices of the settings: estimates, and nothing where no price or renewal is set."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.billing import Money, ReturnCost, return_cost, seat_price, terms_of
from bot.settings import Product, Settings
from bot.slack.surfaces.put_back import PutBack
from storage.records import Finding


def cost_of(product: Product, *, back: PutBack | None, finding: Finding | None, settings: Settings, now: datetime) -> ReturnCost:
    """What it costs to give *product* back today; a seat that Comeback took in this billing period is paid for until the next."""
    zone = ZoneInfo(settings.timezone)
    freed_on = back.taken_at.astimezone(zone).date() if back and back.taken_at else None
    seats = finding.body.get("seats_used") if finding else None
    return return_cost(terms_of(product), today=now.astimezone(zone).date(), freed_on=freed_on, seats_in_use=seats)


def prices_of(settings: Settings) -> Mapping[str, Money]:
    """What one seat a month costs, by resource; products whose price is not known, or depends on a number that is not, are left out."""
    found = {product.resource: seat_price(terms_of(product), seats_in_use=None) for product in settings.products.values()}
    return {resource: price for resource, price in found.items() if price is not None}
