"""
`make demo`: the sandbox and a bot in it, to be touched in the browser; with `--script` the story plays itself in the terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import secrets
import signal
import sys
import tempfile
import webbrowser
from pathlib import Path

from rich.console import Console
from rich.panel import Panel

from sandbox.bot_process import Bot, BotFailed, bot_in
from sandbox.script import play
from sandbox.server import Sandbox
from sandbox.small_talk import break_the_silence

START_SECONDS = 30
MORE = {"COMEBACK_PRODUCTS__JIRA__NAME": "Jira", "COMEBACK_PRODUCTS__CONFLUENCE__NAME": "Confluence", "LOG_LEVEL": "INFO"}

TRY = """\
[bold]{url}[/bold]

You are [bold]Ada[/bold], whose Jira seat was taken back while she was away.
  1.  Type  [green]/request-jira the sprint board is my Monday[/green]
  2.  Become [bold]Grace[/bold], open [green]#atlassian-admins[/green] and press [green]Approve[/green]
  3.  Be Ada again: her message is there, and in the Atlassian panel so is her seat

Then try Ivy (a guest), Hugo (has access), Lena (no account), Tess (an identity provider owns her account),
or make Atlassian fail in the panel's weather section.

[dim]The bot's log: {log}    Stop with Ctrl-C.[/dim]"""


def main() -> int:
    """Parse the arguments and run; the exit code says whether all went as it should."""
    arguments = _parser().parse_args()
    console = Console()
    try:
        return asyncio.run(_demo(arguments, console))
    except BotFailed as failed:
        console.print(Panel(failed.output or "It said nothing.", title="The bot did not start", border_style="red"))
        return 1
    except OSError as error:
        console.print(f"[red]The sandbox can't listen on port {arguments.port}: {error.strerror}.[/red] Try ARGS='--port 0'.")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo ARGS=...", description=__doc__)
    parser.add_argument("--script", action="store_true", help="play the story in the terminal, check it, and end")
    parser.add_argument("--people", type=int, default=400, help="size of the organization, 40 to 100000 (default 400)")
    parser.add_argument("--seed", type=int, default=7, help="another seed is another organization (default 7)")
    parser.add_argument("--port", type=int, default=None, help="port of the page (default 8765; 0 takes a free one)")
    parser.add_argument("--no-browser", action="store_true", help="do not open the page")
    return parser


async def _demo(arguments: argparse.Namespace, console: Console) -> int:
    port = arguments.port if arguments.port is not None else (0 if arguments.script else 8765)
    with tempfile.TemporaryDirectory(prefix="comeback-demo-") as folder:
        with console.status(f"Building an organization of {arguments.people:,} people ..."):
            sandbox = Sandbox(people=arguments.people, seed=arguments.seed, port=port)
        async with sandbox:
            break_the_silence(sandbox.slack)
            bot = bot_in(Path(folder), {**sandbox.environment(), **MORE, "COMEBACK_AUDIT__SIGNING_KEY": _signing_key()})
            async with bot.running() as process:
                with console.status("Starting the bot: comeback run ..."):
                    await await_connection(sandbox, bot, process)
                if arguments.script:
                    return await play(sandbox, bot, console)
                return await _wait(sandbox, bot, console, browser=not arguments.no_browser)


def _signing_key() -> str:
    """A key for this demo alone, as `comeback audit keygen` makes them."""
    return f"ed25519:{base64.b64encode(secrets.token_bytes(32)).decode()}"


async def await_connection(sandbox: Sandbox, bot: Bot, process: asyncio.subprocess.Process) -> None:
    """Wait for the bot's connection; raises BotFailed when it ends or is not there in time."""
    arrival = asyncio.create_task(sandbox.slack.until(lambda: sandbox.slack.connected, timeout=START_SECONDS))
    ending = asyncio.create_task(process.wait())
    await asyncio.wait({arrival, ending}, return_when=asyncio.FIRST_COMPLETED)
    arrived = arrival.done() and arrival.exception() is None
    for task in (arrival, ending):
        task.cancel()
    if not arrived:
        raise BotFailed(bot.said())


async def _wait(sandbox: Sandbox, bot: Bot, console: Console, *, browser: bool) -> int:
    console.print(Panel(TRY.format(url=sandbox.url, log=bot.log), title="Comeback, in a sandbox", border_style="green", expand=False))
    if browser and sys.stdout.isatty():
        await asyncio.to_thread(webbrowser.open, sandbox.url)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    console.print("Stopping ...")
    return 0


if __name__ == "__main__":
    sys.exit(main())
