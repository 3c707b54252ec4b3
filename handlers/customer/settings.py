"""What a member can change: language, name, birthday, number."""

from __future__ import annotations

from bot.conversation import Router, Step, Turn, choice, option
from bot.domain.messages import Button, Reply, phrase
from bot.services import joining, moving, profiles
from handlers import gifts
from handlers.customer.joining import keep_birthday
from handlers.customer.messages import in_short
from handlers.menu import home, language_name, member_menu, menu_of, name_of

router = Router()


@router.command("settings", member=True)
async def settings(turn: Turn) -> Reply:
    """What we keep about the member, and what to change."""
    member = turn.customer
    lines = [phrase("settings.name", name=name_of(member), code=member.code)]
    if member.birthday:
        lines.append(phrase("settings.birthday", day=joining.yearly(*member.birthday)))
    lines.append(await in_short(turn))
    messages = option(phrase("button.messages"), "messages")
    rows: list[tuple[Button, ...]] = [
        (option(phrase("button.language"), "language"), option(phrase("button.name"), "rename")),
        (messages, option(phrase("button.birthday"), "birthday")),
    ]
    if turn.can_share_contact or turn.can_send_codes:
        numbers = [option(phrase("button.number"), "number")]
        if await moving.number_of(turn.uow, member.id):
            numbers.append(option(phrase("button.new_number"), "new_number"))
        rows.append(tuple(numbers))
    if "email" in turn.channels:
        rows.append((option(phrase("button.email"), "email"),))
    rows.append((option(phrase("button.menu"), "menu"),))
    return Reply(tuple(lines), tuple(rows), edits=True)


@router.command("language")
async def language(turn: Turn) -> Reply:
    """Change the language, or choose one."""
    asked = turn.args[0].lower() if turn.args else ""
    offered = turn.programme.shop.languages
    if asked in offered:
        turn.language = asked
        if turn.member:
            await profiles.set_language(turn.uow, turn.member.id, asked)
        return Reply((phrase("language.changed"),), menu_of(turn), edits=True)
    # Whatever was asked before is asked again afterwards, in the language that was chosen.
    back = turn.conversation.step or ""
    return Reply(then="language", draft={**turn.draft, "back": "" if back == "language" else back})


async def ask_language(turn: Turn) -> Reply:
    """Which language, each by its own name."""
    names = tuple(
        (choice("language", code, language_name(turn, code)),)
        for code in turn.programme.shop.languages
    )
    return Reply((phrase("language.choose"),), names)


async def answer_language(turn: Turn) -> Reply:
    """Change the language and go back to what was open."""
    draft = {name: value for name, value in turn.draft.items() if name != "back"}
    asked = turn.answer or turn.text.strip().lower()
    if asked not in turn.programme.shop.languages:
        return Reply((phrase("join.choose"),), then="language", draft=turn.draft)
    turn.language = asked
    if turn.member:
        await profiles.set_language(turn.uow, turn.member.id, asked)
    then = turn.draft.get("back") or None
    rows = () if then else menu_of(turn)
    return Reply((phrase("language.changed"),), rows, edits=True, then=then, draft=draft)


@router.action("rename", member=True)
async def rename(_turn: Turn) -> Reply:
    """Begin changing the name."""
    return Reply(then="settings.name")


async def ask_new_name(_turn: Turn) -> Reply:
    """What to call the member from now on."""
    return Reply(
        (phrase("settings.ask_name"),), ((choice("settings.name", "no", phrase("button.cancel")),),)
    )


async def answer_new_name(turn: Turn) -> Reply:
    """Take the new name."""
    if turn.answer == "no":
        return await home(turn)
    name = joining.clean_name(turn.text)
    if not name:
        return Reply((phrase("join.name_unreadable"),), then="settings.name")
    await profiles.rename(turn.uow, turn.customer.id, name)
    renamed = phrase("settings.renamed", name=name)
    return Reply((renamed, *await gifts.for_profile(turn)), member_menu())


@router.action("birthday", member=True)
async def birthday(_turn: Turn) -> Reply:
    """Begin changing the birthday."""
    return Reply(then="settings.birthday")


async def ask_new_birthday(_turn: Turn) -> Reply:
    """The birthday's day and month."""
    cancel = choice("settings.birthday", "no", phrase("button.cancel"))
    return Reply((phrase("settings.ask_birthday"),), ((cancel,),))


async def answer_new_birthday(turn: Turn) -> Reply:
    """Take the birthday; it can be changed once a year."""
    if turn.answer == "no":
        return await home(turn)
    return await keep_birthday(turn, "settings.birthday")


router.step(Step("language", ask_language, answer_language, choices=True))
router.step(Step("settings.name", ask_new_name, answer_new_name))
router.step(Step("settings.birthday", ask_new_birthday, answer_new_birthday))
