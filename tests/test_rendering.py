"""What a person reads: the voice, the letters, and names as long as there is room (S35)."""

from __future__ import annotations

import pytest

from bot import programmes
from bot.channels import segments
from bot.channels.base import Limits
from bot.channels.fit import Rendered, fit
from bot.channels.telegram import Telegram
from bot.channels.twilio import Sms, WhatsApp
from bot.conversation import option
from bot.domain.messages import Address, Picture, Reply, Wording, phrase
from bot.domain.programme import Programme
from bot.rendering import Links, Renderer
from bot.squeezing import squeezed
from locales import Catalogues

WORDS = Catalogues.load()
RENDERER = Renderer(WORDS, Links("https://lipa.example", sign=lambda number: f"{number}-signed"))
LONG = "Velká káva s mlékem, medem a skořicí podle vlastního výběru"


def cafe(more: str = "") -> Programme:
    programme, _ = programmes.read(f"{programmes.preset('cafe-stamps')}\n{more}", WORDS.languages)
    assert programme is not None
    return programme


def rendered(
    reply: Reply, limits: Limits, language: str = "en", programme: Programme | None = None
) -> Rendered:
    address = Address("test", "+420777000001")
    return RENDERER.render(reply, address, language, programme or cafe(), limits)


def test_over_sms_the_letters_are_plain_and_elsewhere_they_are_not() -> None:
    reply = Reply((phrase("join.ready"),), ((option(phrase("button.skip"), "skip"),),))
    texted, written = (rendered(reply, c.limits, "cs") for c in (Sms, WhatsApp))
    assert texted.text.isascii()
    assert texted.buttons[0][0].label.isascii()
    assert not written.text.isascii()


def test_a_shop_may_pay_for_accents() -> None:
    reply = Reply((phrase("join.ready"),))
    accented = cafe("[sms]\naccents = true\n")
    assert not rendered(reply, Sms.limits, "cs", accented).text.isascii()


def test_the_standing_menu_is_left_out_over_sms() -> None:
    menu = (option(phrase("button.card"), "card", standing=True),)
    asked = (option(phrase("button.skip"), "skip"),)
    reply = Reply((phrase("join.ready"),), (menu, asked))
    assert len(rendered(reply, Sms.limits).buttons) == 1
    assert len(rendered(reply, WhatsApp.limits).buttons) == 2


def test_names_are_as_long_as_there_is_room() -> None:
    told = phrase("news.used", reward=Wording.of(LONG))
    plain = segments.plain(LONG, "cs")
    [short] = fit(rendered(Reply((told,)), Sms.limits, "cs"), Sms.limits)
    assert plain in short.text
    [dense] = fit(rendered(Reply((told,) * 5), Sms.limits, "cs"), Sms.limits)
    assert plain not in dense.text
    assert segments.count(dense.text).segments == 2


@pytest.mark.parametrize(
    "kept",
    [
        "https://lipa.example/c/9fK2mQx7TzYv4LwB",
        "+420777000001",
        "K7M4Q2",
        "x_2AEYY7QZC4abcdef",
        "anna.novakova.dlouha@lipa.example",
    ],
)
def test_addresses_and_codes_are_never_shortened(kept: str) -> None:
    reply = Reply((phrase("card.link", link=kept),))
    assert squeezed(reply, 12) == reply


@pytest.mark.parametrize("name", ["Wolfeschlegelsteinhausen", "Anna Marie Nováková", LONG])
def test_names_are_shortened_wherever_they_stand(name: str) -> None:
    inner = phrase("join.done_name", name=name)
    reply = Reply(
        (phrase("join.gift.points", hello=inner, n=50),),
        ((option(Wording.of(name), "redeem"),),),
    )
    said = rendered(squeezed(reply, 12), Telegram.limits)
    assert name not in said.text
    assert f"{name[:11].rstrip()}…" in said.text
    assert said.buttons[0][0].label == f"{name[:11].rstrip()}…"


def test_what_is_longer_than_any_name_goes_out_as_several_messages() -> None:
    terms = "We keep your name and your stamps, only to run your card. " * 12
    reply = Reply((phrase("terms.text", text=Wording.of(terms.strip())),))
    sent = fit(rendered(reply, Sms.limits), Sms.limits)
    assert len(sent) > 1
    assert all(segments.count(part.text).segments <= 2 for part in sent)
    assert all(part.text.endswith("card.") for part in sent)
    assert " ".join(part.text for part in sent) == terms.strip()


def test_a_picture_is_drawn_fetched_or_linked_to() -> None:
    reply = Reply((phrase("card.show"),), picture=Picture("card", "c_9fK2mQx7TzYv4LwB"))
    telegram, whatsapp, sms = (rendered(reply, c.limits) for c in (Telegram, WhatsApp, Sms))
    assert telegram.picture is not None
    assert telegram.picture.startswith(b"\x89PNG")
    assert whatsapp.picture == b""
    [text] = fit(sms, Sms.limits)
    assert text.text.endswith("https://lipa.example/c/9fK2mQx7TzYv4LwB")
    assert RENDERER.media(7) == "https://lipa.example/media/7-signed"


def test_a_list_has_something_to_open_it_with() -> None:
    reply = Reply((phrase("join.ready"),))
    assert rendered(reply, WhatsApp.limits, "cs").opener == "Vybrat"
    assert rendered(reply, Telegram.limits).opener == ""
