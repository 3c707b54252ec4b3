"""The whole story in every language, over SMS and over WhatsApp; kept in docs/transcripts/."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import pytest

from bot.channels.segments import plain
from bot.domain.messages import phrase
from locales.catalogue import FOLDER as LOCALES
from locales.catalogue import Catalogue
from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import DATABASES, OpenCafe, on
from tests.acceptance.transcripts import FOLDER, Transcript, TwilioPerson, keep, words, words_said
from tests.chat import LANGUAGE_NAMES, OnSms, OnWhatsApp

CHANNELS = {"sms": "SMS", "whatsapp": "WhatsApp"}
#: The address the shop uses on each, so that both are read.
ADDRESSES = {"sms": "formal", "whatsapp": "friendly"}


@dataclass(frozen=True, slots=True)
class Words:
    """What the people of a story write in their own words."""

    name: str
    colleague: str
    birthday: str
    no_birthday: str
    missing: str
    question: str
    answer: str
    thanks: str
    nonsense: str
    enough: str
    #: Another language, by its code.
    other: str


SAID = {
    "en": Words(
        name="Anna",
        colleague="Jana",
        birthday="14 March",
        no_birthday="sometime in spring",
        missing="how many more until my coffee?",
        question="Do you have oat milk?",
        answer="We do, and soy as well.",
        thanks="thank you",
        nonsense="fjdksla",
        enough="please stop sending me these",
        other="cs",
    ),
    "cs": Words(
        name="Anna",
        colleague="Jana",
        birthday="14. března",
        no_birthday="někdy na jaře",
        missing="kolik mi chybí do kávy?",
        question="Máte ovesné mléko?",
        answer="Ano, i sójové.",
        thanks="děkuju",
        nonsense="fjdksla",
        enough="už mi prosím nic neposílejte",
        other="pl",
    ),
    "pl": Words(
        name="Anna",
        colleague="Jana",
        birthday="14 marca",
        no_birthday="gdzieś na wiosnę",
        missing="ile mi brakuje do kawy?",
        question="Macie mleko owsiane?",
        answer="Tak, sojowe też.",
        thanks="dziękuję",
        nonsense="fjdksla",
        enough="proszę mi już nic nie wysyłać",
        other="ro",
    ),
    "ro": Words(
        name="Anna",
        colleague="Jana",
        birthday="14 martie",
        no_birthday="cândva primăvara",
        missing="cât mai am până la cafea?",
        question="Aveți lapte de ovăz?",
        answer="Da, și de soia.",
        thanks="mulțumesc",
        nonsense="fjdksla",
        enough="vă rog nu-mi mai trimiteți nimic",
        other="ru",
    ),
    "ru": Words(
        name="Анна",
        colleague="Яна",
        birthday="14 марта",
        no_birthday="где-то весной",
        missing="сколько мне осталось до кофе?",
        question="У вас есть овсяное молоко?",
        answer="Да, и соевое тоже.",
        thanks="спасибо",
        nonsense="ываыва",
        enough="пожалуйста, больше ничего не присылайте",
        other="cs",
    ),
}


def programme(channel: str) -> str:
    """The ready-made café in all languages, which asks for the birthday."""
    return preset(
        "cafe-stamps",
        ('languages = ["en", "cs"]', 'languages = ["en", "cs", "pl", "ro", "ru"]'),
        ('address = "formal"', f'address = "{ADDRESSES[channel]}"'),
        ("birthday = false", "birthday = true"),
    )


class Story:
    """A customer and a colleague who write in one language on one channel."""

    def __init__(self, cafe: Cafe, channel: str, language: str) -> None:
        self.cafe, self.language, self.words = cafe, language, SAID[language]
        self.short = channel == "sms"
        self.anna = self._person(self.words.name)
        self.jana = self._person(self.words.colleague)
        name = cafe.words.render(phrase("language.name"), language)
        title, address = f"{name}, {CHANNELS[channel]}", ADDRESSES[channel]
        self.told = Transcript(
            title, "formally" if address == "formal" else "as friends do", self.anna, self.jana
        )
        voice = cafe.words.voice
        self._voice = voice(language, friendly=ADDRESSES[channel] == "friendly", short=self.short)

    def _person(self, name: str) -> TwilioPerson:
        person = self.cafe.guest(name, self.language)
        assert isinstance(person, OnSms | OnWhatsApp)
        person.has_said_language = True
        return person

    def command(self, name: str) -> str:
        """The word of a command, as it is shown to people."""
        return self.cafe.words.command_word(name, self.language)

    async def asks(self, *commands: str) -> None:
        """The customer writes commands."""
        for name in commands:
            await self.told.writes(self.anna, self.command(name).upper())

    async def picks(self, person: TwilioPerson, key: str) -> None:
        """Somebody picks the choice with this phrase."""
        await self.told.presses(person, self._label(key, self._voice))

    async def chooses_language(self, language: str) -> None:
        """The customer picks a language in the list."""
        voice = self.cafe.words.voice(language, short=self.short)
        await self.told.presses(self.anna, self._label("language.name", voice))

    def _label(self, key: str, voice: str) -> str:
        label = self.cafe.words.render(phrase(key), voice)
        return plain(label, self.language) if self.short else label

    async def code(self, kind: str) -> str:
        """The code of the only member, or of the only voucher."""
        [found] = await self.cafe.rows(f"SELECT code FROM {kind}")
        return str(found["code"])


async def signs_in(story: Story) -> None:
    story.told.chapter("A colleague signs in")
    await story.told.writes(story.jana, LANGUAGE_NAMES.get(story.language, "english"))
    await story.told.writes(story.jana, f"s_{await story.cafe.invites(story.words.colleague)}")


async def joins(story: Story) -> None:
    told, anna, words = story.told, story.anna, story.words
    told.chapter("Joining")
    await told.writes(anna, story.command("join").upper())
    if not story.short:
        await story.picks(anna, "button.terms")
    await story.picks(anna, "button.join")
    if story.short:
        await told.writes(anna, words.name)
    await story.picks(anna, "button.yes_please" if story.short else "button.no_thanks")
    await told.writes(anna, words.no_birthday)
    await told.writes(anna, words.birthday)


async def collects(story: Story) -> None:
    told, anna, jana = story.told, story.anna, story.jana
    told.chapter("Ten stamps")
    await story.asks("card")
    await told.writes(jana, f"{story.command('find')} {anna.phone}")
    await told.writes(jana, f"{story.command('stamp')} {await story.code('member')} 9")
    await story.cafe.passes(days=3)
    await story.asks("balance")
    await told.writes(anna, story.words.missing)
    await told.writes(jana, await story.code("member"))
    await told.presses(jana, "+1")


async def redeems(story: Story) -> None:
    told, anna, jana = story.told, story.anna, story.jana
    told.chapter("The reward")
    await story.asks("redeem")
    await story.picks(anna, "button.redeem_now")
    await story.asks("vouchers")
    await told.writes(jana, await story.code("voucher"))
    await story.picks(jana, "button.confirm")
    await story.asks("balance", "rewards", "redeem", "history", "vouchers")


async def changes_settings(story: Story) -> None:
    told, anna, words = story.told, story.anna, story.words
    told.chapter("Settings")
    await story.asks("settings")
    await story.picks(anna, "button.language")
    await story.chooses_language(words.other)
    await told.writes(anna, LANGUAGE_NAMES.get(story.language, "english"))
    if story.short:
        await story.asks("messages")
        await story.picks(anna, "button.fewer_messages")
        await story.picks(anna, "button.offers_off")
        await story.picks(anna, "button.resume")
        await told.tells_network(anna, "STOP")
        await told.tells_network(anna, "START")
    else:
        await story.asks("stop")
        await story.picks(anna, "button.resume")
        await told.writes(anna, words.enough)
        await story.picks(anna, "button.undo_stop")


async def asks_people(story: Story) -> None:
    told, anna, jana, words = story.told, story.anna, story.jana, story.words
    told.chapter("A question to the shop")
    if story.short:
        await story.asks("feedback")
    await told.writes(anna, words.question)
    if not story.short:
        await story.picks(anna, "button.pass_on")
    await story.picks(jana, "button.answer")
    await told.writes(jana, words.answer)
    await told.writes(anna, words.thanks)


async def is_lost(story: Story) -> None:
    told, anna = story.told, story.anna
    told.chapter("Lost")
    await story.asks("more")
    await story.picks(anna, "button.help")
    await told.writes(anna, story.words.nonsense)
    await told.writes(anna, story.words.nonsense)
    await told.sends_sticker(anna)
    await story.asks("privacy", "menu")


STORY = (signs_in, joins, collects, redeems, changes_settings, asks_people, is_lost)


@pytest.mark.parametrize(
    ("channel", "language", "dialect"),
    [
        (channel, language, dialect)
        for (channel, language), dialect in zip(
            itertools.product(CHANNELS, SAID), itertools.cycle(DATABASES), strict=False
        )
    ],
    indirect=["channel", "dialect"],
)
async def test_the_whole_story(open_cafe: OpenCafe, channel: str, language: str) -> None:
    cafe = await open_cafe(programme(channel))
    story = Story(cafe, channel, language)
    for chapter in STORY:
        await chapter(story)
    marks = {
        cafe.house.settings.public_url: "https://lipa.example",
        await story.code("member"): "K7M4Q2",
        await story.code("voucher"): "7TC4WX",
    }
    if channel == "sms":
        story.told.bill(story.anna, story.jana)
    keep(f"{channel}-{language}", story.told.page(marks))


@on("sms", "whatsapp")
async def test_who_has_no_app_is_answered_in_the_language_they_write(
    open_cafe: OpenCafe, channel: str
) -> None:
    """The sign says how to join; what joining confirms is read in one's own language first."""
    cafe = await open_cafe(programme(channel))
    anna = cafe.guest("Anna")
    await anna.says("JOIN")
    assert anna.buttons[:2] == ["Join", "Language"]
    await anna.says("Хочу карту")
    assert anna.buttons[0] == "Вступить"
    assert await cafe.rows("SELECT id FROM member") == []
    await anna.says("Вступить")
    await anna.says("Пропустить" if cafe.by_sms else "нет")
    [member] = await cafe.rows("SELECT language FROM member")
    assert member["language"] == "ru"
    await anna.says("BALANCE")
    assert anna.sees() != []
    [member] = await cafe.rows("SELECT language FROM conversation")
    assert member["language"] == "ru"


@on("sms", "whatsapp")
async def test_a_language_is_named_after_another_was_picked_from_the_list(cafe: Cafe) -> None:
    anna = await cafe.member()
    await anna.says("language")
    await anna.presses(anna.buttons[1])
    assert await anna.says("english") == ["English it is."]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize("language", [code for code in SAID if code != "en"])
def test_no_word_is_english_that_the_language_does_not_have(channel: str, language: str) -> None:
    said = words_said((FOLDER / f"{channel}-{language}.md").read_text("utf-8"))
    own = words_of(language) | words_of(SAID[language].other) | {"english"}
    assert said & words_of("en") - own == set()


def words_of(language: str) -> set[str]:
    """The words of all phrases of a language."""
    catalogues = map(Catalogue.read, LOCALES.glob(f"{language}*.po"))
    forms = (form for each in catalogues for said in each.sentences.values() for form in said.forms)
    return words(*(literal for form in forms for literal, _ in form.pieces))


def test_there_is_no_other_page() -> None:
    names = {f"{channel}-{language}" for channel in CHANNELS for language in SAID}
    assert {file.stem for file in FOLDER.glob("*.md")} == names
