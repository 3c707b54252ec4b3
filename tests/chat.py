"""People who chat with the bot: what they say, press, share and scan, and what they see.

    anna = cafe.guest("Anna")
    assert await anna.says("balance") == ["3 of 10 stamps"]
    await anna.presses("Card")
    await till.scans(anna.picture)
    assert anna.sees() == []

One API on every channel: a person with buttons presses them, a person with numbered lines types the
number. An act gives what its person was shown because of it; `sees()` gives what anybody was shown
since the last act of anybody.
"""

from __future__ import annotations

import asyncio
import io
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import uuid4

import zxingcpp
from PIL import Image

from bot.channels import segments
from bot.channels.base import Limits
from bot.channels.simulator import Simulator
from bot.dispatch import Dispatcher
from bot.domain.messages import ACTION_BYTES, Action, Address, Contact, InboundMessage
from bot.web.simulator import payload_of
from tests.doubles.telegram import TelegramDouble
from tests.doubles.telegram_chat import Chat as TelegramChat
from tests.doubles.telegram_chat import Update
from tests.doubles.twilio import TwilioDouble
from tests.doubles.twilio_phone import Form
from tests.doubles.twilio_phone import Shown as PhoneMessage

#: By which people ask for their language where no app tells it.
LANGUAGE_NAMES = {"cs": "česky", "pl": "polski", "ro": "română", "ru": "русский"}

#: What the console prints of a picture.
_QR = "[QR] "
_PAGE = re.compile(r"https?://\S+/c/\S+")
_CARD = re.compile(r"/c/([A-Za-z0-9_-]+)")
_NUMBERED = re.compile(r"(\d+) (.+)")
_WORDED = re.compile(r"- (.+)")


@dataclass(frozen=True, slots=True)
class Label:
    """A choice as a person sees it; `types` is what picks it where there are no buttons."""

    text: str
    data: str = ""
    types: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the bot as it stands on a screen."""

    id: str
    text: str
    rows: tuple[tuple[Label, ...], ...] = ()
    picture: bytes | None = None
    scan: str = ""

    @property
    def labels(self) -> list[str]:
        """The labels of its choices, in order."""
        return [label.text for row in self.rows for label in row]

    def choice(self, text: str) -> Label | None:
        """The choice that reads `text`."""
        return next((label for row in self.rows for label in row if label.text == text), None)


class Company:
    """Everybody who chats in one café: an act of one ends what the others see as new."""

    def __init__(self) -> None:
        self.people: list[Person] = []

    def look_away(self) -> None:
        """From here on only what comes is new."""
        for person in self.people:
            person.look_away()


class Person(ABC):
    """Somebody with a phone, or a terminal, in a café."""

    def __init__(self, company: Company, limits: Limits, name: str, language: str) -> None:
        self.name = name
        self.language = language
        self._company = company
        self._limits = limits
        self._before: dict[str, Message] = {}
        company.people.append(self)

    # --- what they do ---

    async def says(self, text: str, *, times: int = 1) -> list[str]:
        """Write something; with `times` the provider delivers it as often, at once."""
        return await self._act(lambda: self._write(text), times)

    async def presses(
        self, label: str, under: Message | None = None, *, times: int = 1
    ) -> list[str]:
        """Press the newest button with this label, or the one that stood `under` a message.

        Where choices are lines of text, type the line's number, or its words.
        """
        return await self._act(lambda: self._press(label, under), times)

    async def scans(self, link: str | None, *, times: int = 1) -> list[str]:
        """Hold the phone's camera over a code."""
        assert link, "there is no code to scan"
        return await self.opens(payload_of(link), times=times)

    async def opens(self, payload: str, *, times: int = 1) -> list[str]:
        """Open a link with a payload; on a channel without links the payload is the text."""
        return await self.says(f"{self._opens}{payload}", times=times)

    async def shares_contact(self, phone: str = "", *, own: bool = True) -> list[str]:
        """Share the own number through the app, or pass on somebody else's."""
        return await self._act(lambda: self._share(phone or self.phone, own), 1)

    async def sends_sticker(self) -> list[str]:
        """Send a sticker."""
        return await self._act(lambda: self._send("sticker"), 1)

    async def sends_photo(self, caption: str = "") -> list[str]:
        """Send a photo, with words below it or without."""
        return await self._act(lambda: self._send("photo", caption), 1)

    async def sends_voice(self) -> list[str]:
        """Send a voice message."""
        return await self._act(lambda: self._send("voice"), 1)

    # --- what they see ---

    def sees(self) -> list[str]:
        """The texts that came, or changed, since the last act of anybody, oldest first."""
        return [message.text for message in self.news]

    @property
    def news(self) -> list[Message]:
        """The messages that came, or changed, since the last act of anybody, oldest first."""
        return [m for m in self.screen() if self._is_news(m)]

    @property
    def message(self) -> Message:
        """The newest message: of the news, or of all."""
        return (self.news or self.screen())[-1]

    @property
    def buttons(self) -> list[str]:
        """The labels of the newest message's choices, in order."""
        return self.message.labels

    @property
    def picture(self) -> str | None:
        """The link in the newest picture that came since the last act; None without one."""
        for message in reversed(self.news):
            if message.picture is not None:
                return read_code(message.picture)
            if message.scan:
                return message.scan
        return None

    def look_away(self) -> None:
        """Take all that is on the screen for known."""
        self._before = {message.id: message for message in self.screen()}

    def _is_news(self, message: Message) -> bool:
        before = self._before.get(message.id)
        # That the buttons of an answered question went says nothing.
        return before is None or (
            (before.text, before.labels) != (message.text, message.labels)
            and (before.text != message.text or message.labels != [])
        )

    # --- what a channel has to say about it ---

    phone: str = "+420777000123"
    #: Whether every answer ends in choices; where each line costs money it does not.
    has_menu = True
    #: What comes before a payload when a link is opened.
    _opens = "/start "

    @abstractmethod
    def screen(self) -> list[Message]:
        """Every message of the bot as it stands now, oldest first."""

    @abstractmethod
    async def _deliver(self, act: Any, times: int) -> None:
        """Bring what was done to the bot, `times` at once, and wait until all is answered."""

    @abstractmethod
    def _write(self, text: str) -> Any: ...

    @abstractmethod
    def _press(self, label: str, under: Message | None) -> Any: ...

    @abstractmethod
    def _share(self, phone: str, own: bool) -> Any: ...

    @abstractmethod
    def _send(self, kind: str, caption: str = "") -> Any: ...

    async def _act(self, act: Callable[[], Any], times: int) -> list[str]:
        self._company.look_away()
        await self._deliver(act(), times)
        for person in self._company.people:
            person.check_fit()
        if self.news and self.has_menu:
            # conversation.md: what to do next comes last; never a dead end.
            assert self.message.labels, f"a dead end: {self.message.text}"
        return self.sees()

    def check_fit(self) -> None:
        """Everything shown fits the channel (S35)."""
        for message in self.news:
            limit = self._limits.caption if message.picture else self._limits.text
            assert len(message.text) <= limit, f"too long: {len(message.text)} of {limit}"
            for row in message.rows:
                for label in row:
                    assert len(label.text) <= self._limits.label, label
                    assert len(label.data.encode()) <= ACTION_BYTES, label

    def _visible(self, label: str, under: Message | None) -> tuple[Message, Label]:
        for message in reversed(self.screen() if under is None else [under]):
            if choice := message.choice(label):
                return message, choice
        raise AssertionError(f"no choice {label!r} among {[m.labels for m in self.screen()]}")


def read_code(picture: bytes) -> str:
    """The link that a QR picture holds, as a phone's camera reads it."""
    with Image.open(io.BytesIO(picture)) as image:
        codes = zxingcpp.read_barcodes(image)
    assert len(codes) == 1, f"{len(codes)} codes in a picture"
    return str(codes[0].text)


class InMemory(Person):
    """Somebody whose channel needs no provider: what they do goes straight to the dispatcher."""

    channel = ""
    address = ""

    def __init__(
        self,
        company: Company,
        dispatcher: Callable[[], Dispatcher],
        limits: Limits,
        name: str,
        language: str,
    ) -> None:
        super().__init__(company, limits, name, language)
        self._dispatcher = dispatcher

    #: What the app says of the person; on a channel like SMS nothing.
    app_name = ""

    async def _deliver(self, act: InboundMessage, times: int) -> None:
        dispatcher = self._dispatcher()
        await asyncio.gather(*(dispatcher.handle(act) for _ in range(times)))
        await dispatcher.idle()

    def _write(self, text: str) -> InboundMessage:
        return self.inbound(text=text)

    def _share(self, phone: str, own: bool) -> InboundMessage:
        return self.inbound(contact=Contact(phone, own))

    def _send(self, kind: str, caption: str = "") -> InboundMessage:
        return self.inbound(media=kind, file="file" if kind == "photo" else "", text=caption)

    def inbound(self, **fields: Any) -> InboundMessage:
        """What the channel would make of something the person does."""
        return InboundMessage(
            address=Address(self.channel, self.address),
            external_id=uuid4().hex,
            name=self.app_name,
            language=self.language,
            **fields,
        )


class OnSimulator(InMemory):
    """Somebody at a phone of the demo, with buttons."""

    def __init__(
        self,
        company: Company,
        dispatcher: Callable[[], Dispatcher],
        simulator: Callable[[], Simulator],
        name: str,
        language: str,
    ) -> None:
        self._simulator = simulator
        self.channel, self.app_name = simulator().name, name
        self.address = f"{name.casefold()}-{len(company.people)}"
        self.phone = f"+420777{len(company.people):06}"
        super().__init__(company, dispatcher, simulator().limits, name, language)

    def screen(self) -> list[Message]:
        return [
            Message(
                id=shown.id,
                text=shown.text,
                rows=tuple(tuple(Label(b.label, b.data) for b in row) for row in shown.buttons),
                picture=shown.picture,
            )
            for shown in self._simulator().phone(self.address)
            if shown.author == "bot"
        ]

    def _press(self, label: str, under: Message | None) -> InboundMessage:
        message, choice = self._visible(label, under)
        if self._asks_contact(message, label):
            return self._share(self.phone, own=True)
        return self.inbound(action=Action.unpack(choice.data), message_id=message.id)

    def _asks_contact(self, message: Message, label: str) -> bool:
        return any(
            button.contact and button.label == label
            for shown in self._simulator().phone(self.address)
            if shown.id == message.id
            for row in shown.buttons
            for button in row
        )


class InLines(OnSimulator):
    """Somebody whose phone shows choices as numbered lines, as over SMS."""

    _opens = ""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.app_name = ""

    def screen(self) -> list[Message]:
        return [in_lines(message) for message in super().screen()]

    def _press(self, label: str, under: Message | None) -> InboundMessage:
        return self._write(typed(label, self.screen(), under))


class AtConsole(InMemory):
    """Somebody who chats in a terminal, or whose messages are printed in another's."""

    _opens = ""

    def __init__(
        self,
        company: Company,
        dispatcher: Callable[[], Dispatcher],
        printed: Callable[[str], Sequence[str]],
        limits: Limits,
        name: str,
        language: str,
    ) -> None:
        self.channel = "console"
        self.address = self.phone = f"+420777{len(company.people) + 1:06}"
        self._printed = printed
        super().__init__(company, dispatcher, limits, name, language)

    def screen(self) -> list[Message]:
        return [
            in_lines(Message(str(number), text))
            for number, text in enumerate(self._printed(self.address))
        ]

    def _press(self, label: str, under: Message | None) -> InboundMessage:
        return self._write(typed(label, self.screen(), under))


class OnTelegram(Person):
    """Somebody with Telegram on their phone."""

    def __init__(
        self,
        company: Company,
        dispatcher: Callable[[], Dispatcher],
        limits: Limits,
        double: TelegramDouble,
        name: str,
        language: str,
    ) -> None:
        self._dispatcher = dispatcher
        self.double = double
        self.chat: TelegramChat = double.chat(101 + len(company.people), name, language)
        self.phone = self.chat.phone = f"+420777{len(company.people) + 1:06}"
        super().__init__(company, limits, name, language)

    def screen(self) -> list[Message]:
        messages = [
            Message(
                id=str(shown.id),
                text=shown.words,
                rows=tuple(tuple(Label(b.label, b.data) for b in row) for row in shown.rows),
                picture=shown.photo,
            )
            for shown in self.chat.messages
        ]
        if messages and not messages[-1].rows and self.chat.keyboard:
            last = messages[-1]
            below = tuple(tuple(Label(b.label) for b in row) for row in self.chat.keyboard)
            messages[-1] = Message(last.id, last.text, below, last.picture)
        return messages

    async def _deliver(self, act: Update, times: int) -> None:
        again = [act] * (times - 1)
        if self.double.webhook is None:  # it polls, and gets a batch it did not confirm again
            self.double.pending.extend(again)
        else:
            await asyncio.gather(*(self.double.deliver(update) for update in again))
        await self.double.settled()
        await self._dispatcher().idle()
        assert not self.chat.spinning, "a pressed button is still waiting for its answer"

    def _write(self, text: str) -> Update:
        return self.chat.write(text)

    def _press(self, label: str, under: Message | None) -> Update:
        message, choice = self._visible(label, under)
        if not choice.data:
            return self.chat.press(label)
        query_id = uuid4().hex
        self.chat.spinning.add(query_id)
        chat = {"id": self.chat.id, "type": "private", "first_name": self.name}
        where = {"message_id": int(message.id), "date": 1, "chat": chat}
        return self.double.push(
            "callback_query",
            {
                "id": query_id,
                "from": self.chat.user(),
                "message": where,
                "chat_instance": "1",
                "data": choice.data,
            },
        )

    def _share(self, phone: str, own: bool) -> Update:
        return self.chat.share_contact(phone, own)

    def _send(self, kind: str, caption: str = "") -> Update:
        if kind == "photo":
            return self.chat.send_photo(caption)
        return self.chat.send_sticker() if kind == "sticker" else self.chat.send_voice()


class ThroughTwilio(Person):
    """Somebody who texts, or writes on WhatsApp; the app tells nobody their language."""

    whatsapp = False
    _opens = ""

    def __init__(
        self,
        company: Company,
        dispatcher: Callable[[], Dispatcher],
        limits: Limits,
        double: TwilioDouble,
        name: str,
        language: str,
    ) -> None:
        self._dispatcher = dispatcher
        self._double = double
        self.phone = f"+420777{len(company.people) + 1:06}"
        self.device = double.phone(self.phone, whatsapp=self.whatsapp, name=name)
        #: Their first message names their language, unless they have said or need not.
        self.has_said_language = language == "en"
        super().__init__(company, limits, name, language)

    async def _deliver(self, act: Form, times: int) -> None:
        if not self.has_said_language:
            self.has_said_language = True
            await self._call(self.device.write(LANGUAGE_NAMES[self.language]), 1)
            self._company.look_away()
        await self._call(act, times)

    async def _call(self, act: Form, times: int) -> None:
        before = len(self._double.answers)
        await asyncio.gather(*(self._double.deliver(act) for _ in range(times)))
        for status, said in self._double.answers[before:]:
            assert status == 200, f"the webhook answered {status}"
            assert said.endswith("<Response></Response>"), "Twilio would text this to the customer"
        await self._dispatcher().idle()
        await self._double.settled()

    def _write(self, text: str) -> Form:
        return self.device.write(text)

    def _share(self, phone: str, own: bool) -> Form:
        return self.device.send("text/vcard")

    def _send(self, kind: str, caption: str = "") -> Form:
        kinds = {"photo": "image/jpeg", "sticker": "image/webp", "voice": "audio/ogg"}
        return self.device.send(kinds[kind], caption)


class OnSms(ThroughTwilio):
    """Somebody with any phone at all."""

    has_menu = False

    def screen(self) -> list[Message]:
        return [self._read(shown) for shown in self.device.messages]

    def _read(self, shown: PhoneMessage) -> Message:
        card = _CARD.search(shown.text)
        # What the card's page shows as a code.
        scan = f"{self._double.webhooks_at}/s/c_{card[1]}" if card else ""
        return in_lines(Message(shown.sid, shown.text, scan=scan))

    def _press(self, label: str, under: Message | None) -> Form:
        return self.device.write(typed(label, self.screen(), under))

    def check_fit(self) -> None:
        """Everything sent takes two segments at most (S35)."""
        super().check_fit()
        for shown in self.device.messages:
            counted = segments.count(shown.text)
            assert counted.segments <= 2, f"{counted}: {shown.text}"


class OnWhatsApp(ThroughTwilio):
    """Somebody with WhatsApp, who reads a picture and the text right after it as one."""

    whatsapp = True

    def screen(self) -> list[Message]:
        messages: list[Message] = []
        for shown in self.device.messages:
            rows = tuple((Label(label, data),) for label, data in shown.choices)
            message = Message(shown.sid, shown.text, rows, shown.picture)
            if not rows:
                message = in_lines(message)
            if messages and messages[-1].picture and not messages[-1].text:
                message = replace(message, picture=messages.pop().picture)
            messages.append(message)
        return messages

    def _press(self, label: str, under: Message | None) -> Form:
        message, choice = self._visible(label, under)
        if not choice.data:
            return self.device.write(typed(label, self.screen(), under))
        shown = next(shown for shown in self.device.messages if shown.sid == message.id)
        return self.device.press(label, shown)

    def check_fit(self) -> None:
        """The double refuses what Meta does; what was refused would be missing here."""


def in_lines(message: Message) -> Message:
    """The same message with its choices read off its last lines, and its links put aside."""
    lines = message.text.split("\n")
    scan = lines.pop().removeprefix(_QR) if lines[-1].startswith(_QR) else message.scan
    choices = _numbered(lines) or _worded(lines)
    said = lines[: len(lines) - len(choices)]
    text = "\n".join(line for line in said if not _PAGE.fullmatch(line))
    return Message(message.id, text, tuple((c,) for c in choices), message.picture, scan)


def _numbered(lines: Sequence[str]) -> list[Label]:
    """The choices of a list that goes from 1 to the last line."""
    choices: list[Label] = []
    for line in reversed(lines):
        found = _NUMBERED.fullmatch(line)
        if found is None or (choices and int(found[1]) != int(choices[0].types) - 1):
            return []
        choices.insert(0, Label(found[2], types=found[1]))
        if found[1] == "1":
            return choices
    return []


def _worded(lines: Sequence[str]) -> list[Label]:
    """The choices at the end that are picked by their words."""
    choices: list[Label] = []
    for line in reversed(lines):
        found = _WORDED.fullmatch(line)
        if found is None:
            break
        choices.insert(0, Label(found[1]))
    return choices


def typed(label: str, screen: Sequence[Message], under: Message | None) -> str:
    """What a person types to pick a choice: its number on the newest list, else its words."""
    newest = under or next((message for message in reversed(screen) if message.rows), None)
    choice = newest.choice(label) if newest else None
    if choice is None:
        shown = [message.labels for message in screen]
        assert any(label in labels for labels in shown), f"no choice {label!r} among {shown}"
    return choice.types if choice and choice.types else label
