"""What a handler finds in its request."""

from aiohttp import web

from sandbox.atlassian.accounts import Account
from sandbox.atlassian.errors import Refusal
from sandbox.atlassian.organization import Organization

ORGANIZATION = web.AppKey("organization", Organization)
ANY_DIRECTORY = "-"
CALL_ACCOUNT = web.RequestKey("account_id", str)  # whom a body is about, for the journal


def organization_of(request: web.Request) -> Organization:
    """The organization that this application serves."""
    return request.app[ORGANIZATION]


def named_directories(request: web.Request) -> frozenset[str]:
    """The directory of the path; `-` is every one. Refused with 404 when unknown."""
    directory, catalog = request.match_info["directoryId"], organization_of(request).catalog
    if directory == ANY_DIRECTORY:
        return frozenset(catalog.directories)
    if directory not in catalog.directories:
        raise Refusal("ADMIN-404-1", detail="Unknown directory")
    return frozenset({directory})


def one_directory(request: web.Request) -> str:
    """The directory of the path, which must be a real one."""
    if request.match_info["directoryId"] == ANY_DIRECTORY:
        raise Refusal("ADMIN-UAM-400-1", detail="A directory must be named")
    (directory,) = named_directories(request)
    return directory


def true_account(request: web.Request, account_id: str) -> Account:
    """The account as it truly is, which is what writes act on; refused with 404 when the organization does not know it."""
    request[CALL_ACCOUNT] = account_id
    account = organization_of(request).register.get(account_id)
    if account is None or account.type != "atlassian":
        raise Refusal("ADMIN-UAM-404-1")
    return account


def seen_account(request: web.Request, account_id: str, *, by_roles: bool = False) -> Account:
    """The account as reads (of its roles) show it, which may lag behind."""
    account = organization_of(request).seen(true_account(request, account_id), by_roles=by_roles)
    if account is None:
        raise Refusal("ADMIN-UAM-404-1")
    return account
