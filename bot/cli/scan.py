"""`comeback scan`: a scan of the seats now, with the consequences of the scheduled one, watched to its end; or only tried."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.exits import Exit, explained, say

if TYPE_CHECKING:
    from bot.settings import Settings
    from storage.db import Database
    from storage.seat_records import Scan

LOOKS = 30
LOOK_EVERY_SECONDS = 0.1
"""A running bot looks for work every second: after three of them there is none, or it is held up."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(scan)


def scan(
    products: Annotated[list[str] | None, typer.Argument(metavar="PRODUCT...", help="Keys of products; all when none is given.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only read and show: store nothing, ask and warn nobody.")] = False,
    fewer_expected: Annotated[
        bool, typer.Option("--fewer-expected", help="Far fewer people than last time are right: do not stop for that.")
    ] = False,
    patience: Annotated[float, typer.Option(min=1, help="Seconds without progress after which watching ends.")] = 60.0,
) -> None:
    """Look through the seats now, as the daily scan does. Exit code 1 when a scan was held, stopped or not finished."""
    with explained():
        from bot.settings import load

        settings = load()
        keys = _keys(products or [], settings)
        ended = asyncio.run(_scan(settings, keys, dry_run=dry_run, fewer_expected=fewer_expected, patience=patience))
    raise typer.Exit(Exit.DONE if ended else Exit.NO)


def _keys(given: Sequence[str], settings: "Settings") -> list[str]:
    """The keys of the products meant, each once; as they stand in a command (`jira-eu`) will do."""
    meant = list(dict.fromkeys(name.strip().lower().replace("-", "_") for name in given))
    unknown = [key for key in meant if key not in settings.products]
    if unknown:
        raise typer.BadParameter(f"no product {', '.join(unknown)} in the settings: there are {', '.join(settings.products)}")
    return meant or list(settings.products)


async def _scan(settings: "Settings", keys: Sequence[str], *, dry_run: bool, fewer_expected: bool, patience: float) -> bool:
    """Whether all scans are complete; what became of them is printed."""
    from bot import logs
    from bot.building import StartFailed
    from bot.cli.scan_view import show, watch

    # The progress is the story; the log says what goes wrong.
    logs.configure(settings.model_copy(update={"log_level": "WARNING"}))
    async with AsyncExitStack() as stack:
        scratch = await _scratch(settings, stack=stack) if dry_run else None
        target = scratch or settings
        database = await _open(target, stack=stack)
        filed = await _file(database, keys, settings=target, fewer_expected=fewer_expected)
        try:
            await _find_hands(database, filed, settings=target, stack=stack)
        except StartFailed as failed:
            say(f"{failed} The scan is filed and goes on when a bot runs." if not dry_run else str(failed))
            return False
        ended = await watch(database, filed, settings=settings, patience=patience)
        await show(database, ended, settings=settings, dry_run=dry_run)
    return all(one.status.value == "complete" for one in ended)


async def _scratch(settings: "Settings", *, stack: AsyncExitStack) -> "Settings":
    """The settings with a database that is thrown away in the end, where everything is known that the real one knows."""
    from storage import migrate
    from storage.copying import copy_seats
    from storage.errors import NoDatabase

    url = f"sqlite:///{Path(stack.enter_context(TemporaryDirectory(prefix='comeback'))) / 'dry-run.db'}"
    await asyncio.to_thread(migrate.upgrade, url)
    scratch = settings.model_copy(update={"database_url": url})
    try:
        await asyncio.to_thread(migrate.check, settings.database_url)
    except NoDatabase:
        return scratch  # a first look, before anything was set up
    async with AsyncExitStack() as copying:
        source, target = await _open(settings, stack=copying), await _open(scratch, stack=copying)
        await asyncio.to_thread(copy_seats, source, target=target)
    return scratch


async def _open(settings: "Settings", *, stack: AsyncExitStack) -> "Database":
    from bot import clock
    from storage import migrate
    from storage.db import Database

    await asyncio.to_thread(migrate.check, settings.database_url)
    database = Database.open(
        settings.database_url,
        clock=clock.system_now,
        new_id=clock.new_id,
        new_token=clock.new_token,
        sealing_keys=settings.master_keys,
    )
    stack.push_async_callback(database.close)
    return database


async def _file(database: "Database", keys: Sequence[str], *, settings: "Settings", fewer_expected: bool) -> "tuple[Scan, ...]":
    from bot.actor import TerminalUser
    from bot.cli.people import login
    from bot.usecases import scans
    from storage.db import UnitOfWork
    from storage.lifecycle import ScanOrigin

    actor = TerminalUser(name=login())

    def unit(uow: UnitOfWork) -> "tuple[Scan, ...]":
        begun = [
            scans.start(uow, key, origin=ScanOrigin.TERMINAL, settings=settings, actor=actor, fewer_expected=fewer_expected) for key in keys
        ]
        return tuple(one for one in begun if one is not None)

    return await database.write(unit)


async def _find_hands(database: "Database", filed: "tuple[Scan, ...]", *, settings: "Settings", stack: AsyncExitStack) -> None:
    """Leave the pages to the bot that runs; where none does, work them here."""
    from bot.hands import lent
    from bot.jobs.scans import ScanPage
    from storage.errors import AlreadyRunning

    if database.kind == "postgresql" and await _is_worked(database, filed):
        return
    try:
        await stack.enter_async_context(lent(settings, kinds=frozenset({ScanPage.kind})))
    except AlreadyRunning:
        return


async def _is_worked(database: "Database", filed: "tuple[Scan, ...]") -> bool:
    """Whether somebody begins with one of the scans within a few seconds."""
    from bot.jobs.scans import ScanPage
    from storage import outbox, scans
    from storage.db import UnitOfWork
    from storage.lifecycle import JobState

    def begun(uow: UnitOfWork) -> bool:
        now = [scans.get(uow, one.id) for one in filed]
        leased = any(row.kind == ScanPage.kind and row.state is JobState.LEASED for row in outbox.backlog(uow))
        return leased or any(one is not None and one.pages > was.pages for one, was in zip(now, filed, strict=True))

    for _ in range(LOOKS):
        if await database.read(begun):
            return True
        await asyncio.sleep(LOOK_EVERY_SECONDS)
    return False
