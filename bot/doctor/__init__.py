"""
What is wrong now: settings, Slack, Atlassian, database, each asked at the same time and with a deadline.

Nothing is changed anywhere.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from bot.doctor import atlassian, database, idle, loaded, outgoing, slack, trail
from bot.doctor.lines import Chapter, Light, Line, red

__all__ = ["Chapter", "Light", "Line", "examine"]

DEADLINE_SECONDS = 30.0

Check = Callable[[], Awaitable[tuple[Line, ...]]]


async def examine(*, now: Callable[[], datetime], deadline_seconds: float = DEADLINE_SECONDS) -> tuple[Chapter, ...]:
    """The report, a chapter for each thing that the settings allow to look into."""
    settings, chapter = loaded.read()
    checks = _checks(settings, now=now)
    found = await asyncio.gather(*(_within(check, deadline_seconds) for check in checks.values()))
    return (chapter, *(Chapter(title=title, lines=lines) for title, lines in zip(checks, found, strict=True)))


def _checks(settings: loaded.Loaded, *, now: Callable[[], datetime]) -> dict[str, Check]:
    checks: dict[str, Check] = {}
    policy, products = settings.policy, settings.products
    idle_rules = policy.idle if policy else None
    if (of_slack := settings.slack) is not None:
        checks["Slack"] = lambda: slack.check(
            of_slack, admin=settings.admin, products=products, now=now, digest_channel=idle_rules.digest_channel if idle_rules else None
        )
    if (of_atlassian := settings.atlassian) is not None:
        checks["Atlassian"] = lambda: atlassian.check(
            of_atlassian, products=products, now=now, groups=idle_rules.protected_groups if idle_rules else ()
        )
    if (of_database := settings.database) is not None:
        checks["Database"] = lambda: database.check(of_database, now=now)
    if of_database is not None and (of_trail := settings.trail) is not None:
        checks["Audit trail"] = lambda: trail.check(of_database, audit=of_trail.audit, now=now)
    if of_database is not None and idle_rules is not None and products is not None:
        checks["Idle seats"] = lambda: idle.check(of_database, idle=idle_rules, products=products.products, now=now)
    if (leaving := settings.outgoing) is not None:
        checks["Outgoing"] = lambda: outgoing.check(leaving, database=of_database, now=now)
    return checks


async def _within(check: Check, seconds: float) -> tuple[Line, ...]:
    try:
        async with asyncio.timeout(seconds):
            return await check()
    except TimeoutError:
        return (red("answer", f"none within {seconds:.0f} s", "check the network, and try again"),)
