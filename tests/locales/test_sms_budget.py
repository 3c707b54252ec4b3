"""S35: over SMS every whole message is one of at most two segments, in every language.

Cafés whose people text play everything through, with the longest names and addresses; what was said
there is then read in each language, in both addresses.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.channels.fit import fit
from bot.channels.segments import count
from bot.channels.twilio import Sms
from bot.dispatch import APOLOGY
from bot.domain.messages import Address, Phrase, Reply, Value
from bot.domain.programme import Programme
from bot.programmes import read
from bot.rendering import Links, Renderer
from locales import Catalogues
from locales.catalogue import FOLDER, Catalogue
from tests.locales.overheard import play
from tests.locales.texting import ALL_RULES, SITE, Listener, programme

CATALOGUES = Catalogues.load()
RENDERER = Renderer(CATALOGUES, Links(SITE))

#: Names a choice, and is no phrase of a message.
NAMES_A_CHOICE = {"language.name"}
#: What ends the first message that nobody asked for, and those after it.
FIRST, LATER = "unasked.sms_first", "unasked.sms_stop"
#: What a customer asked or a colleague answered: theirs, and as long as they wrote it.
OWN_WORDS = "text"


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> list[Reply]:
    """All that was said in the cafés."""
    listener = Listener(tmp_path_factory.mktemp("cafes"), migrated_sqlite)
    asyncio.run(play(listener))
    return [*listener.heard, *_as_the_first(listener.heard), APOLOGY]


@pytest.mark.parametrize("address", ["formal", "friendly"])
@pytest.mark.parametrize("language", CATALOGUES.languages)
def test_s35_each_message_is_one_of_two_segments_at_most(
    heard: Sequence[Reply], language: str, address: str
) -> None:
    shop = _shop(address)
    sent = [_sent(reply, language, shop) for reply in heard if not _has_own_words(reply)]
    long = {texts: count("\n".join(texts)) for texts in sent}
    long = {texts: it for texts, it in long.items() if len(texts) > 1 or it.segments > 2}
    assert long == {}, "\n\n".join(
        f"{len(texts)} messages, {counted}:\n" + "\n--\n".join(texts)
        for texts, counted in long.items()
    )


@pytest.mark.parametrize("language", [code for code in CATALOGUES.languages if code != "ru"])
def test_s35_no_sign_of_ours_doubles_the_price(heard: Sequence[Reply], language: str) -> None:
    shop = _shop("formal")
    sent = {text for reply in heard for text in _sent(reply, language, shop)}
    assert [text for text in sent if count(text).encoding != "GSM-7"] == []


def test_everything_that_is_said_shorter_was_heard(heard: Sequence[Reply]) -> None:
    """What no message over SMS says needs no words of its own there."""
    said = {key for reply in heard for key in _keys(reply)} | NAMES_A_CHOICE
    shorter = {
        f"{file.stem}: {key}"
        for file in FOLDER.glob("*@sms.po")
        for key in Catalogue.read(file).sentences
        if key not in said
    }
    assert sorted(shorter) == []


def _shop(address: str) -> Programme:
    source = programme(*ALL_RULES).replace("[shop]", f'[shop]\naddress = "{address}"')
    shop, problems = read(source, CATALOGUES.languages)
    assert shop is not None, problems
    return shop


def _sent(reply: Reply, language: str, shop: Programme) -> tuple[str, ...]:
    to = Address(Sms.name, "+420777000001")
    rendered = RENDERER.render(reply, to, language, shop, Sms.limits)
    return tuple(part.text for part in fit(rendered, Sms.limits))


def _as_the_first(heard: Sequence[Reply]) -> list[Reply]:
    """What is said unasked as if nothing had been before, which says more of how it stops."""
    said = {phrase.key: phrase for reply in heard for phrase in reply.phrases}
    return [
        replace(reply, phrases=(*reply.phrases[:-1], said[FIRST]))
        for reply in heard
        if reply.phrases and reply.phrases[-1].key == LATER
    ]


def _has_own_words(reply: Reply) -> bool:
    return any(OWN_WORDS in phrase.values for phrase in reply.phrases)


def _keys(reply: Reply) -> Iterator[str]:
    values: list[Value] = [*reply.phrases]
    values += (button.label for row in reply.buttons for button in row)
    while values:
        value = values.pop()
        if isinstance(value, Phrase):
            yield value.key
            values += value.values.values()
