"""What a return costs, in the few words of a card's field."""

from collections.abc import Mapping, Sequence
from datetime import date

from bot.billing import Money, ReturnCost
from bot.slack.surfaces.brought_back import thing


def costs(cost: ReturnCost | None, *, today: date) -> str | None:
    """From when it costs how much; None where neither is known, which is not "nothing"."""
    if cost is None:
        return None
    free = f"Nothing before {short_day(cost.free_until, today=today)}" if cost.free_until else ""
    price = f"{cost.per_month} a month (estimate)" if cost.per_month else ""
    return ", then ".join(part for part in (free, price) if part) or None


def priced(resources: Sequence[str], *, names: Mapping[str, str], prices: Mapping[str, Money]) -> list[str]:
    """The products by name, each with the price of its seat where that is known."""
    return [thing(one, names) + (f" ({prices[one]} a month, estimate)" if one in prices else "") for one in resources]


def short_day(day: date, *, today: date) -> str:
    """The day, with its year unless that is this one: "3 Nov"."""
    return f"{day.day} {day:%b}" + (f" {day.year}" if day.year != today.year else "")
