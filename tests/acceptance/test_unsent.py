"""What a process leaves unsent when it dies is said by the next one, once, in its order (S31)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from bot.channels.simulator import Simulator
from bot.domain.messages import InboundMessage, OutboundMessage
from bot.sender import SENDING_LEASE
from bot.services.unit_of_work import LEASE
from tests.acceptance.cafe import ByTwilio, Cafe
from tests.acceptance.conftest import on
from tests.chat import InMemory, OnTelegram, Person, ThroughTwilio
from tests.doubles.telegram_methods import Kind
from tests.doubles.twilio import Kind as TwilioKind
from tests.doubles.twilio import TwilioDouble

#: After it nothing of a dead process is leased any more.
LONG = LEASE + SENDING_LEASE + timedelta(seconds=1)
CARD = "0 of 10 stamps\nShow this card when you pay."
BALANCE = "0 of 10 stamps\n○○○○○○○○○○\n10 more stamps and it's yours: Coffee of your choice"


class Deaths:
    """Kills the process where it is told to; a task that is cancelled does nothing afterwards."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def before_claiming(self) -> None:
        """Committed, and nothing more."""
        self._patch.setattr("bot.storage.outbox.claim_next", self._dies)

    def while_sending(self, *, arrived: bool) -> None:
        """Marked as sending; the message is with the provider already, or is not."""
        send = Simulator.send

        async def dies(channel: Simulator, message: OutboundMessage) -> None:
            if arrived:
                await send(channel, message)
            raise asyncio.CancelledError

        self._patch.setattr(Simulator, "send", dies)

    async def undo(self, cafe: Cafe) -> None:
        """Start the next process."""
        self._patch.undo()
        await cafe.dies()

    async def _dies(self, *_: Any, **__: Any) -> None:
        raise asyncio.CancelledError


@pytest.fixture
def deaths(monkeypatch: pytest.MonkeyPatch) -> Deaths:
    return Deaths(monkeypatch)


async def after_the_leases(cafe: Cafe) -> None:
    """The next process looks for what is due when nobody holds it any more."""
    cafe.clock.waited += LONG
    while await cafe.house.sender.deliver_due():
        cafe.clock.at += timedelta(seconds=1)


def stamping(till: Person, code: str) -> InboundMessage:
    """A colleague's message, to be delivered by hand."""
    assert isinstance(till, InMemory)
    return till.inbound(text=f"/stamp {code} 2")


def heard(person: Person) -> list[str]:
    """All that somebody was told, in order."""
    return [message.text for message in person.screen()]


@on("simulator", "simulator")
async def test_killed_before_sending(cafe: Cafe, deaths: Deaths) -> None:
    anna = await cafe.member()
    told = heard(anna)
    deaths.before_claiming()
    assert await anna.says("card") == []
    await deaths.undo(cafe)

    await cafe.house.sender.deliver_due()
    assert heard(anna) == told, "the dead process's lease still holds"
    await after_the_leases(cafe)
    assert heard(anna) == [*told, CARD]


@on("simulator", "simulator")
async def test_killed_before_it_arrived(cafe: Cafe, deaths: Deaths) -> None:
    anna = await cafe.member()
    told = heard(anna)
    deaths.while_sending(arrived=False)
    await anna.says("card")
    await deaths.undo(cafe)
    await after_the_leases(cafe)
    assert heard(anna) == [*told, CARD]


@on("simulator", "simulator")
async def test_killed_after_it_arrived_repeats_a_reply_once_at_most(
    cafe: Cafe, deaths: Deaths
) -> None:
    anna = await cafe.member()
    told = heard(anna)
    deaths.while_sending(arrived=True)
    await anna.says("card")
    await deaths.undo(cafe)
    deaths.while_sending(arrived=True)
    with pytest.raises(asyncio.CancelledError):
        await after_the_leases(cafe)
    await deaths.undo(cafe)
    await after_the_leases(cafe)
    assert heard(anna) == [*told, CARD, CARD]
    assert await cafe.unsent() == [("unknown", "sender lost")]
    cafe.expected_unsent = await cafe.unsent()


@on("simulator", "simulator")
async def test_what_comes_after_keeps_its_place(cafe: Cafe, deaths: Deaths) -> None:
    anna = await cafe.member()
    told = heard(anna)
    deaths.before_claiming()
    await anna.says("card")
    await deaths.undo(cafe)
    assert await anna.says("balance") == [], "it must not overtake the card"
    await after_the_leases(cafe)
    assert heard(anna) == [*told, CARD, BALANCE]


@on("simulator", "simulator")
async def test_nobody_else_waits(cafe: Cafe, deaths: Deaths) -> None:
    anna, bara = await cafe.member(), await cafe.member("Bára")
    deaths.while_sending(arrived=False)
    await anna.says("card")
    await deaths.undo(cafe)
    assert await bara.says("balance") == [BALANCE]
    await after_the_leases(cafe)


@on("simulator", "simulator")
async def test_an_update_delivered_again_after_the_death_changes_nothing(
    cafe: Cafe, deaths: Deaths
) -> None:
    """S9: the provider got no 200, so it delivers the stamp again."""
    till = await cafe.colleague()
    anna = await cafe.member()
    code = await cafe.code_of(anna)
    stamp = stamping(till, code)
    deaths.before_claiming()
    await cafe.house.dispatcher.handle(stamp)
    await cafe.house.dispatcher.idle()
    await deaths.undo(cafe)

    async with cafe.nothing_changes():
        await cafe.house.dispatcher.handle(stamp)
        await cafe.house.dispatcher.idle()
    await after_the_leases(cafe)
    assert heard(anna)[-1] == "+2 stamps. 2 of 10."
    assert heard(till)[-1] == "+2 stamps\nAnna\n2 of 10 stamps"
    assert heard(till).count("+2 stamps\nAnna\n2 of 10 stamps") == 1


@on("simulator", "simulator")
async def test_a_process_killed_before_the_commit_did_nothing(
    cafe: Cafe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The update comes again, and counts then."""
    till = await cafe.colleague()
    anna = await cafe.member()
    code = await cafe.code_of(anna)
    stamp = stamping(till, code)

    async def dies(*_: Any, **__: Any) -> None:
        raise asyncio.CancelledError

    with monkeypatch.context() as killed:
        killed.setattr("bot.storage.conversations.save", dies)
        async with cafe.nothing_changes():
            with pytest.raises(asyncio.CancelledError):
                await cafe.house.dispatcher.handle(stamp)
    await cafe.dies()
    await cafe.house.dispatcher.handle(stamp)
    await cafe.house.dispatcher.idle()
    assert (await anna.says("balance"))[0].startswith("2 of 10 stamps")


class TestTelegramFails:
    """The till goes on, whatever becomes of a customer's message."""

    async def test_somebody_who_blocked_the_bot_is_left_alone_until_they_write(
        self, cafe: Cafe
    ) -> None:
        """S32."""
        anna, till, code = await at_the_till(cafe)
        anna.chat.blocked = True
        assert await till.says(f"/stamp {code}") == ["+1 stamp\nAnna\n1 of 10 stamps"]
        assert [state for state, _ in await cafe.unsent()] == ["failed"]
        await till.says(f"/stamp {code}")
        assert len(await cafe.unsent()) == 1, "nothing is even tried"
        cafe.expected_unsent = await cafe.unsent()

        anna.chat.blocked = False
        assert (await anna.says("balance"))[0].startswith("2 of 10 stamps")
        await till.says(f"/stamp {code}")
        assert anna.sees() == ["+1 stamp. 3 of 10."]

    @pytest.mark.parametrize("kind", ["500", "retry_after"])
    async def test_what_was_not_taken_arrives_a_moment_later(self, cafe: Cafe, kind: Kind) -> None:
        anna, _, _ = await at_the_till(cafe)
        anna.double.fail_next("sendMessage", kind)
        await anna.says("balance")
        assert anna.sees() == []
        await cafe.passes(seconds=1)
        assert anna.sees() == [BALANCE]

    @pytest.mark.parametrize("kind", ["lost", "gateway"])
    async def test_what_may_have_arrived_is_repeated_once(self, cafe: Cafe, kind: Kind) -> None:
        anna, _, _ = await at_the_till(cafe)
        anna.double.fail_next("sendMessage", kind, times=3)
        assert await anna.says("balance") == [BALANCE]
        await cafe.passes(seconds=1)
        assert anna.sees() == [BALANCE]
        await cafe.passes(minutes=10)
        assert anna.sees() == []
        assert [state for state, _ in await cafe.unsent()] == ["unknown"]
        cafe.expected_unsent = await cafe.unsent()


async def at_the_till(cafe: Cafe) -> tuple[OnTelegram, Person, str]:
    """A member on Telegram, a colleague, and the member's code."""
    till = await cafe.colleague()
    anna = await cafe.member()
    assert isinstance(anna, OnTelegram)
    return anna, till, await cafe.code_of(anna)


class TestTwilioFails:
    """Twilio can be asked what it took."""

    @pytest.mark.parametrize("kind", ["lost", "gateway"])
    @on("sms", "whatsapp")
    async def test_s31_taken_without_an_answer_arrives_once(
        self, cafe: Cafe, kind: TwilioKind
    ) -> None:
        anna, double = await texting(cafe)
        double.fail_next(kind)
        said = await anna.says("balance")
        assert len(said) == 1
        assert [state for state, _ in await cafe.unsent()] == ["due"]
        await cafe.passes(seconds=1)
        assert (anna.sees(), await cafe.unsent()) == ([], [])

    @pytest.mark.parametrize("kind", ["drop", "429", "503"])
    @on("sms", "whatsapp")
    async def test_s31_what_was_not_taken_arrives_a_moment_later(
        self, cafe: Cafe, kind: TwilioKind
    ) -> None:
        anna, double = await texting(cafe)
        double.fail_next(kind)
        assert await anna.says("balance") == []
        await cafe.passes(minutes=1)
        assert len(anna.sees()) == 1

    @on("sms")
    async def test_s31_nothing_is_repeated_while_twilio_does_not_say(self, cafe: Cafe) -> None:
        anna, double = await texting(cafe)
        double.fail_next("lost")
        double.fail_next("503", "list", times=3)
        assert len(await anna.says("balance")) == 1
        for _ in range(4):
            await cafe.passes(minutes=1)
            assert anna.sees() == []
        assert await cafe.unsent() == []


async def texting(cafe: Cafe) -> tuple[ThroughTwilio, TwilioDouble]:
    """A member by Twilio, whose clock is the machine's, by which doubts go."""
    anna = await cafe.member()
    assert isinstance(anna, ThroughTwilio)
    assert isinstance(cafe.world, ByTwilio)
    double = cafe.world.double
    double.now = cafe.clock.real_now
    return anna, double
