"""The web server by its answers: webhooks, health, metrics, pages, headers and its log."""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry, Counter
from structlog.testing import capture_logs

from bot import programmes
from bot.channels.base import Channel, Limits, NotProven, Plain, RawRequest, Unreadable, Webhook
from bot.domain.messages import Address, DeliveryReceipt, InboundMessage, OutboundMessage
from bot.domain.programme import Programme
from bot.web import server
from bot.web.pages import CardPage, Found, wanted_language
from bot.web.server import LARGEST_BODY, build_app, start
from locales import Catalogues

CATALOGUES = Catalogues.load()
TOKEN = "9fK2mQx7TzYv4LwB"
CARD = CardPage(
    shop="Kavárna <Lípa>",
    heading="Anna",
    progress="3 of 10",
    language="cs",
    background="#2f4a3c",
    ink="#ffffff",
    accent="#e8b04a",
    picture=b"\x89PNG picture",
)

Client = TestClient[web.Request, web.Application]


class FakeChannel(Plain):
    """Believes whoever sends `secret: right`; a body's lines are texts."""

    name = "telegram"
    identity_kind = "telegram"
    webhooks = (Webhook("/telegram/webhook"),)
    limits = Limits(4096, 1024, 8, 64, True, True, True)

    def parse(self, request: RawRequest) -> list[InboundMessage | DeliveryReceipt]:
        if request.headers.get("x-secret") != "right":
            raise NotProven("secret")
        if request.body.startswith(b"garbage"):
            raise Unreadable("body")
        lines = request.body.decode().splitlines()
        return [InboundMessage(Address("telegram", "1"), line, text=line) for line in lines]

    async def acknowledge(self, message: InboundMessage) -> None:
        """Nothing to stop."""

    async def send(self, message: OutboundMessage) -> str | None:
        """Nothing is sent here."""
        return None


@dataclass
class Bot:
    """What stands behind the server: what it was handed, and what it should do."""

    handed: list[InboundMessage | DeliveryReceipt] = field(default_factory=list)
    breaks: Exception | None = None
    problems: list[str] = field(default_factory=list)
    fault: str = ""

    async def handle(self, event: InboundMessage | DeliveryReceipt) -> None:
        if self.breaks:
            raise self.breaks
        self.handed.append(event)

    async def ready(self) -> list[str]:
        if self.fault == "hangs":
            await asyncio.sleep(60)
        if self.fault == "raises":
            raise OSError("postgres://user:password@host/db")
        return self.problems

    async def card_page(self, token: str) -> CardPage | None:
        return CARD if token == TOKEN else None

    async def picture(self, signed: str) -> bytes | None:
        return CARD.picture if signed == "right" else None

    async def programme(self) -> Programme:
        programme, _ = programmes.read(programmes.preset("cafe-stamps"), CATALOGUES.languages)
        assert programme is not None
        return programme


def app_of(bot: Bot, channels: Mapping[str, Channel] | None = None) -> web.Application:
    registry = CollectorRegistry()
    Counter("messages", "Messages", registry=registry).inc(3)
    return build_app(
        handle=bot.handle,
        channels={"telegram": FakeChannel()} if channels is None else channels,
        ready=bot.ready,
        metrics=registry,
        catalogues=CATALOGUES,
        found=Found(bot.card_page, bot.picture, bot.programme),
    )


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
async def client(bot: Bot) -> AsyncIterator[Client]:
    async with TestClient(TestServer(app_of(bot))) as client:
        yield client


PROVEN = {"X-Secret": "right"}
WEBHOOK = "/telegram/webhook"


async def chunks(size: int) -> AsyncIterator[bytes]:
    for _ in range(size // 1024):
        yield b"x" * 1024
    yield b"x" * (size % 1024)


class TestWebhook:
    """S38, S39: who is believed, and what is answered to what."""

    async def test_hands_on_every_event_in_order(self, client: Client, bot: Bot) -> None:
        answer = await client.post(WEBHOOK, data=b"one\ntwo", headers=PROVEN)
        assert answer.status == 200
        assert [e.text for e in bot.handed if isinstance(e, InboundMessage)] == ["one", "two"]

    @pytest.mark.parametrize(
        ("headers", "body", "status"),
        [
            ({}, b"one", 403),
            ({"X-Secret": "wrong"}, b"one", 403),
            ({}, b"garbage", 403),
            (PROVEN, b"garbage", 400),
            (PROVEN, b"", 200),
            (PROVEN | {"Content-Encoding": "gzip"}, b"not packed at all", 400),
        ],
    )
    async def test_refuses(
        self, client: Client, bot: Bot, headers: dict[str, str], body: bytes, status: int
    ) -> None:
        answer = await client.post(WEBHOOK, data=body, headers=headers)
        assert answer.status == status
        assert bot.handed == []

    async def test_takes_a_mebibyte_to_the_byte(self, client: Client, bot: Bot) -> None:
        answer = await client.post(WEBHOOK, data=b"x" * LARGEST_BODY, headers=PROVEN)
        assert answer.status == 200
        assert len(bot.handed) == 1

    @pytest.mark.parametrize("way", ["whole", "chunked", "packed"])
    async def test_413_over_a_mebibyte(self, client: Client, bot: Bot, way: str) -> None:
        size, headers = LARGEST_BODY + 1, PROVEN
        data: BytesIO | bytes | AsyncIterator[bytes] = BytesIO(b"x" * size)
        if way == "chunked":
            data = chunks(size)
        if way == "packed":
            data, headers = gzip.compress(b"x" * size), PROVEN | {"Content-Encoding": "gzip"}
        answer = await client.post(WEBHOOK, data=data, headers=headers)
        assert answer.status == 413
        assert bot.handed == []

    async def test_500_when_it_could_not_be_stored(self, client: Client, bot: Bot) -> None:
        bot.breaks = RuntimeError("Anna's number is +420777000001")
        with capture_logs() as logs:
            answer = await client.post(WEBHOOK, data=b"one", headers=PROVEN)
        assert answer.status == 500
        assert "Anna" not in await answer.text()
        errors = [entry for entry in logs if entry["log_level"] == "error"]
        assert len(errors) == 1
        assert errors[0]["error"] == "RuntimeError"
        assert any("test_server.py" in place for place in errors[0]["where"])
        assert "Anna" not in str(logs)
        assert "+420" not in str(logs)

    async def test_there_is_none_without_its_channel(self, bot: Bot) -> None:
        async with TestClient(TestServer(app_of(bot, channels={}))) as client:
            assert (await client.post(WEBHOOK, data=b"one", headers=PROVEN)).status == 404

    async def test_takes_posts_alone(self, client: Client) -> None:
        assert (await client.get(WEBHOOK)).status == 405


class TestHealth:
    """What orchestrators and Prometheus ask."""

    async def test_healthz(self, client: Client, bot: Bot) -> None:
        bot.problems = ["the database is away"]
        answer = await client.get("/healthz")
        assert (answer.status, await answer.text()) == (200, "ok\n")

    async def test_readyz_when_all_is_well(self, client: Client) -> None:
        assert (await client.get("/readyz")).status == 200

    async def test_readyz_names_every_problem(self, client: Client, bot: Bot) -> None:
        bot.problems = ["the database is away", "the schema is old"]
        answer = await client.get("/readyz")
        assert answer.status == 503
        assert await answer.text() == "the database is away\nthe schema is old\n"

    @pytest.mark.parametrize("fault", ["raises", "hangs"])
    async def test_readyz_when_the_check_fails(
        self, client: Client, bot: Bot, fault: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(server, "READY_SECONDS", 0.05)
        bot.fault = fault
        answer = await client.get("/readyz")
        text = await answer.text()
        assert answer.status == 503
        assert "password" not in text
        assert ("OSError" if fault == "raises" else "TimeoutError") in text

    async def test_metrics(self, client: Client) -> None:
        answer = await client.get("/metrics")
        assert answer.status == 200
        assert answer.content_type == "text/plain"
        assert "messages_total 3.0" in await answer.text()


class TestPages:
    """The card, and the polite page that gives nothing away (S38)."""

    async def test_scanned_code_is_the_same_for_any_payload(self, client: Client) -> None:
        bodies = set()
        for payload in (f"c_{TOKEN}", "c_unknown", "v_123", "%3Cscript%3E", "x" * 300):
            answer = await client.get(f"/s/{payload}")
            assert answer.status == 200
            bodies.add(await answer.text())
        assert len(bodies) == 1
        assert TOKEN not in bodies.pop()

    @pytest.mark.parametrize(
        ("wanted", "language", "word"),
        [
            ("cs-CZ,cs;q=0.9,en;q=0.8", "cs", "obsluhu"),
            ("en-GB,cs;q=0.5", "en", "our staff"),
            ("", "en", "our staff"),
        ],
    )
    async def test_in_the_browsers_language(
        self, client: Client, wanted: str, language: str, word: str
    ) -> None:
        answer = await client.get("/s/c_x", headers={"Accept-Language": wanted})
        text = await answer.text()
        assert f'<html lang="{language}">' in text
        assert word in text
        assert answer.headers["Vary"] == "Accept-Language"

    async def test_card(self, client: Client) -> None:
        answer = await client.get(f"/c/{TOKEN}")
        text = await answer.text()
        assert answer.status == 200
        assert '<html lang="cs">' in text
        assert "Kavárna &lt;Lípa&gt;" in text
        assert "3 of 10" in text
        assert "data:image/png;base64,iVBORyBwaWN0dXJl" in text
        assert "--background: #2f4a3c" in text
        assert answer.headers["Cache-Control"] == "no-store"
        assert TOKEN not in text

    async def test_unknown_card(self, client: Client) -> None:
        answer = await client.get("/c/unknown", headers={"Accept-Language": "cs"})
        assert answer.status == 404
        assert "Tady žádná karta není" in await answer.text()

    async def test_a_picture_opens_by_its_signed_address_alone(self, client: Client) -> None:
        for method in (client.head, client.get):
            answer = await method("/media/right")
            assert (answer.status, answer.content_type) == (200, "image/png")
            assert answer.content_length == len(CARD.picture)
            assert (await method("/media/wrong")).status == 404
        assert await (await client.get("/media/right")).read() == CARD.picture

    @pytest.mark.parametrize(
        ("path", "language", "title", "text"),
        [
            ("/terms", "en", "Terms", "Ten coffees, the eleventh is on us."),
            ("/terms", "cs", "Podmínky", "Deset káv, jedenáctá je od nás."),
            ("/privacy", "en", "Your data", "ahoj@lipa.example"),
            ("/privacy", "cs", "Vaše údaje", "ahoj@lipa.example"),
        ],
    )
    async def test_the_shops_texts(
        self, client: Client, path: str, language: str, title: str, text: str
    ) -> None:
        answer = await client.get(path, headers={"Accept-Language": language})
        page = await answer.text()
        assert (answer.status, answer.headers["Vary"]) == (200, "Accept-Language")
        assert f"<h1>{title}</h1>" in page
        assert text in page

    async def test_simulator_is_not_served_without_phones(self, client: Client) -> None:
        assert (await client.get("/simulator")).status == 404
        assert (await client.get("/simulator/ws")).status == 404

    @pytest.mark.parametrize("name", ["pages.css", "cup.svg"])
    async def test_what_pages_load(self, client: Client, name: str) -> None:
        assert (await client.get(f"/static/{name}")).status == 200

    async def test_static_gives_out_nothing_else(self, client: Client) -> None:
        assert (await client.get("/static/")).status in (403, 404)
        assert (await client.get("/static/%2e%2e/server.py")).status in (403, 404)


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("cs", "cs"),
        ("CS-cz", "cs"),
        ("sk", "cs"),
        ("xx, cs; q=0.3, en; q=0.2", "cs"),
        ("en;q=0.1, cs;q=0", "en"),
        ("cs;q=much, ,;;=", "en"),
        ("*", "en"),
    ],
)
def test_wanted_language(header: str, language: str) -> None:
    assert wanted_language(header, CATALOGUES) == language


class TestHeaders:
    """Every answer is safe to open in a browser."""

    @pytest.mark.parametrize(
        "path", ["/s/c_x", f"/c/{TOKEN}", "/c/unknown", "/healthz", "/nothing", "/static/pages.css"]
    )
    async def test_security_headers(self, client: Client, path: str) -> None:
        headers = (await client.get(path)).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Frame-Options"] == "DENY"
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'")
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy

    async def test_the_card_may_use_its_own_colours_once(self, client: Client) -> None:
        first, second = await client.get(f"/c/{TOKEN}"), await client.get(f"/c/{TOKEN}")
        nonce = first.headers["Content-Security-Policy"].partition("'nonce-")[2].partition("'")[0]
        assert f'<style nonce="{nonce}">' in await first.text()
        assert nonce not in second.headers["Content-Security-Policy"]


class TestLog:
    """S36: the log knows routes, never tokens."""

    @pytest.mark.parametrize(
        ("path", "route", "status"),
        [
            (f"/c/{TOKEN}?again={TOKEN}", "/c/{token}", 200),
            (f"/s/c_{TOKEN}", "/s/{payload}", 200),
            (f"/nowhere/{TOKEN}", "unknown", 404),
        ],
    )
    async def test_pattern_not_path(
        self, client: Client, path: str, route: str, status: int
    ) -> None:
        with capture_logs() as logs:
            await client.get(path)
        (entry,) = logs
        assert (entry["route"], entry["method"], entry["status"]) == (route, "GET", status)
        assert entry["ms"] >= 0
        assert TOKEN not in str(logs)

    @pytest.mark.parametrize(("body", "status"), [(b"one", 500), (b"garbage", 400)])
    async def test_the_status_that_was_answered(
        self, client: Client, bot: Bot, body: bytes, status: int
    ) -> None:
        bot.breaks = RuntimeError()
        with capture_logs() as logs:
            await client.post(WEBHOOK, data=body, headers=PROVEN)
        assert [e["status"] for e in logs if e["event"] == "request"] == [status]

    async def test_what_is_no_http_is_not_quoted(
        self, bot: Bot, caplog: pytest.LogCaptureFixture
    ) -> None:
        runner = await start(app_of(bot), "127.0.0.1", 0)
        try:
            with caplog.at_level(logging.DEBUG):
                answer = await talk(runner.addresses[0], f"GET /c/{TOKEN} HTTP/9\r\n\r\n".encode())
        finally:
            await runner.cleanup()
        assert answer.startswith((b"HTTP/1.0 400", b"HTTP/1.1 400"))
        assert "HTTP connection" in caplog.text
        assert TOKEN not in caplog.text


async def talk(address: tuple[str, int], request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(*address)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


async def test_start_serves_and_cleanup_stops(bot: Bot) -> None:
    runner = await start(app_of(bot), "127.0.0.1", 0)
    address = runner.addresses[0]
    request = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert (await talk(address, request)).startswith(b"HTTP/1.1 200")
    await runner.cleanup()
    with pytest.raises(ConnectionRefusedError):
        await talk(address, request)


async def test_a_message_in_hand_is_finished_at_the_stop() -> None:
    taken, done = asyncio.Event(), asyncio.Event()

    async def handle(event: InboundMessage | DeliveryReceipt) -> None:
        taken.set()
        await asyncio.sleep(0.2)
        done.set()

    bot = Bot()
    bot.handle = handle  # type: ignore[method-assign]
    runner = await start(app_of(bot), "127.0.0.1", 0)
    request = b"POST /telegram/webhook HTTP/1.1\r\nHost: x\r\nX-Secret: right\r\n"
    call = asyncio.create_task(talk(runner.addresses[0], request + b"Content-Length: 3\r\n\r\none"))
    await taken.wait()
    await runner.cleanup()
    assert done.is_set()
    assert (await call).startswith(b"HTTP/1.1 200")
