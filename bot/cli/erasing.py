"""`comeback people erase` and `keygen`: making somebody unknown, and the key without which a stolen database says nothing."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.database import opened
from bot.cli.exits import Exit, counted, explained, say

if TYPE_CHECKING:
    from bot.usecases.erasure import InTheWay, Subject
    from storage.db import Database

_FIRST = {
    "open_request": "has an open request ({products}): *Deny* it on its card, or *Close* it once it was approved, then try again",
    "open_approval": "has approved a request that is still open ({products}): *Approve*, *Deny* or *Close* it on its card, then try again",
    "open_exemption": "has an exemption that nobody has decided ({products}): have it decided, then try again",
    "running_reclaim": "has a seat that is being taken or put back ({products}): leave it out of the plan or wait, then try again",
}
_KEPT = (
    "Not erased: messages that were posted in Slack keep their words, and so do backups made before (delete them in time).",
    "Nor: mails that were sent, and what they wrote to others when they decided about them.",
    "Nor, on PostgreSQL: old rows until VACUUM has been there, and what the archive of its log holds.",
    "Atlassian and Slack are not touched: somebody who still has a seat is seen again by the next scan.",
)


def register(people: typer.Typer) -> None:
    """Add the commands."""
    people.command()(erase)
    people.command()(keygen)


def keygen() -> None:
    """Print a new sealing key; keep a copy of it apart from the database and its backups."""
    from storage.cipher import encoded, new_key

    typer.echo(f"COMEBACK_SEALING_KEYS={encoded(new_key())}")


def erase(
    who: Annotated[str, typer.Argument(metavar="WHO", help="A Slack id, an Atlassian account id, or an e-mail address.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Make somebody unknown: their names, addresses, ids and words are destroyed; counts and the audit trail stay."""
    with explained(), opened() as database:
        subject = _only(database, who.strip())
        _show(subject)
        _require_no_approver(subject)
        if not yes and not typer.confirm("Erase all this for good?"):
            say("Nothing was erased.")
            raise typer.Exit(Exit.NO)
        _erase(database, subject)
        _clean()


def _only(database: "Database", who: str) -> "Subject":
    from bot.usecases import erasure

    found = database.read_now(lambda uow: erasure.find(uow, who))
    if not found:
        say(f"Nobody is known as {who}: nothing was erased.")
        raise typer.Exit(Exit.NO)
    if len(found) > 1:
        names = ", ".join(one.person.slack_id if one.person else one.account_ids[0] for one in found)
        say(f"{who} may be {names}: name one of them. Nothing was erased.")
        raise typer.Exit(Exit.NO)
    return found[0]


def _show(subject: "Subject") -> None:
    person = subject.person
    if person is not None:
        typer.echo(f"{person.slack_id}, {person.email or 'no address kept'}, known in the audit trail as {person.id}")
    for account_id in subject.account_ids:
        typer.echo(f"Atlassian account {account_id}")
    requests, seats = counted(subject.requests, "request", "requests"), counted(subject.seats, "seat", "seats")
    typer.echo(f"{requests} with reasons, findings and answers; {seats}")
    if subject.decisions:
        typer.echo(f"{counted(subject.decisions, 'decision', 'decisions')} on what others asked: they stay, made by an erased person.")


def _require_no_approver(subject: "Subject") -> None:
    from bot.settings import AdminSettings, SettingsError, load

    try:
        approvers = load(AdminSettings).approvers
    except SettingsError:
        return  # the settings of the bot need not be here
    if subject.person is not None and subject.person.slack_id in approvers:
        say(f"{subject.person.slack_id} is an approver: take them out of COMEBACK_APPROVERS first. Nothing was erased.")
        raise typer.Exit(Exit.NO)


def _erase(database: "Database", subject: "Subject") -> None:
    from bot.actor import TerminalUser
    from bot.cli.people import login
    from bot.usecases import erasure

    actor = TerminalUser(name=login())
    answer = database.write_now(lambda uow: erasure.erase(uow, subject, actor=actor))
    if isinstance(answer, erasure.InTheWay):
        _say_in_the_way(subject, answer)
        raise typer.Exit(Exit.NO)
    typer.echo(f"Erased; the rows that stay say {answer.name!r}. {answer.jobs} jobs were dropped.")
    for sentence in _KEPT:
        typer.echo(sentence)


def _say_in_the_way(subject: "Subject", answer: "InTheWay") -> None:
    who = subject.person.slack_id if subject.person else subject.account_ids[0]
    say(f"{who} {_FIRST[answer.obstacle.value].format(products=', '.join(answer.products))}. Nothing was erased.")


def _clean() -> None:
    from bot.settings import DatabaseSettings, load
    from storage.scrubbing import scrub

    if not scrub(load(DatabaseSettings).database_url):
        say("The file was in use all the while: until it is written anew, its log may hold old pages. Run the command again, or VACUUM it.")
