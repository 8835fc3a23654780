"""
`python -m sandbox`: the world, served on loopback until it is told to stop.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Sequence

from sandbox.server import Sandbox


def _arguments(words: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A simulated Slack workspace and Atlassian organization.")
    parser.add_argument("--people", type=int, default=400, help="how many people live in this world")
    parser.add_argument("--seed", type=int, default=7, help="the same seed makes the same world")
    parser.add_argument("--port", type=int, default=8765, help="port on loopback; 0 takes a free one")
    parser.add_argument("--app-url", help="deliver to this address over HTTP; without it the app connects by Socket Mode")
    parser.add_argument("--free-seats", type=int, help="Jira seats left at the beginning")
    return parser.parse_args(words)


async def serve(arguments: argparse.Namespace) -> None:
    """Serve until SIGINT or SIGTERM."""
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    sandbox = Sandbox(
        people=arguments.people,
        seed=arguments.seed,
        port=arguments.port,
        app_url=arguments.app_url,
        free_seats=arguments.free_seats,
    )
    async with sandbox:
        print(f"The sandbox listens on {sandbox.url}/ . A bot lives in it with this environment:\n")
        print("\n".join(f"{name}={value}" for name, value in sandbox.environment().items()), flush=True)
        await stopped.wait()


def main(words: Sequence[str] | None = None) -> int:
    """The exit code: 0 once it was told to stop."""
    asyncio.run(serve(_arguments(words)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
