"""The contract every channel passes; a new one adds a `Case` below, with examples of payloads."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any, get_args

import pytest

from bot.channels.base import Channel, NotProven, RawRequest, SendError, SendKind, Unreadable
from bot.channels.console import Console
from bot.channels.fit import Rendered, fit
from bot.channels.simulator import Simulator
from bot.channels.telegram import PROOF_HEADER, Telegram
from bot.channels.twilio import Sms, WhatsApp
from bot.demo import BUTTONS, PLAIN
from bot.domain.messages import (
    Action,
    Address,
    DeliveryReceipt,
    Event,
    InboundMessage,
    NetworkWord,
    OutboundMessage,
    RenderedButton,
)
from tests.channels.smtp_kit import ANNA, email_at
from tests.channels.telegram_kit import QUICK, SECRET, png
from tests.channels.twilio_kit import account_at, signed
from tests.doubles.smtp import SmtpDouble
from tests.doubles.telegram import TOKEN, TelegramDouble
from tests.doubles.telegram_methods import Kind
from tests.doubles.twilio import SMS_FROM, WHATSAPP_FROM, TwilioDouble
from tests.doubles.twilio import Kind as Fault

CARD = RenderedButton("Card", "card")
MORE = RenderedButton("More", "more")
LINK = "https://example.org/s/c_9fK2mQx7TzYv4LwB"


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as it stands with its reader."""

    text: str
    labels: list[str] = field(default_factory=list)
    picture: bool = False


@dataclass
class Case:
    """A channel, the address of somebody on it, and how to see what they see.

    `fails`: ways a provider fails, each making the next sending fail. `accepts`: requests of the
    provider, with what they hold. `refuses`: requests of anybody.
    """

    channel: Channel
    address: Address
    arrived: Callable[[], list[Arrived]]
    accepts: list[tuple[RawRequest, list[Event]]] = field(default_factory=list)
    refuses: list[RawRequest] = field(default_factory=list)
    fails: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)
    strange: list[str] = field(default_factory=list)
    media: str = ""

    def message(
        self,
        text: str = "Hello",
        *,
        buttons: tuple[tuple[RenderedButton, ...], ...] = (),
        picture: bytes | None = None,
        edit_of: str | None = None,
        clear_of: str | None = None,
    ) -> OutboundMessage:
        """What the sender would hand over for this text: fitted to the channel."""
        link = LINK if picture else ""
        rendered = Rendered(
            self.address,
            text,
            buttons=buttons,
            picture=picture,
            scan=link,
            link=link,
            edit_of=edit_of,
            clear_of=clear_of,
        )
        [message] = fit(rendered, self.channel.limits)
        return replace(message, media=self.media if message.picture else "")


CHANNELS = ("telegram", "sms", "whatsapp", "email", "simulator", "simulator-text", "console")


@pytest.fixture(params=CHANNELS)
async def case(request: pytest.FixtureRequest) -> AsyncIterator[Case]:
    """Every channel in turn."""
    async with AsyncExitStack() as stack:
        if request.param == "telegram":
            yield await _telegram(stack)
        elif request.param in ("sms", "whatsapp"):
            yield await _twilio(stack, request.param)
        elif request.param == "email":
            yield await _email(stack)
        elif request.param == "console":
            yield _console()
        else:
            yield _simulator(request.param)


class TestParse:
    """What comes in is proven first, then read; anything else is refused."""

    async def test_what_the_provider_sends_is_read(self, case: Case) -> None:
        for raw, events in case.accepts:
            assert case.channel.parse(raw) == events

    async def test_what_is_not_proven_or_not_readable_is_refused(self, case: Case) -> None:
        bodies = (b"", b"{}", b"[]", b"null", b'{"update_id": 1}', b"\xff\xfe", b"[" * 100_000)
        strangers = [RawRequest({}, body) for body in bodies]
        for raw in (*strangers, *case.refuses):
            with pytest.raises((NotProven, Unreadable)):
                case.channel.parse(raw)


class TestSend:
    """What goes out arrives as it was said."""

    async def test_a_text_arrives_and_has_an_id(self, case: Case) -> None:
        first = await case.channel.send(case.message("Žluťoučký kůň 🙂\nsecond line"))
        second = await case.channel.send(case.message("Next"))
        assert isinstance(first, str)
        assert first != second
        assert [m.text for m in case.arrived()] == ["Žluťoučký kůň 🙂\nsecond line", "Next"]

    async def test_buttons_arrive_as_such_or_as_lines(self, case: Case) -> None:
        await case.channel.send(case.message("Where to?", buttons=((CARD,), (MORE,))))
        [shown] = case.arrived()
        if case.channel.limits.buttons:
            assert shown == Arrived("Where to?", ["Card", "More"])
        else:
            assert shown == Arrived("Where to?\n1 Card\n2 More")

    async def test_a_picture_arrives_or_its_link_does(self, case: Case) -> None:
        await case.channel.send(case.message("Your card", picture=png()))
        [shown] = case.arrived()
        assert shown.text.startswith("Your card")
        if case.channel.limits.pictures:
            assert shown.picture
        else:
            assert LINK in shown.text

    async def test_an_edit_replaces_and_otherwise_it_is_said_anew(self, case: Case) -> None:
        sent = await case.channel.send(case.message("Before", buttons=((CARD,),)))
        await case.channel.send(case.message("After", buttons=((MORE,),), edit_of=sent))
        texts = [shown.text.split("\n")[0] for shown in case.arrived()]
        assert texts == (["After"] if case.channel.limits.edits else ["Before", "After"])
        assert case.arrived()[-1].labels == (["More"] if case.channel.limits.buttons else [])

    async def test_answered_buttons_go(self, case: Case) -> None:
        sent = await case.channel.send(case.message("Well?", buttons=((CARD,),)))
        await case.channel.send(case.message("Fine.", clear_of=sent))
        limits = case.channel.limits
        stays = ["Card"] if limits.buttons and not limits.edits else []
        assert [shown.labels for shown in case.arrived()] == [stays, []]

    async def test_an_edit_of_what_is_not_there_is_said_anew(self, case: Case) -> None:
        await case.channel.send(case.message("Here", edit_of="987654", clear_of="987655"))
        await case.channel.send(case.message("There", edit_of="of another channel"))
        assert [shown.text for shown in case.arrived()] == ["Here", "There"]

    async def test_a_full_message_is_taken(self, case: Case) -> None:
        limits = case.channel.limits
        await case.channel.send(case.message("x" * limits.text))
        room = limits.caption if limits.pictures else limits.caption - len(LINK) - 1
        await case.channel.send(case.message("y" * room, picture=png()))
        first, *_ = case.arrived()
        assert len(first.text) == limits.text

    async def test_all_that_it_raises_is_a_send_error(self, case: Case) -> None:
        for name, fails in case.fails.items():
            await fails()
            with pytest.raises(SendError) as raised:
                await case.channel.send(case.message(name))
            assert raised.value.kind in get_args(SendKind)
            assert case.address.value not in str(raised.value)

    async def test_an_address_that_is_none_gets_nothing(self, case: Case) -> None:
        for value in case.strange:
            message = replace(case.message(), address=Address(case.channel.name, value))
            with pytest.raises(SendError):
                await case.channel.send(message)
        assert case.arrived() == []


class TestAcknowledge:
    """A spinner that can't be stopped is nobody's problem."""

    @pytest.mark.parametrize("callback", [None, "", "1", "gone" * 100])
    async def test_never_raises(self, case: Case, callback: str | None) -> None:
        press = InboundMessage(
            case.address, "1", action=Action("card"), message_id="1", callback_id=callback
        )
        await case.channel.acknowledge(press)

    async def test_never_raises_when_the_provider_fails(self, case: Case) -> None:
        for fails in case.fails.values():
            await fails()
            await case.channel.acknowledge(InboundMessage(case.address, "2", callback_id="7"))


class TestLimits:
    """What `fit` works with."""

    async def test_are_sane(self, case: Case) -> None:
        limits = case.channel.limits
        assert case.channel.name
        assert case.channel.identity_kind
        # A question with its choices, or a sentence under a picture, has to fit.
        assert limits.text >= 160
        assert 0 < limits.caption <= limits.text
        assert limits.label >= 20
        assert limits.buttons >= 0
        if not limits.buttons:
            assert not limits.contact, "a number is shared by a button"
            assert not limits.edits, "an edit is seen where its button was"


async def _telegram(stack: AsyncExitStack) -> Case:
    double = await stack.enter_async_context(TelegramDouble())
    channel = Telegram(TOKEN, SECRET, double.url, QUICK, rate=1000.0)
    await channel.start()
    stack.push_async_callback(channel.close)
    chat = double.chat(7)

    def arrived() -> list[Arrived]:
        return [
            Arrived(m.words, [label for row in m.labels for label in row], m.photo is not None)
            for m in chat.messages
        ]

    def proven(update: object) -> RawRequest:
        return RawRequest({PROOF_HEADER: SECRET}, json.dumps(update).encode())

    def failing(kind: Kind) -> Callable[[], Awaitable[None]]:
        async def fails() -> None:
            for method in ("sendMessage", "answerCallbackQuery"):
                double.fail_next(method, kind)

        return fails

    async def blocked() -> None:
        chat.blocked = True

    kinds: tuple[Kind, ...] = ("retry_after", "500", "502", "refuse", "drop", "lost", "gateway")
    address = Address("telegram", "7")
    who = {"id": 7, "is_bot": False, "first_name": "Anna", "language_code": "cs"}
    where = {"message_id": 5, "date": 1, "chat": {"id": 7, "type": "private", "first_name": "Anna"}}
    said = {"update_id": 9, "message": {**where, "from": who, "text": "/start join"}}
    query = {"id": "77", "from": who, "message": where, "chat_instance": "1", "data": "card:1"}
    pressed = {"update_id": 10, "callback_query": query}
    group = {**where, "chat": {"id": -100, "type": "group", "title": "Friends"}, "from": who}

    def of_anna(number: str, **fields: Any) -> list[Event]:
        return [InboundMessage(address, number, name="Anna", language="cs", **fields)]

    press = {"action": Action("card", ("1",)), "message_id": "5", "callback_id": "77"}
    return Case(
        channel,
        address,
        arrived,
        accepts=[
            (proven(said), of_anna("9", text="/start join")),
            (proven(pressed), of_anna("10", **press)),
            (proven({"update_id": 11, "message": {**group, "text": "hi"}}), []),
            (proven({"update_id": 12, "something_new": {}}), []),
        ],
        refuses=[
            RawRequest({PROOF_HEADER: "wrong"}, json.dumps(said).encode()),
            RawRequest({PROOF_HEADER: f"{SECRET} "}, json.dumps(said).encode()),
            RawRequest({PROOF_HEADER: SECRET}, b"[]"),
            RawRequest({PROOF_HEADER: SECRET}, b"not json"),
        ],
        fails={**{kind: failing(kind) for kind in kinds}, "blocked": blocked},
        strange=["", "anna", "-100123", "@channel", "7 7", "٧"],
    )


async def _twilio(stack: AsyncExitStack, name: str) -> Case:
    double = await stack.enter_async_context(TwilioDouble())
    double.picture = png()
    account = account_at(double)
    stack.push_async_callback(account.close)
    whatsapp = name == "whatsapp"
    phone = double.phone("+420777000007", whatsapp=whatsapp, name="Anna")
    phone.wrote_at = double.now()
    channel: Channel = (
        WhatsApp(account, WHATSAPP_FROM, 1000.0) if whatsapp else Sms(account, SMS_FROM, 1000.0)
    )

    def arrived() -> list[Arrived]:
        return [
            Arrived(m.text, [label for label, _ in m.choices], m.picture is not None)
            for m in phone.messages
        ]

    def failing(kind: Fault) -> Callable[[], Awaitable[None]]:
        async def fails() -> None:
            double.fail_next(kind)

        return fails

    address = Address(name, "+420777000007")
    said, word = phone.write("join_vinohrady"), phone.write("Stop ")
    written = {"name": "Anna"} if whatsapp else {}
    stop = {} if whatsapp else {"network": NetworkWord("stop", answered=True)}
    accepts: list[tuple[RawRequest, list[Event]]] = [
        (
            signed(double, said),
            [InboundMessage(address, said["MessageSid"], "join_vinohrady", **written)],
        ),
        (
            signed(double, word),
            [InboundMessage(address, word["MessageSid"], "Stop ", **written, **stop)],
        ),
    ]
    receipt = {"MessageSid": "SM1", "MessageStatus": "read", "From": phone.sender, "To": "+1"}
    accepts.append(
        (
            signed(double, receipt, "/twilio/status?m=7"),
            [DeliveryReceipt(name, "SM1", "delivered", reference="7", sent_to="+1")],
        )
    )
    kinds: tuple[Fault, ...] = ("429", "500", "503", "drop", "lost", "gateway", 21211, 21610, 63016)
    return Case(
        channel,
        address,
        arrived,
        accepts=accepts,
        refuses=[
            RawRequest({"x-twilio-signature": "c2lnbmF0dXJl"}, b"Body=JOIN", "/twilio/message"),
            RawRequest({}, b"Body=JOIN", "/twilio/message"),
            signed(double, {**said, "Body": "JOIN"}, as_if=said),
        ],
        fails={str(kind): failing(kind) for kind in kinds},
        strange=["", "anna", "+", "420777000007", "+٤٢٠٧٧٧", "whatsapp:+420777000007", "Lipa"],
        media=f"{double.url}/picture.png",
    )


async def _email(stack: AsyncExitStack) -> Case:
    double = await stack.enter_async_context(SmtpDouble())
    channel = email_at(double)
    stack.push_async_callback(channel.close)

    def arrived() -> list[Arrived]:
        return [Arrived(m.text, picture=bool(m.pictures)) for m in double.arrived]

    def failing(stage: str, fate: str) -> Callable[[], Awaitable[None]]:
        async def fails() -> None:
            double.fails.append((stage, fate))

        return fails

    fates = {
        "greylisted": ("rcpt", "450 4.2.0 <anna@example.org> later"),
        "nobody": ("rcpt", "550 5.1.1 <anna@example.org> unknown"),
        "sender": ("mail", "553 5.1.8 no"),
        "spam": ("data", "554 5.7.1 spam"),
        "before": ("mail", "hang up"),
        "hangs": ("rcpt", "hang"),
        "lost": ("data", "hang up"),
        "silent": ("data", "hang"),
    }
    return Case(
        channel,
        Address("email", ANNA),
        arrived,
        fails={name: failing(*fate) for name, fate in fates.items()},
        strange=["", "anna", "anna@", "Anna <anna@example.org>", "a@example.org, b@example.org"],
    )


def _simulator(name: str) -> Case:
    channel = Simulator(name, BUTTONS if name == "simulator" else PLAIN)

    def arrived() -> list[Arrived]:
        return [
            Arrived(m.text, [b.label for row in m.buttons for b in row], m.picture is not None)
            for m in channel.phone("anna")
        ]

    return Case(channel, Address(name, "anna"), arrived)


def _console() -> Case:
    printed: list[str] = []
    channel = Console("+420777000111", printed.append)
    return Case(
        channel,
        Address("console", "+420777000111"),
        lambda: [Arrived(text.rstrip("\n")) for text in printed],
    )
