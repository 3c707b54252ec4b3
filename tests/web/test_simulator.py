"""The simulator: what its phones keep, and the page's socket by what goes over it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientWebSocketResponse, WSServerHandshakeError, web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry

from bot.channels.base import Limits, RawRequest, Unreadable
from bot.channels.simulator import SCREEN, Change, Simulator
from bot.domain.messages import (
    Action,
    Address,
    Contact,
    DeliveryReceipt,
    InboundMessage,
    OutboundMessage,
    RenderedButton,
)
from bot.web.pages import Found
from bot.web.server import build_app, start
from bot.web.simulator import Phone, Reached, Stage, payload_of
from locales import Catalogues

BUTTONS = Limits(4096, 1024, 8, 64, pictures=True, edits=True, contact=True)
TEXT = Limits(306, 306, 0, 20, pictures=True, edits=False, contact=False)
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)
LINK = "https://t.me/regulars_bot?start=c_9fK2mQx7TzYv4LwB"
CATALOGUES = Catalogues.load()

PHONES = [
    Phone("Customer – buttons", "simulator", "anna", "Anna", "cs", "customer"),
    Phone("Customer – text", "simulator-text", "jakub", "Jakub", "en", "customer", opening="JOIN"),
    Phone("Colleague at the till", "simulator", "till", "Petr", "en", "colleague"),
]

Client = TestClient[web.Request, web.Application]
Json = dict[str, Any]


def message(text: str, *, to: str = "anna", **more: Any) -> OutboundMessage:
    return OutboundMessage(Address("simulator", to), text, **more)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator("simulator", BUTTONS, now=lambda: NOON)


class TestChannel:
    """`Simulator` as a `Channel`, and what it shows."""

    async def test_keeps_what_it_sends(self, simulator: Simulator) -> None:
        row = (RenderedButton("Join", "join"),)
        sent = await simulator.send(message("Hello", buttons=(row,), picture=b"png", scan=LINK))
        (shown,) = simulator.phone("anna")
        assert (shown.id, shown.author, shown.text, shown.at) == (sent, "bot", "Hello", NOON)
        assert (shown.buttons, shown.picture, shown.scan) == ((row,), b"png", LINK)
        assert simulator.phone("till") == ()

    async def test_an_edit_replaces_words_and_buttons_in_place(self, simulator: Simulator) -> None:
        first = await simulator.send(
            message("3 of 10", buttons=((RenderedButton("+1", "s:1"),),), picture=b"png", scan=LINK)
        )
        await simulator.send(message("later"))
        edited = await simulator.send(
            message("4 of 10", buttons=((RenderedButton("Undo", "u"),),), edit_of=first)
        )
        assert edited == first
        shown, later = simulator.phone("anna")
        assert (shown.id, shown.text, later.text) == (first, "4 of 10", "later")
        assert [b.label for row in shown.buttons for b in row] == ["Undo"]
        assert (shown.picture, shown.scan) == (b"png", LINK)

    async def test_an_edit_with_a_picture_is_a_new_message(self, simulator: Simulator) -> None:
        first = await simulator.send(message("Ready?", buttons=((RenderedButton("Show", "v"),),)))
        await simulator.send(message("Here it is.", picture=b"png", scan=LINK, edit_of=first))
        question, voucher = simulator.phone("anna")
        assert (question.text, question.buttons) == ("Ready?", ())
        assert (voucher.text, voucher.picture) == ("Here it is.", b"png")

    async def test_an_edit_of_what_is_gone_is_a_new_message(self, simulator: Simulator) -> None:
        sent = await simulator.send(message("now", edit_of="gone"))
        assert [m.id for m in simulator.phone("anna")] == [sent]

    async def test_a_phone_never_edits_what_another_one_shows(self, simulator: Simulator) -> None:
        first = await simulator.send(message("Anna's"))
        await simulator.send(message("till's", to="till", edit_of=first))
        assert [m.text for m in simulator.phone("anna")] == ["Anna's"]
        assert [m.text for m in simulator.phone("till")] == ["till's"]

    async def test_without_edits_a_new_message_comes(self) -> None:
        plain = Simulator("simulator-text", TEXT)
        first = await plain.send(message("one"))
        await plain.send(message("two", edit_of=first))
        assert [m.text for m in plain.phone("anna")] == ["one", "two"]

    async def test_an_answered_message_loses_its_buttons(self, simulator: Simulator) -> None:
        asked = await simulator.send(message("Join?", buttons=((RenderedButton("Join", "join"),),)))
        await simulator.send(message("You're in.", clear_of=asked))
        question, answer = simulator.phone("anna")
        assert (question.text, question.buttons, answer.text) == ("Join?", (), "You're in.")

    async def test_a_phone_forgets_the_oldest(self, simulator: Simulator) -> None:
        for n in range(SCREEN + 1):
            await simulator.send(message(str(n)))
        texts = [m.text for m in simulator.phone("anna")]
        assert (len(texts), texts[0], texts[-1]) == (SCREEN, "1", str(SCREEN))

    async def test_ids_of_two_runs_differ(self) -> None:
        ids = {await Simulator("simulator", BUTTONS).send(message("x")) for _ in range(2)}
        assert len(ids) == 2

    def test_has_no_webhook(self, simulator: Simulator) -> None:
        with pytest.raises(Unreadable):
            simulator.parse(RawRequest({}, b"{}"))

    async def test_listeners_hear_what_is_there_and_each_change(self, simulator: Simulator) -> None:
        await simulator.send(message("before"))
        changes = simulator.listen()
        assert texts(await anext(changes)) == ("anna", "before", False)
        first = await simulator.send(message("Join?", buttons=((RenderedButton("Join", "join"),),)))
        await simulator.send(message("Welcome", clear_of=first))
        simulator.write("till", "hi")
        heard = [await anext(changes) for _ in range(4)]
        assert [texts(change) for change in heard] == [
            ("anna", "Join?", True),
            ("anna", "Join?", True),
            ("anna", "Welcome", True),
            ("till", "hi", True),
        ]
        assert heard[1].message.buttons == ()


def texts(change: Change) -> tuple[str, str, bool]:
    return change.address, change.message.text, change.fresh


@pytest.mark.parametrize(
    ("link", "payload"),
    [
        (LINK, "c_9fK2mQx7TzYv4LwB"),
        ("https://lipa.example/s/c_9fK2mQx7TzYv4LwB", "c_9fK2mQx7TzYv4LwB"),
        ("http://127.0.0.1:8080/s/v_7Q2/", "v_7Q2"),
        ("c_bare", "c_bare"),
        ("https://lipa.example", ""),
    ],
)
def test_payload_of(link: str, payload: str) -> None:
    assert payload_of(link) == payload


class Bot:
    """Stands behind the page: asks to join, welcomes with a card, echoes the rest."""

    def __init__(self) -> None:
        self.channels = {
            "simulator": Simulator("simulator", BUTTONS, now=lambda: NOON),
            "simulator-text": Simulator("simulator-text", TEXT, now=lambda: NOON),
        }
        self.handed: list[InboundMessage] = []
        self.broken = False
        self.at = NOON
        #: Once set, the moving clock goes on from its first hour.
        self.may_go_on = asyncio.Event()
        self.may_go_on.set()

    async def handle(self, event: InboundMessage | DeliveryReceipt) -> None:
        assert isinstance(event, InboundMessage)
        if self.broken:
            raise RuntimeError("no space left")
        self.handed.append(event)
        answer = OutboundMessage(event.address, f"heard {event.text}")
        if event.text == "/start":
            join = ((RenderedButton("Join", "join:now"),),)
            answer = OutboundMessage(event.address, "Join?", join)
        elif event.action:
            answer = OutboundMessage(
                event.address, "Welcome", picture=b"png", scan=LINK, clear_of=event.message_id
            )
        await self.channels[event.address.channel].send(answer)

    async def pass_time(self, by: timedelta, reached: Reached) -> None:
        self.at += timedelta(hours=1)
        await reached(self.at)
        await self.may_go_on.wait()
        if self.broken:
            raise RuntimeError("no space left")
        self.at += by - timedelta(hours=1)
        await reached(self.at)

    def app(self, *, demo: bool = True) -> web.Application:
        async def ready() -> list[str]:
            return []

        async def nothing(*_: str) -> Any:
            return None

        return build_app(
            handle=self.handle,
            channels=self.channels,
            ready=ready,
            metrics=CollectorRegistry(),
            catalogues=CATALOGUES,
            found=Found(nothing, nothing, nothing),
            stage=Stage(PHONES, lambda: self.at, self.pass_time) if demo else None,
        )


@pytest.fixture
def bot() -> Bot:
    return Bot()


@pytest.fixture
async def client(bot: Bot) -> AsyncIterator[Client]:
    async with TestClient(TestServer(bot.app())) as client:
        yield client


def origin(client: Client) -> str:
    return str(client.make_url("/")).rstrip("/")


async def opened(client: Client) -> ClientWebSocketResponse:
    socket = await client.ws_connect("/simulator/ws", headers={"Origin": origin(client)})
    assert (await heard(socket))["type"] == "clock"
    return socket


async def move(client: Client, by: str, site: str | None = None) -> ClientResponse:
    headers = {"Origin": site or origin(client)}
    return await client.post("/simulator/clock", json={"by": by}, headers=headers)


async def heard(socket: ClientWebSocketResponse) -> Json:
    news: Json = await socket.receive_json(timeout=5)
    return news


class TestSocket:
    """What the page sends, what the bot is handed, and what the page is told."""

    async def test_joining(self, client: Client, bot: Bot) -> None:
        socket = await opened(client)
        await socket.send_json({"type": "text", "phone": 0, "text": "/start"})
        typed, asked = await heard(socket), await heard(socket)
        assert typed["message"]["from"] == "person"
        assert typed["message"]["text"] == "/start"
        assert asked == {
            "type": "message",
            "phone": 0,
            "fresh": True,
            "message": {
                "id": asked["message"]["id"],
                "from": "bot",
                "at": NOON.isoformat(),
                "text": "Join?",
                "buttons": [[{"label": "Join", "data": "join:now", "contact": False}]],
                "picture": "",
                "scan": "",
            },
        }
        question = asked["message"]["id"]
        await socket.send_json(
            {"type": "press", "phone": 0, "message": question, "data": "join:now"}
        )
        cleared, welcome = await heard(socket), await heard(socket)
        assert (cleared["message"]["id"], cleared["message"]["buttons"]) == (question, [])
        assert (welcome["message"]["picture"], welcome["message"]["scan"]) == ("cG5n", LINK)
        started, pressed = bot.handed
        assert started.text == "/start"
        assert pressed.action == Action("join", ("now",))
        assert pressed.message_id == question
        for inbound in bot.handed:
            assert inbound.address == Address("simulator", "anna")
            assert (inbound.name, inbound.language) == ("Anna", "cs")
        assert started.external_id != pressed.external_id

    async def test_an_edit_is_told(self, client: Client, bot: Bot) -> None:
        socket = await opened(client)
        simulator = bot.channels["simulator"]
        first = await simulator.send(message("3 of 10", to="till"))
        await simulator.send(message("4 of 10", to="till", edit_of=first))
        told = [await heard(socket), await heard(socket)]
        assert [(n["phone"], n["message"]["id"], n["message"]["text"]) for n in told] == [
            (2, first, "3 of 10"),
            (2, first, "4 of 10"),
        ]

    async def test_a_scan_opens_the_card_at_the_till(self, client: Client, bot: Bot) -> None:
        socket = await opened(client)
        await socket.send_json({"type": "scan", "phone": 2, "link": LINK})
        note = await heard(socket)
        await heard(socket)
        assert (note["phone"], note["message"]["from"]) == (2, "note")
        assert "c_" not in note["message"]["text"]
        (inbound,) = bot.handed
        assert inbound.address == Address("simulator", "till")
        assert inbound.text == "/start c_9fK2mQx7TzYv4LwB"

    async def test_a_shared_contact_is_the_phones_own(self, client: Client, bot: Bot) -> None:
        socket = await opened(client)
        await socket.send_json({"type": "contact", "phone": 0})
        assert (await heard(socket))["message"]["text"] == "+420777000001"
        await heard(socket)
        assert [m.contact for m in bot.handed] == [Contact("+420777000001", own=True)]

    async def test_plain_text_phone(self, client: Client, bot: Bot) -> None:
        socket = await opened(client)
        await socket.send_json({"type": "text", "phone": 1, "text": "JOIN"})
        assert [(await heard(socket))["phone"] for _ in range(2)] == [1, 1]
        assert bot.handed[0].address == Address("simulator-text", "jakub")

    async def test_state_comes_again_on_every_connection(self, client: Client, bot: Bot) -> None:
        first = await opened(client)
        await first.send_json({"type": "text", "phone": 0, "text": "/start"})
        before = [await heard(first), await heard(first)]
        await first.close()
        second = await opened(client)
        again = [await heard(second), await heard(second)]
        assert [news["fresh"] for news in again] == [False, False]
        assert [n["message"] for n in again] == [n["message"] for n in before]

    async def test_every_open_page_is_told(self, client: Client, bot: Bot) -> None:
        sockets = [await opened(client), await opened(client)]
        await sockets[0].send_json({"type": "text", "phone": 0, "text": "hi"})
        for socket in sockets:
            assert (await heard(socket))["message"]["text"] == "hi"

    async def test_people_without_a_phone_here_are_not_shown(
        self, client: Client, bot: Bot
    ) -> None:
        socket = await opened(client)
        await bot.channels["simulator"].send(message("not here", to="somebody"))
        await bot.channels["simulator"].send(message("here"))
        assert (await heard(socket))["message"]["text"] == "here"

    @pytest.mark.parametrize(
        "sent",
        [
            "",
            "no JSON",
            "[]",
            '{"type": "dance", "phone": 0}',
            '{"type": "text", "phone": 0}',
            '{"type": "text", "phone": 0, "text": ""}',
            '{"type": "text", "phone": 3, "text": "x"}',
            '{"type": "text", "phone": -1, "text": "x"}',
            '{"type": "scan", "phone": 2, "link": "http://["}',
            json.dumps({"type": "text", "phone": 0, "text": "x" * 4097}),
        ],
    )
    async def test_nonsense_is_refused_and_the_socket_lives(
        self, client: Client, bot: Bot, sent: str
    ) -> None:
        socket = await opened(client)
        await socket.send_str(sent)
        assert (await heard(socket))["type"] == "problem"
        assert bot.handed == []
        await socket.send_json({"type": "text", "phone": 0, "text": "still here"})
        assert (await heard(socket))["message"]["text"] == "still here"

    async def test_a_message_that_cannot_be_stored_is_said(self, client: Client, bot: Bot) -> None:
        bot.broken = True
        socket = await opened(client)
        await socket.send_json({"type": "text", "phone": 0, "text": "hi"})
        news = {told["type"]: told for told in [await heard(socket), await heard(socket)]}
        assert news["message"]["message"]["text"] == "hi"
        assert "space" not in news["problem"]["text"]

    @pytest.mark.parametrize(
        "origin", [None, "null", "https://evil.example", "http://127.0.0.1", "http://["]
    )
    async def test_another_sites_page_is_refused(self, client: Client, origin: str | None) -> None:
        headers = {"Origin": origin} if origin else {}
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/simulator/ws", headers=headers)
        assert refused.value.status == 403

    async def test_a_name_made_to_lead_here_is_refused(self, client: Client) -> None:
        """DNS can point any site's name at this machine; the page would then call itself ours."""
        headers = {"Host": "evil.example:8080", "Origin": "http://evil.example:8080"}
        with pytest.raises(WSServerHandshakeError) as refused:
            await client.ws_connect("/simulator/ws", headers=headers)
        assert refused.value.status == 403


class TestClock:
    """The three buttons that make it later."""

    async def test_a_page_is_told_the_time_as_it_opens(self, client: Client) -> None:
        headers = {"Origin": origin(client)}
        socket = await client.ws_connect("/simulator/ws", headers=headers)
        assert await heard(socket) == {"type": "clock", "now": NOON.isoformat(), "moving": False}

    @pytest.mark.parametrize(("by", "days"), [("day", 1), ("week", 7), ("month", 31)])
    async def test_every_page_sees_it_run_and_stop(
        self, client: Client, bot: Bot, by: str, days: int
    ) -> None:
        sockets = [await opened(client), await opened(client)]
        answer = await move(client, by)
        assert (answer.status, bot.at) == (204, NOON + timedelta(days=days))
        for socket in sockets:
            told = [await heard(socket) for _ in range(3)]
            assert [(news["now"], news["moving"]) for news in told] == [
                ((NOON + timedelta(hours=1)).isoformat(), True),
                ((NOON + timedelta(days=days)).isoformat(), True),
                ((NOON + timedelta(days=days)).isoformat(), False),
            ]

    async def test_a_second_press_is_refused_and_the_first_goes_on(
        self, client: Client, bot: Bot
    ) -> None:
        bot.may_go_on.clear()
        socket = await opened(client)
        first = asyncio.create_task(move(client, "month"))
        assert (await heard(socket))["moving"]
        second = await move(client, "day")
        assert (second.status, await second.text()) == (
            409,
            "The clock is moving already. Wait until it stands.\n",
        )
        bot.may_go_on.set()
        assert (await first).status == 204
        assert bot.at == NOON + timedelta(days=31)

    async def test_a_page_opened_meanwhile_learns_that_it_moves(
        self, client: Client, bot: Bot
    ) -> None:
        bot.may_go_on.clear()
        watching = await opened(client)
        first = asyncio.create_task(move(client, "day"))
        assert (await heard(watching))["moving"]
        headers = {"Origin": origin(client)}
        late = await client.ws_connect("/simulator/ws", headers=headers)
        assert (await heard(late))["moving"]
        bot.may_go_on.set()
        await first

    async def test_after_a_failure_it_stands_and_can_be_moved_again(
        self, client: Client, bot: Bot
    ) -> None:
        bot.broken = True
        socket = await opened(client)
        assert (await move(client, "day")).status == 500
        assert [(await heard(socket))["moving"] for _ in range(2)] == [True, False]
        bot.broken = False
        assert (await move(client, "day")).status == 204

    @pytest.mark.parametrize("body", ["", "day", "[]", '{"by": "year"}', '{"by": 1}', "{}"])
    async def test_nonsense_moves_nothing(self, client: Client, bot: Bot, body: str) -> None:
        headers = {"Origin": origin(client)}
        answer = await client.post("/simulator/clock", data=body, headers=headers)
        assert (answer.status, bot.at) == (400, NOON)

    @pytest.mark.parametrize("site", ["null", "https://evil.example", "http://127.0.0.1"])
    async def test_another_sites_page_is_refused(self, client: Client, bot: Bot, site: str) -> None:
        assert (await move(client, "day", site)).status == 403
        assert bot.at == NOON

    async def test_where_there_is_no_demo_there_is_no_clock_to_move(self, bot: Bot) -> None:
        async with TestClient(TestServer(bot.app(demo=False))) as client:
            assert (await move(client, "day")).status == 404


class TestPage:
    """The page itself."""

    async def test_shows_every_phone_without_anything_inline(self, client: Client) -> None:
        answer = await client.get("/simulator")
        text = await answer.text()
        assert answer.status == 200
        for phone in PHONES:
            assert phone.title in text
        assert 'data-text="JOIN"' in text
        assert text.count('data-scanner="2"') == 2  # the customers' codes, by the till
        assert text.count('data-scanner="0"') == 1  # the till's, by the first customer
        assert "<style" not in text
        assert " style=" not in text
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]

    @pytest.mark.parametrize(
        "name",
        ["simulator.js", "phone.js", "clock.js", "simulator.css", "phone.css", "icons.svg"],
    )
    async def test_what_it_loads_is_there(self, client: Client, name: str) -> None:
        assert (await client.get(f"/static/{name}")).status == 200


async def test_the_stop_does_not_wait_for_open_pages(bot: Bot) -> None:
    runner = await start(bot.app(), "127.0.0.1", 0)
    host, port = runner.addresses[0]
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(
        f"GET /simulator/ws HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: http://{host}:{port}\r\n"
        "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    assert b"101" in await reader.readline()
    async with asyncio.timeout(15):
        await runner.cleanup()
    writer.close()
