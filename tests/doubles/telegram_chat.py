"""What the people of the Telegram double see in their chats, and what they do there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

#: An update as Telegram sends it.
Update = dict[str, Any]

T = TypeVar("T")


class Signal:
    """Wakes those who wait for something to become true, without polling."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def ring(self) -> None:
        """Let everyone who waits look again."""
        self._event.set()
        self._event = asyncio.Event()

    async def wait_for(self, look: Callable[[], T | None], within_s: float) -> T:
        """What `look` finds, as soon as it finds something; TimeoutError after `within_s`."""
        async with asyncio.timeout(within_s):
            while (found := look()) is None:
                await self._event.wait()
        return found


@dataclass(frozen=True, slots=True)
class Button:
    """A button as a person sees it; `data` is what an inline one sends back."""

    label: str
    data: str = ""
    contact: bool = False


@dataclass(slots=True)
class Shown:
    """A message of the bot as it stands in the chat now.

    `editable` is False where Telegram lets no bot edit: after a keyboard below the input field
    was shown or removed with it. https://core.telegram.org/bots/api#updating-messages
    """

    id: int
    text: str = ""
    caption: str = ""
    photo: bytes | None = None
    rows: tuple[tuple[Button, ...], ...] = ()
    editable: bool = True

    @property
    def words(self) -> str:
        """The text, or what stands below the picture."""
        return self.text or self.caption

    @property
    def labels(self) -> list[list[str]]:
        """The labels of the inline buttons, row by row."""
        return [[button.label for button in row] for row in self.rows]


class Chat:
    """One person's private chat with the bot; what they do returns the update it caused."""

    def __init__(
        self,
        user_id: int,
        first_name: str,
        language_code: str,
        push: Callable[[str, dict[str, Any]], Update],
        next_id: Callable[[], int],
    ) -> None:
        self.id = user_id
        self.first_name = first_name
        self.language_code = language_code
        self.phone = f"+420{600_000_000 + user_id % 100_000_000}"
        self.blocked = False
        #: What the bot said, oldest first, after its edits.
        self.messages: list[Shown] = []
        #: The keyboard below the input field, if one shows.
        self.keyboard: tuple[tuple[Button, ...], ...] = ()
        #: Pressed buttons whose spinner still turns, by callback query id.
        self.spinning: set[str] = set()
        self._push = push
        self._next_id = next_id
        self._said: list[Shown] = []
        self._read = 0
        self._signal = Signal()

    # --- what the person does ---

    def write(self, text: str) -> Update:
        """Send a text."""
        entities = {}
        if text.startswith("/"):
            length = len(text.split(maxsplit=1)[0])
            entities = {"entities": [{"type": "bot_command", "offset": 0, "length": length}]}
        return self.send(text=text, **entities)

    def press(self, label: str, message: Shown | None = None) -> Update:
        """Press the newest visible button with this label, or the one under `message`."""
        for shown in reversed(self.messages):
            if message is not None and shown.id != message.id:
                continue
            for button in (button for row in shown.rows for button in row):
                if button.label == label:
                    return self._press_inline(shown, button)
        for button in (button for row in self.keyboard for button in row):
            if button.label == label and message is None:
                self.keyboard = ()  # one_time_keyboard
                return self.share_contact(self.phone) if button.contact else self.write(label)
        visible = [row for shown in self.messages for row in shown.labels]
        below = [[button.label for button in row] for row in self.keyboard]
        raise AssertionError(f"no button {label!r}: there are {visible} and {below} below")

    def share_contact(self, phone: str, own: bool = True) -> Update:
        """Share one's own number through the app, or pass on somebody else's contact."""
        user_id = self.id if own else self.id + 1
        contact = {"phone_number": phone, "first_name": self.first_name, "user_id": user_id}
        return self.send(contact=contact)

    def send_sticker(self) -> Update:
        """Send a sticker."""
        sticker = {
            **_FILE,
            "type": "regular",
            "width": 512,
            "height": 512,
            "is_animated": False,
            "is_video": False,
        }
        return self.send(sticker=sticker)

    def send_photo(self, caption: str = "") -> Update:
        """Send a photo, with words below it or without."""
        words = {"caption": caption} if caption else {}
        return self.send(photo=[{**_FILE, "width": 90, "height": 90}], **words)

    def send_voice(self) -> Update:
        """Send a voice message."""
        return self.send(voice={**_FILE, "duration": 2})

    def send(self, **content: Any) -> Update:
        """Send any message, by the fields Telegram gives it."""
        return self._push("message", {**self._head(), "from": self.user(), **content})

    def user(self) -> dict[str, Any]:
        """The person as Telegram describes them."""
        return {
            "id": self.id,
            "is_bot": False,
            "first_name": self.first_name,
            "language_code": self.language_code,
        }

    def _head(self) -> dict[str, Any]:
        chat = {"id": self.id, "type": "private", "first_name": self.first_name}
        return {"message_id": self._next_id(), "date": int(time.time()), "chat": chat}

    def _press_inline(self, shown: Shown, button: Button) -> Update:
        query_id = f"{self.id}{self._next_id():06}"
        self.spinning.add(query_id)
        picture = {"photo": [{**_FILE, "width": 90, "height": 90}], "caption": shown.caption}
        content = {"text": shown.text} if shown.photo is None else picture
        message = {**self._head(), "message_id": shown.id, **content}
        return self._push(
            "callback_query",
            {
                "id": query_id,
                "from": self.user(),
                "message": message,
                "chat_instance": "1",
                "data": button.data,
            },
        )

    # --- what the person sees ---

    def show(self, shown: Shown) -> None:
        """The bot said this: a new message, or an edited one in its place."""
        if all(other.id != shown.id for other in self.messages):
            self.messages.append(shown)
        self._said.append(replace(shown))
        self._signal.ring()

    async def next_message(self, within_s: float = 30.0) -> Shown:
        """The next thing the bot says or edits, as it was when it was said."""
        try:
            await self._signal.wait_for(lambda: self._said[self._read :] or None, within_s)
        except TimeoutError:
            last = self._said[-1].words if self._said else None
            raise AssertionError(f"the bot said nothing more; last was {last!r}") from None
        self._read += 1
        return self._said[self._read - 1]

    def unread(self) -> list[Shown]:
        """What the bot said or edited since the last look, without waiting for more."""
        found, self._read = self._said[self._read :], len(self._said)
        return found


#: What Telegram calls everything somebody sends here.
FILE_ID = "file"
_FILE = {"file_id": FILE_ID, "file_unique_id": "unique", "file_size": 100}
