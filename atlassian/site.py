"""
Seats of the Jira family on one site: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-application-roles/

Optional: the only public figure for seats that are left. It needs the e-mail and API token of a Jira administrator; an organization key is
not accepted here, nor a site token there. Nothing comparable exists for Confluence.
"""

import base64
from collections.abc import Callable
from datetime import datetime

import httpx
from pydantic import RootModel

from atlassian.models import ApplicationRole
from atlassian.transport import Transport


class _ApplicationRoles(RootModel[tuple[ApplicationRole, ...]]):
    pass


class SiteClient:
    """One site, with Basic authentication."""

    def __init__(self, transport: Transport) -> None:
        """*transport* carries Basic credentials; see `open_site`."""
        self.transport = transport

    async def application_roles(self) -> tuple[ApplicationRole, ...]:
        """The seats of every product of the Jira family on the site."""
        reply = await self.transport.send("application_roles", method="GET", path="/rest/api/3/applicationrole", write=False)
        return reply.read(_ApplicationRoles).root


def open_site(
    site_url: str,
    *,
    email: str,
    token: Callable[[], str],
    now: Callable[[], datetime],
    http: httpx.AsyncClient | None = None,
    before_send: Callable[[], None] = lambda: None,
) -> SiteClient:
    """A client for the site at *site_url*, for example `https://acme.atlassian.net`."""

    def credentials() -> str:
        return base64.b64encode(f"{email}:{token()}".encode()).decode("ascii")

    return SiteClient(Transport(site_url, credentials, now=now, http=http, before_send=before_send, scheme="Basic"))
