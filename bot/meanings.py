"""What somebody meant who wrote neither a command nor an answer, as the button they would press.

A guess only ever shows something or asks: it spends nothing, erases nothing. It stops offers where
somebody said so in a sentence (S33), and that can be undone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.conversation import Turn
from bot.domain.messages import Action
from locales import Understanding

#: What answers each intent; "missing" is part of the balance.
_ANSWERED_BY: Mapping[str, str] = {
    "join": "join",
    "card": "card",
    "balance": "balance",
    "missing": "balance",
    "rewards": "rewards",
    "redeem": "redeem",
    "history": "history",
    "refer": "refer",
    "language": "language",
    "settings": "settings",
    "messages": "messages",
    "stop": "stop_whether",
    "how_to_stop": "stop_how",
    "privacy": "privacy",
    "feedback": "pass_on",
    "help": "help",
    "thanks": "thanks",
    "other": "pass_on",
}

#: What answers somebody who said to stop in a sentence.
STOP_SAID = "stop_said"
#: Who says to stop in as many words means it; fewer may be about anything ("quit", "enough").
WORDS_OF_A_STOP = 2


class Meanings:
    """Reads what members mean, in their language and the shop's others.

    `understanding` is called when it is first needed: learning takes two seconds.
    """

    def __init__(self, understanding: Callable[[], Understanding]) -> None:
        self._understanding = understanding

    def of(self, turn: Turn) -> Action | None:
        """What to do about a text; None when it means nothing that is known.

        Colleagues are left to their commands: at a till nothing is guessed.
        """
        if turn.staff is not None or not _words(turn.text):
            return None
        languages = dict.fromkeys((turn.language, *turn.programme.shop.languages))
        guess = self._understanding().guess(turn.text, tuple(languages))
        if guess.intent == "stop" and len(turn.text.split()) >= WORDS_OF_A_STOP:
            return Action(STOP_SAID)
        if guess.intent is not None:
            return Action(_ANSWERED_BY[guess.intent])
        likely = tuple(dict.fromkeys(_ANSWERED_BY[intent] for intent in guess.candidates))
        return Action("which", likely) if likely else None


def _words(text: str) -> bool:
    """Whether a text has a word in it, rather than a mistyped command, a code or signs alone."""
    return not text.startswith("/") and any(
        len(word) > 1 and word.strip(".,!?").isalpha() for word in text.split()
    )
