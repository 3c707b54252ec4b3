"""Telegram: private chats with a bot, by webhook or by long polling. Limits: core.telegram.org."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import os
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from telegram import (
    Bot,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputFile,
    KeyboardButton,
    LinkPreviewOptions,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    Update,
)
from telegram.error import BadRequest, Conflict, InvalidToken

from bot.channels.base import (
    Limits,
    NotProven,
    Plain,
    RawRequest,
    SendError,
    Unreadable,
    Webhook,
    impersonal,
)
from bot.channels.telegram_request import AiohttpRequest, SlowDown, send_error
from bot.channels.telegram_updates import is_update, read_update
from bot.domain.messages import (
    Event,
    InboundMessage,
    OutboundMessage,
    RenderedButton,
    UnreadableUpdate,
)

log = structlog.get_logger(__name__)

T = TypeVar("T")

# At DEBUG the SDK logs every call with its token, text and chat; nothing may switch that on.
logging.getLogger("telegram").setLevel(logging.WARNING)

# Without it the SDK warns, merely parsing some updates, that durations will be timedeltas one day.
os.environ.setdefault("PTB_TIMEDELTA", "true")

PROOF_HEADER = "x-telegram-bot-api-secret-token"

#: What we ask Telegram for. `my_chat_member` (somebody blocked the bot) is left out: the next
#: message to them fails as blocked, which is the one place that marks an address so.
ALLOWED_UPDATES = ("message", "callback_query")

#: Telegram's words for a message that is there no more, or that bots may not edit, such as one
#: that showed or removed a keyboard below the input field.
_NOT_EDITABLE = ("message can't be edited", "message to edit not found", "message_id_invalid")


@dataclass(frozen=True, slots=True)
class Timing:
    """How patient the channel is, in seconds."""

    connect_s: float = 5.0
    answer_s: float = 20.0
    #: For what may fail quietly: stopping a spinner, taking away answered buttons.
    aside_s: float = 4.0
    #: How long Telegram holds a poll open when there is nothing to say.
    poll_s: int = 30
    pause_s: float = 1.0
    longest_pause_s: float = 30.0


class _RawBot(Bot):
    async def raw_updates(self, offset: int, timing: Timing) -> list[dict[str, Any]]:
        """Updates as Telegram sent them: PTB's own method fails whole when one is unreadable."""
        found = await self._post(
            "getUpdates",
            {"offset": offset, "timeout": timing.poll_s, "allowed_updates": ALLOWED_UPDATES},
            read_timeout=timing.poll_s + timing.answer_s,
        )
        return [update for update in found if is_update(update)]


class Telegram(Plain):
    """The Telegram channel; `api_url` is what stands before `/bot<token>`."""

    name: str = "telegram"
    identity_kind: str = "telegram"
    webhooks: tuple[Webhook, ...] = (Webhook("/telegram/webhook"),)
    #: https://core.telegram.org/bots/api#sendmessage, #sendphoto; https://limits.tginfo.me for
    #: 100 buttons. A label has no limit of its own: past 64 characters no phone shows it whole.
    limits: Limits = Limits(
        text=4096,
        caption=1024,
        buttons=100,
        label=64,
        pictures=True,
        edits=True,
        contact=True,
        photos=True,
    )

    def __init__(
        self,
        token: str,
        secret: str,
        api_url: str = "https://api.telegram.org",
        timing: Timing | None = None,
        rate: float = 30.0,
    ) -> None:
        timing = timing or Timing()
        self.username = ""
        self._secret = secret
        self._timing = timing
        self.rate = rate
        self._aside: dict[str, Any] = {
            "read_timeout": timing.aside_s,
            "connect_timeout": timing.aside_s,
        }
        self._jitter = random.SystemRandom()
        self._request = AiohttpRequest(timing.connect_s, timing.answer_s)
        self._bot = _RawBot(
            token,
            base_url=f"{api_url.rstrip('/')}/bot",
            request=self._request,
            get_updates_request=self._request,
        )

    async def start(self) -> None:
        """Learn the bot's name from Telegram; may be called again.

        Raises SendError, "refused" when no bot has this token: trying again would not help.
        """
        try:
            await self._bot.initialize()
        except InvalidToken:
            reason = "Telegram knows no bot by this token; copy it from @BotFather again"
            raise SendError("refused", reason) from None
        except Exception as error:
            raise send_error(error) from None
        self.username = self._bot.username

    async def close(self) -> None:
        """Close the connections to Telegram."""
        await self._bot.shutdown()
        await self._request.shutdown()  # PTB leaves it open where start() never succeeded

    def link(self, payload: str) -> str:
        """The link that opens the bot with `/start payload`; needs a started channel."""
        if not self.username:
            raise RuntimeError("the bot's name is known after start()")
        return f"https://t.me/{self.username}?start={payload}"

    # --- What comes in ----------------------------------------------------------------------

    def parse(self, request: RawRequest) -> list[Event]:
        """What a webhook call holds; nothing for what is not a person in a private chat.

        Raises NotProven without the secret Telegram was given with the webhook, Unreadable for
        what is no update. https://core.telegram.org/bots/api#setwebhook
        """
        given = request.headers.get(PROOF_HEADER, "").encode(errors="surrogatepass")
        if not self._secret or not hmac.compare_digest(given, self._secret.encode()):
            raise NotProven("not Telegram's secret")
        try:
            update = json.loads(request.body)
        except (ValueError, RecursionError):
            raise Unreadable("not JSON") from None
        if not is_update(update):
            raise Unreadable("not an update")
        return [*self._read(update)]

    def _read(self, update: dict[str, Any]) -> list[Event]:
        try:
            found = read_update(Update.de_json(update, self._bot))
        except Exception as error:
            # A form the SDK doesn't know: Telegram would send it again for ever if we refused.
            kinds = sorted(str(key)[:32] for key in update if key != "update_id")[:5]
            log.error("telegram.update_unreadable", kinds=kinds, error=type(error).__name__)
            raw = json.dumps(update)
            return [UnreadableUpdate(self.name, str(update["update_id"]), raw)]
        return [] if found is None else [found]

    async def poll(
        self,
        handle: Callable[[Sequence[Event]], Awaitable[None]],
        stop: asyncio.Event,
    ) -> None:
        """Fetch updates until `stop`; a batch is confirmed only after `handle` returned.

        Whatever fails is tried again, updates included, after a pause that grows with each
        failure in a row. https://core.telegram.org/bots/api#getupdates
        """
        offset, failures, webhook_gone = 0, 0, False
        while not stop.is_set():
            try:
                if not webhook_gone:
                    await self._bot.delete_webhook(drop_pending_updates=False)
                    webhook_gone = True
                updates = await _unless(stop, self._bot.raw_updates(offset, self._timing))
                events = [event for update in updates or () for event in self._read(update)]
                if events:
                    await handle(events)
                offset = max((update["update_id"] + 1 for update in updates or ()), default=offset)
                failures = 0
            except Exception as error:
                failures += 1
                _log_poll_failure(error)
                await _pause(stop, self._pause_s(failures, error))

    def _pause_s(self, failures: int, error: Exception) -> float:
        doublings = min(failures - 1, 16)  # a night of failures would overflow
        longest = min(self._timing.longest_pause_s, self._timing.pause_s * 2**doublings)
        asked = error.seconds if isinstance(error, SlowDown) else 0.0
        return max(asked, self._jitter.uniform(longest / 2, longest))

    async def acknowledge(self, message: InboundMessage) -> None:
        """Stop the spinner on a pressed button; never raises."""
        if message.callback_id is None:
            return
        try:
            await self._bot.answer_callback_query(message.callback_id, **self._aside)
        except Exception as error:
            log.debug("telegram.acknowledge_failed", error=type(error).__name__)

    # --- What goes out ----------------------------------------------------------------------

    async def send(self, message: OutboundMessage) -> str:
        """Send or edit one message; returns Telegram's id of it, raises SendError."""
        chat = _private_chat(message.address.value)
        try:
            if message.clear_of is not None and message.clear_of != message.edit_of:
                await self._clear(chat, message.clear_of)
            if message.edit_of is not None:
                if await self._edit(chat, message.edit_of, message):
                    return message.edit_of
                await self._clear(chat, message.edit_of)
            return await self._send_new(chat, message)
        except Exception as error:
            raise send_error(error) from None

    async def _send_new(self, chat: int, message: OutboundMessage) -> str:
        markup = _markup(message.buttons)
        if message.photo:
            # https://core.telegram.org/bots/api#sending-files: a file it has goes by its id.
            sent = await self._bot.send_photo(
                chat, message.photo, caption=message.text or None, reply_markup=markup
            )
        elif message.picture is None:
            sent = await self._bot.send_message(
                chat, message.text, reply_markup=markup, link_preview_options=_NO_PREVIEW
            )
        else:
            picture = InputFile(message.picture, filename="card.png")
            sent = await self._bot.send_photo(
                chat, picture, caption=message.text or None, reply_markup=markup
            )
        return str(sent.message_id)

    async def _edit(self, chat: int, edited: str, message: OutboundMessage) -> bool:
        """Whether the edited message now says this; False where it needs a new one.

        A picture would need another call than its text, and a keyboard below the input field
        cannot be edited in: both are sent anew.
        """
        markup = _markup(message.buttons)
        if message.photo or message.picture or isinstance(markup, ReplyKeyboardMarkup):
            return False
        if not edited.isdigit():  # the id of a message on another channel
            return False
        inline = markup if isinstance(markup, InlineKeyboardMarkup) else None
        where: dict[str, Any] = {"chat_id": chat, "message_id": int(edited), "reply_markup": inline}
        try:
            await self._bot.edit_message_text(
                message.text, link_preview_options=_NO_PREVIEW, **where
            )
        except BadRequest as error:
            if "no text in the message to edit" not in error.message.lower():
                return _said_already(error)
        else:
            return True
        # The message is a picture; what can be edited there is its caption.
        if _utf16(message.text) > self.limits.caption:
            return False
        try:
            await self._bot.edit_message_caption(caption=message.text, **where)
        except BadRequest as error:
            return _said_already(error)
        return True

    async def _clear(self, chat: int, cleared: str) -> None:
        """Take the buttons off a message, if that is still possible."""
        try:
            await self._bot.edit_message_reply_markup(
                chat_id=chat, message_id=int(cleared), **self._aside
            )
        except Exception as error:
            log.debug("telegram.clear_failed", error=type(error).__name__)

    # --- How the bot is set up --------------------------------------------------------------

    async def set_webhook(self, url: str) -> None:
        """Have updates delivered to `url`, with the secret; raises SendError."""
        try:
            await self._bot.set_webhook(
                url, allowed_updates=ALLOWED_UPDATES, secret_token=self._secret
            )
        except Exception as error:
            raise send_error(error) from None

    async def set_commands(
        self,
        commands: Sequence[tuple[str, str]],
        language: str | None = None,
        chat: str | None = None,
    ) -> None:
        """Show these (command, description) pairs as the menu; none takes the menu back.

        `language` is a two-letter code, without it the menu is for all languages that have none
        of their own; `chat` is one person's, such as a colleague's. Raises SendError.
        """
        scope = None if chat is None else BotCommandScopeChat(_private_chat(chat))
        try:
            if commands:
                await self._bot.set_my_commands(
                    [(name, text) for name, text in commands], scope, language
                )
            else:
                await self._bot.delete_my_commands(scope, language)
        except Exception as error:
            raise send_error(error) from None


_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


def _markup(
    rows: tuple[tuple[RenderedButton, ...], ...],
) -> InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove:
    """The buttons of a message as Telegram wants them; a message can have one kind only.

    A number can be asked for only by a keyboard below the input field, which hides once it was
    used but stays when somebody types instead. So every message without buttons removes it: that
    shows nothing where there was none, and needs no memory of which chat has one.
    https://core.telegram.org/bots/api#keyboardbutton, #replykeyboardremove
    """
    if any(button.contact for row in rows for button in row):
        return ReplyKeyboardMarkup(
            [[KeyboardButton(b.label, request_contact=b.contact) for b in row] for row in rows],
            resize_keyboard=True,
            one_time_keyboard=True,
        )
    if rows:
        return InlineKeyboardMarkup(
            [[InlineKeyboardButton(b.label, callback_data=b.data) for b in row] for row in rows]
        )
    return ReplyKeyboardRemove()


def _private_chat(value: str) -> int:
    """A person's chat; a group (negative) or a channel (@name) must never get a member's data."""
    if not (value.isascii() and value.isdigit()):
        raise SendError("refused", "not a private chat")
    return int(value)


def _said_already(error: BadRequest) -> bool:
    """Whether a refused edit changes nothing; False asks for a new message, other errors go on."""
    reason = error.message.lower()
    if "message is not modified" in reason:  # such as an edit repeated after a lost answer
        return True
    if any(sign in reason for sign in _NOT_EDITABLE):
        return False
    raise error


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _log_poll_failure(error: Exception) -> None:
    if isinstance(error, Conflict):
        log.error(
            "telegram.poll_conflict",
            reason=impersonal(error.message),
            hint="another process polls with this token, or a webhook was set: stop one of them",
        )
    else:
        reason = send_error(error).reason
        log.warning("telegram.poll_failed", error=type(error).__name__, reason=reason)


async def _unless(stop: asyncio.Event, work: Coroutine[Any, Any, T]) -> T | None:
    """The result of `work`, or None when `stop` came first, which ends the work."""
    working, stopping = asyncio.create_task(work), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((working, stopping), return_when=asyncio.FIRST_COMPLETED)
        return working.result() if working.done() else None
    finally:
        working.cancel()
        stopping.cancel()
        await asyncio.gather(working, stopping, return_exceptions=True)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await stop.wait()
