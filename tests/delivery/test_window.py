"""S27: a day after a person wrote last, only a sentence approved beforehand may be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.channels.base import SendError
from bot.domain.messages import Action, Address, Approved, Button, Picture, Reply, phrase
from bot.metrics import REGISTRY
from bot.services.unit_of_work import Work
from bot.storage import conversations
from tests.acceptance.cafe import preset
from tests.delivery.kit import Post, Provider

DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
EN, CS = "HX" + "e" * 32, "HX" + "c" * 32
TEMPLATES = f"""
[whatsapp.templates.enrolled]
en = "{EN}"
cs = "{CS}"
"""


@pytest.fixture
async def post(work: Work) -> Post:
    """WhatsApp, with some sentences approved; the shop's language is English."""
    post = Post(work, Provider("whatsapp", window=DAY, buttons=3, pictures=True))
    await work.adopt(preset(more=TEMPLATES), post.watch.at)
    return post


def news(template: str | None = "template.enrolled") -> Reply:
    """Something to say with all that no approved sentence has."""
    return Reply(
        (phrase("ask.answer", shop="Lípa", text="Well?"),),
        ((Button(phrase("button.card"), Action("card")),),),
        Picture("card", "c_abc"),
        template=phrase(template, shop="Lípa") if template else None,
    )


async def sent_after(post: Post, after: timedelta, reply: Reply, language: str = "en") -> int:
    chat = await post.chat("whatsapp", language=language)
    post.watch.at += after
    number = await post.says(chat, reply)
    await post.delivers()
    return number


@pytest.mark.parametrize("after", [timedelta(), DAY - SECOND])
async def test_s27_within_the_window_anything_may_be_said(post: Post, after: timedelta) -> None:
    await sent_after(post, after, news())
    [(message, _)] = post.providers["whatsapp"].taken
    assert message.approved is None
    assert (message.text, len(message.buttons)) == ("Lípa: Well?", 1)
    assert message.picture is not None


@pytest.mark.parametrize("after", [DAY, DAY + SECOND])
async def test_s27_from_its_end_on_only_what_was_approved(post: Post, after: timedelta) -> None:
    await sent_after(post, after, news())
    [(message, _)] = post.providers["whatsapp"].taken
    assert message.approved == Approved(EN, ("Lípa",))
    assert message.text.startswith("Hello, this is Lípa.")
    assert (message.buttons, message.picture, message.scan) == ((), None, "")


async def test_s27_who_never_wrote_is_outside(post: Post) -> None:
    address = Address("whatsapp", "+420777000999")
    async with post.work.unit_of_work() as uow:
        chat = await conversations.open(uow.tx, address, "phone", "cs", post.watch.at)
    await post.says(chat.id, news())
    await post.delivers()
    [(message, _)] = post.providers["whatsapp"].taken
    assert message.approved == Approved(CS, ("Lípa",))


async def test_s27_writing_again_opens_the_window(post: Post) -> None:
    chat = await post.chat("whatsapp", "+420777000999")
    post.watch.passes(hours=30)
    assert await post.chat("whatsapp", "+420777000999") == chat
    await post.says(chat, news(None))
    await post.delivers()
    assert post.providers["whatsapp"].texts == ["Well?"]


async def test_s27_without_a_sentence_in_their_language_the_shops_is_said(
    work: Work, post: Post
) -> None:
    more = f'[whatsapp.templates.enrolled]\nen = "{EN}"\n'
    await work.adopt(preset(more=more), post.watch.at)
    await sent_after(post, DAY, news(), "cs")
    [(message, _)] = post.providers["whatsapp"].taken
    assert message.approved == Approved(EN, ("Lípa",))


async def test_s27_its_places_are_filled_as_people_read_them(work: Work, post: Post) -> None:
    more = f'[whatsapp.templates.stamps]\ncs = "{CS}"\n'
    await work.adopt(preset(more=more), post.watch.at)
    template = phrase("template.stamps", shop="Lípa", have=3, total=10)
    await sent_after(post, DAY, replace(news(), template=template), "cs")
    [(message, _)] = post.providers["whatsapp"].taken
    assert message.approved == Approved(CS, ("Lípa", "3", "10"))
    assert message.text == "Dobrý den, tady Lípa. Razítka na kartě: 3 z 10. Děkujeme za návštěvu."


@pytest.mark.parametrize("template", [None, "template.unheard_of"])
async def test_s27_without_any_it_fails_for_everybody_to_see(
    post: Post, template: str | None
) -> None:
    labels = {"channel": "whatsapp", "message_class": "reply", "outcome": "window"}
    name = "regulars_outbound_messages_total"
    before = REGISTRY.get_sample_value(name, labels) or 0
    number = await sent_after(post, DAY, news(template))
    assert await post.state(number) == ("failed", "outside the window, no template")
    assert REGISTRY.get_sample_value(name, labels) == before + 1
    await post.until_done()
    assert post.providers["whatsapp"].tried == [], "it is not tried again"


# What the provider says


async def test_s27_a_window_that_closed_meanwhile_is_closed(post: Post) -> None:
    post.providers["whatsapp"].fails(SendError("window", "63016"))
    number = await sent_after(post, DAY - SECOND, news())
    [(message, _)] = post.providers["whatsapp"].taken
    assert message.approved == Approved(EN, ("Lípa",))
    assert await post.state(number) == ("accepted", "")


@pytest.mark.parametrize("template", [None, "template.enrolled"])
async def test_s27_and_that_is_tried_once(post: Post, template: str | None) -> None:
    provider = post.providers["whatsapp"]
    provider.fails(*[SendError("window", "63016")] * 9)
    number = await sent_after(post, timedelta(), news(template))
    await post.until_done()
    assert (await post.state(number))[0] == "failed"
    assert len(provider.tried) == (2 if template else 1)


async def test_s27_other_channels_have_no_window(work: Work) -> None:
    post = Post(work, Provider("sms"))
    chat = await post.chat()
    post.watch.passes(days=400)
    await post.says(chat, "Well?")
    await post.delivers()
    assert post.providers["sms"].texts == ["Well?"]
