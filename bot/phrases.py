"""The pages of phrases, one a language: everything Regulars says, to be read from top to bottom.

`make phrases` writes them into docs/phrases/; a test keeps them true.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bot.channels.fit import shortened
from bot.channels.segments import count, plain
from bot.channels.telegram import Telegram
from bot.channels.twilio import WhatsApp
from bot.domain.messages import phrase
from locales import Catalogues
from locales.phrases import Spoken, spoken
from locales.words import word_list

#: Where the pages are.
FOLDER = Path(__file__).parents[1] / "docs" / "phrases"

#: How many characters of a choice a channel shows, the narrowest first.
LABELS: Mapping[str, int] = {
    "a WhatsApp button": WhatsApp.limits.label,
    "a row of a WhatsApp list": WhatsApp.limits.row_label,
    "a Telegram button": Telegram.limits.label,
}

#: The topics that people type, which come last.
TYPED = ("command", "words")

_INTRODUCTION = """\
# {name}

Everything Regulars says in this language, by topic. If you speak it, read the page aloud: what
nobody would say at a counter is to be mended in `locales/{language}.po`, or beside it in
`{language}@friendly.po` and `{language}@sms.po`; then run `make phrases`, which writes this page.

Sentences with a number stand with 1, 2, 5, 21, 22 and 101. The last line of a sentence with a name
has the longest there may be. Small below each: its key, and what it takes over SMS at most, with
the names of shop and reward 20 characters long and a web address of 45. A message is often several
sentences and its choices; together they should stay within two segments.
"""


def pages(catalogues: Catalogues) -> dict[str, str]:
    """The page of every language, by its file's name."""
    return {f"{language}.md": page(catalogues, language) for language in catalogues.languages}


def page(catalogues: Catalogues, language: str) -> str:
    """One language's page as Markdown."""
    topics: dict[str, list[Spoken]] = {}
    for each in spoken(catalogues, language):
        topics.setdefault(each.topic, []).append(each)
    name = catalogues.render(phrase("language.name"), language)
    parts = [_INTRODUCTION.format(name=name, language=language)]
    for topic in sorted(topics, key=TYPED.__contains__):
        parts.append(f"## {topic}\n")
        parts += ("\n".join(_entry(each, catalogues, language)) + "\n" for each in topics[topic])
    return "\n".join(parts)


def _entry(said: Spoken, catalogues: Catalogues, language: str) -> Iterator[str]:
    match said.topic:
        case "command":
            name = said.key.partition(".")[2]
            word = catalogues.menu_word(name, language)
            yield from _quoted([", ".join(word_list(said.formal[0]))])
            yield from _small(said.key, f"/{word} in Telegram's menu")
        case "words":
            yield from _quoted([", ".join(word_list(said.formal[0]))])
            yield from _small(said.key)
        case "button":
            yield from _wordings(said)
            yield from _small(said.key, *_fitting(said))
        case "template" | "page" | "menu":
            yield from _wordings(said)
            yield from _small(said.key)
        case _:
            yield from _wordings(said)
            yield from _small(said.key, _cost(said, language))


def _wordings(said: Spoken) -> Iterator[str]:
    """The sentence in each way it is said, with a word before those that are not the usual."""
    longest = [said.longest] if said.longest else []
    yield from _quoted([*said.formal, *longest])
    if said.friendly != said.formal:
        yield from ("Friendly:", "", *_quoted(said.friendly))
    if said.formal_sms != said.formal:
        yield from ("SMS:", "", *_quoted(said.formal_sms))


def _quoted(lines: Iterable[str]) -> Iterator[str]:
    """Lines of a quotation, each broken where the next begins."""
    yield "\\\n".join(f"> {line}" for text in dict.fromkeys(lines) for line in text.split("\n"))
    yield ""


def _small(key: str, *remarks: str) -> Iterator[str]:
    yield f"<sub>{' · '.join((key, *remarks))}</sub>"


def _fitting(said: Spoken) -> Iterator[str]:
    """How long a label is, and what is left of it where that is too long."""
    label = max((*said.formal, *said.friendly, said.longest or ""), key=len)
    yield f"{len(label)} characters"
    for channel, most in LABELS.items():
        if len(label) > most:
            yield f"{shortened(label, most)} on {channel}"


def _cost(said: Spoken, language: str) -> str:
    texts = (plain(text, language) for text in (*said.formal_sms, *said.friendly_sms))
    most = max((count(text) for text in texts), key=lambda segments: segments.units)
    segments = "1 segment" if most.segments == 1 else f"{most.segments} segments"
    return f"{segments}, {most.units} characters"


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages(Catalogues.load()).items():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
