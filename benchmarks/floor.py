"""
`python -m benchmarks.floor`: the least that a scan could cost: httpx reads and decodes every page of seats, and does nothing with it.

Told the world's JSON line on standard input, it prints its own: calls, people, seconds of the clock and of the processor.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from typing import Any

import httpx

EXPAND = ["groups", "productAccess", "platformRoles"]


async def read(client: httpx.AsyncClient, path: str, ari: str) -> tuple[int, int]:
    """How many calls and people it took to read all seats of one product."""
    query = {"resourceIds": [ari], "roleIds": ["atlassian/user", "atlassian/admin"], "status": ["active"], "expand": EXPAND, "limit": 100}
    calls, people, cursor = 0, 0, None
    while calls == 0 or cursor is not None:
        answer = await client.post(path, json=query if cursor is None else {**query, "cursor": cursor})
        answer.raise_for_status()
        page = answer.json()
        calls, people, cursor = calls + 1, people + len(page["data"]), page["links"].get("next")
    return calls, people


async def measure(world: dict[str, Any]) -> dict[str, float]:
    """The figures of reading all products at the same time, as the bot does."""
    environment = world["environment"]
    headers = {"Authorization": f"Bearer {environment['ATLASSIAN_API_KEY']}"}
    path = f"/admin/v2/orgs/{environment['ATLASSIAN_ORG_ID']}/directories/-/users/search"
    async with httpx.AsyncClient(base_url=environment["ATLASSIAN_API_URL"], headers=headers, timeout=30) as client:
        began, spent = time.perf_counter(), _cpu_seconds()
        counts = await asyncio.gather(*(read(client, path, ari) for ari in world["resources"].values()))
        return {
            "calls": sum(calls for calls, _ in counts),
            "seats": sum(people for _, people in counts),
            "seconds": time.perf_counter() - began,
            "cpu_seconds": _cpu_seconds() - spent,
        }


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(json.loads(sys.stdin.readline())))))
