"""`comeback audit prune`: old entries dropped behind a signed checkpoint."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.audit.progress import shown
from bot.cli.database import opened
from bot.cli.exits import Exit, explained, say

if TYPE_CHECKING:
    from storage.checkpoint import Checkpoint
    from storage.db import Database, UnitOfWork
    from storage.signing import Keyring

FLOOR_DAYS = 90
"""What stays where the settings say nothing: a slip with the date takes no entry that somebody may be looking into."""


def prune(
    *,
    before: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Drop entries older than this day (UTC); else KEEP_DAYS of the settings.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """
    Drop old entries, up to the last signed checkpoint that is old enough; the trail then begins there, which the signing key signs.

    On PostgreSQL run it with the role that owns the tables: the bot's own may not. Entries of requests that are open stay, and all after.
    """
    with explained():
        from bot import clock
        from bot.actor import TerminalUser
        from bot.cli.people import login
        from bot.settings import OutgoingSettings, TrailSettings, load
        from bot.usecases import trail
        from bot.usecases.steps import audit_actor
        from storage import cuts

        settings = load(TrailSettings).audit
        oldest = _oldest(before, keep_days=settings.keep_days, now=clock.system_now())
        keys = trail.keyring(settings)
        _require_signer(keys)
        with opened() as database:
            begins = _begins(database, keys)
            finished = _finish(database, through=begins)
            checkpoint = _checkpoint(database, keys, before=oldest, begins=begins, ships=load(OutgoingSettings).siem.on)
            _agree(checkpoint, yes=yes)
            actor = TerminalUser(name=login())
            database.write_now(lambda uow: cuts.cut(uow, checkpoint, keys=keys, actor=audit_actor(uow, actor)))
            dropped = finished + _finish(database, through=checkpoint.size)
    typer.echo(f"{dropped} entries are gone; the audit trail begins after entry {checkpoint.size}.")


def _oldest(before: datetime | None, *, keep_days: int, now: datetime) -> datetime:
    kept_from = now - timedelta(days=keep_days or FLOOR_DAYS)
    if before is None and not keep_days:
        say("Entries are kept for ever: say --before DAY, or set COMEBACK_AUDIT__KEEP_DAYS.")
        raise typer.Exit(Exit.USAGE)
    day = before.replace(tzinfo=UTC) if before else kept_from
    if day > kept_from:
        why = f"COMEBACK_AUDIT__KEEP_DAYS keeps {keep_days} days" if keep_days else f"{FLOOR_DAYS} days stay unless KEEP_DAYS says fewer"
        say(f"--before must be {kept_from:%Y-%m-%d} or earlier: {why}.")
        raise typer.Exit(Exit.USAGE)
    return day


def _require_signer(keys: "Keyring") -> None:
    if keys.signer is None:
        say("Nothing was dropped: where the trail begins is signed, so set COMEBACK_AUDIT__SIGNING_KEY to the bot's key.")
        raise typer.Exit(Exit.USAGE)


def _begins(database: "Database", keys: "Keyring") -> int:
    """How many entries are gone so far, of a trail that is whole."""
    from bot.usecases import trail
    from storage import audit

    with shown(database.read_now(audit.head).seq) as progress:
        verdict = database.read_now(lambda uow: trail.examine(uow, keys=keys, on_progress=progress))
    if not verdict.is_good:
        say("The audit trail is not whole, so nothing was dropped: `comeback audit verify` says where.")
        raise typer.Exit(Exit.NO)
    return verdict.begins


def _checkpoint(database: "Database", keys: "Keyring", *, before: datetime, begins: int, ships: bool) -> "Checkpoint":
    """Where to cut."""
    from bot.jobs.outgoing import SIEM
    from storage import checkpoints, cuts, shipments

    def furthest(uow: "UnitOfWork") -> int:
        return cuts.furthest(uow, before=before, shipped=shipments.of(uow, SIEM).seq if ships else None)

    limit = database.read_now(furthest)
    found = database.read_now(lambda uow: checkpoints.newest_signed(uow, limit=limit, keys=keys))
    if limit <= begins:
        sent = ", was sent to the SIEM" if ships else ""
        say(f"Nothing was dropped: no entry is older than {before:%Y-%m-%d}{sent} and belongs to no open request.")
        raise typer.Exit(Exit.NO)
    if found is None or found.checkpoint.size <= begins:
        say(
            f"Nothing was dropped: no checkpoint signed by a key of the settings stands at or before entry {limit}, "
            f"the last one that is old enough{', was sent to the SIEM' if ships else ''} and belongs to no open request."
        )
        raise typer.Exit(Exit.NO)
    return found.checkpoint


def _agree(checkpoint: "Checkpoint", *, yes: bool) -> None:
    question = f"Drop all entries up to {checkpoint.size}? `comeback audit export` keeps a copy; this can't be undone."
    if not yes and not typer.confirm(question, err=True):
        say("Nothing was dropped.")
        raise typer.Exit(Exit.NO)


def _finish(database: "Database", *, through: int) -> int:
    """How many entries were dropped up to *through*, which a cut covers: all of them, a unit of work at a time."""
    from storage import cuts

    dropped = 0
    while count := database.write_now(lambda uow: cuts.drop(uow, through=through)):
        dropped += count
    return dropped
