"""SMS and WhatsApp as they go out through Twilio's SDK to a double of Twilio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from bot.channels.base import SendError
from bot.channels.twilio import Account, Sms, WhatsApp
from bot.domain.messages import Approved
from tests.channels.telegram_kit import png
from tests.channels.twilio_kit import ANNA, account_at, choices, to_anna
from tests.doubles.twilio import ACCOUNT, SMS_FROM, WHATSAPP_FROM, TwilioDouble
from tests.doubles.twilio_phone import Phone

SERVICE = "MG" + "0b" * 16


@pytest.fixture
async def double() -> AsyncIterator[TwilioDouble]:
    async with TwilioDouble() as double:
        yield double


@pytest.fixture
async def account(double: TwilioDouble) -> AsyncIterator[Account]:
    account = account_at(double)
    yield account
    await account.close()


@pytest.fixture
def sms(account: Account) -> Sms:
    return Sms(account, SMS_FROM, 1.0)


@pytest.fixture
def whatsapp(account: Account) -> WhatsApp:
    return WhatsApp(account, WHATSAPP_FROM, 80.0)


@pytest.fixture
def anna(double: TwilioDouble) -> Phone:
    """Anna's WhatsApp, where she just wrote."""
    phone = double.phone(ANNA, whatsapp=True)
    phone.wrote_at = double.now()
    return phone


class TestSms:
    async def test_a_text_names_its_sender_and_where_receipts_go(
        self, sms: Sms, double: TwilioDouble
    ) -> None:
        sid = await sms.send(to_anna("sms", "1 of 10", reference="42"))
        [call] = double.calls
        assert call.params == {
            "To": ANNA,
            "From": SMS_FROM,
            "Body": "1 of 10",
            "StatusCallback": "https://lipa.example/twilio/status?m=42",
        }
        assert sid == double.messages[0].sid

    async def test_a_messaging_service_chooses_the_number(
        self, account: Account, double: TwilioDouble
    ) -> None:
        await Sms(account, SERVICE, 1.0).send(to_anna("sms"))
        [call] = double.calls
        assert call.params["MessagingServiceSid"] == SERVICE
        assert "From" not in call.params

    def test_s32_a_message_costs_its_segments(self, sms: Sms) -> None:
        assert sms.cost(to_anna("sms", "x" * 160)) == 1
        assert sms.cost(to_anna("sms", "x" * 307)) == 3
        assert sms.cost(to_anna("sms", "ж" * 71)) == 2

    def test_s12_both_numbers_of_a_phone_are_one_person(self, sms: Sms) -> None:
        assert sms.identity_of("+5215512345678") == sms.identity_of("+525512345678")


class TestWhatsApp:
    async def test_choices_are_buttons_that_carry_their_actions(
        self, whatsapp: WhatsApp, anna: Phone
    ) -> None:
        await whatsapp.send(to_anna("whatsapp", "Well?", buttons=choices("Yes", "No")))
        [shown] = anna.messages
        assert (shown.text, shown.choices) == ("Well?", (("Yes", "do:Yes"), ("No", "do:No")))

    async def test_more_than_three_choices_are_a_list(
        self, whatsapp: WhatsApp, anna: Phone
    ) -> None:
        buttons = choices("Card", "Balance", "Rewards", "More")
        await whatsapp.send(to_anna("whatsapp", "Where to?", buttons=buttons, opener="Choose"))
        [shown] = anna.messages
        assert (shown.text, shown.opener) == ("Where to?", "Choose")
        assert shown.choices[2:] == (("Rewards", "do:Rewards"), ("More", "do:More"))

    async def test_a_text_above_buttons_keeps_its_lines(
        self, whatsapp: WhatsApp, anna: Phone
    ) -> None:
        text = f"Welcome\n\n{'word ' * 60}end\nlast"
        await whatsapp.send(to_anna("whatsapp", text, buttons=choices("Yes")))
        assert [m.text for m in anna.messages] == [text]

    async def test_a_shape_is_made_once_and_found_again_after_a_start(
        self, whatsapp: WhatsApp, double: TwilioDouble, anna: Phone
    ) -> None:
        for text in ("Well?", "And now?", "Two\nlines"):
            await whatsapp.send(to_anna("whatsapp", text, buttons=choices("Yes", "No")))
        again = account_at(double)
        message = to_anna("whatsapp", "After a start", buttons=choices("Sí", "Nada"))
        await WhatsApp(again, WHATSAPP_FROM, 80.0).send(message)
        await again.close()
        names = [content["friendly_name"] for content in double.contents.values()]
        assert names == ["regulars1_buttons2", "regulars1_buttons2_n"]
        assert anna.messages[-1].choices[0] == ("Sí", "do:Sí")

    async def test_where_no_content_can_be_made_choices_are_lines_and_it_is_said_once(
        self, whatsapp: WhatsApp, double: TwilioDouble, anna: Phone
    ) -> None:
        double.fail_next(92000, "content", times=5)
        with capture_logs() as logs:
            for text in ("Well?", "Sure?"):
                await whatsapp.send(to_anna("whatsapp", text, buttons=choices("Yes", "No")))
        assert [m.text for m in anna.messages] == ["Well?\n1 Yes\n2 No", "Sure?\n1 Yes\n2 No"]
        assert [log["event"] for log in logs] == ["twilio.content_refused"]

    async def test_content_deleted_meanwhile_is_made_again(
        self, whatsapp: WhatsApp, double: TwilioDouble, anna: Phone
    ) -> None:
        question = to_anna("whatsapp", "Well?", buttons=choices("Yes"), numbered=False)
        await whatsapp.send(question)
        double.contents.clear()
        await whatsapp.send(question)
        await whatsapp.send(question)
        texts = [(m.text, len(m.choices)) for m in anna.messages]
        assert texts == [("Well?", 1), ("Well?\n- Yes", 0), ("Well?", 1)]

    @pytest.mark.parametrize("what", ["content", "contents"])
    @pytest.mark.parametrize("kind", ["500", "lost", "429", 20003])
    async def test_nothing_is_in_doubt_before_the_message_itself(
        self, whatsapp: WhatsApp, double: TwilioDouble, anna: Phone, what: str, kind: str
    ) -> None:
        double.fail_next(kind, what, times=3)  # type: ignore[arg-type]
        with pytest.raises(SendError) as raised:
            await whatsapp.send(to_anna("whatsapp", "Well?", buttons=choices("Yes")))
        assert (raised.value.kind, anna.messages) == ("later", [])

    async def test_a_picture_is_fetched_with_its_caption(
        self, whatsapp: WhatsApp, double: TwilioDouble, anna: Phone
    ) -> None:
        double.picture = png()
        media = f"{double.url}/picture.png"
        await whatsapp.send(to_anna("whatsapp", "Your card", picture=png(), media=media))
        [shown] = anna.messages
        assert (shown.text, shown.picture) == ("Your card", png())

    async def test_s32_later_than_a_day_an_approved_sentence_arrives(
        self, whatsapp: WhatsApp, double: TwilioDouble
    ) -> None:
        sid = double.approve("Now you have {{1}} of {{2}} at our café.")
        approved = Approved(sid, ("3", "10\n"))
        await whatsapp.send(to_anna("whatsapp", approved=approved))
        [shown] = double.phone(ANNA, whatsapp=True).messages
        assert shown.text == "Now you have 3 of 10 at our café."


class TestErrors:
    @pytest.mark.parametrize(
        ("code", "kind"),
        [
            (21211, "blocked"),
            (21614, "blocked"),
            (30005, "blocked"),
            (30006, "blocked"),
            (63024, "blocked"),
            (21610, "opted_out"),
            (63016, "window"),
            (20429, "later"),
            (30001, "later"),
            (63018, "later"),
            (63038, "later"),
            (20003, "later"),
            (63049, "refused"),
            (30007, "halted"),
            (63041, "halted"),
            (99999, "refused"),
        ],
    )
    async def test_s32_what_a_code_means(
        self, sms: Sms, double: TwilioDouble, code: int, kind: str
    ) -> None:
        double.fail_next(code)
        with pytest.raises(SendError) as raised:
            await sms.send(to_anna("sms"))
        assert raised.value.kind == kind
        assert raised.value.reason.startswith(f"{code} ")

    @pytest.mark.parametrize(
        ("fault", "kind", "taken"),
        [
            ("drop", "unknown", 0),
            ("lost", "unknown", 1),
            ("gateway", "unknown", 1),
            ("hang", "unknown", 1),
            ("500", "unknown", 0),
            ("503", "later", 0),
            ("429", "later", 0),
        ],
    )
    async def test_s31_an_answer_that_never_came_is_unknown(
        self, sms: Sms, double: TwilioDouble, fault: str, kind: str, taken: int
    ) -> None:
        double.fail_next(fault)  # type: ignore[arg-type]
        with pytest.raises(SendError) as raised:
            await sms.send(to_anna("sms"))
        assert (raised.value.kind, len(double.messages)) == (kind, taken)

    async def test_where_nobody_listens_nothing_was_sent(
        self, sms: Sms, double: TwilioDouble
    ) -> None:
        await double.stop()
        with pytest.raises(SendError) as raised:
            await sms.send(to_anna("sms"))
        assert raised.value.kind == "later"

    async def test_an_opted_out_number_is_known_as_such(
        self, sms: Sms, double: TwilioDouble
    ) -> None:
        double.phone(ANNA).opted_out = True
        with pytest.raises(SendError) as raised:
            await sms.send(to_anna("sms"))
        assert raised.value.kind == "opted_out"

    async def test_a_reason_names_no_number(self, sms: Sms, double: TwilioDouble) -> None:
        with pytest.raises(SendError) as raised:
            await Sms(sms._account, "+420777000555", 1.0).send(to_anna("sms"))
        assert "777000" not in raised.value.reason


class TestDoubt:
    """S31: what was taken without our hearing so can be asked for."""

    async def test_a_message_that_was_taken_is_found(self, sms: Sms, double: TwilioDouble) -> None:
        since = datetime.now(UTC)
        double.fail_next("lost")
        with pytest.raises(SendError):
            await sms.send(to_anna("sms", "1 of 10"))
        found = await sms.sent_before(to_anna("sms", "1 of 10"), since)
        assert found == double.messages[0].sid

    async def test_another_text_or_an_earlier_one_is_not_it(
        self, sms: Sms, double: TwilioDouble
    ) -> None:
        await sms.send(to_anna("sms", "1 of 10"))
        now = datetime.now(UTC)
        assert await sms.sent_before(to_anna("sms", "2 of 10"), now) is None
        later = now + timedelta(minutes=5)
        assert await sms.sent_before(to_anna("sms", "1 of 10"), later) is None

    @pytest.mark.parametrize(("fault", "kind"), [("503", "later"), ("drop", "unknown")])
    async def test_it_says_when_it_cant_be_asked(
        self, sms: Sms, double: TwilioDouble, fault: str, kind: str
    ) -> None:
        double.fail_next(fault, "list", times=3)  # type: ignore[arg-type]
        with pytest.raises(SendError) as raised:
            await sms.sent_before(to_anna("sms"), datetime.now(UTC))
        assert raised.value.kind == kind


async def test_the_account_says_its_name_to_its_owner_alone(double: TwilioDouble) -> None:
    account = account_at(double)
    assert await account.name() == "Café double"
    await account.close()
    stranger = Account(ACCOUNT, "0" * 32, "https://lipa.example", (), api_url=double.url)
    with pytest.raises(SendError):
        await stranger.name()
    await stranger.close()
