"""Webhook calls of Telegram: colleagues who press a stamp button."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import count

from benchmarks.cafe import Regular, Till
from bot.domain.messages import Action

SECRET = "benchmark"
HEADERS = {"X-Telegram-Bot-Api-Secret-Token": SECRET}

_numbers = count(1)


def shifts(tills: Sequence[Till], each: int) -> Iterator[list[list[str]]]:
    """Round after round: for each till the bodies of so many presses, its regulars in turn."""
    places = count()
    while True:
        place = next(places)
        yield [
            [
                _press(till, till.regulars[(place * each + one) % len(till.regulars)])
                for one in range(each)
            ]
            for till in tills
        ]


def _press(till: Till, regular: Regular) -> str:
    """https://core.telegram.org/bots/api#callbackquery"""
    number = next(_numbers)
    person = {"id": till.chat, "first_name": "Jana", "language_code": "cs"}
    chat = {"id": till.chat, "type": "private", "first_name": "Jana"}
    data = Action("stamp_panel", (regular.code, "1", str(number))).pack()
    buttons = [
        {"text": "1 razítko", "callback_data": data},
        {"text": "2 razítka", "callback_data": data.replace(":1:", ":2:")},
    ]
    message = {
        "message_id": 1_000 + number,
        "from": {"id": 100200300, "is_bot": True, "first_name": "Café", "username": "cafe_bot"},
        "chat": chat,
        "date": 1_772_452_800 + number,
        "text": "Markéta Nováková\n3 z 10 razítek\nPoslední návštěva před 12 dny",
        "reply_markup": {"inline_keyboard": [buttons]},
    }
    query = {
        "id": f"{till.chat}{number:08}",
        "from": {**person, "is_bot": False},
        "message": message,
        "chat_instance": "-4921358023",
        "data": data,
    }
    return json.dumps({"update_id": number, "callback_query": query}, ensure_ascii=False)
