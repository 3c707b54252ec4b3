"""The Bot API's methods as the double plays them, with the checks and words of the real one.

Wordings: https://github.com/TelegramBotAPI/errors and tdlib/telegram-bot-api's Client.cpp.
"""

from __future__ import annotations

import re
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.doubles.telegram_chat import FILE_ID, Button, Chat, Shown

#: What can go wrong with a call. `retry_after`, `500`, `502`, `refuse`: an answer, nothing done.
#: `drop`: the connection ends, nothing done. `lost`: done, then the connection ends.
#: `gateway`: done, then a 502 that is not the Bot API's. `hang`: done, never answered.
Kind = Literal["retry_after", "500", "502", "refuse", "drop", "lost", "gateway", "hang"]

Params = dict[str, Any]
Files = dict[str, bytes]

NOT_MODIFIED = (
    "message is not modified: specified new message content and reply markup are exactly the "
    "same as a current content and reply markup of the message"
)


class ApiError(Exception):
    """A refusal, as the Bot API words it; `parameters` as in ResponseParameters."""

    def __init__(self, code: int, description: str, parameters: Params | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def body(self) -> Params:
        """The JSON of the answer."""
        body = {"ok": False, "error_code": self.code, "description": self.description}
        return body if self.parameters is None else {**body, "parameters": self.parameters}


@dataclass
class World:
    """What the double knows: the bot, its people, what was set up."""

    bot: Params
    next_id: Callable[[], int]
    chats: dict[int, Chat] = field(default_factory=dict)
    #: Menus by (scope, language): `("default", "cs")`, `("chat:7", "")`.
    commands: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)


def get_me(world: World, params: Params, files: Files) -> Params:
    """https://core.telegram.org/bots/api#getme"""
    return world.bot


def send_message(world: World, params: Params, files: Files) -> Params:
    """https://core.telegram.org/bots/api#sendmessage"""
    chat = _chat(world, params)
    shown = Shown(world.next_id(), text=_text(params.get("text")))
    _dress(chat, shown, params.get("reply_markup"))
    chat.show(shown)
    return _message(world, chat, shown)


def send_photo(world: World, params: Params, files: Files) -> Params:
    """https://core.telegram.org/bots/api#sendphoto"""
    chat = _chat(world, params)
    if params.get("photo") == FILE_ID:
        # Somebody's own photo, sent on by its id; what is on it nobody here looks at.
        shown = Shown(world.next_id(), text=_caption(params.get("caption")))
        _dress(chat, shown, params.get("reply_markup"))
        chat.show(shown)
        return _message(world, chat, shown)
    if "photo" not in files:
        raise _bad("there is no photo in the request")
    _size(files["photo"])
    shown = Shown(world.next_id(), caption=_caption(params.get("caption")), photo=files["photo"])
    _dress(chat, shown, params.get("reply_markup"))
    chat.show(shown)
    return _message(world, chat, shown)


def edit_message_text(world: World, params: Params, files: Files) -> Params:
    """https://core.telegram.org/bots/api#editmessagetext"""
    chat, shown = _to_edit(world, params)
    text, rows = _text(params.get("text")), _inline(params.get("reply_markup"))
    if shown.photo is not None:
        raise _bad("there is no text in the message to edit")
    if (text, rows) == (shown.text, shown.rows):
        raise _bad(NOT_MODIFIED)
    shown.text, shown.rows = text, rows
    chat.show(shown)
    return _message(world, chat, shown)


def edit_message_caption(world: World, params: Params, files: Files) -> Params:
    """https://core.telegram.org/bots/api#editmessagecaption"""
    chat, shown = _to_edit(world, params)
    caption, rows = _caption(params.get("caption")), _inline(params.get("reply_markup"))
    if shown.photo is None:
        raise _bad("there is no caption in the message to edit")
    if (caption, rows) == (shown.caption, shown.rows):
        raise _bad(NOT_MODIFIED)
    shown.caption, shown.rows = caption, rows
    chat.show(shown)
    return _message(world, chat, shown)


def edit_message_reply_markup(world: World, params: Params, files: Files) -> Params:
    """https://core.telegram.org/bots/api#editmessagereplymarkup"""
    chat, shown = _to_edit(world, params)
    rows = _inline(params.get("reply_markup"))
    if rows == shown.rows:
        raise _bad(NOT_MODIFIED)
    shown.rows = rows
    return _message(world, chat, shown)


def answer_callback_query(world: World, params: Params, files: Files) -> bool:
    """https://core.telegram.org/bots/api#answercallbackquery"""
    query = params.get("callback_query_id")
    for chat in world.chats.values():
        if query in chat.spinning:
            chat.spinning.remove(query)
            return True
    raise _bad("query is too old and response timeout expired or query ID is invalid")


def set_my_commands(world: World, params: Params, files: Files) -> bool:
    """https://core.telegram.org/bots/api#setmycommands"""
    commands = [(c.get("command", ""), c.get("description", "")) for c in params["commands"]]
    if len(commands) > 100:
        raise _bad("too many commands")
    for name, description in commands:
        if not re.fullmatch(r"[a-z0-9_]{1,32}", name):
            raise _bad("BOT_COMMAND_INVALID")
        if not 1 <= _utf16(description) <= 256:
            raise _bad("BOT_COMMAND_DESCRIPTION_INVALID")
    world.commands[_scope(world, params)] = commands
    return True


def delete_my_commands(world: World, params: Params, files: Files) -> bool:
    """https://core.telegram.org/bots/api#deletemycommands"""
    world.commands.pop(_scope(world, params), None)
    return True


METHODS: dict[str, Callable[[World, Params, Files], Params | bool]] = {
    "getMe": get_me,
    "sendMessage": send_message,
    "sendPhoto": send_photo,
    "editMessageText": edit_message_text,
    "editMessageCaption": edit_message_caption,
    "editMessageReplyMarkup": edit_message_reply_markup,
    "answerCallbackQuery": answer_callback_query,
    "setMyCommands": set_my_commands,
    "deleteMyCommands": delete_my_commands,
}


def fault_answer(kind: Kind | None, seconds: float) -> ApiError | None:
    """The answer of a fault on demand that is one; None for the others."""
    wait = int(seconds)
    answers: dict[Kind | None, ApiError] = {
        "retry_after": ApiError(
            429, f"Too Many Requests: retry after {wait}", {"retry_after": wait}
        ),
        "500": ApiError(500, "Internal Server Error: fault on demand"),
        "502": ApiError(502, "Bad Gateway"),
        "refuse": ApiError(400, "Bad Request: refused on demand"),
    }
    return answers.get(kind)


def _bad(description: str) -> ApiError:
    return ApiError(400, f"Bad Request: {description}")


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def _chat(world: World, params: Params) -> Chat:
    chat = world.chats.get(int(params["chat_id"])) if _whole(params.get("chat_id")) else None
    if chat is None:
        raise _bad("chat not found")
    if chat.blocked:
        raise ApiError(403, "Forbidden: bot was blocked by the user")
    return chat


def _whole(value: Any) -> bool:
    return re.fullmatch(r"-?\d+", str(value)) is not None


def _text(value: Any) -> str:
    text = str(value or "").strip()
    if not text:
        raise _bad("message text is empty")
    if _utf16(text) > 4096:
        raise _bad("message is too long")
    return text


def _caption(value: Any) -> str:
    caption = str(value or "").strip()
    if _utf16(caption) > 1024:
        raise _bad("message caption is too long")
    return caption


def _inline(markup: Any) -> tuple[tuple[Button, ...], ...]:
    """The inline buttons; anything else is no markup an edit may carry."""
    if markup is None:
        return ()
    if not isinstance(markup, dict) or "inline_keyboard" not in markup:
        raise _bad("inline keyboard expected")
    rows = tuple(tuple(_inline_button(b) for b in row) for row in markup["inline_keyboard"] if row)
    if sum(len(row) for row in rows) > 100:
        raise _bad("reply markup is too long")
    return rows


def _inline_button(button: Params) -> Button:
    if not str(button.get("text", "")).strip():
        raise _bad("can't parse inline keyboard button: Text must be non-empty")
    if "callback_data" not in button:
        raise _bad("can't parse inline keyboard button: Text buttons are unallowed")
    if not 1 <= len(str(button["callback_data"]).encode()) <= 64:
        raise _bad("BUTTON_DATA_INVALID")
    return Button(button["text"], button["callback_data"])


def _dress(chat: Chat, shown: Shown, markup: Any) -> None:
    """Put the buttons of a new message where they belong."""
    if markup is None:
        return
    if "keyboard" in markup:
        rows = tuple(tuple(_below(button) for button in row) for row in markup["keyboard"])
        chat.keyboard, shown.editable = rows, False
    elif markup.get("remove_keyboard"):
        chat.keyboard, shown.editable = (), False
    else:
        shown.rows = _inline(markup)


def _below(button: Params) -> Button:
    if not str(button.get("text", "")).strip():
        raise _bad("can't parse keyboard button: Text must be non-empty")
    return Button(button["text"], contact=bool(button.get("request_contact")))


def _to_edit(world: World, params: Params) -> tuple[Chat, Shown]:
    chat = _chat(world, params)
    message_id = str(params.get("message_id"))
    shown = next((shown for shown in chat.messages if str(shown.id) == message_id), None)
    if shown is None:
        raise _bad("message to edit not found")
    if not shown.editable:
        raise _bad("message can't be edited")
    return chat, shown


def _size(picture: bytes) -> tuple[int, int]:
    """Width and height of a PNG; anything else Telegram could not process."""
    if len(picture) < 24 or not picture.startswith(b"\x89PNG\r\n\x1a\n"):
        raise _bad("IMAGE_PROCESS_FAILED")
    width, height = struct.unpack(">II", picture[16:24])
    return int(width), int(height)


def _message(world: World, chat: Chat, shown: Shown) -> Params:
    message: Params = {
        "message_id": shown.id,
        "date": int(time.time()),
        "from": world.bot,
        "chat": {"id": chat.id, "type": "private", "first_name": chat.first_name},
    }
    if shown.photo is None:
        message["text"] = shown.text
    else:
        width, height = _size(shown.photo)
        size = {"file_id": f"photo{shown.id}", "file_unique_id": f"u{shown.id}"}
        message["photo"] = [{**size, "width": width, "height": height}]
        message |= {"caption": shown.caption} if shown.caption else {}
    if shown.rows:
        keyboard = [[{"text": b.label, "callback_data": b.data} for b in r] for r in shown.rows]
        message["reply_markup"] = {"inline_keyboard": keyboard}
    return message


def _scope(world: World, params: Params) -> tuple[str, str]:
    scope = params.get("scope") or {"type": "default"}
    language = str(params.get("language_code") or "")
    if scope["type"] == "chat":
        return f"chat:{_chat(world, scope).id}", language
    return str(scope["type"]), language
