"""Transcripts: what people wrote and what they read, as pages to be read by people who speak it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from bot.channels import segments
from bot.domain.folding import fold
from tests.chat import OnSms, OnWhatsApp, read_code, typed
from tests.doubles.twilio_phone import Shown

#: Where the pages are.
FOLDER = Path(__file__).parents[2] / "docs" / "transcripts"

#: Set to write the pages anew instead of comparing with them: `make phrases` does.
WRITES = "REGULARS_TRANSCRIPTS"

TwilioPerson = OnSms | OnWhatsApp

#: What stands behind each code, by the first letter of its payload.
_PICTURES = {"c": "picture of the card", "v": "picture of the voucher"}
_TOKENS = (
    (re.compile(r"/c/[A-Za-z0-9_-]+"), "/c/9fK2mQx7TzYv4LwB"),
    (re.compile(r"\bs_[A-Za-z0-9_-]+"), "s_Vd3kPq8RmZ"),
)
#: Our own remarks, and addresses.
_NOT_SAID = re.compile(r"\*\(.*?\)\*|https?://\S+")
_INTRODUCTION = """\
# {title}

A whole story as a test plays it through Twilio's double: → is what somebody wrote or pressed, ←
what Regulars said, with the choices in brackets where there are buttons. The shop speaks {address}.
What nobody would say at a counter is to be mended in `locales/`; then run `make phrases`, which
plays it again and writes this page.
"""


class Transcript:
    """Who wrote what, and what everybody read because of it."""

    def __init__(self, title: str, address: str, *people: TwilioPerson) -> None:
        self._lines = [_INTRODUCTION.format(title=title, address=address).rstrip()]
        self._read = {person: len(person.device.messages) for person in people}

    def chapter(self, title: str) -> None:
        """Begin another part of the story."""
        self._lines += ["", f"## {title}", ""]

    async def writes(self, person: TwilioPerson, text: str) -> None:
        """Somebody writes; what everybody reads is noted."""
        self._note(person, "→", text)
        await person.says(text)
        self._note_answers(person)

    async def presses(self, person: TwilioPerson, label: str) -> None:
        """Somebody picks a choice: presses it, or writes its number."""
        if isinstance(person, OnSms):
            await self.writes(person, typed(label, person.screen(), None))
            return
        self._note(person, "→", f"[{label}]")
        await person.presses(label)
        self._note_answers(person)

    async def sends_sticker(self, person: TwilioPerson) -> None:
        """Somebody sends a sticker."""
        self._note(person, "→", "*(a sticker)*")
        await person.sends_sticker()
        self._note_answers(person)

    async def tells_network(self, person: TwilioPerson, word: str) -> None:
        """Somebody writes a word that Twilio answers by itself, so that the bot must not."""
        self._note(person, "→", word)
        assert await person.says(word) == [], f"answered twice: {word}"
        self._lines.append("- *(Twilio answers that by itself)*")

    def bill(self, *people: TwilioPerson) -> None:
        """Note how many segments each of them costs the shop."""
        self.chapter("What it costs")
        for person in people:
            costs = [segments.count(shown.text).segments for shown in person.device.messages]
            self._lines.append(f"- {person.name}: {len(costs)} messages, {sum(costs)} segments")

    def page(self, marks: Mapping[str, str]) -> str:
        """The whole as Markdown, with fixed marks for what is different each time."""
        text = "\n".join(self._lines) + "\n"
        for found, mark in marks.items():
            text = text.replace(found, mark)
        for token, mark in _TOKENS:
            text = token.sub(mark, text)
        return text

    def _note_answers(self, actor: TwilioPerson) -> None:
        """What came, to who did something first."""
        count = len(self._lines)
        for person in sorted(self._read, key=lambda person: person is not actor):
            for shown in person.device.messages[self._read[person] :]:
                self._note(person, "←", _as_seen(shown))
            self._read[person] = len(person.device.messages)
        assert self._lines[count:], f"nobody answered: {self._lines[-1]}"

    def _note(self, person: TwilioPerson, way: str, text: str) -> None:
        self._lines.append(f"- **{person.name}** {way} " + "\\\n  ".join(text.split("\n")))


def _as_seen(shown: Shown) -> str:
    lines = [shown.text] if shown.text else []
    if shown.picture is not None:
        payload = re.split(r"/s/|start=", read_code(shown.picture))[-1]
        lines.insert(0, f"*({_PICTURES[payload[0]]})*")
    labels = [label for label, _ in shown.choices]
    if shown.opener:
        lines.append(f"[{shown.opener}: {' · '.join(labels)}]")
    elif labels:
        lines.append(" ".join(f"[{label}]" for label in labels))
    return "\n".join(lines)


def keep(name: str, page: str) -> None:
    """Compare a page with the one in docs/transcripts, or write it when that is asked for."""
    file = FOLDER / f"{name}.md"
    if os.environ.get(WRITES):
        FOLDER.mkdir(exist_ok=True)
        file.write_text(page, encoding="utf-8")
    assert page == file.read_text(encoding="utf-8"), "run `make phrases`, and read what changed"


def words_said(page: str) -> set[str]:
    """Every word the bot says on a page, folded; not the addresses of pages."""
    _, story = page.split("\n## ", maxsplit=1)
    said = (line for line in story.splitlines() if "←" in line or line.startswith("  "))
    return words(*(_NOT_SAID.sub("", line.partition("←")[2] or line) for line in said))


def words(*texts: str) -> set[str]:
    """The words of texts, folded."""
    return {word for text in texts for word in re.findall(r"[^\W\d_]+", fold(text))}
