"""What managers put right: taking back what was counted, whole or in part, and adjustments."""

from __future__ import annotations

from bot.conversation import Router, Step, Turn, choice, option, whole
from bot.domain.amounts import BadAmount, parse_amount
from bot.domain.members import Member, Role
from bot.domain.messages import Moment, Phrase, Reply, phrase
from bot.services import adjusting, refunding, staffing, units
from bot.services.adjusting import Adjustment
from bot.services.refunding import Ambiguous
from bot.services.results import Refused, Repeated, Undone
from handlers.customer.history import lines_of
from handlers.menu import menu_of, name_of, progress, staff_menu, waiting
from handlers.staff.panel import panel

router = Router()

#: A member's newest entries that a manager sees at once; over SMS fewer.
ENTRIES, SHORT_ENTRIES = 8, 3


@router.action("entries", role=Role.MANAGER)
async def entries(turn: Turn) -> Reply:
    """A member's newest entries with the numbers by which they can be taken back."""
    member = await staffing.member_by_reference(turn.uow, turn.args[0] if turn.args else "")
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    found = await refunding.entries(turn.uow, member, SHORT_ENTRIES if turn.short else ENTRIES)
    open_member = option(phrase("button.member"), "panel", member.code)
    if not found:
        return Reply((phrase("history.empty"),), ((open_member,),), edits=True)
    lines = tuple(
        phrase("entries.line", number=str(entry.operation_id), line=line)
        for entry, line in zip(found, await lines_of(turn, found), strict=True)
    )
    how = () if turn.short else (phrase("entries.how"),)
    return Reply((*lines, *how), ((open_member,),), edits=True)


@router.command("reverse", role=Role.MANAGER)
async def reverse(turn: Turn) -> Reply:
    """`/reverse ENTRY [AMOUNT]`; a button holds the entry's number, and a mark of its message."""
    if turn.message.action:
        number, nonce = (*turn.args, "", "")[:2]
        return await _reverse(turn, whole(number) or 0, f"reverse:{number}:{nonce}", None)
    reference, _, rest = turn.text.partition(" ")
    if not reference:
        return Reply((phrase("reverse.usage"),), staff_menu(turn))
    amount = None
    if rest.strip():
        try:
            amount = parse_amount(rest, turn.programme.shop.currency)
        except BadAmount as error:
            return Reply((phrase(f"amount.bad.{error.reason}"),), staff_menu(turn))
    found = await refunding.find(turn.uow, reference, turn.colleague)
    if isinstance(found, Refused):
        return Reply((found.why,), staff_menu(turn))
    if isinstance(found, Ambiguous):
        return _which(turn, reference, found, whole_only=amount is None)
    return await _reverse(turn, found.id, turn.key, amount)


def _which(turn: Turn, reference: str, found: Ambiguous, *, whole_only: bool) -> Reply:
    """A number that two things have; the buttons take one back whole."""
    said = phrase(
        "reverse.which", number=reference, entry=str(found.entry), receipt=str(found.receipt)
    )
    if not whole_only:
        return Reply((said,), staff_menu(turn))
    rows = tuple(
        (option(phrase("button.reverse", number=str(n)), "reverse", str(n), turn.nonce),)
        for n in (found.entry, found.receipt)
    )
    return Reply((said,), rows)


async def _reverse(turn: Turn, operation_id: int, key: str, amount: int | None) -> Reply:
    undone = await refunding.reverse(turn.uow, operation_id, turn.colleague, key, turn.now, amount)
    if isinstance(undone, Refused):
        return Reply((undone.why,), staff_menu(turn), edits=True)
    if isinstance(undone, Repeated):
        return Reply((phrase("staff.undone_already"),), staff_menu(turn), edits=True)
    return await after_undo(turn, undone)


async def after_undo(turn: Turn, undone: Undone) -> Reply:
    """What a colleague reads after something was taken back, and which rewards may follow."""
    purse = await turn.wallet(undone.member)
    lines = [_taken(turn, unit, n) for unit, n in undone.taken]
    rewards = [turn.programme.reward(code) for code in dict.fromkeys(undone.rewards)]
    lines += [phrase("staff.taken_reward", reward=reward.name) for reward in rewards if reward]
    if tier := turn.programme.tiers.level(undone.membership):
        lines.append(phrase("staff.membership_undone", tier=tier.name))
    lines = lines or [phrase("staff.taken_nothing")]
    lines += [phrase("staff.whose", name=name_of(undone.member)), *progress(purse)]
    rows = [(option(phrase("button.member"), "panel", undone.member.code),)]
    for voucher in undone.used:
        reward = turn.programme.reward(voucher.reward)
        name = reward.name if reward else voucher.reward
        lines.append(phrase("reverse.used_reward", reward=name))
        rows.append((option(phrase("button.restore"), "restore", str(voucher.id), turn.nonce),))
    return Reply(tuple(lines), tuple(rows), edits=True)


def _taken(turn: Turn, unit: str, amount: int) -> Phrase:
    if ":" in unit:
        return units.signed(turn.programme, unit, -amount)
    return units.said(turn.programme, f"staff.taken.{unit}", unit, amount)


@router.action("restore", role=Role.CASHIER)
async def restore(turn: Turn) -> Reply:
    """Give a reward back that was used on a purchase which was taken back (S8)."""
    number, nonce = (*turn.args, "", "")[:2]
    key = f"restore:{number}:{nonce}"
    restored = await refunding.restore(turn.uow, whole(number) or 0, turn.colleague, key, turn.now)
    if isinstance(restored, Refused):
        return Reply((restored.why,), staff_menu(turn), edits=True)
    if isinstance(restored, Repeated):
        at = Moment(restored.at, turn.programme.zone().key)
        return Reply((phrase("staff.counted", at=at),), staff_menu(turn), edits=True)
    reward = turn.programme.reward(restored.reward)
    name = reward.name if reward else restored.reward
    said = phrase("reverse.restored", reward=name)
    member = await staffing.member_by_id(turn.uow, restored.member_id)
    return await panel(turn, member, said) if member else Reply((said,), staff_menu(turn))


@router.command("adjust", role=Role.MANAGER)
async def adjust(turn: Turn) -> Reply:
    """`/adjust CODE ±N UNIT REASON`: says what it will do, and asks."""
    code, _, rest = turn.text.partition(" ")
    amount, _, rest = rest.strip().partition(" ")
    if not rest.strip():
        return Reply((phrase("adjust.usage"),), staff_menu(turn))
    member = await staffing.member_by_reference(turn.uow, code)
    if member is None:
        return Reply((phrase("staff.unknown_code"),), staff_menu(turn))
    change = _change(turn, amount, rest.split())
    if isinstance(change, Phrase):
        return Reply((change,), staff_menu(turn))
    if why := await adjusting.short_of(turn.uow, member.id, change, turn.now):
        return Reply((why,), staff_menu(turn))
    draft = {
        "member": str(member.id),
        "unit": change.unit,
        "amount": str(change.amount),
        "reason": change.reason,
        "key": turn.key,
    }
    return Reply(then="staff.adjust", draft=draft)


def _change(turn: Turn, amount: str, words: list[str]) -> Adjustment | Phrase:
    """What was typed as an adjustment, or what is wrong with it."""
    unit, reason = _unit(turn, words)
    if not unit:
        known = ", ".join(_called(turn, name) for name in _typed_units(turn))
        return phrase("adjust.which_unit", known=known)
    minus = amount[:1] in "-−–"
    number = amount.lstrip("+-−–")
    count = whole(number)
    if unit == "credit":
        try:
            count = parse_amount(number, turn.programme.shop.currency)
        except BadAmount as error:
            return phrase(f"amount.bad.{error.reason}")
    if not count or count > adjusting.largest(unit):
        return phrase("adjust.bad_number")
    if not (reason := adjusting.clean_reason(reason)):
        return phrase("adjust.why")
    return Adjustment(unit, -count if minus else count, reason)


def _called(turn: Turn, unit: str) -> str:
    """What a unit is called where it is typed: rewards by their code."""
    code = unit.removeprefix("reward:")
    return code if unit != code else turn.words.word(unit, turn.language)


def _typed_units(turn: Turn) -> list[str]:
    return list(adjusting.unit_names(turn.programme))


def _unit(turn: Turn, words: list[str]) -> tuple[str, str]:
    """The unit that some words begin with, by its code or a word of the shop's languages."""
    for length in range(min(3, len(words)), 0, -1):
        said = " ".join(words[:length])
        for unit in _typed_units(turn):
            code = unit.removeprefix("reward:")
            named = unit != code or any(
                turn.words.is_word(code, said, spoken) for spoken in turn.programme.shop.languages
            )
            if said.lower() in (unit, code) or (unit == code and named):
                return unit, " ".join(words[length:])
        if said.upper() == turn.programme.shop.currency and turn.programme.units.credit:
            return "credit", " ".join(words[length:])
    return "", ""


async def ask_adjust(turn: Turn) -> Reply:
    """What it will do, in a line."""
    member, change = await _asked(turn)
    if member is None:
        return Reply((phrase("staff.unknown_code"),))
    rows = (
        (
            choice("staff.adjust", "yes", phrase("button.confirm")),
            choice("staff.adjust", "no", phrase("button.cancel")),
        ),
    )
    said = phrase(
        "adjust.ask",
        name=name_of(member),
        code=member.code,
        amount=units.signed(turn.programme, change.unit, change.amount),
        reason=change.reason,
    )
    return Reply((said,), rows)


async def answer_adjust(turn: Turn) -> Reply:
    """Do it, or leave it."""
    member, change = await _asked(turn)
    if member is None or turn.staff is None or turn.staff.role < Role.MANAGER:
        return Reply((phrase("staff.unknown_code"),), menu_of(turn))
    answer = turn.answer or turn.yes_or_no()
    if answer == "no":
        return await panel(turn, member)
    if answer != "yes":
        return Reply((phrase("join.choose"),), then="staff.adjust", draft=turn.draft)
    key = f"adjust:{turn.draft.get('key', '')}"
    done = await adjusting.adjust(turn.uow, member.id, change, turn.colleague, key, turn.now)
    if isinstance(done, Refused):
        return Reply((done.why,), staff_menu(turn), edits=True)
    if isinstance(done, Repeated):
        at = Moment(done.at, turn.programme.zone().key)
        return Reply((phrase("staff.counted", at=at),), staff_menu(turn), edits=True)
    purse = await turn.wallet(member)
    amount = units.signed(turn.programme, change.unit, change.amount)
    lines = (phrase("adjust.done", amount=amount, number=str(done.operation_id)),)
    whose = phrase("staff.whose", name=name_of(member))
    open_member = option(phrase("button.member"), "panel", member.code)
    shown = (*lines, whose, *progress(purse), *waiting(purse))
    return Reply(shown, ((open_member,),), edits=True)


async def _asked(turn: Turn) -> tuple[Member | None, Adjustment]:
    draft = turn.draft
    member = await staffing.member_by_id(turn.uow, whole(draft.get("member", "")))
    amount = int(draft.get("amount", "0"))
    return member, Adjustment(draft.get("unit", ""), amount, draft.get("reason", ""))


router.step(Step("staff.adjust", ask_adjust, answer_adjust, choices=True))
