"""Scans on a stage: begun and waited for, what they made of the seats, and what is true of them by the sandbox alone."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bot.runtime import Parts
from bot.usecases import scans as usecases
from sandbox.atlassian.accounts import Account
from sandbox.server import Sandbox
from storage import scans, seats
from storage.lifecycle import ScanOrigin, ScanStatus
from storage.seat_records import Scan, Seat
from tests.e2e.conftest import PATIENCE, Stage

OpenStage = Callable[..., Any]
DAY = timedelta(days=1)
FEW = {"COMEBACK_IDLE__MAX_SHARE": "0.05"}
EVERYBODY = {"COMEBACK_IDLE__MAX_SHARE": "1"}
SEARCH = "/users/search"


async def scan(stage: Stage, product: str = "jira", *, fewer_expected: bool = False) -> Scan:
    """A scan of one product, to its end."""
    begun = await stage.parts.database.write(
        lambda uow: usecases.start(
            uow, product, origin=ScanOrigin.TERMINAL, settings=stage.parts.kit.settings, fewer_expected=fewer_expected
        )
    )
    assert begun is not None
    return await ended(stage.parts, begun.id)


async def ended(parts: Parts, scan_id: str) -> Scan:
    """The scan once it runs no more."""
    for _ in range(PATIENCE * 50):
        found = await parts.database.read(lambda uow: scans.get(uow, scan_id))
        assert found is not None
        if found.status is not ScanStatus.RUNNING:
            return found
        await asyncio.sleep(0.02)
    raise AssertionError(f"the scan did not end: {found}")


async def classes(stage: Stage, product: str = "jira") -> dict[str, int]:
    """How many seats of each class the last scan made, those that it made none of left out."""
    counts = await stage.parts.database.read(lambda uow: seats.counts(uow, product))
    return {activity.value: count for activity, count in counts.items() if count}


async def seat(stage: Stage, who: str, product: str = "jira") -> Seat | None:
    """Somebody's seat as the last scan left it."""
    account_id = stage.sandbox.atlassian.person(who).id
    return await stage.parts.database.read(lambda uow: seats.get(uow, account_id, product))


async def candidates(stage: Stage, product: str = "jira") -> list[str]:
    """Who may be warned now, as two scans a day apart agree."""

    def found(uow: Any) -> list[str]:
        page = seats.candidates(uow, product, idle_before=uow.now - timedelta(hours=20), limit=1000)
        return [one.account_id for one in page]

    return await stage.parts.database.read(found)


def holders(sandbox: Sandbox, product: str = "jira") -> list[Account]:
    """Who truly has a seat."""
    organization = sandbox.atlassian
    ari = organization.catalog.product(product).ari
    return [
        one
        for one in organization.register.accounts
        if one.status == "active" and one.pending_since is None and one.type == "atlassian" and ari in _billed(one, sandbox)
    ]


def _billed(account: Account, sandbox: Sandbox) -> set[str]:
    held = sandbox.atlassian.register.assigned(account)
    return {ari for ari, role in held if role in ("atlassian/user", "atlassian/admin")}


def expected(account: Account, sandbox: Sandbox, *, now: datetime, product: str = "jira") -> str:
    """The class of a seat by what the sandbox knows, without a line of the bot's."""
    ari = sandbox.atlassian.catalog.product(product).ari
    roles = {role for on, role in sandbox.atlassian.register.assigned(account) if on == ari}
    slack_ids = {user.id for user in sandbox.slack.people.users.values() if (user.email or "").lower() == account.email.lower()}
    approves = account.email_visible and slack_ids & {"U0OMAR", "U0GRACE"}
    if account.platform_roles or roles - {"atlassian/user"} or approves:
        return "protected"
    used = account.visits.get(ari)
    if used is not None and used >= now - 91 * DAY:
        return "active"
    if account.added_at > now - 30 * DAY:
        return "joiner"
    return "never_active" if used is None else "idle"


def count(sandbox: Sandbox, product: str = "jira") -> dict[str, int]:
    """The classes of all seats by an independent count."""
    now = sandbox.clock.now()
    return dict(Counter(expected(one, sandbox, now=now, product=product) for one in holders(sandbox, product)))


def searches(stage: Stage) -> int:
    """How many pages of people were asked for."""
    return sum(call.path.endswith(SEARCH) and "groups" not in call.path for call in stage.sandbox.atlassian.calls)


def everybody(sandbox: Sandbox, change: Callable[[Account], Account]) -> None:
    """Change each account that has a seat of Jira."""
    for account in holders(sandbox):
        sandbox.atlassian.register.put(change(account))


def visited(account: Account, at: datetime | None, *, ari: str) -> Account:
    """The account, with this last visit to the product; None is none."""
    others = {on: when for on, when in account.visits.items() if on != ari}
    return replace(account, visits=others if at is None else {**others, ari: at})
