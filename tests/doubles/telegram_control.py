"""How another process leads the Telegram double, over HTTP beside the Bot API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

from aiohttp import web

from tests.doubles.telegram_chat import Update
from tests.doubles.telegram_methods import Kind

if TYPE_CHECKING:
    from tests.doubles.telegram import TelegramDouble


def add_control(app: web.Application, double: TelegramDouble) -> None:
    """Add the routes below `/control` that lead this double."""

    async def update(request: web.Request) -> web.Response:
        try:
            return web.json_response(_act(double, await request.json()))
        except AssertionError as missing:
            return web.json_response({"error": str(missing)}, status=409)

    async def fail(request: web.Request) -> web.Response:
        wanted = await request.json()
        if wanted["kind"] not in get_args(Kind):
            return web.json_response({"error": f"kinds: {get_args(Kind)}"}, status=400)
        double.fail_next(**wanted)
        return web.json_response({})

    async def calls(request: web.Request) -> web.Response:
        return web.json_response([call.as_json() for call in double.calls])

    async def chat(request: web.Request) -> web.Response:
        shown = [
            {"id": m.id, "text": m.text, "caption": m.caption, "labels": m.labels}
            for m in double.chat(int(request.match_info["id"])).messages
        ]
        return web.json_response(shown)

    app.router.add_post("/control/update", update)
    app.router.add_post("/control/fail", fail)
    app.router.add_get("/control/calls", calls)
    app.router.add_get("/control/chats/{id}", chat)


def _act(double: TelegramDouble, wanted: dict[str, Any]) -> Update:
    """What a person does: `{"user": 7, "write": "hi"}`, `press`, `share`; or a raw update."""
    if "user" in wanted:
        chat = double.chat(int(wanted["user"]))
        if "press" in wanted:
            return chat.press(str(wanted["press"]))
        if "share" in wanted:
            return chat.share_contact(str(wanted["share"]))
        return chat.write(str(wanted["write"]))
    kind = next(key for key in wanted if key != "update_id")
    double.chat(int(wanted[kind]["from"]["id"]))
    return double.push(kind, wanted[kind])
