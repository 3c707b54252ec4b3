"""What people type: words compared loosely, and the commands recognised among them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from bot.domain.folding import fold

#: Between the words of a list in a catalogue.
SEPARATOR = "|"

_APOSTROPHES = str.maketrans("", "", "'’ʼ`´")
_WORD = re.compile(r"\S+")
_BOT_NAME = re.compile(r"@\w+$")


#: No word, command or label is longer, in characters; folding a longer text for each of them
#: would let one message hold everybody up.
LONGEST = 200


# The catalogues' own words come up with every message.
@lru_cache(maxsize=4096)
def loose(text: str) -> str:
    """`text` as it is compared: folded, its punctuation and emoji dropped, single spaces.

    Signs of arithmetic and money stay, so that the labels `+1` and `£1` are not `1`. A text of
    nothing but signs stays as it is.
    """
    if len(text) > LONGEST:
        return text
    folded = fold(text).translate(_APOSTROPHES)
    kept = (c if c.isalnum() or unicodedata.category(c) in {"Sm", "Sc"} else " " for c in folded)
    return " ".join("".join(kept).split()) or folded.strip()


def matches(text: str, label: str) -> bool:
    """Whether a person who typed `text` meant the button that reads `label`."""
    return bool(text.strip()) and loose(text) == loose(label)


def word_list(text: str) -> tuple[str, ...]:
    """The words of a catalogue entry such as `karta|kartička`; the first is the one shown."""
    return tuple(word.strip() for word in text.split(SEPARATOR) if word.strip())


@dataclass(frozen=True, slots=True)
class CommandWords:
    """The commands one person can type: their words as `loose` makes them, and their names."""

    names: Mapping[str, str]
    longest: int

    @classmethod
    def of(cls, commands: Iterable[tuple[str, str]]) -> CommandWords:
        """From pairs of a command's name and its catalogue entry; the later pair wins a word."""
        names = {loose(word): name for name, entry in commands for word in word_list(entry)}
        return cls(names, max((word.count(" ") + 1 for word in names), default=0))

    def find(self, text: str, arguments: Set[str]) -> tuple[str, str] | None:
        """The command `text` is, with what follows it, else None.

        With a slash anything may follow the command; without, only what is in `arguments` takes
        more words, so that "card" is a command and "card please" is not. The longest wins.
        """
        text = text.strip()
        slash = text.startswith("/")
        if not slash and (name := self.names.get(loose(text))):
            return name, ""
        words = list(islice(_WORD.finditer(text, int(slash)), self.longest))
        while words:
            # Telegram allows no space in a command: `/moje_karta`; `loose` makes it one again.
            first = _BOT_NAME.sub("", words[0][0]) if slash else words[0][0]
            name = self.names.get(loose(" ".join([first, *(word[0] for word in words[1:])])))
            # `loose` drops signs, but the one in `sale - 150` is what follows the command.
            ends_in_word = any(c.isalnum() for c in words[-1][0])
            if name and ends_in_word and (slash or name in arguments):
                return name, text[words[-1].end() :].strip()
            words.pop()
        return None
