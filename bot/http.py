"""
The HTTP side of a process: Slack's requests, the probes and the metrics, on one aiohttp server.

What Bolt 1.30 would answer with 500 is refused before it: a timestamp that is not a number, a signature beyond ASCII, a body that is not
UTF-8, that its parser cannot take (it parses before it verifies), or whose parts are not what it reaches into. A 500 tells Slack to send an
event again, and a stranger that something broke.
"""

import asyncio
import inspect
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web_protocol import RequestPayloadError
from prometheus_client import CollectorRegistry, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.async_app import AsyncApp
from slack_bolt.request.async_request import AsyncBoltRequest

EVENTS_PATH = "/slack/events"
LARGEST_BODY = 1024 * 1024
PROBE_SECONDS = 2.0
EVERYWHERE = "0.0.0.0"  # noqa: S104 - a container's port is reached from outside it
ACK_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0)
"""In seconds; Slack gives up at 3."""

Probe = Callable[[], bool | Awaitable[bool]]
Probes = Mapping[str, Probe]

_NOT_SLACKS = "not a request of Slack's"
_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")

# Whatever Bolt's parsers raise on a body of the wrong shape, deep nesting included; none of it is a fault of ours.
_UNPARSABLE = (ValueError, TypeError, AttributeError, KeyError, IndexError, RecursionError)


class _StrangersNoise(logging.Filter):
    """
    Drops what aiohttp has to say of requests that are no HTTP, or packed as they say they are not.

    Anybody can send them, each is answered with 400, and aiohttp logs them as errors with a stack trace and the bytes that were sent.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """False for a malformed request; an error of ours passes."""
        kind = record.exc_info[0] if record.exc_info else None
        return kind is None or not issubclass(kind, HttpProcessingError | RequestPayloadError)


_server_log = logging.getLogger("aiohttp.server")
_server_log.addFilter(_StrangersNoise())


def build(*, bolt_app: AsyncApp | None, probes: Probes, registry: CollectorRegistry) -> web.Application:
    """
    The application: `/healthz`, `/readyz` and `/metrics`, and `/slack/events` when there is a *bolt_app* to answer it.

    A probe answers and does not raise; one that is slower than 2 s is red.
    """
    application = web.Application(client_max_size=LARGEST_BODY)
    application.router.add_get("/healthz", _healthy)
    application.router.add_get("/readyz", _readiness(probes))
    application.router.add_get("/metrics", _metrics(registry))
    if bolt_app is not None:
        application.router.add_post(EVENTS_PATH, _front_door(bolt_app, registry=registry))
    return application


def _front_door(bolt_app: AsyncApp, *, registry: CollectorRegistry) -> Callable[[web.Request], Awaitable[web.Response]]:
    acks = Histogram("comeback_slack_ack_seconds", "From a request's arrival to our answer.", buckets=ACK_BUCKETS, registry=registry)

    async def slack_events(request: web.Request) -> web.Response:
        with acks.time():
            answer = await bolt_app.async_dispatch(await _bolt_request(request))
            return await to_aiohttp_response(answer)

    return slack_events


async def _bolt_request(request: web.Request) -> AsyncBoltRequest:
    """The request as Bolt takes it; raises 400, 401 or 413."""
    _require_form(request, "X-Slack-Request-Timestamp", _TIMESTAMP)
    _require_form(request, "X-Slack-Signature", _SIGNATURE)
    try:
        # Slack's bodies are UTF-8 whatever the charset says, and the signature is over these bytes.
        body = (await request.read()).decode()
        parsed = AsyncBoltRequest(body=body, query=request.query_string, headers=dict(request.headers))
    except (*_UNPARSABLE, RequestPayloadError) as error:
        raise web.HTTPBadRequest(text=_NOT_SLACKS) from error
    if not _is_sound(parsed.body):
        raise web.HTTPBadRequest(text=_NOT_SLACKS)
    return parsed


def _is_sound(body: Mapping[str, Any]) -> bool:
    """Whether the parts of a delivery that Bolt and our listeners reach into are what they are taken for."""
    optional = [body[name] for name in ("container", "view") if body.get(name) is not None]
    event, actions = body.get("event", {}), body.get("actions", [{}])
    return isinstance(actions, list) and bool(actions) and all(isinstance(part, Mapping) for part in (event, *actions, *optional))


def _require_form(request: web.Request, header: str, form: re.Pattern[str]) -> None:
    """Refuse a header that is there twice or malformed; one that is missing Bolt refuses itself."""
    values = request.headers.getall(header, ())
    if len(values) > 1 or not all(map(form.fullmatch, values)):
        raise web.HTTPUnauthorized(text="invalid signature")


async def _healthy(_: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


def _readiness(probes: Probes) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def ready(_: web.Request) -> web.Response:
        answers = await asyncio.gather(*map(_ask, probes.values()))
        checks = dict(zip(probes, answers, strict=True))
        return web.json_response({"ready": all(answers), "checks": checks}, status=200 if all(answers) else 503)

    return ready


async def _ask(probe: Probe) -> bool:
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            answer = probe()
            return bool(await answer) if inspect.isawaitable(answer) else bool(answer)
    except TimeoutError:
        return False


def _metrics(registry: CollectorRegistry) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def metrics(_: web.Request) -> web.Response:
        # In a thread: the collectors read the database and may wait for it.
        body = await asyncio.to_thread(generate_latest, registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return metrics


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that listens; `port` is the one it got."""

    port: int
    _runner: web.AppRunner

    async def stop(self, drain_seconds: float) -> None:
        """Take no new connection, let the requests under way end within *drain_seconds*, then cut them off."""
        for site in self._runner.sites:
            await site.stop()
        server = self._runner.server
        if server is not None:
            server.pre_shutdown()
            # aiohttp waits this long twice: for the handlers, then for their cancellation.
            await server.shutdown(drain_seconds / 2)
        await self._runner.cleanup()


async def serve(application: web.Application, port: int, *, host: str = EVERYWHERE) -> Server:
    """Listen on *port* (0: any free one) until `stop`; raises OSError when the port is taken."""
    runner = web.AppRunner(application, access_log=None, handle_signals=False, logger=_server_log)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    return Server(port=cast(int, runner.addresses[0][1]), _runner=runner)
