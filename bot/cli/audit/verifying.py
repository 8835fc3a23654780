"""`comeback audit verify`: every entry, every stored checkpoint, and the one that was brought along."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.audit.progress import shown
from bot.cli.database import opened
from bot.cli.exits import Exit, counted, explained, say

if TYPE_CHECKING:
    from bot.usecases.trail import Verdict
    from storage.audit import Broken
    from storage.checkpoint import Checkpoint
    from storage.checkpoints import Examined
    from storage.cuts import Unvouched
    from storage.signing import Keyring

_WHY = {
    "missing": "the entry is gone",
    "previous": "it does not follow the entry before it",
    "body": "its text was changed",
    "columns": "what it is found by does not agree with its text",
}
_FLAWS = {
    "unreadable": "its text is not that of a checkpoint",
    "signature": "its signature is wrong, so it was forged or changed",
    "origin": "it is a checkpoint of another trail",
    "too_short": "the trail is shorter now, so entries were cut off at its end",
    "root": "the trail has another entry there, so it was computed anew",
}
_KNOW = "Set COMEBACK_AUDIT__PUBLIC_KEYS to the keys that you know; a key that nobody knows is an alarm."
_UNSURE = {
    "unknown_key": "is signed by key {key}, which is not in the settings: it counts as much as the place that you have it from",
    "none": "is not signed: it counts as much as the place that you have it from",
}


def verify(
    *,
    against: Annotated[
        str | None, typer.Option(metavar="FILE|TEXT", help="A checkpoint that was kept elsewhere: a file, or its text as it was posted.")
    ] = None,
) -> None:
    """Check every entry against the one before, and all checkpoints against the entries; exit code 1 names what is wrong first."""
    with explained():
        from bot.settings import TrailSettings, load
        from bot.usecases import trail
        from storage import audit, checkpoints

        keys = trail.keyring(load(TrailSettings).audit)
        kept = _kept(against) if against else None
        with opened() as database, shown(database.read_now(audit.head).seq) as progress:
            verdict = database.read_now(lambda uow: trail.examine(uow, keys=keys, against=kept, on_progress=progress))
            newest = database.read_now(lambda uow: checkpoints.newest(uow, keys))
    for sentence in _doubts(verdict, kept=kept, keys=keys):
        say(sentence)
    if not verdict.is_good:
        say(_wrong(verdict, kept=kept))
        raise typer.Exit(Exit.NO)
    typer.echo(_good(verdict, kept=kept))
    vouched = max(newest.checkpoint.size if newest else 0, kept.size if kept else 0)
    for sentence in _unseen(verdict, vouched=vouched, is_held_against_one=kept is not None):
        typer.echo(sentence)


def _kept(against: str) -> "Checkpoint":
    from storage.checkpoint import NotACheckpoint, parse

    try:
        path = Path(against)
        # A text of several lines may be too long for a name.
        return parse(path.read_text(encoding="utf-8") if "\n" not in against and path.is_file() else against)
    except (NotACheckpoint, UnicodeDecodeError):
        if len(against.split()) == 1 and not path.exists():
            say(f"There is no file {against}.")
            raise typer.Exit(Exit.USAGE) from None
        say("That is no checkpoint: give the file that holds one, or its lines as they were posted, in quotation marks.")
        raise typer.Exit(Exit.USAGE) from None
    except OSError as error:
        say(f"{against} cannot be read: {error.strerror}.")
        raise typer.Exit(Exit.USAGE) from None


def _doubts(verdict: "Verdict", *, kept: "Checkpoint | None", keys: "Keyring") -> Iterator[str]:
    """What does not make the answer no, and should be known."""
    if kept is not None and (unsure := _UNSURE.get(kept.checked(keys))):
        yield f"The checkpoint {unsure.format(key=kept.key_id)}."
    stored = verdict.stored
    if stored is not None and stored.unknown_keys:
        unknown = ", ".join(sorted(stored.unknown_keys))
        yield f"Stored checkpoints have signatures of keys that are not in the settings: {unknown}. {_KNOW}"
    if stored is not None and stored.unsigned:
        some = f"{stored.unsigned} of {counted(stored.count, 'stored checkpoint', 'stored checkpoints')}"
        yield f"{some} {'is' if stored.unsigned == 1 else 'are'} not signed, so whoever writes to the database can write such ones."
    if stored is not None and stored.strays:
        yield f"{stored.strays} stored checkpoints do not fit, and no key of the settings signed them: somebody else wrote them."


def _wrong(verdict: "Verdict", *, kept: "Checkpoint | None") -> str:
    from storage.audit import Verified

    if not isinstance(verdict.chain, Verified):
        return _broken(verdict.chain)
    if verdict.flaw == "dropped" and kept is not None:
        return (
            f"The checkpoint at entry {kept.size} can't be compared any more: entries up to {verdict.begins} were dropped lawfully since. "
            "Take a newer one; for itself the trail is whole."
        )
    if verdict.flaw is not None and kept is not None:
        return f"The audit trail does not fit the checkpoint at entry {kept.size}: {_FLAWS[verdict.flaw]}."
    return _bad_checkpoint(verdict.stored)


def _broken(chain: "Broken | Unvouched") -> str:
    from storage.audit import Broken
    from storage.checkpoint import Signature

    if isinstance(chain, Broken):
        return f"The audit trail is broken at entry {chain.seq}: {_WHY.get(chain.why, chain.why)}."
    if chain.signature is not Signature.UNKNOWN_KEY:
        return f"Entries up to {chain.size} were taken away, and not by `comeback audit prune`: the cut there was forged or changed."
    return (
        f"The audit trail begins after entry {chain.size}, and no key of the settings vouches for what was before: "
        "set COMEBACK_AUDIT__PUBLIC_KEYS to the key that signed then."
    )


def _bad_checkpoint(stored: "Examined | None") -> str:
    size, flaw = stored.first_bad if stored and stored.first_bad else (0, "unreadable")
    return f"The audit trail does not fit the stored checkpoint at entry {size}: {_FLAWS[flaw]}."


def _good(verdict: "Verdict", *, kept: "Checkpoint | None") -> str:
    from storage.audit import Verified

    assert isinstance(verdict.chain, Verified)  # noqa: S101 - for the type checker: a good verdict has nothing else
    begins, count = verdict.begins, verdict.chain.count - verdict.begins
    after = f" after entry {begins}, where a signed checkpoint stands for what was dropped" if begins else ""
    stored = verdict.stored.count if verdict.stored else 0
    through = f" It goes through {counted(stored, 'stored checkpoint', 'stored checkpoints')}." if stored else ""
    fits = f" It fits the checkpoint at entry {kept.size}." if kept else ""
    return f"The audit trail is whole: {counted(count, 'entry', 'entries')}{after}, the last one {verdict.chain.head}.{through}{fits}"


def _unseen(verdict: "Verdict", *, vouched: int, is_held_against_one: bool) -> Iterator[str]:
    """What such a check does not show: a chain that was cut off at its end is a whole one, and its own checkpoints can go with the end."""
    from storage.audit import Verified

    assert isinstance(verdict.chain, Verified)  # noqa: S101 - for the type checker: a good verdict has nothing else
    last = verdict.chain.count
    if not vouched:
        yield "There is no checkpoint: entries that were cut off at the end do not show."
    elif last > vouched:
        which = f"Entries {vouched + 1} to {last} are" if last > vouched + 1 else f"Entry {last} is"
        yield f"{which} newer than any checkpoint: what was cut off behind does not show."
    if not is_held_against_one:
        yield "Only --against a checkpoint that was kept elsewhere shows whether the end was cut off together with its stored checkpoints."
