"""Sending through Telegram: the real SDK against the double, seen from the chat."""

from collections.abc import AsyncIterator

import pytest

from bot.channels.base import Channel, SendError
from bot.channels.telegram import Telegram
from bot.domain.messages import Address, InboundMessage, RenderedButton
from tests.channels.telegram_kit import JOIN, QUICK, SECRET, TERMS, png, to_anna
from tests.doubles.telegram import TOKEN, TelegramDouble, Webhook
from tests.doubles.telegram_chat import Button, Shown
from tests.doubles.telegram_methods import Kind


@pytest.fixture
async def double() -> AsyncIterator[TelegramDouble]:
    async with TelegramDouble() as double:
        yield double


@pytest.fixture
async def telegram(double: TelegramDouble) -> AsyncIterator[Telegram]:
    channel = Telegram(TOKEN, SECRET, double.url, QUICK)
    await channel.start()
    yield channel
    await channel.close()


async def test_it_is_a_channel(telegram: Telegram) -> None:
    channel: Channel = telegram
    assert (channel.name, channel.identity_kind) == ("telegram", "telegram")
    assert telegram.username == "cafe_double_bot"
    assert telegram.link("c_9fK2") == "https://t.me/cafe_double_bot?start=c_9fK2"


async def test_a_link_needs_the_bots_name() -> None:
    with pytest.raises(RuntimeError):
        Telegram(TOKEN, SECRET).link("join")


async def test_a_text_with_buttons(telegram: Telegram, double: TelegramDouble) -> None:
    anna = double.chat(7)
    sent = await telegram.send(to_anna("Ten *coffees* <b>", buttons=((JOIN, TERMS), (), (JOIN,))))
    rows = ((Button("Join", "join"), Button("Terms", "terms:1")), (Button("Join", "join"),))
    assert anna.messages == [Shown(id=int(sent), text="Ten *coffees* <b>", rows=rows)]
    assert double.called("sendMessage")[0]["link_preview_options"] == {"is_disabled": True}


async def test_a_picture_with_caption_and_buttons(
    telegram: Telegram, double: TelegramDouble
) -> None:
    anna = double.chat(7)
    picture = png()
    sent = await telegram.send(to_anna("0 of 10", picture=picture, buttons=((JOIN,),)))
    rows = ((Button("Join", "join"),),)
    assert anna.messages == [Shown(id=int(sent), caption="0 of 10", photo=picture, rows=rows)]


async def test_a_large_picture(telegram: Telegram, double: TelegramDouble) -> None:
    anna = double.chat(7)
    large = png(bytes(3 * 2**20))
    await telegram.send(to_anna("", picture=large))
    assert anna.messages[0].photo == large


async def test_a_picture_alone(telegram: Telegram, double: TelegramDouble) -> None:
    anna = double.chat(7)
    await telegram.send(to_anna("", picture=png()))
    assert (anna.messages[0].photo, anna.messages[0].caption) == (png(), "")


async def test_what_fills_the_limits_is_taken(telegram: Telegram, double: TelegramDouble) -> None:
    anna = double.chat(7)
    full = "😀" * (telegram.limits.text // 2)
    many = tuple((RenderedButton("ž" * telegram.limits.label, "d" * 64),) for _ in range(100))
    await telegram.send(to_anna(full, buttons=many[: telegram.limits.buttons]))
    caption = "č" * telegram.limits.caption
    await telegram.send(to_anna(caption, picture=png()))
    assert [m.words for m in anna.messages] == [full, caption]


async def test_an_edit_replaces_text_and_buttons(
    telegram: Telegram, double: TelegramDouble
) -> None:
    anna = double.chat(7)
    sent = await telegram.send(to_anna("Join?", buttons=((JOIN,),)))
    assert await telegram.send(to_anna("You're in", buttons=((TERMS,),), edit_of=sent)) == sent
    rows = ((Button("Terms", "terms:1"),),)
    assert anna.messages == [Shown(id=int(sent), text="You're in", rows=rows)]
    await telegram.send(to_anna("Done", edit_of=sent))
    assert anna.messages == [Shown(id=int(sent), text="Done")]
    assert double.called("editMessageText")[0]["link_preview_options"] == {"is_disabled": True}


async def test_an_edit_that_changes_nothing_is_done(
    telegram: Telegram, double: TelegramDouble
) -> None:
    anna = double.chat(7)
    sent = await telegram.send(to_anna("Same", buttons=((JOIN,),)))
    assert await telegram.send(to_anna("Same", buttons=((JOIN,),), edit_of=sent)) == sent
    assert [m.text for m in anna.messages] == ["Same"]


async def test_an_edit_of_a_picture_changes_its_caption(
    telegram: Telegram, double: TelegramDouble
) -> None:
    anna = double.chat(7)
    sent = await telegram.send(to_anna("Your voucher", picture=png(), buttons=((JOIN,),)))
    for _ in range(2):  # the second time it is not modified
        assert await telegram.send(to_anna("Cancelled", edit_of=sent)) == sent
    assert anna.messages == [Shown(id=int(sent), caption="Cancelled", photo=png())]


async def test_an_edit_too_long_for_a_caption_is_a_new_message(
    telegram: Telegram, double: TelegramDouble
) -> None:
    anna = double.chat(7)
    card = await telegram.send(to_anna("Card", picture=png(), buttons=((JOIN,),)))
    sent = await telegram.send(to_anna("😀" * 513, edit_of=card))
    old = Shown(id=int(card), caption="Card", photo=png())
    assert anna.messages == [old, Shown(id=int(sent), text="😀" * 513, editable=False)]


async def test_an_edit_with_a_picture_is_a_new_one_and_the_old_buttons_go(
    telegram: Telegram, double: TelegramDouble
) -> None:
    anna = double.chat(7)
    menu = await telegram.send(to_anna("Menu", buttons=((JOIN,),)))
    card = await telegram.send(to_anna("Card", picture=png(), buttons=((TERMS,),), edit_of=menu))
    rows = ((Button("Terms", "terms:1"),),)
    picture = Shown(id=int(card), caption="Card", photo=png(), rows=rows)
    assert anna.messages == [Shown(id=int(menu), text="Menu"), picture]


async def test_what_cannot_be_edited_is_said_anew(
    telegram: Telegram, double: TelegramDouble
) -> None:
    anna = double.chat(7)
    plain_text = await telegram.send(to_anna("No buttons"))
    await telegram.send(to_anna("Instead", edit_of=plain_text))
    await telegram.send(to_anna("Long gone", edit_of="999999"))
    await telegram.send(to_anna("Not here", edit_of="SM9fK2"))
    assert [m.text for m in anna.messages] == ["No buttons", "Instead", "Long gone", "Not here"]


async def test_answered_buttons_go_first(telegram: Telegram, double: TelegramDouble) -> None:
    anna = double.chat(7)
    asked = await telegram.send(to_anna("Join?", buttons=((JOIN,),)))
    await telegram.send(to_anna("Welcome", buttons=((TERMS,),), clear_of=asked))
    assert [(m.text, m.labels) for m in anna.messages] == [("Join?", []), ("Welcome", [["Terms"]])]
    order = [call.method for call in double.calls]
    assert order[-2:] == ["editMessageReplyMarkup", "sendMessage"]


@pytest.mark.parametrize("kind", ["refuse", "500", "502", "hang", "drop", "retry_after"])
async def test_buttons_that_stay_do_not_stop_a_message(
    telegram: Telegram, double: TelegramDouble, kind: Kind
) -> None:
    anna = double.chat(7)
    double.fail_next("editMessageReplyMarkup", kind)
    await telegram.send(to_anna("Welcome", clear_of="12345"))
    assert [m.text for m in anna.messages] == ["Welcome"]


async def test_clearing_what_is_edited_anyway_is_no_extra_call(
    telegram: Telegram, double: TelegramDouble
) -> None:
    double.chat(7)
    sent = await telegram.send(to_anna("Join?", buttons=((JOIN,),)))
    await telegram.send(to_anna("Welcome", edit_of=sent, clear_of=sent))
    assert double.called("editMessageReplyMarkup") == []


async def test_asking_for_the_number_and_taking_the_keyboard_away(
    telegram: Telegram, double: TelegramDouble
) -> None:
    anna = double.chat(7)
    share = RenderedButton("Share my number", "phone", contact=True)
    later = RenderedButton("Later", "later")
    menu = await telegram.send(to_anna("Menu", buttons=((JOIN,),)))
    await telegram.send(to_anna("Your number?", buttons=((share,), (later,)), edit_of=menu))
    assert anna.keyboard == ((Button("Share my number", contact=True),), (Button("Later"),))
    assert [(m.text, m.labels) for m in anna.messages] == [("Menu", []), ("Your number?", [])]
    markup = double.called("sendMessage")[-1]["reply_markup"]
    assert (markup["one_time_keyboard"], markup["resize_keyboard"]) == (True, True)
    await telegram.send(to_anna("Thanks"))
    assert len(anna.keyboard) == 0


async def test_a_press_stops_spinning(telegram: Telegram, double: TelegramDouble) -> None:
    anna = double.chat(7)
    await telegram.send(to_anna("Join?", buttons=((JOIN,),)))
    query = anna.press("Join")["callback_query"]["id"]
    pressed = InboundMessage(Address("telegram", "7"), "1", callback_id=query)
    await telegram.acknowledge(pressed)
    assert anna.spinning == set()
    await telegram.acknowledge(pressed)  # too late is no error
    await telegram.acknowledge(InboundMessage(Address("telegram", "7"), "2", text="hi"))
    assert len([c for c in double.calls if c.method == "answerCallbackQuery"]) == 2


@pytest.mark.parametrize("kind", ["500", "502", "hang", "drop", "retry_after"])
async def test_acknowledging_never_raises(
    telegram: Telegram, double: TelegramDouble, kind: Kind
) -> None:
    double.fail_next("answerCallbackQuery", kind)
    await telegram.acknowledge(InboundMessage(Address("telegram", "7"), "1", callback_id="5"))


async def test_menus_by_language_and_by_person(telegram: Telegram, double: TelegramDouble) -> None:
    double.chat(7)
    await telegram.set_commands([("card", "My card")])
    await telegram.set_commands([("card", "Moje karta")], language="cs")
    await telegram.set_commands([("stamp", "Razítko")], language="cs", chat="7")
    card = {("default", ""): [("card", "My card")], ("default", "cs"): [("card", "Moje karta")]}
    assert double.world.commands == {**card, ("chat:7", "cs"): [("stamp", "Razítko")]}
    await telegram.set_commands([], language="cs", chat="7")
    assert double.world.commands == card
    with pytest.raises(SendError, match="refused"):
        await telegram.set_commands([("Not A Command", "x")])


async def test_the_webhook_carries_the_secret(telegram: Telegram, double: TelegramDouble) -> None:
    await telegram.set_webhook("https://lipa.example/telegram/webhook")
    assert double.webhook == Webhook("https://lipa.example/telegram/webhook", SECRET)
    assert double.called("setWebhook")[0]["allowed_updates"] == ["message", "callback_query"]
    bad = Telegram(TOKEN, "not a secret!", double.url, QUICK)
    with pytest.raises(SendError, match="refused"):
        await bad.set_webhook("https://lipa.example/telegram/webhook")
    await bad.close()
