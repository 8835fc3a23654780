"""A year of an organization of four hundred, with the clock moved, held against the sandbox's own count."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bot.usecases.figures import report_of, since_ever
from tests.e2e.year import PRODUCTS, Year

OpenStage = Callable[..., Any]
PRICES = {"jira": Decimal("8.15"), "confluence": Decimal("6.05")}
DAYS = 365
SETTINGS = {
    "COMEBACK_IDLE__MODE": "reclaim",
    **{f"COMEBACK_PRODUCTS__{key.upper()}__PRICE": str(price) for key, price in PRICES.items()},
    **{f"COMEBACK_PRODUCTS__{key.upper()}__RENEWAL_DAY": "1" for key in PRODUCTS},
}


async def test_a_year(small_stage: OpenStage) -> None:
    """Scan, warn, keep, exempt, plan, reclaim, return, renewal, digest: nobody loses what they use, and the figures are true."""
    async with small_stage(scheduled=True, **SETTINGS) as stage:
        year = Year(stage=stage)
        await year.live(DAYS)
        stage_report = await stage.parts.database.read(
            lambda uow: report_of(uow, stage.parts.kit.settings.products, period=since_ever(uow, zone=ZoneInfo("UTC")))
        )
        print(stage_report.outcome, stage_report.realised, len(year.tally.changes))
