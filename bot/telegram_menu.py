"""Telegram's command menu: in each language, and a colleague's own."""

from __future__ import annotations

from collections.abc import Mapping

import structlog

from bot.channels.base import SendError
from bot.channels.telegram import Telegram
from bot.domain.members import Role
from bot.domain.messages import phrase
from bot.services import staffing
from bot.services.unit_of_work import Work
from locales import Catalogues

log = structlog.get_logger()

MEMBER_COMMANDS = ("card", "balance", "rewards", "redeem", "more", "help")
STAFF_COMMANDS = ("stamp", "sale", "use", "undo", "find", "enroll", "shift", "help")
#: What a role may do besides.
ROLE_COMMANDS: Mapping[Role, tuple[str, ...]] = {
    Role.CASHIER: (),
    Role.MANAGER: ("stats", "campaigns"),
    Role.OWNER: ("stats", "broadcast", "campaigns"),
}


async def set_menus(telegram: Telegram, work: Work, words: Catalogues) -> None:
    """Tell Telegram what the menu shows; a failure is logged, the bot works without it."""
    programme = await work.programme()
    languages = [code for code in programme.shop.languages if code in words.languages]
    try:
        await telegram.set_commands(_menu(words, MEMBER_COMMANDS, programme.shop.language))
        for language in languages:
            await telegram.set_commands(_menu(words, MEMBER_COMMANDS, language), language)
        for chat, language, role in await staffing.chats(work, telegram.name):
            names = (*STAFF_COMMANDS, *ROLE_COMMANDS[role])
            await telegram.set_commands(_menu(words, names, language), chat=chat)
    except SendError as error:
        log.warning("the command menu was not set", reason=error.reason)


def _menu(words: Catalogues, names: tuple[str, ...], language: str) -> list[tuple[str, str]]:
    return [
        (words.menu_word(name, language), words.render(phrase(f"menu.{name}"), language))
        for name in names
    ]
