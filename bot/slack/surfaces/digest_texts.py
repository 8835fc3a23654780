"""The words of the digest, and of the same figures on the Home tab."""

TITLE = "Atlassian seats this week"
NOTHING_WAITS = "✨  Nothing waits for you. Everybody has their answer."
NOT_SCANNED = "Not scanned yet: the first figures come with the first scan."
ESTIMATES = "Savings are *estimates* by the prices and renewal days in the settings; a seat saves from the renewal after it was taken."
OF_PERIOD = "This billing period saved {saved} · the next (from {day}) {expected} (estimates)"
NO_PRICES = "Set what a seat costs (`COMEBACK_PRODUCTS__{product}__PRICE`, `…__RENEWAL_DAY`), and this shows what is saved."
PLAN_MODE = "Mode `plan`: nobody is warned and nothing is taken. `COMEBACK_IDLE__MODE=reclaim` turns both on."
CHART_OF_ONE = "{product} seats"
CHART_OF_ALL = "Seats of all products"
CHART_WORDS = "{in_use} seats in use, {idle} idle, {warned} warned; {reclaimed} reclaimed and {returned} returned so far."


def number(count: int, one: str, many: str | None = None) -> str:
    """As `1 seat` or `1,240 seats`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
