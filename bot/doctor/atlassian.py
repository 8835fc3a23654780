"""Does the Atlassian key do what it must, and are the products, their licence groups and seats there?"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import chain

from atlassian.catalog import Catalog
from atlassian.client import AdminClient
from atlassian.errors import AtlassianError, Busy, KeyRejected, NotPermitted, Refused, Unreachable
from atlassian.licences import LicenceGroup, Seats, select_candidates
from atlassian.models import Workspace
from atlassian.site import SiteClient, open_site
from atlassian.transport import Transport
from bot.doctor.groups import SUBJECT as PROTECTED
from bot.doctor.groups import protected
from bot.doctor.lines import Line, green, note, red, yellow
from bot.doctor.offers import Offer, as_toml, offers
from bot.settings import AtlassianSettings, Product, ProductSettings

SOON_DAYS = 30
LISTED = 20
"""How many of the organization's products a red line lists."""

_NEW_KEY = "as an organization admin, make one WITHOUT scopes under Organization settings, API keys; set ATLASSIAN_API_KEY"
_MEND_SITE = "set ATLASSIAN_SITE_EMAIL and ATLASSIAN_SITE_TOKEN to those of a Jira administrator, or remove them"


async def check(
    settings: AtlassianSettings, *, products: ProductSettings | None, now: Callable[[], datetime], groups: Sequence[str] = ()
) -> tuple[Line, ...]:
    """The lines about Atlassian, its protected *groups* included; without a working key only that it does not work."""
    transport = Transport(settings.atlassian_api_url, settings.atlassian_api_key.get_secret_value, now=now)
    site = _site(settings, now=now)
    try:
        client = AdminClient(transport, settings.atlassian_org_id)
        found = await _check(client, site=site, settings=settings, products=products, now=now)
        return (*found, *(await _protected(client, groups)))
    finally:
        await transport.aclose()
        if site is not None:
            await site.transport.aclose()


async def _protected(client: AdminClient, groups: Sequence[str]) -> tuple[Line, ...]:
    try:
        return await protected(client, groups)
    except AtlassianError as error:
        return (_failed(PROTECTED, error),)


def _site(settings: AtlassianSettings, *, now: Callable[[], datetime]) -> SiteClient | None:
    if not (settings.atlassian_site_url and settings.atlassian_site_email and settings.atlassian_site_token):
        return None
    token = settings.atlassian_site_token.get_secret_value
    return open_site(settings.atlassian_site_url, email=settings.atlassian_site_email, token=token, now=now)


async def _check(
    client: AdminClient,
    *,
    site: SiteClient | None,
    settings: AtlassianSettings,
    products: ProductSettings | None,
    now: Callable[[], datetime],
) -> tuple[Line, ...]:
    catalog = Catalog(client, site, now=now)
    expiry = _expiry(settings.atlassian_api_key_expires, today=now().date())
    try:
        offered = await catalog.workspaces()
    except AtlassianError as error:
        return (_failed("API key", error), expiry)
    wanted = tuple(products.products.values()) if products else ()
    found = [await _product(catalog, product, offered=offered, with_site=site is not None) for product in wanted]
    known = green("organization", f"found, with {len(offered)} products")
    more = _more(offers(offered, products=products.products if products else {}))
    return (green("API key", "valid"), await _reach(client), expiry, known, *chain.from_iterable(found), *more)


def _more(offered: Sequence[Offer]) -> tuple[Line, ...]:
    """What else people could ask for; nobody has to offer it."""
    if not offered:
        return ()
    names = ", ".join(offer.name for offer in offered)
    remedy = "paste what people may ask for from the lines below"
    return (replace(note("products", f"not in the settings: {names}", remedy), paste=as_toml(offered)),)


async def _reach(client: AdminClient) -> Line:
    """Whether the key is without scopes: one with scopes may search, but is refused by account management and by most writes."""
    subject = "API key's reach"
    try:
        page = await client.search_users(claim_status="managed", limit=1)
        account = next(iter(page.data), None)
        if account is None:
            return yellow(subject, "not known: the organization manages no account to try it on", "make sure that the key has no scopes")
        await client.manage_permissions(account.account_id)
    except NotPermitted:
        return red(subject, "the key has scopes, and scoped keys may not change access", _NEW_KEY)
    except Refused:
        return yellow(subject, "not known: Atlassian manages this account elsewhere", "make sure that the key has no scopes")
    except AtlassianError as error:
        return _failed(subject, error)
    return green(subject, "without scopes, so it may change access")


def _expiry(expires: date | None, *, today: date) -> Line:
    subject = "API key's end"
    if expires is None:
        return yellow(subject, "not known, and a key lives a year at most", "set ATLASSIAN_API_KEY_EXPIRES, and Comeback warns in time")
    days = (expires - today).days
    if days < 0:
        return red(subject, f"ended on {expires}", _NEW_KEY)
    if days <= SOON_DAYS:
        return yellow(subject, f"ends on {expires}, in {days} days", _NEW_KEY)
    return green(subject, f"{expires}, in {days} days")


async def _product(catalog: Catalog, product: Product, *, offered: Sequence[Workspace], with_site: bool) -> tuple[Line, ...]:
    variable = f"COMEBACK_PRODUCTS__{product.key.upper()}__RESOURCE"
    workspace = next((one for one in offered if one.id == product.resource), None)
    if workspace is None:
        return (
            red(product.name, f"the organization has no {product.resource}; it has {_listed(offered)}", f"set {variable} to one of them"),
        )
    here = green(product.name, f"found on {workspace.attributes.host_url or 'its site'}")
    groups = await _asked(f"{product.name}: groups", lambda: _groups(catalog, product))
    seats = await _asked(f"{product.name}: seats", lambda: _seats(catalog, product, with_site=with_site))
    return (here, groups, seats)


async def _asked(subject: str, ask: Callable[[], Awaitable[Line]]) -> Line:
    try:
        return await ask()
    except AtlassianError as error:
        return _failed(subject, error)


def _listed(offered: Sequence[Workspace]) -> str:
    names = [f"{one.id} ({one.attributes.name or one.attributes.owner})" for one in offered[:LISTED]]
    more = len(offered) - len(names)
    return "; ".join([*names, *([f"and {more} more"] if more else [])]) or "none"


async def _groups(catalog: Catalog, product: Product) -> Line:
    subject = f"{product.name}: groups"
    groups = await catalog.licence_groups(product.resource, product.role)
    usable = select_candidates(groups, resource=product.resource, role=product.role)
    if product.group and not any(group.answers_to(product.group) for group in usable):
        remedy = f"set COMEBACK_PRODUCTS__{product.key.upper()}__GROUP to one that may be changed, or leave it out"
        return red(subject, f"{product.group} is no group that people can be added to; there is {_named(groups)}", remedy)
    if not usable:
        return yellow(subject, f"none may be changed ({_named(groups)}): the role is given directly", "make a group in Atlassian for it")
    return green(subject, _named(groups))


def _named(groups: Iterable[LicenceGroup]) -> str:
    return ", ".join(f"{group.name} ({_standing(group)})" for group in groups) or "no licence group"


def _standing(group: LicenceGroup) -> str:
    if group.grants_admin:
        return "grants administration, never used"
    if group.external or not group.modifiable:
        return "owned by an identity provider"
    return "may be changed"


async def _seats(catalog: Catalog, product: Product, *, with_site: bool) -> Line:
    subject = f"{product.name}: seats"
    try:
        seats = await catalog.seats(product.resource)
    except KeyRejected as error:
        return red(subject, f"the site does not accept the token ({_code(error)})", _MEND_SITE)
    if seats is not None:
        return _free(subject, seats)
    if with_site:
        return note(subject, "not told by Atlassian for this product; a full licence is met when a grant is tried")
    return note(subject, "not known; a full licence is met when a grant is tried", "set ATLASSIAN_SITE_URL, _EMAIL and _TOKEN to see them")


def _free(subject: str, seats: Seats) -> Line:
    if seats.left is None:
        return green(subject, "unlimited")
    if seats.left <= 0:
        return yellow(subject, f"all {seats.capacity} are taken: approved requests wait", "free some, or buy more")
    return green(subject, f"{seats.left} of {seats.capacity} are free")


def _failed(subject: str, error: AtlassianError) -> Line:
    if isinstance(error, NotPermitted):
        return red(subject, f"accepted, but not for this organization or operation ({_code(error)})", f"check ATLASSIAN_ORG_ID; {_NEW_KEY}")
    if isinstance(error, KeyRejected):
        return red(subject, f"not accepted ({_code(error)}): mistyped, revoked, or past its end", _NEW_KEY)
    if isinstance(error, Busy):
        return red(subject, "not known: Atlassian is limiting how often it may be asked", "try again in a minute")
    if isinstance(error, Unreachable):
        return red(subject, f"Atlassian could not be reached ({error.reason})", "check the network and ATLASSIAN_API_URL")
    return red(subject, f"Atlassian answered {error.operation} with something unexpected ({_code(error)})", "try again in a few minutes")


def _code(error: AtlassianError) -> str:
    return error.code or error.reason or str(error.status or "no answer")
