"""An owner writes to many at once, from their own chat, and sees what becomes of it."""

from __future__ import annotations

import pytest

from bot.domain.members import Role
from scheduler.campaigns import CAMPAIGNS
from scheduler.jobs import plan
from tests.acceptance.cafe import TWO_SHOPS, Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Person

TEXT = "Use your stamps by Friday: {all 10} of them!"
NEWS = f"News for members from Kavárna Lípa:\n{TEXT}"
ASK_TEXT = (
    "What should members read? Language: English. "
    "Write it as they will see it, at most 900 characters."
)
ASK_CZECH = (
    "And in this language: Čeština? At most 900 characters. "
    "If you skip it, they read the first text."
)
ASK_SEGMENT = (
    "Who gets it?\nOr write conditions with spaces between them: location:karlin language:cs,en "
    "here:30 not-here:30 visits:5/90 spend:500/90 hours:14-17 birthday:5 tag:student"
)
DRAFT = f"The message:\n{TEXT}\nTo everybody\n1 person can be written to now."


async def agreed(cafe: Cafe, name: str = "Anna", language: str = "en") -> Person:
    """A member who wants to hear of offers."""
    person = await cafe.member(name, language)
    await person.says("/resume")
    return person


async def drafted(owner: Person, text: str = TEXT) -> list[str]:
    """Write to everybody, up to what it comes to."""
    await owner.says("/broadcast")
    await owner.says(text)
    await owner.presses("Skip")
    return await owner.presses("Everybody")


async def sent_off(owner: Person, text: str = TEXT) -> list[str]:
    """Write to everybody, and let it go out."""
    await drafted(owner, text)
    await owner.presses("Send")
    return await owner.presses("Yes, send it")


async def planned(cafe: Cafe) -> None:
    """Plan what is due; nobody has been written to yet."""
    cafe.world.company.look_away()
    await plan(cafe.work, cafe.clock, CAMPAIGNS, cafe.house.sender.deliver)


async def goes_out(cafe: Cafe, **later: float) -> None:
    """Plan and send what is due, until nothing is, and look whether all are through."""
    if later:
        await cafe.passes(**later)
    for _ in range(2):
        await planned_further(cafe)


async def planned_further(cafe: Cafe) -> None:
    await plan(cafe.work, cafe.clock, CAMPAIGNS, cafe.house.sender.deliver)
    while await cafe.house.sender.deliver_due():
        pass


@everywhere()
async def test_s22_an_owner_writes_to_everybody_who_agreed(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await agreed(cafe)
    jana = await cafe.member("Jana")
    assert await owner.says("/broadcast") == [ASK_TEXT]
    assert await owner.says(TEXT) == [ASK_CZECH]
    assert await owner.presses("Skip") == [ASK_SEGMENT]
    assert await owner.presses("Everybody") == [DRAFT]
    assert owner.buttons == ["Send me a test", "Send", "Discard"]
    assert await owner.presses("Send me a test") == [NEWS, "That is how it arrives."]
    assert anna.sees() == []
    assert await owner.presses("Send") == ["Send it to 1 person?"]
    await owner.presses("Yes, send it")
    assert owner.message.text == (
        "On its way to 1 person.\nBroadcast 1: on its way\nSent: 0, waiting: 1, not sent: 0"
    )
    assert owner.buttons == ["How far is it?", "Pause it", "End it"]
    cafe.world.company.look_away()
    await goes_out(cafe)
    assert anna.sees() == [NEWS]
    assert anna.buttons == ["No more offers"]
    assert jana.sees() == []
    assert owner.sees() == ["Broadcast 1 is done.\nSent: 1, waiting: 0, not sent: 0"]
    cafe.world.company.look_away()
    await goes_out(cafe, days=3)
    assert (anna.sees(), owner.sees()) == ([], [])


@on("telegram", "whatsapp", "simulator-text")
async def test_each_reads_their_language_and_others_the_first(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ('["en", "cs"]', '["en", "cs", "pl"]')))
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna, jana = await agreed(cafe, "Anna", "cs"), await agreed(cafe, "Jana", "pl")
    await owner.says("/broadcast Hello!")
    await owner.says("Dobrý den, jaro je tu!")
    await owner.presses("Skip")
    assert await owner.presses("Everybody") == [
        "English:\nHello!\nČeština:\nDobrý den, jaro je tu!\nTo everybody\n"
        "2 people can be written to now."
    ]
    await owner.presses("Send")
    await owner.presses("Yes, send it")
    cafe.world.company.look_away()
    await goes_out(cafe)
    assert anna.sees() == ["Kavárna Lípa, novinka pro členy:\nDobrý den, jaro je tu!"]
    assert jana.sees() == ["Kavárna Lípa, nowość dla stałych klientów:\nHello!"]


@on("telegram", "simulator-text")
async def test_a_segment_is_typed_and_read_back(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=TWO_SHOPS))
    owner = await cafe.colleague("Petr", Role.OWNER)
    await agreed(cafe)
    await owner.says("/broadcast Hello!")
    await owner.presses("Skip")
    assert {"Vinohrady", "Karlín", "No visit in 30 days"} <= set(owner.buttons)
    assert await owner.says("locaton:karlin") == [
        f"“locaton:karlin” is not a condition. For example: location:karlin\n{ASK_SEGMENT}"
    ]
    assert await owner.says("tier:gold") == [f"This programme has no tiers.\n{ASK_SEGMENT}"]
    assert await owner.says("Location: karlin not-here:30 birthday:may tag:student") == [
        "The message:\nHello!\nLocation: Karlín\nNo visit for 30 days\nBirthday in month: 5\n"
        "Tag: student\n"
        "None of them can be written to now: it takes consent and an address that works."
    ]
    assert owner.buttons == ["Send me a test", "Discard"]


@on("telegram", "simulator-text")
async def test_it_is_paused_resumed_and_ended_by_buttons(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await agreed(cafe)
    await sent_off(owner)
    await planned(cafe)
    assert await owner.presses("Pause it") == [
        "Broadcast 1: paused\nSent: 0, waiting: 1, not sent: 0"
    ]
    await goes_out(cafe)
    assert anna.sees() == []
    assert await owner.presses("How far is it?") == [
        "Broadcast 1: paused\nSent: 0, waiting: 1, not sent: 0\nWhy some wait:\n1: paused"
    ]
    assert await owner.presses("Go on") == [
        "Broadcast 1: on its way\nSent: 0, waiting: 1, not sent: 0"
    ]
    assert await owner.presses("End it") == [
        "Broadcast 1: ended early\nSent: 0, waiting: 0, not sent: 1\nWhy not sent:\n1: ended early"
    ]
    cafe.world.company.look_away()
    await goes_out(cafe)
    assert (anna.sees(), owner.sees()) == ([], [])
    assert owner.buttons == ["New message"]


@on("telegram", "simulator-text")
async def test_nothing_is_sent_before_the_second_yes(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await agreed(cafe)
    await drafted(owner)
    await owner.presses("Send")
    await goes_out(cafe)
    assert anna.sees() == []
    await owner.presses("Discard")
    assert owner.message.text == "Broadcast 1: ended early\nSent: 0, waiting: 0, not sent: 0"
    await goes_out(cafe)
    assert anna.sees() == []


@on("telegram")
async def test_pressed_twice_it_goes_out_once(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await agreed(cafe)
    await drafted(owner)
    await owner.presses("Send")
    sure = owner.message
    await owner.presses("Yes, send it", under=sure)
    await owner.presses("Yes, send it", under=sure)
    assert "Sending has begun already." in owner.message.text
    cafe.world.company.look_away()
    await goes_out(cafe)
    assert anna.sees() == [NEWS]


@on("telegram", "simulator-text")
async def test_s38_only_owners_write_to_everybody(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    manager = await cafe.colleague("Jana", Role.MANAGER)
    anna = await agreed(cafe)
    assert "Write to members" in owner.buttons
    for person in (manager, anna):
        assert "Write to members" not in person.buttons
        [said] = await person.says("/broadcast Hello!")
        assert said.startswith("That is for our staff only.")
    assert (await cafe.rows("SELECT COUNT(*) AS n FROM broadcast"))[0]["n"] == 0


@on("telegram", "simulator-text")
async def test_s39_whatever_else_is_sent_is_asked_again(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    await owner.says("/broadcast")
    [asked_again] = await owner.sends_photo()
    assert asked_again.endswith(ASK_TEXT)
    assert await owner.says("x" * 901) == [f"That is 1 character too long.\n{ASK_TEXT}"]
    for place in ("{name}", "{ shop }", "{jméno}"):
        assert await owner.says(f"Hello, {place}!") == [
            f"Everybody reads the same words, so {place} would stay as it is: write it without.\n"
            f"{ASK_TEXT}"
        ]
    assert await owner.says("x" * 900) == [ASK_CZECH]
    [home] = await owner.presses("Cancel")
    assert "Petr" in home
    assert await owner.says("/broadcast 99") == ["There is no broadcast with this number."]


@on("telegram")
async def test_the_first_text_cannot_be_skipped_by_an_old_button(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    await owner.says("/broadcast Hello!")
    second = owner.message
    await owner.says("/broadcast")
    assert await owner.presses("Skip", under=second) == [ASK_TEXT]


@on("telegram", "simulator-text")
async def test_earlier_ones_are_found_again(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    await agreed(cafe)
    await drafted(owner)
    await owner.says("/broadcast")
    assert await owner.presses("Earlier ones") == ["Broadcast 1: a draft"]
    assert await owner.presses("Broadcast 1") == [DRAFT]
    assert await owner.says("/broadcast 1") == [DRAFT]


@on("telegram", "simulator-text")
async def test_s27_who_stops_meanwhile_hears_nothing(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna, jana = await agreed(cafe), await agreed(cafe, "Jana")
    await sent_off(owner)
    await planned(cafe)
    await anna.says("stop")
    cafe.world.company.look_away()
    await goes_out(cafe)
    assert (anna.sees(), jana.sees()) == ([], [NEWS])
    assert owner.sees() == [
        "Broadcast 1 is done.\nSent: 1, waiting: 0, not sent: 1\nWhy not sent:\n1: no consent"
    ]


@on("simulator", "simulator-text")
async def test_s29_a_process_that_dies_loses_and_repeats_nothing(cafe: Cafe) -> None:
    """Once before anybody is planned for, once before anybody is written to, once after."""
    owner = await cafe.colleague("Petr", Role.OWNER)
    people = [await agreed(cafe, name) for name in ("Anna", "Jana", "Eva")]
    await sent_off(owner)
    await cafe.dies()
    await planned(cafe)
    await cafe.dies()
    cafe.world.company.look_away()
    await goes_out(cafe)
    await cafe.dies()
    await goes_out(cafe, days=1)
    assert [person.sees() for person in people] == [[], [], []]
    for person in people:
        assert [message.text for message in person.screen()].count(NEWS) == 1
    [row] = await cafe.rows("SELECT state FROM broadcast")
    assert row["state"] == "done"


@on("telegram", "simulator-text")
async def test_s24_caps_hold_for_broadcasts_too(cafe: Cafe) -> None:
    """One a day: the second waits, and says why."""
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await agreed(cafe)
    await sent_off(owner)
    await goes_out(cafe)
    await sent_off(owner, "Another one.")
    cafe.world.company.look_away()
    await goes_out(cafe)
    assert anna.sees() == []
    assert await owner.says("/broadcast 2") == [
        "Broadcast 2: on its way\nSent: 0, waiting: 1, not sent: 0\nWhy some wait:\n"
        "1: enough messages for now"
    ]
    cafe.world.company.look_away()
    await goes_out(cafe, days=1, seconds=1)
    assert anna.sees() == ["News for members from Kavárna Lípa:\nAnother one."]


@on("telegram", "simulator-text")
async def test_s28_it_waits_for_quiet_hours_to_end(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await agreed(cafe)
    await cafe.passes(hours=12)  # 22:00
    await sent_off(owner)
    cafe.world.company.look_away()
    await goes_out(cafe)
    assert anna.sees() == []
    cafe.world.company.look_away()
    await goes_out(cafe, hours=11, seconds=1)
    assert anna.sees() == [NEWS]


@on("telegram", "simulator-text")
async def test_owners_see_their_campaigns(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await agreed(cafe)
    await sent_off(owner)
    await goes_out(cafe)
    [listed] = await owner.says("/campaigns")
    assert listed.splitlines()[0] == "Messages in the last 30 days:"
    assert "Broadcasts: 1 sent, 0 waiting" in listed.splitlines()
    assert "Come back: 0 sent, 0 waiting" in listed.splitlines()
    await owner.presses("Come back")
    assert owner.message.text == "Campaign: Come back\nNo results yet."
    assert await owner.presses("Pause it") == [
        "Campaign: Come back\nPaused: nothing of it is sent.\nNo results yet."
    ]
    [listed] = await owner.presses("Campaigns")
    assert "Come back: paused, 0 sent, 0 waiting" in listed.splitlines()
    await owner.presses("Come back")
    assert await owner.presses("Go on") == ["Campaign: Come back\nNo results yet."]
    assert anna.sees() == []


@pytest.mark.parametrize("language", ["cs", "pl", "ro", "ru"])
async def test_an_owner_is_spoken_to_in_their_language(open_cafe: OpenCafe, language: str) -> None:
    languages = '["en", "cs", "pl", "ro", "ru"]'
    cafe = await open_cafe(preset("cafe-stamps", ('["en", "cs"]', languages)))
    owner = await cafe.colleague("Petr", Role.OWNER, language=language)
    word = cafe.words.command_word("broadcast", language)
    await owner.says(f"/{word} Hello!")
    for _ in range(4):
        await owner.presses(cafe.label("button.skip", language))
    await owner.presses(cafe.label("button.everybody", language))
    assert cafe.label("button.discard", language) in owner.buttons
    await owner.says(f"/{cafe.words.command_word('campaigns', language)}")
    assert owner.message.text.startswith(cafe.label("campaigns.lately", language))
