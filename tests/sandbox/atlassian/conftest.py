"""A world whose Atlassian side listens on loopback, and callers with and without its key."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientError, ClientResponse, web
from aiohttp.test_utils import TestClient, TestServer

from sandbox import control
from sandbox.atlassian import control as atlassian_control
from sandbox.atlassian import server
from sandbox.atlassian.organization import Organization
from sandbox.world import World


class Caller:
    """Calls the organization over a real socket with its key; paths may say `{org}` and `{any}` (any directory)."""

    def __init__(self, client: "TestClient[web.Request, web.Application]", organization: Organization) -> None:
        self._client, self._organization = client, organization
        self.headers = {"Authorization": f"Bearer {organization.api_key}"}

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> ClientResponse:
        """One call below `/atlassian`."""
        org = f"/admin/v2/orgs/{self._organization.id}"
        path = path.replace("{v2}", org).replace("{any}", f"{org}/directories/-").replace("{v1}", org.replace("v2", "v1"))
        sent = {} if body is None else {"json": body}
        return await self._client.request(
            method, f"/atlassian{path}", headers={**self.headers, **options.pop("headers", {})}, **sent, **options
        )

    async def get(self, path: str, **options: Any) -> ClientResponse:
        """A GET."""
        return await self.call("GET", path, **options)

    async def post(self, path: str, body: Any = None, **options: Any) -> ClientResponse:
        """A POST."""
        return await self.call("POST", path, body, **options)

    async def hang_up_while_sending(self, method: str, path: str) -> None:
        """Send the head of a call and half of its body, and be gone."""

        async def half() -> AsyncIterator[bytes]:
            yield b'{"accountId":'
            raise EOFError

        with pytest.raises(ClientError):
            await self.call(method, path, headers={"Content-Type": "application/json"}, data=half())

    async def found(self, **query: Any) -> list[dict[str, Any]]:
        """The rows of the first page of a user search."""
        answer = await self.post("{any}/users/search", query)
        assert answer.status == 200, await answer.text()
        rows: list[dict[str, Any]] = (await answer.json())["data"]
        return rows

    def group(self, name: str) -> str:
        """The path of a group, by its own directory."""
        group = self._organization.catalog.group_named(name)
        return f"{{v2}}/directories/{group.directory}/groups/{group.id}"

    def person(self, key: str, *, directory: str = "acme") -> str:
        """The path of a person in a directory."""
        directory_id = self._organization.catalog.directory_named(directory).id
        return f"{{v2}}/directories/{directory_id}/users/{self._organization.person(key).id}"

    async def control(self, method: str, path: str, body: Any = None) -> ClientResponse:
        """A call of a control route."""
        return await self._client.request(method, f"/control{path}", json=body)


async def code_of(answer: ClientResponse) -> str:
    """The code in the ordinary error envelope."""
    (error,) = (await answer.json())["errors"]
    assert isinstance(error["status"], str)
    code: str = error["code"]
    return code


@pytest.fixture
def people() -> int:
    """How many live in the world: the named cast and some forty others."""
    return 60


@pytest.fixture
def world(people: int) -> World:
    """A world of that size."""
    return World(people=people)


@pytest.fixture
def acme(world: World) -> Organization:
    """The organization of this world."""
    return world.atlassian


@pytest.fixture
async def api(world: World, acme: Organization) -> AsyncIterator[Caller]:
    """A caller with the valid key."""
    app = web.Application()
    server.register(app, world)
    control.register(app, world)
    atlassian_control.register(app, world)
    async with TestClient(TestServer(app)) as client:
        yield Caller(client, acme)
