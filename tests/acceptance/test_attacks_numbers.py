"""What a stranger, a machine or a thief could have made of numbers, and no longer can."""

from __future__ import annotations

import asyncio
import re
from urllib.parse import urlsplit

import pytest

from bot.dispatch import ANSWERS_A_DAY
from bot.domain.members import Role
from tests.acceptance.cafe import ByTwilio, Cafe, preset
from tests.acceptance.conftest import OpenCafe, on
from tests.acceptance.test_merging import code_sent_to
from tests.acceptance.two_channels import texter
from tests.chat import OnSms, ThroughTwilio
from tests.doubles.twilio import SMS_FROM, TwilioDouble

HELLO = "Kavarna Lipa: "
START_AGAIN = "That number has stopped our texts. A text with START from it turns them on again."


def double(cafe: Cafe) -> TwilioDouble:
    """The Twilio it texts by."""
    assert isinstance(cafe.world, ByTwilio)
    return cafe.world.double


async def texted(shop: Cafe, name: str = "Anna") -> OnSms:
    """Somebody who joined by text."""
    sms = texter(shop, name)
    for words in ("JOIN", "1", name, "2"):
        await sms.says(words)
    return sms


class TestWebhooks:
    """S38, S39: what is called is proven first, and nobody's call is a failure of ours."""

    @pytest.mark.parametrize("target", ["http://evil.example{}", "http://[::1]:80{}"])
    @on("sms")
    async def test_a_whole_address_for_a_path_is_refused(self, cafe: Cafe, target: str) -> None:
        where = urlsplit(double(cafe).webhooks_at)
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(
            f"POST {target.format('/twilio/message')} HTTP/1.1\r\nHost: cafe.example\r\n"
            "X-Twilio-Signature: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
        )
        assert (await reader.readline()).split()[1] == b"403"
        writer.close()
        await writer.wait_closed()

    @on("both")
    async def test_a_form_longer_than_any_of_twilios_is_none(self, cafe: Cafe) -> None:
        form = double(cafe).phone("+420777000001").write("x" * 2**17)
        assert await double(cafe).deliver(form) == 400
        assert await cafe.rows("SELECT id FROM inbound") == []


class TestMachines:
    """Nothing answers itself for ever at the shop's cost (S32)."""

    @on("sms")
    async def test_our_own_number_is_not_answered(self, cafe: Cafe) -> None:
        assert await double(cafe).deliver(double(cafe).phone(SMS_FROM).write("JOIN")) == 200
        await cafe.house.dispatcher.idle()
        assert await cafe.rows("SELECT id FROM conversation") == []

    @on("sms")
    async def test_a_receipt_where_messages_go_is_no_message(self, cafe: Cafe) -> None:
        await cafe.guest().says("hello")
        [taken] = double(cafe).messages
        form = {"MessageSid": taken.sid, "MessageStatus": "delivered", "From": SMS_FROM}
        assert await double(cafe).deliver({**form, "To": taken.params["To"]}) == 200
        await cafe.house.dispatcher.idle()
        assert len(double(cafe).messages) == 1

    @on("sms", "whatsapp")
    async def test_a_machine_that_answers_every_answer_gets_no_more_of_them(
        self, cafe: Cafe
    ) -> None:
        robot = cafe.guest("Robot")
        answers = 0
        while said := await robot.says("I'm driving and will write later."):
            answers += len(said)
            assert answers <= ANSWERS_A_DAY
        assert answers == ANSWERS_A_DAY
        # Nobody else pays for it, and tomorrow is another day.
        assert await cafe.guest("Anna").says("hello") != []
        await cafe.passes(days=1)
        assert await robot.says("hello") != []

    @on("sms")
    async def test_and_can_still_be_told_to_stop(self, cafe: Cafe) -> None:
        robot = await cafe.member("Robot")
        while await robot.says("hm"):
            pass
        await robot.says("STOP")
        stopped = "SELECT granted FROM consent WHERE purpose = 'marketing' ORDER BY id DESC"
        assert [bool(row["granted"]) for row in await cafe.rows(stopped)][:1] == [False]

    @on("sms")
    async def test_colleagues_stamp_all_day(self, cafe: Cafe) -> None:
        till = await cafe.colleague()
        for _ in range(ANSWERS_A_DAY):
            await till.says("find Nobody")
        assert await till.says("find Nobody") != []


class TestReceipts:
    """S31: a receipt settles the message it was sent for, and no other."""

    @on("sms")
    async def test_a_mark_is_good_for_its_own_number_alone(self, cafe: Cafe) -> None:
        anna, eve = cafe.guest("Anna"), cafe.guest("Eve")
        assert isinstance(eve, ThroughTwilio)
        await eve.says("hello")
        # Anna's answer was taken, but nobody heard so, and Twilio can't be asked.
        double(cafe).fail_next("drop")
        double(cafe).fail_next("500", "list", times=9)
        await anna.says("hello")
        [waiting] = await cafe.rows("SELECT id, state FROM outbox WHERE state = 'due'")
        mark = f"/twilio/status?m={waiting['id']}"
        form = {"MessageSid": "SM77", "MessageStatus": "undelivered", "ErrorCode": "21610"}
        for ends in ({"To": eve.phone}, {"To": f"whatsapp:{anna.phone}"}, {}):
            assert await double(cafe).deliver({**form, "From": SMS_FROM, **ends}, mark) == 200
        assert await cafe.unsent() != []
        stopped = "SELECT id FROM conversation WHERE opted_out_at IS NOT NULL"
        assert await cafe.rows(stopped) == []
        await double(cafe).deliver({**form, "From": SMS_FROM, "To": anna.phone}, mark)
        assert len(await cafe.rows(stopped)) == 1
        cafe.expected_unsent = await cafe.unsent()


class TestCodes:
    """S32: codes cost what the shop allows, and prove no more than a number."""

    @pytest.mark.parametrize(
        "number", ["+420 900 123 456", "+420 840 123 456", "+420 224 123 456", "+420 800 123 456"]
    )
    async def test_dear_numbers_and_landlines_get_none(self, shop: Cafe, number: str) -> None:
        eve = await shop.member("Eve")
        await eve.says("settings")
        await eve.presses("My number")
        [said] = await eve.says(number)
        assert said.startswith("This isn't a valid phone number.")
        assert double(shop).messages == []

    async def test_nor_are_they_written_to_when_a_colleague_enrols_them(self, shop: Cafe) -> None:
        till = await shop.colleague()
        [said] = await till.says("enroll +420 224 123 456")
        assert said.startswith("Enrolled: ")
        assert double(shop).messages == []

    async def test_the_code_of_one_chat_is_none_in_another(self, shop: Cafe) -> None:
        anna = await texted(shop)
        thief, friend = await shop.member("Eve"), await shop.member("Eva")
        await code_sent_to(thief, anna)
        code = await code_sent_to(friend, anna)
        async with shop.nothing_changes():
            [said] = await thief.says(code)
        assert said.startswith("That isn't the code. 4 tries left.")


class TestMerging:
    async def test_s17_a_colleague_gets_no_card_of_their_own_past_the_till(
        self, shop: Cafe
    ) -> None:
        sms = await texted(shop, "Jana")
        till = await shop.colleague("Jana")
        [member] = await shop.rows("SELECT code FROM member")
        await till.says("JOIN")
        await till.presses("Join")
        await till.presses("No, thanks")
        await till.says("/settings")
        await till.presses("My number")
        await till.says(sms.phone)
        [text] = sms.sees()
        found = re.search(r"\d{6}", text)
        assert found
        await till.says(found[0])
        await till.presses("Join them")
        async with shop.nothing_changes():
            [said] = await till.says(f"/stamp {member['code']} 1")
        assert said.startswith("Not on your own card: ask a colleague.")


class TestStopped:
    """S32, S33: after STOP nothing is even tried over SMS, whoever wants to, until START."""

    async def test_nothing_goes_there_by_any_way(self, shop: Cafe) -> None:
        till = await shop.colleague("Jana", role=Role.OWNER)
        anna = await texted(shop)
        [member] = await shop.rows("SELECT code FROM member")
        await till.says(f"/stamp {member['code']} 10")
        await anna.says("redeem")
        await anna.presses("Redeem now")
        await anna.says("/feedback Do you have oat milk?")
        assert await anna.says("STOP") == []
        calls = len(double(shop).calls)

        await till.presses("Answer")
        assert (await till.says("Yes, we do."))[0].startswith(START_AGAIN)
        await shop.passes(minutes=16)  # her voucher ends
        await shop.passes(days=1)
        await till.says(f"/stamp {member['code']} 1")
        await till.says(f"/enroll {anna.phone}")
        for words in ("card", "1", "help me", "YES please"):
            assert await anna.says(words) == []
        eve = await shop.member("Eve")
        await eve.says("settings")
        await eve.presses("My number")
        assert (await eve.says(anna.phone))[0].startswith(START_AGAIN)
        assert len(double(shop).calls) == calls

        assert await anna.says("START") == []
        assert (await anna.says("balance"))[0].startswith("1 of 10 stamps")
        shop.expected_unsent = await shop.unsent()
        assert {state for state, _ in shop.expected_unsent} == {"dropped"}


class TestQuestions:
    """What a stranger writes reaches people as what it is."""

    async def test_nobody_writes_lines_that_read_as_ours(self, open_cafe: OpenCafe) -> None:
        cafe = await open_cafe()
        olga = await cafe.colleague("Olga", role=Role.OWNER)
        eve = await cafe.member("Eve")
        olga.look_away()
        await eve.says("/feedback hi\n\n\nAnna · 9 of 10\u202e\u2066 stamps\r\n\n1 Give")
        assert olga.sees() == ["Question from Eve: hi Anna · 9 of 10 stamps 1 Give"]

    @on("whatsapp")
    async def test_however_it_is_broken_into_lines_twilio_keeps_one_shape(self, cafe: Cafe) -> None:
        await cafe.colleague("Olga", role=Role.OWNER)
        eve = await cafe.member("Eve")
        await eve.says("/feedback one")
        before = len(double(cafe).contents)
        for text in ("a\nb", "a\n\nb\nc", "a\nb\nc\nd\ne"):
            await eve.says(f"/feedback {text}")
        assert len(double(cafe).contents) == before

    @on("sms")
    async def test_who_told_the_network_to_stop_does_not_count_as_listening(
        self, cafe: Cafe
    ) -> None:
        olga = await cafe.colleague("Olga", role=Role.OWNER)
        await olga.says("STOP")
        eve = await cafe.member("Eve")
        assert (await eve.says("/feedback hello?"))[0].startswith(
            "Sorry, I can't help with that. Write to us: "
        )


class TestLogs:
    """S36: lines and figures hold nobody's number, name, words or code."""

    async def test_a_whole_story_leaves_nothing_of_anybody(
        self, open_both: OpenCafe, capfd: pytest.CaptureFixture[str]
    ) -> None:
        shop = await open_both(preset("cafe-stamps"))
        olga = await shop.colleague("Olga", role=Role.OWNER)
        sms = await texted(shop, "Svatava")
        app = await shop.member("Svatava")
        code = await code_sent_to(app, sms)
        await app.says(code)
        await app.presses("Join them")
        await sms.says("/feedback Where is my umbrella?")
        await olga.presses("Answer")
        await olga.says("Behind the counter.")
        double(shop).fail_next(30003)
        await sms.says("card")
        double(shop).fail_next("429")
        await sms.says("balance")
        forged = {"From": sms.phone, "Body": "Where is my umbrella?", "ProfileName": "Svatava"}
        await double(shop).deliver(forged, **{"X-Twilio-Signature": "forged"})
        await double(shop).deliver(forged)
        await sms.says("STOP")
        shop.expected_unsent = await shop.unsent()
        shop.expected_failures = await shop.failures()

        printed = capfd.readouterr()
        told = printed.out + printed.err
        cards = re.findall(r"/c/([\w-]+)", "".join(m.text for m in double(shop).messages))
        assert "request" in told
        assert len(cards) > 0
        kept = (sms.phone[4:], "Svatava", "Olga", "umbrella", "counter", code, *cards)
        assert [word for word in kept if word in told] == []
