"""`comeback people`: `link` and `unlink` say which Atlassian account is whose; the others are in `bot.cli.erasing`."""

import asyncio
import csv
import os
import pwd
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import erasing
from bot.cli.database import opened
from bot.cli.exits import Exit, explained, printable, say

if TYPE_CHECKING:
    from atlassian.models import User
    from bot.actor import TerminalUser
    from bot.policy import Profile
    from bot.settings import AtlassianSettings
    from storage.db import Database

Pair = tuple[str, str]

people = typer.Typer(help="Look after what Comeback knows about people.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands about people."""
    erasing.register(people)
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
        accounts = _accounts([account_id for _, account_id in wanted])
        with opened() as database:
            linked = [
                _link(database, profile, account=accounts.get(account_id), account_id=account_id)
                for profile, (_, account_id) in zip(profiles, wanted, strict=True)
            ]
    raise typer.Exit(Exit.DONE if all(linked) else Exit.NO)


@people.command()
def unlink(slack_id: Annotated[str, typer.Argument(metavar="SLACK_ID", help="Whose link is to go.")]) -> None:
    """Take a link back; the person's next request is looked up by their e-mail again."""
    with explained():
        from bot.usecases import people as usecase

        with opened() as database:
            unlinked = database.write_now(lambda uow: usecase.unlink(uow, actor=_actor(), slack_id=slack_id.strip()))
    if not unlinked:
        say(f"{slack_id} is linked to no account.")
        raise typer.Exit(Exit.NO)
    for person in unlinked:
        typer.echo(f"{person.slack_id} is no longer {person.account_id}.")


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
    from bot.slack.calls import open_client
    from bot.slack.inspection import Inspection

    async with open_client(token=token, api_url=api_url) as client:
        inspection = Inspection(client=client, now=clock.system_now)
        team = await inspection.team()
        return [await inspection.person(slack_id, team=team) for slack_id in slack_ids]


def _accounts(account_ids: list[str]) -> "dict[str, User]":
    """The accounts as Atlassian knows them, those that it does not know left out; ends the command when it can't be asked."""
    from atlassian.errors import AtlassianError
    from bot.settings import AtlassianSettings, load

    settings = load(AtlassianSettings)
    try:
        return asyncio.run(_search(settings, account_ids=account_ids))
    except AtlassianError as error:
        reason = error.code or error.reason or error.status or "no answer"
        say(f"Atlassian could not be asked whose accounts they are ({reason}): run `comeback doctor`.")
        raise typer.Exit(Exit.NO) from None


async def _search(settings: "AtlassianSettings", *, account_ids: list[str]) -> "dict[str, User]":
    from atlassian.client import PAGE_SIZE, AdminClient
    from atlassian.transport import Transport
    from bot import clock

    transport = Transport(settings.atlassian_api_url, settings.atlassian_api_key.get_secret_value, now=clock.system_now)
    try:
        client = AdminClient(transport, settings.atlassian_org_id)
        parts = [account_ids[start : start + PAGE_SIZE] for start in range(0, len(account_ids), PAGE_SIZE)]
        found = [user for part in parts for user in (await client.search_users(account_ids=part)).data]
    finally:
        await transport.aclose()
    return {user.account_id: user for user in found}


def _link(database: "Database", profile: "Profile", *, account: "User | None", account_id: str) -> bool:
    from bot.policy import PersonKind
    from bot.usecases import people as usecase
    from storage.errors import AccountTaken

    if profile.kind is not PersonKind.MEMBER:
        say(f"{profile.slack_id} is not a member of the workspace ({profile.kind.value}): nothing was linked.")
        return False
    if account is None:
        say(f"{account_id} is no account that the Atlassian organization knows: {profile.slack_id} was not linked.")
        return False
    try:
        database.write_now(
            lambda uow: usecase.link(
                uow, actor=_actor(), team_id=profile.team_id, slack_id=profile.slack_id, account_id=account_id, email=profile.email
            )
        )
    except AccountTaken:
        say(f"{account_id} belongs to another person already: {profile.slack_id} was not linked.")
        return False
    typer.echo(f"{profile.slack_id} ({printable(profile.name)}) is {account_id} ({printable(account.name or 'without a name')}).")
    if (account.email or "").lower() != (profile.email or "").lower():
        say(f"Look again: {profile.slack_id} is {profile.email or 'unknown'} in Slack and {account.email or 'unknown'} in Atlassian.")
    return True


def _actor() -> "TerminalUser":
    from bot.actor import TerminalUser

    return TerminalUser(name=login())


def login(user_id: int | None = None) -> str:
    """The login name of whoever runs the command, as the system knows them: `LOGNAME` and the like say whatever one likes."""
    uid = os.getuid() if user_id is None else user_id
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:  # a container without a user database
        return f"uid-{uid}"
