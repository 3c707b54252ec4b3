"""S32, S33: what STOP, START and HELP do over SMS and on WhatsApp, and what they leave alone."""

from __future__ import annotations

from typing import Literal

import pytest

from bot.domain.messages import NetworkWord
from tests.acceptance.cafe import ByTwilio, Cafe
from tests.acceptance.conftest import on
from tests.chat import InLines, Person, ThroughTwilio
from tests.doubles.twilio import TwilioDouble


async def decisions(cafe: Cafe, channel: str = "sms") -> list[tuple[bool, str, str]]:
    """What was decided about marketing on a channel, oldest first."""
    rows = await cafe.rows(
        "SELECT granted, source, wording FROM consent "
        "WHERE channel = $1 AND purpose = 'marketing' ORDER BY id",
        channel,
    )
    return [(bool(row["granted"]), row["source"], row["wording"]) for row in rows]


async def opted_out(cafe: Cafe) -> bool:
    """Whether the newest conversation is."""
    rows = await cafe.rows("SELECT opted_out_at FROM conversation ORDER BY id")
    return rows[-1]["opted_out_at"] is not None


def double(cafe: Cafe) -> TwilioDouble:
    """The Twilio it texts by."""
    assert isinstance(cafe.world, ByTwilio)
    return cafe.world.double


async def who_takes_offers(cafe: Cafe) -> ThroughTwilio:
    """A member by Twilio who wants them."""
    anna = await cafe.member()
    await anna.says("resume")
    assert isinstance(anna, ThroughTwilio)
    return anna


@on("sms", "sms")
async def test_s33_stop_is_answered_by_the_network_and_stops_everything(cafe: Cafe) -> None:
    till = await cafe.colleague()
    anna = await who_takes_offers(cafe)
    code = await cafe.rows("SELECT code FROM member")
    assert await anna.says("Stop") == []
    assert (await decisions(cafe))[-1] == (False, "network", "stop")
    assert await opted_out(cafe)

    # Nothing is even tried, not for a full card either.
    calls = len(double(cafe).calls)
    await till.says(f"/stamp {code[0]['code']} 10")
    assert anna.sees() == []
    # The till is on SMS too.
    assert len(double(cafe).calls) == calls + 1
    assert await anna.says("CARD") == []
    assert len(double(cafe).calls) == calls + 1
    assert await cafe.unsent() == [("dropped", "opted out")]
    cafe.expected_unsent = await cafe.unsent()


@on("sms", "sms")
async def test_s33_start_brings_back_what_stop_took(cafe: Cafe) -> None:
    anna = await who_takes_offers(cafe)
    for word in ("STOP", "end", "START"):
        assert await anna.says(word) == []
    assert not await opted_out(cafe)
    assert (await decisions(cafe))[-1] == (True, "network", "START")
    assert (await anna.says("balance"))[0].startswith("0 of 10 stamps")


@on("sms")
async def test_s33_start_gives_no_consent_that_was_not_there(cafe: Cafe) -> None:
    anna = await cafe.member()
    refused = await decisions(cafe)
    for word in ("START", "STOP", "UNSTOP"):
        assert await anna.says(word) == []
    assert await decisions(cafe) == [*refused, (False, "network", "stop")]
    assert not await opted_out(cafe)


@on("sms")
async def test_s33_start_takes_back_no_choice_of_their_own(cafe: Cafe) -> None:
    """ "Stop all" is a stop word of ours, and none of the network's."""
    anna = await who_takes_offers(cafe)
    await anna.says("stop all")
    chosen = await decisions(cafe)
    assert chosen[-1] == (False, "chat", "stop")
    await anna.says("START")
    assert await decisions(cafe) == chosen


@on("sms")
async def test_s33_what_was_open_stays_open(cafe: Cafe) -> None:
    anna = cafe.guest("Anna")
    await anna.says("JOIN")
    for word in ("YES", "HELP", "INFO", "CANCEL", "START"):
        assert await anna.says(word) == []
        [chat] = await cafe.rows("SELECT step, misses FROM conversation")
        assert (chat["step"], chat["misses"]) == ("join.welcome", 0)
    assert await cafe.rows("SELECT id FROM member") == []
    assert await anna.says("1") == ["What name should our staff see at the till?"]


# Where the network answers nothing


async def hears(
    person: Person, word: Literal["stop", "start", "help"], *, answered: bool = False
) -> list[str]:
    """What is said to a word of the network that came by itself."""
    assert isinstance(person, InLines)
    network = NetworkWord(word, answered)
    return await person._act(lambda: person.inbound(text=word, network=network), 1)


@on("simulator-text", "simulator-text")
async def test_s33_unanswered_words_are_answered_by_us(cafe: Cafe) -> None:
    anna = await cafe.member()
    await anna.says("resume")
    assert (await hears(anna, "stop"))[0].startswith("Stopped. No more offers from us")
    assert (await decisions(cafe, anna.channel))[-1] == (False, "network", "stop")
    # Only the offers: the network itself lets messages through.
    assert not await opted_out(cafe)
    assert (await anna.says("balance"))[0].startswith("0 of 10 stamps")
    assert (await hears(anna, "start"))[0].startswith("All right, we may write to you about offers")
    assert (await hears(anna, "start"))[0].startswith("All right, we write to you here again.")
    assert (await hears(anna, "help"))[0].startswith("CARD – your card to show")


@on("simulator-text")
async def test_s33_and_then_the_open_question_is_asked_again(cafe: Cafe) -> None:
    anna = cafe.guest("Anna")
    await anna.opens("join")
    question = anna.buttons
    for word in ("stop", "start", "help"):
        assert await hears(anna, word) != []
        assert anna.buttons == question
    assert await cafe.rows("SELECT id FROM member") == []


@on("simulator-text")
async def test_s33_a_stranger_who_stops_is_told_that_there_is_nothing_to_stop(cafe: Cafe) -> None:
    anna = cafe.guest("Anna")
    assert (await hears(anna, "stop"))[0].startswith("You get no messages from us.")
    assert await hears(anna, "stop", answered=True) == []


# What is found out later


@on("sms", "sms")
async def test_s32_an_opt_out_that_sending_finds_is_kept(cafe: Cafe) -> None:
    """Somebody stopped while we were down: 21610."""
    anna = await who_takes_offers(cafe)
    anna.device.opted_out = True
    assert await anna.says("balance") == []
    assert await opted_out(cafe)
    assert [state for state, _ in await cafe.unsent()] == ["failed"]
    calls = len(double(cafe).calls)
    assert await anna.says("balance") == []
    assert len(double(cafe).calls) == calls
    assert [state for state, _ in await cafe.unsent()] == ["failed", "dropped"]
    cafe.expected_unsent = await cafe.unsent()
    await anna.says("START")
    assert (await anna.says("balance"))[0].startswith("0 of 10 stamps")


@pytest.mark.parametrize("code", [30005, 30006])
@on("sms")
async def test_s32_a_dead_number_is_left_alone_until_its_owner_writes(
    cafe: Cafe, code: int
) -> None:
    anna = await who_takes_offers(cafe)
    anna.device.dead = code
    assert await anna.says("balance") == []
    rows = await cafe.rows("SELECT blocked_at FROM conversation")
    assert rows[0]["blocked_at"] is not None
    assert [state for state, _ in await cafe.unsent()] == ["failed"]
    cafe.expected_unsent = await cafe.unsent()
    anna.device.dead = 0
    assert (await anna.says("balance"))[0].startswith("0 of 10 stamps")


@on("whatsapp")
async def test_s33_on_whatsapp_answers_go_on_as_long_as_the_network_lets_them(cafe: Cafe) -> None:
    """With Advanced Opt-Out Twilio answers there too, and stops everything."""
    anna = await who_takes_offers(cafe)
    double(cafe).advanced = True
    assert await anna.says("STOP") == []
    assert (await decisions(cafe, "whatsapp"))[-1] == (False, "network", "stop")
    assert not await opted_out(cafe)
    assert await anna.says("balance") == []
    assert await opted_out(cafe)
    cafe.expected_unsent = await cafe.unsent()
    assert await anna.says("START") == []
    assert (await decisions(cafe, "whatsapp"))[-1] == (True, "network", "START")
    assert (await anna.says("balance"))[0].startswith("0 of 10 stamps")
