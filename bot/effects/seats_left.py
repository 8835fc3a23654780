"""How many seats of a product are left, as far as anybody tells: Jira by its site, others by their limit and our last count."""

from dataclasses import dataclass

from atlassian.models import Workspace
from bot.effects.kit import Kit
from bot.settings import Product
from storage import seats


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatsLeft:
    """None is unknown; `roughly` says that `used` is what the last scan counted, not what Atlassian says now."""

    left: int | None = None
    used: int | None = None
    roughly: bool = False


UNKNOWN = SeatsLeft()


async def seats_left(kit: Kit, product: Product, *, workspace: Workspace | None) -> SeatsLeft:
    """The seats as a card shows them; a limit alone, without anybody's count, is no answer."""
    told = await kit.catalog.seats(product.resource)
    if told is not None:
        return SeatsLeft(left=told.left, used=told.used)
    counts = await kit.database.read(lambda uow: seats.counts(uow, product.key))
    used, capacity = sum(counts.values()), workspace.attributes.capacity if workspace else None
    if not used:
        return UNKNOWN
    return SeatsLeft(left=None if capacity is None else max(0, capacity - used), used=used, roughly=True)
