"""The first version's reads: managed accounts, and one person's last activity."""

from datetime import datetime
from typing import Any

from aiohttp import web

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.api.context import organization_of, seen_account
from sandbox.atlassian.api.cursors import Place, decode, encode
from sandbox.atlassian.api.rows import activity_key, instant, timestamp
from sandbox.atlassian.organization import Organization

KIND = "managed"
PAGE = 100


def register(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get("/admin/v1/orgs/{orgId}/users", list_managed)
    app.router.add_get("/admin/v1/orgs/{orgId}/directory/users/{accountId}/last-active-dates", show_last_active)


async def list_managed(request: web.Request) -> web.Response:
    """A page of 100 managed accounts, apps and customers among them; `links.next` is a whole URL."""
    organization = organization_of(request)
    token = request.query.get("cursor")
    place = decode(organization, KIND, token=token) if token else Place(query={}, position=0)
    accounts = organization.register.accounts
    found: list[Account] = []
    next_position: int | None = None
    for position in range(place.position, len(accounts)):
        seen = organization.seen(accounts[position])
        if seen is None or not seen.managed:
            continue
        if len(found) == PAGE:
            next_position = position
            break
        found.append(seen)
    links = {"self": _url(request, organization, place.position)}
    if next_position is not None:
        links["next"] = _url(request, organization, next_position)
    total = sum(account.managed for account in accounts)
    return web.json_response({"data": [_row(organization, account) for account in found], "links": links, "meta": {"total": total}})


def _url(request: web.Request, organization: Organization, position: int) -> str:
    url = request.url.with_query(cursor=encode(organization, KIND, query={}, position=position))
    return str(url)


def _row(organization: Organization, account: Account) -> dict[str, Any]:
    row = {
        "account_id": account.id,
        "account_type": account.type,
        "account_status": account.account_status,
        "name": account.name,
        "picture": f"https://avatars.acme.example/{account.id}.png",
        "access_billable": bool(organization.register.billed(account)),
        "product_access": [
            {
                "key": activity_key(product),
                "name": product.name,
                "url": f"https://{product.site}.atlassian.net",
                "last_active": instant(account.visits[product.ari]),
            }
            for product in organization.catalog.products.values()
            if product.ari in account.visits
        ],
        "links": {"self": f"https://api.atlassian.com/users/{account.id}/manage"},
    }
    if account.email_visible:
        row["email"] = account.email
    if account.visits:
        row["last_active"] = instant(max(account.visits.values()))
    return row


async def show_last_active(request: web.Request) -> web.Response:
    """The last activity per product that this old list has a key for; never used is missing."""
    organization, account = organization_of(request), seen_account(request, request.match_info["accountId"])
    products = (product for product in organization.catalog.products.values() if product.activity_key and product.ari in account.visits)
    access = [{"id": product.ari, "key": product.activity_key, **_dates(account.visits[product.ari])} for product in products]
    added = {"added_to_org": f"{account.added_at:%Y-%m-%d}", "added_to_org_timestamp": instant(account.added_at)}
    return web.json_response({"data": {"product_access": access, **added}, "links": {"next": None}})


def _dates(when: datetime) -> dict[str, str]:
    return {"last_active": f"{when:%Y-%m-%d}", "last_active_timestamp": timestamp(when)}
