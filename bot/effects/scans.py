"""A scan, a page for each job: read it, and store what it says together with the job of the next one."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from atlassian.client import EVERYTHING
from atlassian.errors import Refused
from atlassian.models import User
from bot.codes import Attention, ScanFailed
from bot.effects.kit import Kit
from bot.effects.outcome import Done, Fact, GivenUp, Outcome
from bot.idle.rules import rules_of
from bot.jobs.scans import ScanPage, StartScans
from bot.slack.errors import SlackRefused
from bot.usecases import scan_end
from bot.usecases import scans as usecases
from bot.usecases.scan_progress import Phase
from bot.usecases.scans import Lens, Turn
from bot.usecases.seat_facts import circle_of
from storage import people
from storage.db import UnitOfWork
from storage.lifecycle import ScanOrigin
from storage.records import Job

SEAT_ROLES = ("atlassian/user", "atlassian/admin")
"""The roles that hold a billed seat."""
ADMIN_ROLES = ("atlassian/admin", "atlassian/user-access-admin")
APPROVERS_A_PAGE = 20
"""Slack tells addresses one by one, and a job has some twenty seconds."""
MOST_PAGES = 20_000
"""Two million people: a list that goes on behind them leads in a circle."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """What one page brought, and where the next begins; None at the end of the phase."""

    users: tuple[User, ...] = ()
    account_ids: tuple[str, ...] = ()
    cursor: str | None = None


async def start_scans(_: Job, payload: StartScans, kit: Kit) -> Outcome:
    """Begin the daily scan of every product."""
    del payload
    return Done(fact=lambda uow: _start_all(uow, kit))


def _start_all(uow: UnitOfWork, kit: Kit) -> None:
    for product in kit.settings.products:
        usecases.start(uow, product, origin=ScanOrigin.SCHEDULE, settings=kit.settings)


async def scan_page(_: Job, payload: ScanPage, kit: Kit) -> Outcome:
    """Read and store the next page of the scan; a page that is in already changes nothing."""
    turn = await kit.database.read(lambda uow: usecases.turn_of(uow, payload.scan_id, page=payload.page))
    if turn is None:
        return Done()
    if payload.product not in kit.settings.products:
        return _failed(payload, kit, code=ScanFailed.PRODUCT_GONE)
    if payload.page >= MOST_PAGES:
        return _failed(payload, kit, code=ScanFailed.ENDLESS)
    if turn.progress.phase is Phase.JUDGE:
        return Done(fact=lambda uow: scan_end.judge(uow, turn, settings=kit.settings), large=True)
    return await _page(turn, kit)


async def _page(turn: Turn, kit: Kit) -> Outcome:
    phase, scan = turn.progress.phase, turn.scan
    try:
        read = await _READERS[phase](turn, kit)
    except Refused as error:
        # A cursor lives for a while only: after a long outage the phase begins anew, and a second refusal is about something else.
        if scan.cursor is None or turn.progress.restarted or error.status != 400:
            raise
        log.warning("scan.restarted", scan=scan.id, product=scan.product, page=scan.pages, phase=phase.value)
        return Done(fact=lambda uow: usecases.record_anew(uow, turn))
    if phase is not Phase.SEATS:
        ids = (*read.account_ids, *(user.account_id for user in read.users))
        return Done(fact=lambda uow: usecases.record_protected(uow, turn, account_ids=ids, cursor=read.cursor))
    lens = await lens_of(turn.scan.product, kit)
    return Done(fact=lambda uow: usecases.record_seats(uow, turn, users=read.users, cursor=read.cursor, lens=lens))


async def lens_of(product: str, kit: Kit) -> Lens:
    """By what the people of *product* are told apart; the groups are read once an hour."""
    of_product = kit.settings.products[product]
    groups = await kit.catalog.licence_groups(of_product.resource, of_product.role)
    circle = circle_of(of_product.resource, licence_groups=groups, protected=kit.settings.idle.protected_groups)
    return Lens(circle=circle, rules=rules_of(kit.settings.idle))


async def _seats(turn: Turn, kit: Kit) -> _Read:
    return await _holders(turn, kit, roles=SEAT_ROLES)


async def _admins(turn: Turn, kit: Kit) -> _Read:
    return await _holders(turn, kit, roles=ADMIN_ROLES)


async def _holders(turn: Turn, kit: Kit, *, roles: tuple[str, ...]) -> _Read:
    resource, cursor = kit.settings.products[turn.scan.product].resource, turn.scan.cursor
    page = await kit.client.search_users(resource_ids=(resource,), role_ids=roles, status=("active",), expand=EVERYTHING, cursor=cursor)
    # A next page that is this one again is an endless list: others in the field stop there as well.
    following = page.next_cursor
    return _Read(users=page.data, cursor=None if following == cursor else following)


async def _approvers(turn: Turn, kit: Kit) -> _Read:
    """The accounts of the next few approvers: the linked one, else those with their address."""
    if not kit.directory.approvers.fresh(kit.now()):
        await kit.directory.refresh()
    approvers = sorted(kit.directory.approvers.slack_ids)
    start = int(turn.scan.cursor or 0)
    end = start + APPROVERS_A_PAGE
    some = approvers[start:end]
    linked = await kit.database.read(lambda uow: linked_among(uow, some, team_id=kit.team.team_id))
    emails = [await _email(slack_id, kit) for slack_id in some if slack_id not in linked]
    users = await _with_addresses(tuple(email for email in emails if email), kit)
    return _Read(users=users, account_ids=tuple(linked.values()), cursor=str(end) if end < len(approvers) else None)


def linked_among(uow: UnitOfWork, slack_ids: Sequence[str], *, team_id: str) -> dict[str, str]:
    """The accounts of those of the people that are linked to one, by Slack id."""
    known = (people.find(uow, team_id=team_id, slack_id=slack_id) for slack_id in slack_ids)
    return {person.slack_id: person.account_id for person in known if person is not None and person.account_id is not None}


async def _email(slack_id: str, kit: Kit) -> str | None:
    try:
        return (await kit.directory.profile(slack_id)).email
    except SlackRefused:
        # Somebody whom Slack does not show approves nothing either.
        return None


async def _with_addresses(emails: tuple[str, ...], kit: Kit) -> tuple[User, ...]:
    return (await kit.client.search_users(emails=emails, expand=())).data if emails else ()


_READERS = {Phase.SEATS: _seats, Phase.ADMINS: _admins, Phase.APPROVERS: _approvers}


def _failed(payload: ScanPage, kit: Kit, *, code: ScanFailed) -> Done:
    return Done(fact=lambda uow: usecases.fail(uow, payload.scan_id, code=code, settings=kit.settings))


def scan_given_up(payload: ScanPage, kit: Kit, *, why: GivenUp) -> Fact:
    """A page that nobody can read: the scan ends, and nobody is acted upon."""
    code = _FAILURES.get(why.code, ScanFailed.OTHER)
    return lambda uow: usecases.fail(uow, payload.scan_id, code=code, settings=kit.settings)


_FAILURES = {
    Attention.REFUSED_BY_ATLASSIAN: ScanFailed.REFUSED_BY_ATLASSIAN,
    Attention.UNREACHABLE_TOO_LONG: ScanFailed.UNREACHABLE_TOO_LONG,
}
