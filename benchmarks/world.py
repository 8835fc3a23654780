"""
`python -m benchmarks.world`: a sandbox in a process of its own, which first prints what a bot needs to live there and a scan must find.

Counted here from the accounts alone, without a line of the bot's.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import signal
from collections.abc import Iterable
from typing import Any

from sandbox.atlassian.accounts import Account
from sandbox.server import Sandbox

PRODUCTS = ("jira", "confluence")
"""Those that the sandbox's environment names."""
PAGE = 100
UNLIMITED = 10**9
SEAT_ROLES = frozenset({"atlassian/user", "atlassian/admin"})
ADMIN_ROLES = frozenset({"atlassian/admin", "atlassian/user-access-admin"})
APPROVER_PAGES = 1
"""Twenty approvers are looked up with one call; here are fewer."""


def count(sandbox: Sandbox) -> dict[str, Any]:
    """Per product the resource and the seats; and how many searches of people all scans need, a hundred people each."""
    resources = {key: sandbox.atlassian.catalog.product(key).ari for key in PRODUCTS}
    seats = {key: _holders(sandbox, ari, SEAT_ROLES) for key, ari in resources.items()}
    admins = [_holders(sandbox, ari, ADMIN_ROLES) for ari in resources.values()]
    searches = sum(map(_pages, (*seats.values(), *admins))) + APPROVER_PAGES * len(PRODUCTS)
    return {"resources": resources, "seats": seats, "searches": searches, "seat_pages": sum(map(_pages, seats.values()))}


def _holders(sandbox: Sandbox, ari: str, roles: frozenset[str]) -> int:
    register = sandbox.atlassian.register
    return sum(any(on == ari and role in roles for on, role in register.assigned(one)) for one in _active(register.accounts))


def _active(accounts: Iterable[Account]) -> Iterable[Account]:
    return (one for one in accounts if one.type == "atlassian" and one.status == "active" and one.pending_since is None)


def _pages(people: int) -> int:
    return max(1, math.ceil(people / PAGE))


async def serve(people: int) -> None:
    """Print one line of JSON, then serve until SIGTERM. Nothing is limited here: what is measured is not the sandbox's patience."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    sandbox = Sandbox(people=people, rate_limits=False)
    sandbox.atlassian.limits.per_minute = UNLIMITED
    async with sandbox:
        print(json.dumps({"url": sandbox.url, "environment": sandbox.environment(), **count(sandbox)}), flush=True)
        await stopped.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.world", description=__doc__)
    parser.add_argument("--people", type=int, required=True)
    asyncio.run(serve(parser.parse_args().people))
