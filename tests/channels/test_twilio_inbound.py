"""What Twilio calls us with: who proved to be Twilio, and what a person did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from multidict import MultiDict

from bot.channels.base import NotProven, RawRequest, Unreadable
from bot.channels.twilio_inbound import Inbox
from bot.domain.messages import (
    Action,
    Address,
    DeliveryReceipt,
    Event,
    InboundMessage,
    NetworkWord,
    UnreadableUpdate,
)
from tests.channels.twilio_kit import ANNA, PUBLIC
from tests.doubles.twilio import TOKEN, TwilioDouble
from tests.doubles.twilio_phone import Form, Phone, Shown

BOTH = ("sms", "whatsapp")
double = TwilioDouble()


def call(
    form: Form,
    path: str = "/twilio/message",
    *,
    signed_at: str = PUBLIC,
    headers: dict[str, str] | None = None,
    **inbox: Any,
) -> list[Event]:
    """What a call is read as, signed as Twilio signs it when it calls `signed_at`."""
    signature = double.signature(signed_at + path, form)
    proof = {"x-twilio-signature": signature, **(headers or {})}
    request = RawRequest(proof, urlencode(form).encode(), path)
    return Inbox(**{"public_url": PUBLIC, "token": TOKEN, "on": BOTH, **inbox}).parse(request)


@pytest.fixture
def sms() -> Phone:
    return TwilioDouble().phone(ANNA)


@pytest.fixture
def whatsapp() -> Phone:
    return TwilioDouble().phone(ANNA, whatsapp=True, name="Anna")


class TestProof:
    """S38: a signature covers the address Twilio called and every field."""

    @pytest.mark.parametrize(
        ("public_url", "signed_at", "proven"),
        [
            ("https://lipa.example", "https://lipa.example", True),
            ("https://lipa.example", "https://lipa.example:443", True),
            ("https://lipa.example:8443", "https://lipa.example:8443", True),
            ("https://lipa.example/loyalty", "https://lipa.example/loyalty", True),
            ("http://lipa.example", "http://lipa.example:80", True),
            ("https://lipa.example", "http://lipa.example", False),
            ("https://lipa.example", "https://lipa.example/", False),
            ("https://lipa.example", "https://other.example", False),
            ("https://lipa.example/loyalty", "https://lipa.example", False),
        ],
    )
    def test_the_address(self, sms: Phone, public_url: str, signed_at: str, proven: bool) -> None:
        try:
            call(sms.write("JOIN"), signed_at=signed_at, public_url=public_url)
        except NotProven:
            assert not proven
        else:
            assert proven

    @pytest.mark.parametrize(
        ("path", "called", "proven"),
        [
            ("/twilio/message", "/twilio/message", True),
            ("/twilio/message?shop=1&blank=", "/twilio/message?shop=1&blank=", True),
            ("/twilio/message", "/twilio/message/", False),
            ("/twilio/message?shop=1", "/twilio/message?shop=2", False),
            ("/twilio/message?a=1&b=2", "/twilio/message?b=2&a=1", False),
        ],
    )
    def test_the_path_and_its_query(self, sms: Phone, path: str, called: str, proven: bool) -> None:
        form = sms.write("JOIN")
        proof = {"x-twilio-signature": double.signature(PUBLIC + path, form)}
        request = RawRequest(proof, urlencode(form).encode(), called)
        inbox = Inbox(PUBLIC, TOKEN, BOTH)
        if proven:
            assert len(inbox.parse(request)) == 1
        else:
            with pytest.raises(NotProven):
                inbox.parse(request)

    def test_what_a_proxy_says_of_itself_changes_nothing(self, sms: Phone) -> None:
        headers = {
            "host": "127.0.0.1:8080",
            "x-forwarded-proto": "http",
            "x-forwarded-host": "evil.example",
            "x-forwarded-port": "8080",
        }
        assert len(call(sms.write("JOIN"), headers=headers)) == 1

    def test_blank_fields_and_fields_of_tomorrow_count(self, sms: Phone) -> None:
        form = {**sms.write("JOIN"), "FromCity": "", "SomethingNew": "žluťoučký +1 & ="}
        assert len(call(form)) == 1

    @pytest.mark.parametrize(
        "change",
        [
            lambda form: {**form, "Body": "JOIN "},
            lambda form: {**form, "More": ""},
            lambda form: {key: value for key, value in form.items() if key != "FromCity"},
            lambda form: {**form, "From": "+420777000008"},
        ],
        ids=["altered", "added", "left out", "somebody else"],
    )
    def test_a_changed_form_is_refused(self, sms: Phone, change: Callable[[Form], Form]) -> None:
        form = sms.write("JOIN")
        proof = {"x-twilio-signature": double.signature(f"{PUBLIC}/twilio/message", form)}
        request = RawRequest(proof, urlencode(change(form)).encode(), "/twilio/message")
        with pytest.raises(NotProven):
            Inbox(PUBLIC, TOKEN, BOTH).parse(request)

    def test_blanks_may_be_written_either_way(self, sms: Phone) -> None:
        form = sms.write("join at Vinohrady")
        proof = {"x-twilio-signature": double.signature(f"{PUBLIC}/twilio/message", form)}
        body = urlencode(form, quote_via=quote).encode()
        [said] = Inbox(PUBLIC, TOKEN, BOTH).parse(RawRequest(proof, body, "/twilio/message"))
        assert isinstance(said, InboundMessage)
        assert said.text == "join at Vinohrady"

    @pytest.mark.parametrize("token", ["", "0" * 32, TOKEN.upper()])
    def test_another_token_is_refused(self, sms: Phone, token: str) -> None:
        with pytest.raises(NotProven):
            call(sms.write("JOIN"), token=token)

    def test_an_endless_form_is_no_form(self) -> None:
        body = "&".join(f"f{number}=" for number in range(5000)).encode()
        with pytest.raises(Unreadable):
            Inbox(PUBLIC, TOKEN, BOTH).parse(RawRequest({"x-twilio-signature": "x"}, body))


class TestMessages:
    def test_a_text_over_sms(self, sms: Phone) -> None:
        form = sms.write("card, please")
        assert call(form) == [
            InboundMessage(Address("sms", ANNA), form["MessageSid"], "card, please")
        ]

    def test_a_text_on_whatsapp_has_a_name(self, whatsapp: Phone) -> None:
        form = whatsapp.write("card")
        assert call(form) == [
            InboundMessage(Address("whatsapp", ANNA), form["MessageSid"], "card", name="Anna")
        ]

    @pytest.mark.parametrize("opener", ["", "Choose"])
    def test_a_pressed_choice_is_its_action(self, whatsapp: Phone, opener: str) -> None:
        whatsapp.messages.append(Shown("SM77", "Well?", (("Yes", "answer:join:yes"),), opener))
        form = whatsapp.press("Yes")
        assert call(form) == [
            InboundMessage(
                Address("whatsapp", ANNA),
                form["MessageSid"],
                action=Action("answer", ("join", "yes")),
                message_id="SM77",
                name="Anna",
            )
        ]

    @pytest.mark.parametrize(
        ("kind", "media"),
        [
            ("image/jpeg", "photo"),
            ("image/webp", "sticker"),
            ("audio/ogg", "voice"),
            ("video/mp4", "video"),
            ("text/vcard", "contact"),
            ("application/pdf", "document"),
            ("", "document"),
        ],
    )
    def test_what_is_no_text_is_named(self, whatsapp: Phone, kind: str, media: str) -> None:
        [said] = call(whatsapp.send(kind, "look"))
        assert isinstance(said, InboundMessage)
        assert (said.media, said.text) == (media, "look")

    def test_a_place_and_something_new_are_no_texts_either(self, whatsapp: Phone) -> None:
        [place] = call(whatsapp.write("", Latitude="50.08", Longitude="14.43"))
        [new] = call(whatsapp.write(" ", MessageType="hologram"))
        assert isinstance(place, InboundMessage)
        assert isinstance(new, InboundMessage)
        assert (place.media, new.media) == ("location", "unknown")

    @pytest.mark.parametrize("sender", ["46645", "Vodafone", "messenger:1234", "+42"])
    def test_a_machine_is_not_answered(self, sms: Phone, sender: str) -> None:
        assert call({**sms.write("JOIN"), "From": sender}) == []

    @pytest.mark.parametrize("sender", ["", "whatsapp:ID.456654", "whatsapp:"])
    def test_a_sender_of_a_new_kind_is_kept(self, sms: Phone, sender: str) -> None:
        form = {**sms.write("JOIN"), "From": sender}
        [kept] = call(form)
        assert isinstance(kept, UnreadableUpdate)
        assert kept.external_id == form["MessageSid"]

    def test_a_call_without_an_id_is_kept_once(self) -> None:
        first, again = call({"Body": "?"}), call({"Body": "?"})
        assert first == again
        assert isinstance(first[0], UnreadableUpdate)

    @pytest.mark.parametrize("sid", ["", "x" * 5000, "SM\0", "SM1; DROP", "SM-ž"])
    def test_what_can_be_no_id_is_no_key_of_ours(self, sms: Phone, sid: str) -> None:
        [kept] = call({**sms.write("JOIN"), "MessageSid": sid})
        assert isinstance(kept, UnreadableUpdate)
        assert len(kept.external_id) == 64
        assert call({"MessageSid": sid, "MessageStatus": "sent"}, "/twilio/status?m=1") == []

    def test_our_own_number_and_receipts_gone_astray_are_not_answered(
        self, sms: Phone, whatsapp: Phone
    ) -> None:
        for form in (sms.write("JOIN"), whatsapp.write("JOIN")):
            assert call({**form, "From": form["To"]}) == []
            assert call({**form, "MessageStatus": "delivered"}) == []

    def test_of_a_field_given_twice_the_first_counts(self, sms: Phone) -> None:
        pairs = MultiDict([*sms.write("card").items(), ("Body", "STOP")])
        proof = {"x-twilio-signature": double.signature(f"{PUBLIC}/twilio/message", pairs)}
        body = urlencode(list(pairs.items())).encode()
        [said] = Inbox(PUBLIC, TOKEN, BOTH).parse(RawRequest(proof, body, "/twilio/message"))
        assert isinstance(said, InboundMessage)
        assert (said.text, said.network) == ("card", None)

    def test_a_channel_that_is_off_is_silent(self, sms: Phone, whatsapp: Phone) -> None:
        assert call(whatsapp.write("JOIN"), on=("sms",)) == []
        assert call(sms.write("JOIN"), on=("whatsapp",)) == []

    def test_every_database_takes_the_text(self, sms: Phone) -> None:
        [said] = call(sms.write("a\0b"))
        assert isinstance(said, InboundMessage)
        assert said.text == "a\ufffdb"


class TestNetworkWords:
    """A bare word of the network has only its network meaning (interface.md)."""

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            *((text, "stop") for text in ("STOP", "stop", " Stop ", "STOPALL", "Unsubscribe")),
            *((text, "stop") for text in ("END", "quit", "Cancel", "REVOKE", "optout")),
            *((text, "start") for text in ("START", "yes", "unstop")),
            *((text, "help") for text in ("HELP", "info")),
        ],
    )
    def test_over_sms(self, sms: Phone, text: str, word: str) -> None:
        for answers in (True, False):
            [said] = call(sms.write(text), answers_words=answers)
            assert isinstance(said, InboundMessage)
            assert said.network == NetworkWord(word, answered=answers)  # type: ignore[arg-type]

    @pytest.mark.parametrize("text", ["please stop", "yes please", "helpme", "конец", ""])
    def test_inside_a_sentence_it_is_a_word_like_any(self, sms: Phone, text: str) -> None:
        [said] = call(sms.write(text))
        assert isinstance(said, InboundMessage)
        assert said.network is None

    def test_on_whatsapp_only_twilio_says_so(self, whatsapp: Phone) -> None:
        [bare] = call(whatsapp.write("STOP"))
        [named] = call(whatsapp.write("ya basta", OptOutType="STOP"))
        assert isinstance(bare, InboundMessage)
        assert isinstance(named, InboundMessage)
        assert (bare.network, named.network) == (None, NetworkWord("stop", answered=True))

    @pytest.mark.parametrize("kind", ["STOP", "START", "HELP"])
    def test_what_twilio_names_it_has_answered(self, sms: Phone, kind: str) -> None:
        [said] = call(sms.write("dost", OptOutType=kind), answers_words=False)
        assert isinstance(said, InboundMessage)
        assert said.network == NetworkWord(kind.lower(), answered=True)  # type: ignore[arg-type]


class TestReceipts:
    def receipt(self, path: str = "/twilio/status?m=42", **fields: str) -> list[Event]:
        form = {"MessageSid": "SM1", "MessageStatus": "sent", "To": ANNA, "From": "+1", **fields}
        return call(form, path)

    @pytest.mark.parametrize(
        ("status", "state"),
        [
            ("sent", "sent"),
            ("delivered", "delivered"),
            ("read", "delivered"),
            ("failed", "failed"),
            ("undelivered", "failed"),
        ],
    )
    def test_states(self, status: str, state: str) -> None:
        assert self.receipt(MessageStatus=status) == [
            DeliveryReceipt("sms", "SM1", state, reference="42", sent_to=ANNA)  # type: ignore[arg-type]
        ]

    @pytest.mark.parametrize("status", ["queued", "sending", "accepted", "scheduled", "", "new"])
    def test_what_says_nothing_new_is_nothing(self, status: str) -> None:
        assert self.receipt(MessageStatus=status) == []

    @pytest.mark.parametrize(
        ("code", "effect"),
        [
            ("21610", "opted_out"),
            ("30005", "blocked"),
            ("30006", "blocked"),
            ("63024", "blocked"),
            ("30003", ""),
            ("63016", ""),
            ("30007", "halted"),
        ],
    )
    def test_s32_a_failure_says_what_it_means_beyond_the_message(
        self, code: str, effect: str
    ) -> None:
        [receipt] = self.receipt(MessageStatus="undelivered", ErrorCode=code)
        assert isinstance(receipt, DeliveryReceipt)
        assert (receipt.effect, receipt.reason.split()[0]) == (effect, code)

    def test_a_code_nobody_knows_is_kept_with_the_providers_words(self) -> None:
        [receipt] = self.receipt(
            MessageStatus="failed", ErrorCode="69999", ErrorMessage="No route to +420777000007"
        )
        assert isinstance(receipt, DeliveryReceipt)
        assert receipt.reason == "69999 No route to +…"

    @pytest.mark.parametrize("code", ["9" * 5000, "²", "many", "-1", "0"])
    def test_what_is_no_code_is_left_out(self, code: str) -> None:
        [receipt] = self.receipt(MessageStatus="failed", ErrorCode=code)
        assert isinstance(receipt, DeliveryReceipt)
        assert (receipt.reason, receipt.effect) == ("", "")

    def test_a_mark_counts_with_whom_it_went_to_however_that_is_written(self) -> None:
        [receipt] = self.receipt(To="whatsapp:+5215512345678")
        [nobodys] = self.receipt(To="")
        assert isinstance(receipt, DeliveryReceipt)
        assert isinstance(nobodys, DeliveryReceipt)
        assert (receipt.reference, receipt.sent_to) == ("42", "+525512345678")
        assert nobodys.reference == ""

    def test_whatsapp_is_known_by_the_address(self) -> None:
        [receipt] = self.receipt(To=f"whatsapp:{ANNA}")
        assert isinstance(receipt, DeliveryReceipt)
        assert receipt.channel == "whatsapp"

    def test_a_receipt_without_our_mark_is_one_too(self) -> None:
        [receipt] = self.receipt("/twilio/status")
        assert isinstance(receipt, DeliveryReceipt)
        assert receipt.reference == ""
