"""Is the app what it must be in Slack: tokens, scopes, commands, the admin channel, the approvers?"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

from bot.doctor.approvals import enough
from bot.doctor.digest_channel import digest_place
from bot.doctor.lines import Line, green, note, red, yellow
from bot.policy import PersonKind, Profile
from bot.settings import AdminSettings, ProductSettings, SlackSettings
from bot.slack.calls import open_client
from bot.slack.errors import SlackBusy, SlackError, SlackRefused, SlackTokenRejected
from bot.slack.inspection import Inspection
from bot.slack.manifest import ANY_PRODUCT_COMMAND, FILE_SCOPES, GROUP_SCOPES, HISTORY_SCOPES, NEEDED_SCOPES
from bot.slack.messenger import ChannelFacts
from bot.slack.team import Team

AT_ONCE = 4

_REINSTALL = "add them under OAuth & Permissions (or paste `comeback manifest`), and install the app again"


async def check(
    slack: SlackSettings,
    *,
    admin: AdminSettings | None,
    products: ProductSettings | None,
    now: Callable[[], datetime],
    digest_channel: str | None = None,
) -> tuple[Line, ...]:
    """The lines about Slack, those that need a working token only when it works."""
    async with open_client(token=slack.slack_bot_token.get_secret_value(), api_url=slack.slack_api_url) as client:
        inspection = Inspection(client=client, now=now)
        token, works = await _token(inspection, approvers=admin.approvers if admin else ())
        socket = await _app_token(inspection, slack)
        if not works:
            return (*token, *socket)
        rest = await asyncio.gather(*_after_token(inspection, admin, products=products, digest_channel=digest_channel))
    return (*token, *socket, *_commands(products), *(line for lines in rest for line in lines))


def _after_token(
    inspection: Inspection, admin: AdminSettings | None, *, products: ProductSettings | None, digest_channel: str | None
) -> Iterable[Awaitable[tuple[Line, ...]]]:
    if admin is not None:
        yield _channel(inspection, admin.admin_channel)
        yield _approvers(inspection, admin.approvers, products=products)
    if digest_channel is not None and (admin is None or digest_channel != admin.admin_channel):
        yield digest_place(inspection, digest_channel, failed=_failed)


async def _token(inspection: Inspection, *, approvers: Iterable[str]) -> tuple[tuple[Line, ...], bool]:
    try:
        facts = await inspection.token()
    except SlackError as error:
        return (_failed("bot token", error, variable="SLACK_BOT_TOKEN"),), False
    return (green("bot token", f"valid in {facts.workspace}"), *_scopes(facts.scopes, approvers=approvers)), True


def _scopes(held: frozenset[str] | None, *, approvers: Iterable[str]) -> tuple[Line, ...]:
    if held is None:
        return (note("scopes", "Slack did not say which the token has"),)
    needed = (*NEEDED_SCOPES, *(GROUP_SCOPES if any(_is_group(one) for one in approvers) else ()))
    missing = [scope for scope in needed if scope not in held]
    if missing:
        return (red("scopes", f"missing: {', '.join(missing)}", _REINSTALL),)
    return tuple(_lesser_scopes(held)) or (green("scopes", "sufficient"),)


def _lesser_scopes(held: frozenset[str]) -> Iterable[Line]:
    """The scopes without which Comeback works, but less well."""
    unsafe = [scope for scope in HISTORY_SCOPES if scope not in held]
    if unsafe:
        yield yellow("scopes", f"without {', '.join(unsafe)} a lost answer may lead to a second card", _REINSTALL)
    plain = [scope for scope in FILE_SCOPES if scope not in held]
    if plain:
        yield yellow("scopes", f"without {', '.join(plain)} the digest has no picture, and long lists no file", _REINSTALL)


async def _app_token(inspection: Inspection, slack: SlackSettings) -> tuple[Line, ...]:
    if slack.slack_app_token is None:
        return ()
    try:
        await inspection.open_ticket(slack.slack_app_token.get_secret_value())
    except SlackRefused as error:
        if error.code == "missing_scope":
            return (red("app-level token", "lacks the scope connections:write", "make a new one with it under Basic Information"),)
        return (_failed("app-level token", error, variable="SLACK_APP_TOKEN"),)
    except SlackBusy:
        return (yellow("app-level token", "Slack is limiting how often it may be asked", "try again in a minute"),)
    except SlackError as error:
        return (_failed("app-level token", error, variable="SLACK_APP_TOKEN"),)
    return (green("app-level token", "valid for Socket Mode"),)


def _commands(products: ProductSettings | None) -> tuple[Line, ...]:
    if products is None:
        return ()
    names = ", ".join([*(product.command for product in products.products.values()), ANY_PRODUCT_COMMAND])
    return (note("commands", f"Slack tells no token which are registered; these should be: {names}", "compare with `comeback manifest`"),)


async def _channel(inspection: Inspection, channel_id: str) -> tuple[Line, ...]:
    try:
        facts = await inspection.channel(channel_id)
    except SlackError as error:
        return (_failed("admin channel", error, variable="COMEBACK_ADMIN_CHANNEL"),)
    return tuple(_channel_lines(facts, channel_id=channel_id))


def _channel_lines(facts: ChannelFacts, *, channel_id: str) -> Iterable[Line]:
    subject, name = "admin channel", f"#{facts.name}" if facts.name else channel_id
    if not facts.exists:
        yield red(subject, f"{channel_id} does not exist, or is private without the bot in it", "invite @Comeback there, or set another")
        return
    if facts.is_archived:
        yield red(subject, f"{name} is archived", "unarchive it, or set COMEBACK_ADMIN_CHANNEL to another")
    if facts.is_shared:
        yield red(subject, f"{name} is shared with another company, whose people would see the cards", "choose one of your own")
    if not facts.is_member:
        yield red(subject, f"the bot is not in {name}", f"type /invite @Comeback in {name}")
    if not (facts.is_archived or facts.is_shared or not facts.is_member):
        yield _good_channel(facts, name=name)


def _good_channel(facts: ChannelFacts, *, name: str) -> Line:
    if not facts.is_private:
        return yellow("admin channel", f"{name} is public: everybody can read who asked for what", "make it private")
    return green("admin channel", f"{name} is private, and the bot is in it")


_Found = tuple[Line, frozenset[str]]
"""A line, and whom of those it is about may decide."""


async def _approvers(inspection: Inspection, approvers: tuple[str, ...], *, products: ProductSettings | None) -> tuple[Line, ...]:
    try:
        team = await inspection.team()
    except SlackError as error:
        return (_failed("approvers", error, variable="SLACK_BOT_TOKEN"),)
    gate = asyncio.Semaphore(AT_ONCE)
    found = await asyncio.gather(*(_approver(inspection, one, team=team, gate=gate) for one in approvers))
    good = frozenset(slack_id for _, ids in found for slack_id in ids)
    # Where nobody may decide, or Slack would not tell, the lines above say what is to be mended first.
    return (*(line for line, _ in found), *(enough(products, approvers=good) if good else ()))


async def _approver(inspection: Inspection, approver: str, *, team: Team, gate: asyncio.Semaphore) -> _Found:
    subject = f"approver {approver}"
    try:
        if _is_group(approver):
            return await _group(inspection, approver, team=team, gate=gate)
        profile = await _profile(inspection, approver, team=team, gate=gate)
    except SlackError as error:
        return _failed(subject, error, variable="COMEBACK_APPROVERS"), frozenset()
    if profile.kind is PersonKind.MEMBER:
        return green(subject, f"{profile.name}, a member in good standing"), frozenset({approver})
    return red(subject, f"may not decide: {profile.kind.value}", "replace the id in COMEBACK_APPROVERS"), frozenset()


async def _group(inspection: Inspection, group: str, *, team: Team, gate: asyncio.Semaphore) -> _Found:
    subject = f"approvers {group}"
    async with gate:
        ids = await inspection.members(group)
    if ids is None:
        return red(subject, "no such user group", "replace the id in COMEBACK_APPROVERS"), frozenset()
    people = await asyncio.gather(*(_profile(inspection, one, team=team, gate=gate) for one in ids))
    good = frozenset(person.slack_id for person in people if person.kind is PersonKind.MEMBER)
    return _group_line(subject, good=len(good), of=len(people)), good


def _group_line(subject: str, *, good: int, of: int) -> Line:
    if not good:
        return red(subject, "nobody in the user group may decide", "add a member who is neither a guest nor deactivated")
    if good < of:
        return yellow(subject, f"{good} of {of} people may decide", "remove guests and deactivated people from the group")
    return green(subject, f"{good} in good standing")


async def _profile(inspection: Inspection, slack_id: str, *, team: Team, gate: asyncio.Semaphore) -> Profile:
    async with gate:
        return await inspection.person(slack_id, team=team)


def _is_group(approver: str) -> bool:
    return approver.startswith("S")


def _failed(subject: str, error: SlackError, *, variable: str) -> Line:
    if isinstance(error, SlackTokenRejected):
        return red(subject, f"Slack does not accept the token ({error.code})", f"copy it again from the app's pages into {variable}")
    if isinstance(error, SlackBusy):
        return red(subject, "not known: Slack is limiting how often it may be asked", "try again in a minute")
    if isinstance(error, SlackRefused):
        return red(subject, f"Slack refused {error.method} ({error.code})", f"check {variable} and the app's scopes")
    return red(subject, f"Slack could not be asked ({error.code})", "check the network and SLACK_API_URL")
