"""Which mode is on, whether each product was scanned lately, and what would undo the taking back of seats."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from bot import clock
from bot.doctor.lines import Line, green, note, yellow
from bot.idle.breakers import LIMITED_BY
from bot.settings import DatabaseSettings, IdleSettings, Product
from bot.settings.section import variable
from storage import migrate, scans
from storage.db import Database, UnitOfWork
from storage.errors import StorageError
from storage.lifecycle import ScanStatus
from storage.seat_records import Scan

OVERDUE_AFTER = timedelta(hours=48)

_REJOIN = (
    "where Atlassian lets people of approved domains join a product by themselves, a seat that was taken comes back at their next visit, "
    "without a request"
)


async def check(
    settings: DatabaseSettings, *, idle: IdleSettings, products: Mapping[str, Product], now: Callable[[], datetime]
) -> tuple[Line, ...]:
    """
    The mode, lines for each product's scans, for what of its billing is not set and for who approves its returns, and in `reclaim` one
    about the approved domains.

    Without a database nothing is said of scans.
    """
    try:
        last = await asyncio.to_thread(_scans, settings.database_url, products=products, now=now)
    except StorageError:
        last = {}  # the chapter about the database says what is wrong with it
    lines = [line for key, found in last.items() for line in _about(found, product=products[key], idle=idle, now=now())]
    billing = [line for product in products.values() for line in _billing(product)]
    returns = [_returns(product) for product in products.values()]
    return (_mode(idle), *lines, *billing, *returns, *_domains(idle))


def _mode(idle: IdleSettings) -> Line:
    if idle.mode == "reclaim":
        return green("mode", "reclaim: people are warned, and what approvers agree to is taken")
    return note("mode", "plan: the channel sees what could be taken; nobody is warned", "COMEBACK_IDLE__MODE=reclaim turns the rest on")


def _scans(url: str, *, products: Mapping[str, Product], now: Callable[[], datetime]) -> dict[str, tuple[Scan, ...]]:
    migrate.check(url)
    database = Database.open(url, clock=now, new_id=clock.new_id, new_token=clock.new_token)

    def look(uow: UnitOfWork) -> dict[str, tuple[Scan, ...]]:
        return {key: _latest(uow, key) for key in products}

    try:
        return database.read_now(look)
    finally:
        database.close_now()


def _latest(uow: UnitOfWork, product: str) -> tuple[Scan, ...]:
    """The last complete scan, and the last one of all where that is another."""
    found = (scans.latest(uow, product), *scans.recent(uow, product, limit=1))
    return tuple({one.id: one for one in found if one is not None}.values())


def _about(found: tuple[Scan, ...], *, product: Product, idle: IdleSettings, now: datetime) -> Iterable[Line]:
    subject = f"{product.name}: scan"
    complete = next((one for one in found if one.status is ScanStatus.COMPLETE), None)
    newest = max(found, key=lambda one: one.started_at, default=None)
    if newest is not None and newest.status is ScanStatus.HELD:
        yield yellow(subject, f"{newest.figures['newly_idle']} seats are newly idle", "answer the question in the admin channel")
    elif newest is not None and newest.status in (ScanStatus.STOPPED, ScanStatus.FAILED):
        yield yellow(subject, f"the last one {newest.status.value} ({newest.code})", _way_on(newest))
    if complete is None and newest is None:
        yield note(subject, f"none yet; the first one starts at {idle.scan_at}", "or now, with `comeback scan`")
    elif complete is not None and now - complete.started_at > OVERDUE_AFTER:
        yield yellow(subject, f"the last complete one is of {complete.started_at:%d %b}", "is the bot running? `comeback scan` starts one")
    elif complete is not None:
        yield green(subject, f"complete on {complete.started_at:%d %b}: {complete.figures['seats']} seats")


def _way_on(scan: Scan) -> str:
    """What to do about a scan that stopped or failed."""
    limit = LIMITED_BY.get(scan.code or "") if scan.status is ScanStatus.STOPPED else None
    told = "the admin channel says why"
    return f"{told}; where that is right, {variable('idle__' + limit)} lets it pass" if limit else told


def _billing(product: Product) -> Iterable[Line]:
    prefix, subject = f"COMEBACK_PRODUCTS__{product.key.upper()}__", f"{product.name}: billing"
    has_price = product.price is not None or bool(product.price_tiers)
    if not has_price and product.renewal_day is None:
        yield yellow(
            subject, "no price and no renewal day: savings, and when to take seats, are not known", f"set {prefix}PRICE and …__RENEWAL_DAY"
        )
    elif not has_price:
        yield yellow(subject, "no price: what is saved is not known", f"set {prefix}PRICE")
    elif product.renewal_day is None:
        yield yellow(subject, "no renewal day: when taking seats saves is not known", f"set {prefix}RENEWAL_DAY")


_BY_POLICY = {
    "free_return": "nobody approves those that cost nothing (policy free_return)",
    "return": "nobody approves them, whatever they cost (policy return)",
}


def _returns(product: Product) -> Line:
    """Who approves that a seat which was taken goes back."""
    subject, setting = f"{product.name}: returns", f"COMEBACK_PRODUCTS__{product.key.upper()}__AUTO_APPROVE"
    if product.auto_approve in _BY_POLICY:
        return green(subject, _BY_POLICY[product.auto_approve])
    return note(subject, "an approver decides each", f"{setting}=free_return lets those go that cost nothing")


def _domains(idle: IdleSettings) -> Iterable[Line]:
    if idle.mode == "reclaim":
        yield note("approved domains", _REJOIN, "look at admin.atlassian.com, under each product's user access settings")
