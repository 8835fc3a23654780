"""What the tests of this folder share: a server on the loopback that answers as it is told, and an organization in the sandbox."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import httpx
import pytest

from atlassian.access import AccessState, ProductWanted, Snapshot
from atlassian.catalog import Catalog
from atlassian.client import AdminClient
from atlassian.planning import plan_restore
from atlassian.provisioner import InviteOutcome, Provisioner
from atlassian.site import open_site
from atlassian.transport import Transport
from sandbox.atlassian.invitations import accept
from sandbox.server import Sandbox

Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def reply(status: int, body: bytes = b"", **headers: str) -> bytes:
    """The bytes of one answer."""
    lines = [
        f"HTTP/1.1 {status} Whatever",
        f"Content-Length: {len(body)}",
        *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items()),
    ]
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Wire:
    """A raw HTTP server: plays its script once a request has been read whole, and remembers what it read."""

    port: int = 0
    script: Script | None = None
    requests: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self, raw: bytes) -> None:
        """Answer every request with *raw*."""

        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(raw)
            await writer.drain()

        self.script = script

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next((int(line.partition(b":")[2]) for line in head.lower().splitlines() if line.startswith(b"content-length")), 0)
                self.requests.append(head + await reader.readexactly(length))
                assert self.script is not None
                await self.script(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """A server on the loopback."""
    made = Wire()
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """A client that ignores the proxies of the machine."""
    async with httpx.AsyncClient(trust_env=False) as client:
        yield client


@dataclass(frozen=True, kw_only=True)
class Acme:
    """The sandbox's organization, and the product's own way to it."""

    sandbox: Sandbox
    transport: Transport
    client: AdminClient
    catalog: Catalog
    provisioner: Provisioner

    def wanted(self, product: str = "jira", *, group: str | None = None) -> ProductWanted:
        """One of its products."""
        return ProductWanted(resource=self.sandbox.atlassian.catalog.product(product).ari, group=group)

    async def look(self, key: str, product: str = "jira", *, thorough: bool = False) -> AccessState:
        """How the person called *key* stands, found by address."""
        email = next(human.email for human in self.sandbox.world.humans if human.key == key)
        return await self.provisioner.look(email=email, wanted=self.wanted(product), thorough=thorough)

    async def bring_back(self, state: AccessState, *, wanted: ProductWanted, snapshot: Snapshot | None = None, most: int = 5) -> list[str]:
        """Step by step to the end, as the worker does it; the kinds of the steps that it took."""
        taken: list[str] = []
        while steps := plan_restore(state, wanted, snapshot):
            assert len(taken) < most, taken
            result = await self.provisioner.take(steps[0])
            taken.append(steps[0].kind)
            if isinstance(result, InviteOutcome):
                assert result.invited, result.reason
                break
            state = await self.provisioner.read_back(state, step=steps[0], wanted=wanted)
        return taken

    def has_product_after_all(self, key: str, *, steps: list[str], product: str = "jira") -> bool:
        """Whether the person has the product once they did their own part: whoever was invited accepts."""
        organization = self.sandbox.atlassian
        if steps[-1:] == ["invite"]:
            accept(organization, organization.person(key))
        return organization.has_product(key, product)

    def calls_since(self, start: int) -> list[str]:
        """`METHOD last-word-of-the-path` of every call after the first *start*."""
        return [f"{call.method} {call.path.rpartition('/')[2]}" for call in self.sandbox.atlassian.calls if call.n > start]

    @property
    def calls_total(self) -> int:
        """How many calls came in so far."""
        return self.sandbox.atlassian.journal.calls_total

    def acts_since(self, start: int) -> list[tuple[str, str]]:
        """(person's key, act) of every effective change after the first *start*."""
        register = self.sandbox.atlassian.register
        return [(register.get(write.account_id).key, write.act) for write in self.sandbox.atlassian.writes[start:]]  # type: ignore[union-attr]


async def settle_in(sandbox: Sandbox, http: httpx.AsyncClient, *, deadline_seconds: float = 5.0) -> Acme:
    """Everything that stands between the bot and *sandbox*, wired as the bot wires it."""
    told, now = sandbox.environment(), sandbox.clock.now
    transport = Transport(told["ATLASSIAN_API_URL"], told["ATLASSIAN_API_KEY"], now=now, http=http, deadline_seconds=deadline_seconds)
    client = AdminClient(transport, told["ATLASSIAN_ORG_ID"])
    token = told["ATLASSIAN_SITE_TOKEN"]
    site = open_site(told["ATLASSIAN_SITE_URL"], email=told["ATLASSIAN_SITE_EMAIL"], token=lambda: token, now=now, http=http)
    catalog = Catalog(client, site, now=now)
    return Acme(sandbox=sandbox, transport=transport, client=client, catalog=catalog, provisioner=Provisioner(client, catalog))


@pytest.fixture
async def acme(http: httpx.AsyncClient) -> AsyncIterator[Acme]:
    """An organization of two directories and some sixty people."""
    async with Sandbox(people=60, free_seats=40) as sandbox:
        yield await settle_in(sandbox, http)


@pytest.fixture
async def small_acme(http: httpx.AsyncClient) -> AsyncIterator[Acme]:
    """The same with one directory, as most organizations have."""
    sandbox = Sandbox(people=60, free_seats=40)
    directories = sandbox.atlassian.catalog.directories
    directories.pop(sandbox.atlassian.catalog.directory_named("northwind").id)
    async with sandbox:
        yield await settle_in(sandbox, http)
