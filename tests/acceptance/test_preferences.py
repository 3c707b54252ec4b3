"""S28, S33, S33a: the page where a member says how many messages, where, and by whose clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.acceptance.cafe import TWO_SHOPS, Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.acceptance.two_channels import texter
from tests.chat import OnSms, Person

CHANNELS = {"telegram": "Telegram", "whatsapp": "WhatsApp", "console": "Terminal"}
ALL = ('languages = ["en", "cs"] ', 'languages = ["en", "cs", "pl", "ro", "ru"] ')
ONE_ZONE_MORE = (
    TWO_SHOPS + '\n[[locations]]\ncode = "london"\nname = "London"\nzone = "Europe/London"'
)
OFF = "You get no offers from us. Your card works as before."


def name_of(person: Person) -> str:
    """What the page calls the channel a person is on."""
    others = {"simulator": "Simulator", "simulator-text": "Simulator SMS", "sms": "SMS"}
    return {**CHANNELS, **others}[channel_of(person)]


def channel_of(person: Person) -> str:
    """The channel a person is on, as the database calls it."""
    return {"OnTelegram": "telegram", "OnWhatsApp": "whatsapp", "OnSms": "sms"}.get(
        type(person).__name__, getattr(person, "channel", "")
    )


async def reader(cafe: Cafe, language: str = "en") -> Person:
    """A member who wants gifts and offers."""
    anna = await cafe.member("Anna", language)
    await anna.says("/resume")
    return anna


async def preference(cafe: Cafe) -> dict[str, object]:
    [row] = await cafe.rows("SELECT channel, pace, paused_until, zone FROM preference")
    return row


@everywhere()
async def test_s33_the_page_says_what_holds_and_each_choice_changes_it(cafe: Cafe) -> None:
    anna = await reader(cafe)
    here = name_of(anna)
    await anna.says("settings")
    assert await anna.presses("Messages") == [
        f"Gifts and offers come to you by {here}, at most 6 a month."
    ]
    assert anna.buttons == ["Fewer", "Only gifts", "Pause for a month", "No more offers", "Menu"]

    assert await anna.presses("Fewer") == [
        f"Gifts and offers come to you by {here}, at most 2 a month."
    ]
    assert anna.buttons == [
        "All messages",
        "Only gifts",
        "Pause for a month",
        "No more offers",
        "Menu",
    ]
    assert await anna.presses("Only gifts") == [
        f"Only news of your gifts and rewards comes by {here}, no offers."
    ]
    assert await anna.presses("All messages") == [
        f"Gifts and offers come to you by {here}, at most 6 a month."
    ]

    assert await anna.presses("Pause for a month") == [
        "From 2 April 2026 gifts and offers come again; until then we stay quiet."
    ]
    assert anna.buttons == ["End the pause", "No more offers", "Menu"]
    assert (await anna.says("settings"))[0].endswith("Offers: again from 2 April 2026")
    await anna.presses("Messages")
    assert await anna.presses("End the pause") == [
        f"Gifts and offers come to you by {here}, at most 6 a month."
    ]
    await anna.presses("No more offers")
    await anna.says("messages")
    assert anna.message.text == OFF
    assert anna.buttons == ["Get offers", "Menu"]
    await anna.presses("Get offers")
    assert (await anna.says("settings"))[0].endswith("Offers: yes")


@on("telegram", "simulator-text", "console", "sms")
async def test_each_can_be_typed(cafe: Cafe) -> None:
    anna = await reader(cafe)
    for word, pace in (("fewer", "fewer"), ("only gifts", "gifts"), ("/fewer", "fewer")):
        await anna.says(word)
        assert (await preference(cafe))["pace"] == pace
    [said] = await anna.says("pause messages")
    assert said.startswith("From 2 Apr")
    # Who wants offers again does not want a pause either.
    await anna.says("resume")
    assert (await preference(cafe))["paused_until"] is None


@on("telegram", "simulator-text")
async def test_a_pause_ends_by_itself(cafe: Cafe) -> None:
    anna = await reader(cafe)
    await anna.says("pause")
    await cafe.passes(days=30, hours=12, minutes=59)
    assert (await anna.says("messages"))[0].startswith("From 2 April")
    # In Prague it is 2 April.
    await cafe.passes(minutes=1)
    assert (await anna.says("messages"))[0].startswith("Gifts and offers come")


@on("telegram", "simulator-text")
async def test_nobody_who_gets_nothing_changes_how_many(cafe: Cafe) -> None:
    anna = await cafe.member()
    for word in ("fewer", "only gifts", "pause", "messages"):
        assert await anna.says(word) == [OFF]
    assert await cafe.rows("SELECT pace FROM preference") == []


@on("telegram", "sms")
async def test_no_number_is_promised_that_the_caps_do_not_keep(open_cafe: OpenCafe) -> None:
    weekly = await open_cafe(preset(more="[caps]\nmember = { week = 1 }"))
    anna = weekly.guest()
    await anna.opens("join")
    await anna.presses("Join")
    await weekly.introduces(anna)
    assert anna.message.text.endswith(
        "May we also write to you about gifts and offers? Stop any time. "
        "Your card works either way."
    )
    await anna.presses("Yes, please")
    assert await anna.says("messages") == [f"Gifts and offers come to you by {name_of(anna)}."]
    assert await anna.says("fewer") == [
        f"Gifts and offers come to you by {name_of(anna)}, at most 2 a month."
    ]


@on("telegram", "simulator-text")
async def test_the_question_names_the_caps_of_the_programme(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more="[caps]\nmember = { month = 1 }"))
    anna = cafe.guest()
    await anna.opens("join")
    await anna.presses("Join")
    await cafe.introduces(anna)
    assert "At most once a month, stop any time." in anna.message.text
    await anna.presses("Yes, please")
    [said] = await anna.says("messages")
    assert said.endswith(", at most once a month.")
    # One is fewer than fewer.
    assert await anna.says("fewer") == [said]


@pytest.mark.parametrize(
    ("language", "said", "answer"),
    [
        ("en", "can you write less often please", "Gifts and offers come to you by Telegram, "),
        ("cs", "pište mi méně často", "Dárky a nabídky chodí přes Telegram, nejvýš 6× za měsíc."),
        ("pl", "piszcie do mnie rzadziej", "Prezenty i oferty przychodzą przez Telegram, "),
        ("ro", "scrieți-mi mai rar", "Cadourile și ofertele vin prin Telegram, cel mult 6 mesaje"),
        ("ru", "пишите мне пореже", "Подарки и акции приходят через Telegram, не чаще 6 раз"),
    ],
)
async def test_a_wish_in_a_sentence_opens_the_page(
    open_cafe: OpenCafe, language: str, said: str, answer: str
) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ALL))
    anna = await reader(cafe, language)
    [page] = await anna.says(said)
    assert page.startswith(answer)


# --- where ---


async def on_two(shop: Cafe) -> tuple[OnSms, Person]:
    """One member by SMS and in an app, who wrote in the app last and wants offers there."""
    sms = texter(shop)
    for words in ("JOIN", "1", "Anna", "2"):
        await sms.says(words)
    app = shop.guest("Anna")
    await shop.passes(seconds=1)
    await app.opens("join")
    async with shop.work.unit_of_work() as uow:
        await uow.tx.execute(
            "UPDATE identity SET member_id = (SELECT id FROM member) WHERE member_id IS NULL"
        )
    await app.says("menu")
    await app.says("resume")
    return sms, app


async def granted(shop: Cafe) -> dict[str, bool]:
    rows = await shop.rows(
        "SELECT channel, granted FROM consent WHERE purpose = 'marketing' ORDER BY id"
    )
    return {row["channel"]: bool(row["granted"]) for row in rows}


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"], indirect=True)
async def test_s33a_a_member_of_several_channels_chooses_where(shop: Cafe) -> None:
    sms, app = await on_two(shop)
    assert "Messages" in app.buttons
    await app.presses("Messages")
    assert "Channels" in app.buttons
    assert await app.presses("Channels") == [
        "Gifts and offers come by Simulator.\nNo offers come by SMS."
    ]
    assert await app.presses("SMS") == ["No offers come by SMS."]
    assert await app.presses("Allow") == [
        "Gifts and offers come by Simulator.\nBy SMS only when the first way fails."
    ]
    assert await granted(shop) == {"sms": True, "simulator": True}
    await app.presses("SMS")
    assert app.buttons == ["Write here first", "Not here", "Back"]
    assert await app.presses("Write here first") == [
        "Gifts and offers come by SMS.\nBy Simulator only when the first way fails."
    ]
    assert (await preference(shop))["channel"] == "sms"
    assert await app.says("messages") == ["Gifts and offers come to you by SMS, at most 6 a month."]
    await app.presses("Channels")
    await app.presses("SMS")
    await app.presses("Not here")
    assert await granted(shop) == {"sms": False, "simulator": True}
    assert await app.says("messages") == [
        "Gifts and offers come to you by Simulator, at most 6 a month."
    ]
    assert sms.sees() == []


async def test_what_is_kept_of_a_choice_is_what_was_asked(shop: Cafe) -> None:
    _, app = await on_two(shop)
    for pressed in ("Messages", "Channels", "SMS", "Allow"):
        await app.presses(pressed)
    [row] = await shop.rows(
        "SELECT wording, version, source FROM consent WHERE purpose = 'marketing' "
        "AND channel = 'sms' AND granted"
    )
    assert row == {"wording": "messages.on", "version": "1", "source": "chat"}


async def test_s33a_a_channel_its_owner_closed_is_said_to_be(shop: Cafe) -> None:
    """Twilio said so when it refused a message (21610): nothing takes over."""
    _, app = await on_two(shop)
    for pressed in ("Messages", "Channels", "SMS", "Allow", "SMS", "Write here first"):
        await app.presses(pressed)
    async with shop.work.unit_of_work() as uow:
        await uow.tx.execute(
            "UPDATE conversation SET opted_out_at = $1 WHERE channel = 'sms'", shop.clock.now()
        )
    closed = "We can't write to you by SMS now. To open it again, write START there."
    assert await app.says("messages") == [closed]
    assert await app.presses("Channels") == [
        f"By Simulator only when the first way fails.\n{closed}"
    ]
    await app.presses("Simulator")
    await app.presses("Write here first")
    assert await app.says("messages") == [
        "Gifts and offers come to you by Simulator, at most 6 a month."
    ]


async def test_s33a_who_stops_and_allows_them_elsewhere_gets_them_there(shop: Cafe) -> None:
    sms, app = await on_two(shop)
    for pressed in ("Messages", "Channels", "SMS", "Allow", "SMS", "Write here first"):
        await app.presses(pressed)
    await sms.says("STOP")
    assert (await preference(shop))["channel"] == "sms"
    shop.clock.advance(timedelta(minutes=1))
    await app.says("resume")
    assert await app.says("messages") == [
        "Gifts and offers come to you by Simulator, at most 6 a month."
    ]


# --- by whose clock ---


@on("telegram", "simulator-text", "console", "sms", "whatsapp")
async def test_s28_a_member_sets_their_own_zone(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=ONE_ZONE_MORE))
    anna = await reader(cafe)
    await anna.says("messages")
    assert "Time zone" in anna.buttons
    question = (
        "By our clock it is {} where you are. Which big city has your time? "
        "For example Prague or London."
    )
    assert await anna.presses("Time zone") == [question.format("10:00")]
    assert await anna.says("Springfield") == [
        f"We don't know that place.\n{question.format('10:00')}"
    ]
    assert await anna.says("New York") == ["Noted: it is 04:00 where you are."]
    assert (await preference(cafe))["zone"] == "America/New_York"
    await anna.presses("Messages")
    await anna.presses("Time zone")
    assert anna.message.text == question.format("04:00")
    assert await anna.presses("The shop's time") == ["Noted: it is 10:00 where you are."]
    assert (await preference(cafe))["zone"] is None


@on("telegram", "simulator-text")
async def test_where_all_shops_share_a_clock_it_is_there_for_who_asks(cafe: Cafe) -> None:
    anna = await reader(cafe)
    await anna.says("messages")
    assert "Time zone" not in anna.buttons
    await anna.says("time zone")
    assert await anna.says("Europe/Lisbon") == ["Noted: it is 09:00 where you are."]
    # A pause ends by it: in Lisbon it is 11 March when it is the 12th in Prague.
    await cafe.passes(days=9, hours=14, minutes=30)
    assert (await anna.says("pause"))[0].startswith("From 11 April 2026 ")
    await anna.says("messages")
    assert "Time zone" in anna.buttons


@pytest.mark.parametrize(
    ("language", "city", "zone"),
    [
        ("cs", "Londýn", "Europe/London"),
        ("cs", "nový york", None),
        ("pl", "warszawa", "Europe/Warsaw"),
        ("pl", "Kijów", "Europe/Kyiv"),
        ("ro", "bucuresti", "Europe/Bucharest"),
        ("ru", "Москва", "Europe/Moscow"),
        ("ru", "europe/berlin", "Europe/Berlin"),
        ("en", "Poland", "Europe/Warsaw"),
        ("en", "Samoa", None),
        ("en", "yes", None),
    ],
)
async def test_s28_cities_are_known_by_their_names_in_each_language(
    open_cafe: OpenCafe, language: str, city: str, zone: str | None
) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ALL))
    anna = await reader(cafe, language)
    await anna.says("/zone")
    await anna.says(city)
    rows = await cafe.rows("SELECT zone FROM preference")
    assert [row["zone"] for row in rows if row["zone"]] == ([zone] if zone else [])


async def test_what_was_planned_by_the_old_clock_is_planned_anew(cafe: Cafe) -> None:
    anna = await reader(cafe)
    async with cafe.work.unit_of_work() as uow:
        await uow.tx.execute(
            "INSERT INTO occasion (member_id, campaign, occurrence, state, due_at, ends_at, "
            "planned_at) SELECT id, 'birthday', '2026', 'planned', $1, $1, $1 FROM member",
            cafe.clock.now(),
        )
    await anna.says("/zone")
    await anna.says("Tokyo")
    assert await cafe.rows("SELECT id FROM occasion") == []
