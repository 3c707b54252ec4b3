"""Telegram's updates as what a person did: raw payload in, equal message out."""

import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.channels.base import NotProven, RawRequest, Unreadable
from bot.channels.telegram import PROOF_HEADER, Telegram
from bot.domain.messages import Action, Address, Contact, InboundMessage, UnreadableUpdate
from tests.channels.telegram_kit import SECRET

ANNA = {"id": 7, "is_bot": False, "first_name": "Anna", "language_code": "cs"}
PRIVATE = {"id": 7, "type": "private", "first_name": "Anna"}
FILE = {"file_id": "f", "file_unique_id": "u"}
VENUE_PLACE = {"longitude": 14.4, "latitude": 50.1}
STICKER = {**FILE, "type": "regular", "width": 1, "height": 1}
STICKER |= {"is_animated": False, "is_video": False}
VIDEO = {**FILE, "width": 1, "height": 1, "duration": 1}


def message(**content: Any) -> dict[str, Any]:
    head = {"message_id": 3, "date": 1_700_000_000, "chat": PRIVATE, "from": ANNA}
    return {"update_id": 55, "message": {**head, **content}}


def press(**content: Any) -> dict[str, Any]:
    under = {"message_id": 9, "date": 1_700_000_000, "chat": PRIVATE, "text": "Take it?"}
    query = {"id": "q1", "from": ANNA, "chat_instance": "1", "message": under, "data": "take:2"}
    return {"update_id": 56, "callback_query": {**query, **content}}


def said(**changes: Any) -> InboundMessage:
    anna = {"address": Address("telegram", "7"), "external_id": "55", "name": "Anna"}
    return InboundMessage(**{**anna, "language": "cs", **changes})


def request(body: bytes, secret: str | None = SECRET) -> RawRequest:
    return RawRequest({} if secret is None else {PROOF_HEADER: secret}, body)


def parse(update: dict[str, Any]) -> list[Any]:
    return Telegram("1:t", SECRET).parse(request(json.dumps(update).encode()))


def test_the_header_is_the_one_telegram_sends() -> None:
    assert PROOF_HEADER == "x-telegram-bot-api-secret-token"


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        pytest.param(message(text="balance"), said(text="balance"), id="text"),
        pytest.param(
            message(
                text="/start join_vinohrady",
                entities=[{"type": "bot_command", "offset": 0, "length": 6}],
            ),
            said(text="/start join_vinohrady"),
            id="deep-link",
        ),
        pytest.param(
            press(),
            said(external_id="56", action=Action("take", ("2",)), message_id="9", callback_id="q1"),
            id="button",
        ),
        pytest.param(
            press(message={"message_id": 9, "date": 0, "chat": PRIVATE}),
            said(external_id="56", action=Action("take", ("2",)), message_id="9", callback_id="q1"),
            id="button-of-an-old-message-telegram-no-longer-shows",
        ),
        pytest.param(
            message(contact={"phone_number": "+420601", "first_name": "A", "user_id": 7}),
            said(contact=Contact("+420601", own=True)),
            id="own-contact",
        ),
        pytest.param(
            message(contact={"phone_number": "+420602", "first_name": "B", "user_id": 8}),
            said(contact=Contact("+420602", own=False)),
            id="somebody-elses-contact",
        ),
        pytest.param(
            message(contact={"phone_number": "+420603", "first_name": "C"}),
            said(contact=Contact("+420603", own=False)),
            id="contact-without-an-account",
        ),
        pytest.param(message(sticker=STICKER), said(media="sticker"), id="sticker"),
        pytest.param(
            message(
                photo=[
                    {**FILE, "width": 1, "height": 1},
                    {**FILE, "file_id": "large", "width": 9, "height": 9},
                ],
                caption="my receipt",
            ),
            said(media="photo", file="large", text="my receipt"),
            id="photo-with-caption",
        ),
        pytest.param(message(voice={**FILE, "duration": 1}), said(media="voice"), id="voice"),
        pytest.param(message(video=VIDEO), said(media="video"), id="video"),
        pytest.param(
            message(video_note={**FILE, "length": 1, "duration": 1}),
            said(media="video_note"),
            id="video-note",
        ),
        pytest.param(message(document=FILE), said(media="document"), id="document"),
        pytest.param(
            message(animation=VIDEO, document=FILE), said(media="animation"), id="animation"
        ),
        pytest.param(message(location=VENUE_PLACE), said(media="location"), id="location"),
        pytest.param(
            message(
                venue={"location": VENUE_PLACE, "title": "Lípa", "address": "Praha"},
                location=VENUE_PLACE,
            ),
            said(media="venue"),
            id="venue",
        ),
        pytest.param(message(dice={"emoji": "🎲", "value": 6}), said(media="dice"), id="dice"),
        pytest.param(
            message(text="hi", **{"from": {"id": 7, "is_bot": False, "first_name": "Anna"}}),
            said(text="hi", language=""),
            id="no-language",
        ),
        pytest.param(
            message(text="hi", something_new={"deep": [1]}), said(text="hi"), id="unknown-field"
        ),
        pytest.param(message(text="x" * 100_000), said(text="x" * 100_000), id="huge"),
        pytest.param(message(text="a\0b\ud83dc"), said(text="a�b�c"), id="no-database-takes-it"),
        pytest.param(message(text="žluťoučký 🐴"), said(text="žluťoučký 🐴"), id="whole-unicode"),
        pytest.param(
            press(data="a::\0"),
            said(external_id="56", action=Action("a", ("", "�")), message_id="9", callback_id="q1"),
            id="forged-button",
        ),
    ],
)
def test_what_a_person_did(update: dict[str, Any], expected: InboundMessage) -> None:
    assert parse(update) == [expected]


@pytest.mark.parametrize(
    "update",
    [
        pytest.param(
            message(text="hi", chat={"id": -5, "type": "group", "title": "Family"}), id="group"
        ),
        pytest.param(
            message(text="/start", chat={"id": -100, "type": "supergroup", "title": "F"}),
            id="supergroup",
        ),
        pytest.param(
            press(
                message={
                    "message_id": 9,
                    "date": 1,
                    "chat": {"id": -5, "type": "group", "title": "F"},
                }
            ),
            id="button-in-a-group",
        ),
        pytest.param(
            {
                "update_id": 55,
                "channel_post": {
                    "message_id": 3,
                    "date": 1,
                    "chat": {"id": -100, "type": "channel", "title": "C"},
                    "text": "hi",
                },
            },
            id="channel",
        ),
        pytest.param(
            {"update_id": 55, "edited_message": message(text="hi")["message"]}, id="edited"
        ),
        pytest.param(
            message(text="hi", **{"from": {"id": 7, "is_bot": True, "first_name": "B"}}), id="bot"
        ),
        pytest.param(
            message(message_auto_delete_timer_changed={"message_auto_delete_time": 60}),
            id="service-message",
        ),
        pytest.param(press(message=None), id="button-without-a-message"),
        pytest.param(press(data=None, game_short_name="g"), id="game-button"),
        pytest.param(
            {
                "update_id": 55,
                "my_chat_member": {
                    "chat": PRIVATE,
                    "from": ANNA,
                    "date": 1,
                    "old_chat_member": {"status": "member", "user": ANNA},
                    "new_chat_member": {"status": "kicked", "user": ANNA, "until_date": 0},
                },
            },
            id="blocked-the-bot",
        ),
        pytest.param({"update_id": 55, "telepathy": {"thought": "coffee"}}, id="future-kind"),
        pytest.param({"update_id": 55}, id="empty"),
    ],
)
def test_what_gets_no_answer(update: dict[str, Any]) -> None:
    with capture_logs() as entries:
        assert parse(update) == []
    assert entries == []


@pytest.mark.parametrize(
    ("update", "error"),
    [
        ({"update_id": 55, "message": "not a message"}, "AttributeError"),
        ({"update_id": 55, "message": {"text": "no head"}}, "KeyError"),
        ({"update_id": 55, "message": message(text=["hi"])["message"]}, "AttributeError"),
    ],
)
def test_what_the_sdk_cannot_read_is_kept_and_reported(update: dict[str, Any], error: str) -> None:
    """And not refused: Telegram would deliver it again until the end of its patience."""
    with capture_logs() as entries:
        assert parse(update) == [UnreadableUpdate("telegram", "55", json.dumps(update))]
    expected = {"event": "telegram.update_unreadable", "kinds": ["message"], "error": error}
    assert entries == [{**expected, "log_level": "error"}]


@pytest.mark.parametrize(
    "given",
    [None, "", "the-secret_1", "the-Secret_", "the-Secret_1 ", "hé", "\udcff", "the-Secret_12"],
)
def test_a_request_without_the_secret_is_not_proven(given: str | None) -> None:
    with pytest.raises(NotProven):
        Telegram("1:t", SECRET).parse(request(json.dumps(message(text="hi")).encode(), given))


@pytest.mark.parametrize("given", [None, "", "x"])
def test_a_channel_without_a_secret_believes_nobody(given: str | None) -> None:
    with pytest.raises(NotProven):
        Telegram("1:t", "").parse(request(json.dumps(message(text="hi")).encode(), given))


def test_the_secret_is_asked_before_the_body_is_read() -> None:
    with pytest.raises(NotProven):
        Telegram("1:t", SECRET).parse(request(b"not json", None))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"[]",
        b"7",
        b"null",
        b"{}",
        b'{"update_id": "7"}',
        b'{"update_id": true}',
        b'{"update_id": 1.5}',
        b'{"update_id": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"message": {"text": "hi"}}',
    ],
    ids=lambda body: str(body[:20]),
)
def test_what_is_no_update_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        Telegram("1:t", SECRET).parse(request(body))
