"""`comeback people link`: which Atlassian account is whose, where the e-mail does not tell."""

import asyncio
import csv
import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.database import opened
from bot.cli.exits import Exit, explained, say

if TYPE_CHECKING:
    from bot.policy import Profile
    from storage.db import Database

Pair = tuple[str, str]

people = typer.Typer(help="Look after what Comeback knows about people.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands about people."""
    app.add_typer(people, name="people")


@people.command()
def link(
    pairs: Annotated[list[str] | None, typer.Argument(metavar="SLACK_ID=ACCOUNT_ID...", help="Who is which account.")] = None,
    file: Annotated[
        Path | None,
        typer.Option("--csv", exists=True, dir_okay=False, readable=True, help="A file with the columns slack_id and account_id."),
    ] = None,
) -> None:
    """Pin people to Atlassian accounts; their requests go there whatever their e-mail says."""
    wanted = [*(_split(pair) for pair in pairs or ()), *(_rows(file) if file else ())]
    if not wanted:
        raise typer.BadParameter("give at least one SLACK_ID=ACCOUNT_ID, or a file with --csv")
    with explained():
        profiles = _profiles([slack_id for slack_id, _ in wanted])
        with opened() as database:
            linked = [_link(database, profile, account_id=account) for profile, (_, account) in zip(profiles, wanted, strict=True)]
    raise typer.Exit(Exit.DONE if all(linked) else Exit.NO)


def _split(pair: str) -> Pair:
    slack_id, _, account_id = pair.partition("=")
    if not slack_id.strip() or not account_id.strip():
        raise typer.BadParameter(f"{pair!r} is not SLACK_ID=ACCOUNT_ID, for example U0123ABCD=712020:5f0c")
    return slack_id.strip(), account_id.strip()


def _rows(file: Path) -> list[Pair]:
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if not {"slack_id", "account_id"} <= set(reader.fieldnames or ()):
            raise typer.BadParameter(f"{file} needs a first line with the columns slack_id and account_id")
        return [_split(f"{row['slack_id'] or ''}={row['account_id'] or ''}") for row in reader]


def _profiles(slack_ids: list[str]) -> "list[Profile]":
    """The people as Slack knows them; ends the command when Slack can't be asked."""
    from bot.settings import SlackSettings, load
    from bot.slack.errors import SlackError

    settings = load(SlackSettings)
    try:
        return asyncio.run(_ask(settings.slack_bot_token.get_secret_value(), settings.slack_api_url, slack_ids=slack_ids))
    except SlackError as error:
        say(f"Slack could not be asked who they are ({error.code}): run `comeback doctor`.")
        raise typer.Exit(Exit.NO) from None


async def _ask(token: str, api_url: str, *, slack_ids: list[str]) -> "list[Profile]":
    from bot import clock
    from bot.slack.calls import make_client
    from bot.slack.inspection import Inspection

    inspection = Inspection(client=make_client(token=token, api_url=api_url), now=clock.system_now)
    team = await inspection.team()
    return [await inspection.person(slack_id, team=team) for slack_id in slack_ids]


def _link(database: "Database", profile: "Profile", *, account_id: str) -> bool:
    from bot.actor import TerminalUser
    from bot.policy import PersonKind
    from bot.usecases import people as usecase
    from storage.errors import AccountTaken

    if profile.kind is not PersonKind.MEMBER:
        say(f"{profile.slack_id} is not a member of the workspace ({profile.kind.value}): nothing was linked.")
        return False
    actor = TerminalUser(name=_login())
    try:
        database.write_now(
            lambda uow: usecase.link(
                uow, actor=actor, team_id=profile.team_id, slack_id=profile.slack_id, account_id=account_id, email=profile.email
            )
        )
    except AccountTaken:
        say(f"{account_id} belongs to another person already: {profile.slack_id} was not linked.")
        return False
    typer.echo(f"{profile.slack_id} is {account_id}.")
    return True


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a user database
        return "unknown"
