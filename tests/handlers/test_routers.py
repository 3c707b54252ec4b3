"""The routers as a whole: nothing answers twice, nothing is promised that nobody answers."""

from __future__ import annotations

from collections import Counter

import pytest

from bot.conversation import ANSWER
from bot.domain.members import Role
from bot.domain.messages import phrase
from bot.telegram_menu import MEMBER_COMMANDS, ROLE_COMMANDS, STAFF_COMMANDS
from handlers import ROUTERS, WITH_ARGUMENTS
from locales import Catalogues

WORDS = Catalogues.load(arguments=WITH_ARGUMENTS)
#: What is no word anybody types: what is left when nothing else is meant.
NAMELESS = {"unknown"}
COMMANDS = {name: route for router in ROUTERS for name, route in router.commands.items()}


@pytest.mark.parametrize("kind", ["commands", "actions", "links", "steps"])
def test_each_name_is_answered_by_one_router(kind: str) -> None:
    """The first router would win in silence."""
    names = Counter(name for router in ROUTERS for name in getattr(router, kind))
    assert [name for name, count in names.items() if count > 1] == []


@pytest.mark.parametrize("language", WORDS.languages)
def test_every_command_can_be_typed_in_every_language(language: str) -> None:
    for name in COMMANDS.keys() - NAMELESS:
        word = WORDS.command_word(name, language)
        assert WORDS.command(f"/{word}", language) == (name, "")
        assert WORDS.command(f"/{name}", language) == (name, ""), "in English too"


def test_what_takes_words_is_a_command() -> None:
    assert WITH_ARGUMENTS - COMMANDS.keys() == set()


def test_no_command_is_taken_for_an_answer() -> None:
    assert ANSWER not in {name for router in ROUTERS for name in router.actions}


def test_telegrams_menu_shows_what_its_reader_may_do() -> None:
    assert [COMMANDS[name].role for name in MEMBER_COMMANDS] == [None] * len(MEMBER_COMMANDS)
    for role, more in ROLE_COMMANDS.items():
        names = (*STAFF_COMMANDS, *more)
        assert [name for name in names if (COMMANDS[name].role or 0) > role] == []
    for language in WORDS.languages:
        for name in (*MEMBER_COMMANDS, *STAFF_COMMANDS, *ROLE_COMMANDS[Role.OWNER]):
            assert WORDS.render(phrase(f"menu.{name}"), language)
