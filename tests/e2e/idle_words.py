"""What stories of idle seats share: somebody who has not used a product for long, whom two scans saw and who was warned in time."""

from datetime import timedelta

from sandbox.atlassian.accounts import Account
from sandbox.server import Sandbox
from storage import batches, people, reclaims, seats, warnings
from storage.db import UnitOfWork
from storage.lifecycle import SeatActivity, WarningStatus
from storage.records import Reclaim
from storage.seat_records import Batch, SeatWarning, SeenSeat
from tests.e2e.conftest import Stage

AWAY = timedelta(days=200)


def make_idle(stage: Stage, who: str) -> Account:
    """Their account: long in the organization, and last at work more than half a year ago."""
    return idle_account(stage.sandbox, who)


def idle_account(sandbox: Sandbox, who: str) -> Account:
    """The same, where there is no stage."""
    organization, now = sandbox.atlassian, sandbox.clock.now()
    account = organization.person(who)
    if all(now - at >= AWAY for at in account.visits.values()) and now - account.added_at >= 2 * AWAY:
        return account
    visits = dict.fromkeys(account.visits, now - AWAY - timedelta(days=1))
    return organization.change(account, act="test", by="admin", visits=visits, added_at=now - 3 * AWAY)


def worked_yesterday(stage: Stage, who: str) -> None:
    """They were at work: where nobody ever is, a scan takes Atlassian's data for broken."""
    account, day_before = stage.sandbox.atlassian.person(who), stage.sandbox.clock.now() - timedelta(days=1)
    stage.sandbox.atlassian.change(account, act="test", visits=dict.fromkeys(account.visits, day_before))


async def warn(stage: Stage, *seated: tuple[str, str], reached: bool = True) -> list[SeatWarning]:
    """Each (person, product) is idle, was seen by a scan, and was warned so long ago that a plan may have the seat."""
    return await stage.parts.database.write(lambda uow: warned(uow, stage.sandbox, *seated, reached=reached))


def warned(uow: UnitOfWork, sandbox: Sandbox, *seated: tuple[str, str], reached: bool = True) -> list[SeatWarning]:
    """The same, where there is no stage."""
    accounts = [(idle_account(sandbox, who), product) for who, product in seated]
    _scanned(uow, accounts)
    return [_warned(uow, account, product, slack_id=f"U0{account.key.upper()}", reached=reached) for account, product in accounts]


def _scanned(uow: UnitOfWork, found: list[tuple[Account, str]]) -> None:
    # Beside the bot's own scan, which runs as the stage opens and finds the same.
    for product in sorted({product for _, product in found}):
        seats.see(uow, product, "story", [_seen(account) for account, of in found if of == product])


def seen_by(uow: UnitOfWork, scan_id: str, account: Account, product: str) -> None:
    """The scan has found this seat, idle."""
    seats.see(uow, product, scan_id, [_seen(account)])


def _seen(account: Account) -> SeenSeat:
    last_active = max(account.visits.values(), default=None)
    return SeenSeat(
        account_id=account.id,
        name=account.name,
        email=account.email,
        added_at=account.added_at,
        last_active_at=last_active,
        activity=SeatActivity.IDLE if last_active else SeatActivity.NEVER_ACTIVE,
    )


def _warned(uow: UnitOfWork, account: Account, product: str, *, slack_id: str, reached: bool) -> SeatWarning:
    person = people.find_or_add(uow, team_id="T0ACME", slack_id=slack_id) if reached else None
    known = {"person_id": person.id, "slack_id": slack_id} if person else {"person_id": None, "slack_id": None}
    warning = warnings.open_(uow, account_id=account.id, product=product, **known)
    assert warning is not None
    if not reached:
        warnings.move(uow, warning.id, source=WarningStatus.OPEN, target=WarningStatus.UNDELIVERABLE)
    else:
        warnings.sent(uow, warning.id, channel="D0", ts="1.1", plan_at=uow.now)
    return warnings.get(uow, warning.id) or warning


def warned_long_ago(uow: UnitOfWork) -> None:
    """Every warning is of two months ago: more than one has to wait for, and after the last visit of who is idle."""
    moment = (uow.now - timedelta(days=60)).strftime("%Y-%m-%d %H:%M:%S.%f")
    uow.connection.exec_driver_sql("UPDATE warnings SET created_at = ?", (moment,))


async def members(stage: Stage, batch_id: str) -> dict[str, Reclaim]:
    """The plan's reclaims by "person product"."""
    found = await stage.parts.database.read(lambda uow: reclaims.of_batch(uow, batch_id))
    keys = {account.id: account.key for account in stage.sandbox.atlassian.register.accounts}
    return {f"{keys[one.account_id]} {one.product}": one for one in found}


async def plan_of(stage: Stage) -> Batch:
    """The newest plan."""
    return (await stage.parts.database.read(batches.list_recent))[0]
