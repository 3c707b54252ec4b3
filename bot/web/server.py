"""The web server: channels' webhooks, health, metrics and the pages anyone may open."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from traceback import extract_tb

import aiohttp_jinja2
import jinja2
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from bot.channels.base import Channel, NotProven, RawRequest, Unreadable, Webhook
from bot.channels.simulator import Simulator
from bot.domain.messages import Event
from bot.web.pages import Found, add_pages
from bot.web.simulator import Stage, add_simulator
from bot.web.unsubscribing import Unsubscribing
from locales import Catalogues

#: The dispatcher's entry: raises only when it could not even store what came.
Handle = Callable[[Event], Awaitable[None]]
#: What keeps the server from working, in words without secrets; empty when it is ready.
Ready = Callable[[], Awaitable[list[str]]]

#: The largest body anyone may send, in bytes.
LARGEST_BODY = 1024**2
#: An orchestrator's probe gives up after some seconds; a hanging database must not outlast it.
READY_SECONDS = 5.0

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}

_FOLDER = Path(__file__).parent

_log: structlog.stdlib.BoundLogger = structlog.get_logger("web")


def build_app(
    *,
    handle: Handle,
    channels: Mapping[str, Channel],
    ready: Ready,
    metrics: CollectorRegistry,
    catalogues: Catalogues,
    found: Found,
    unsubscribing: Unsubscribing | None = None,
    stage: Stage | None = None,
) -> web.Application:
    """The whole server; a route exists only for what is passed in (`stage` is the demo's)."""
    app = web.Application(client_max_size=LARGEST_BODY, middlewares=[_access, _errors])
    app.on_response_prepare.append(_headers)
    loader = jinja2.FileSystemLoader(_FOLDER / "templates")
    aiohttp_jinja2.setup(app, loader=loader, trim_blocks=True, lstrip_blocks=True)
    for webhook, channel in _webhooks(channels).items():
        app.router.add_post(webhook.path, _webhook(channel, webhook, handle))
    app.router.add_get("/healthz", _health)
    app.router.add_get("/readyz", _readiness(ready))
    app.router.add_get("/metrics", _metrics(metrics))
    app.router.add_static("/static", _FOLDER / "static")
    add_pages(app, catalogues, found)
    if unsubscribing is not None:
        unsubscribing.add_to(app)
    if stage is not None:
        simulators = {n: c for n, c in channels.items() if isinstance(c, Simulator)}
        add_simulator(app, stage, simulators, handle)
    return app


async def start(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen on host and port; the runner's `cleanup` finishes what it holds and stops."""
    logger = logging.getLogger("bot.web.protocol")
    if not logger.filters:
        logger.addFilter(_impersonal)
    # aiohttp's own access log would write raw paths, and so tokens.
    runner = web.AppRunner(app, access_log=None, logger=logger, shutdown_timeout=20.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except BaseException:
        await runner.cleanup()
        raise
    return runner


def _impersonal(record: logging.LogRecord) -> bool:
    """Of aiohttp's records keep the kind of error: its text quotes what the client sent."""
    kind = record.exc_info[0] if record.exc_info else None
    record.msg = f"HTTP connection: {kind.__name__ if kind else 'problem'}"
    record.args, record.exc_info, record.exc_text = (), None, None
    return True


def _webhooks(channels: Mapping[str, Channel]) -> dict[Webhook, Channel]:
    """Each path that is called, with a channel that reads what comes there."""
    return {webhook: channel for channel in channels.values() for webhook in channel.webhooks}


def _webhook(channel: Channel, called: Webhook, handle: Handle) -> Handler:
    async def webhook(request: web.Request) -> web.StreamResponse:
        if (request.content_length or 0) > LARGEST_BODY:
            raise web.HTTPRequestEntityTooLarge(LARGEST_BODY)
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            # Counts what arrives, chunked and unpacked too, and raises 413 itself.
            body = await request.read()
            events = channel.parse(RawRequest(headers, body, request.raw_path))
        except NotProven:
            raise web.HTTPForbidden(text="not proven\n") from None
        except (Unreadable, web.RequestPayloadError, ConnectionResetError):
            raise web.HTTPBadRequest(text="unreadable\n") from None
        for event in events:
            await handle(event)
        return web.Response(text=called.answer, content_type=called.content_type)

    return webhook


async def _health(_request: web.Request) -> web.StreamResponse:
    return web.Response(text="ok\n")


def _readiness(ready: Ready) -> Handler:
    async def readiness(_request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(READY_SECONDS):
                problems = await ready()
        except Exception as error:
            # A driver's message may quote the database's address, password and all.
            problems = [f"the check itself failed: {type(error).__name__}"]
        if problems:
            return web.Response(status=503, text="".join(f"{line}\n" for line in problems))
        return web.Response(text="ready\n")

    return readiness


def _metrics(registry: CollectorRegistry) -> Handler:
    async def metrics(_request: web.Request) -> web.StreamResponse:
        body = generate_latest(registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    return metrics


def _route(request: web.Request) -> str:
    """The route's pattern: the path itself may be a token."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else "unknown"


@web.middleware
async def _access(request: web.Request, handler: Handler) -> web.StreamResponse:
    started = time.perf_counter()
    status = 499  # the client went away, or the server stops, before there was an answer
    try:
        response = await handler(request)
        status = response.status
        return response
    except web.HTTPException as answer:
        status = answer.status
        raise
    finally:
        _log.info(
            "request",
            route=_route(request),
            method=request.method,
            status=status,
            ms=round((time.perf_counter() - started) * 1000, 1),
        )


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException:
        raise
    except Exception as error:
        # Where, not what: an error's message may hold a name, a number or a token.
        frames = extract_tb(error.__traceback__)
        where = [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
        _log.error("request failed", route=_route(request), error=type(error).__name__, where=where)
        return web.Response(status=500, text="Something went wrong here, and it is noted.\n")


async def _headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
