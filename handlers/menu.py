"""The five words everybody sees, and what is said when nothing else is."""

from __future__ import annotations

from bot.conversation import Turn, option
from bot.domain.members import Member, Role
from bot.domain.messages import Button, Day, Phrase, Reply, Wording, phrase
from bot.domain.programme_earning import reward_unit
from bot.services import challenges, standings, tiers, units
from bot.services.news import last_day
from bot.services.wallets import Wallet

Rows = tuple[tuple[Button, ...], ...]

BAR_FULL, BAR_EMPTY = "●", "○"


def member_menu(*, standing: bool = True) -> Rows:
    """Card, balance, rewards, redeem, more; not `standing` when it was asked for."""

    def word(label: Phrase, action: str) -> Button:
        return option(label, action, standing=standing)

    return (
        (word(phrase("button.card"), "card"), word(phrase("button.balance"), "balance")),
        (word(phrase("button.rewards"), "rewards"), word(phrase("button.redeem"), "redeem")),
        (word(phrase("button.more"), "more"),),
    )


def staff_menu(turn: Turn, *, standing: bool = True) -> Rows:
    """What a colleague does besides scanning; not `standing` when it was asked for."""
    # No undo here: under a refusal it would read as undoing that, and take back something else.
    buttons = [option(phrase("button.help"), "help", standing=standing)]
    if len(turn.programme.locations) > 1:
        buttons.append(option(phrase("button.shift"), "shift", standing=standing))
    if turn.member is not None:
        buttons.append(option(phrase("button.my_card"), "card", standing=standing))
    if turn.staff is not None and turn.staff.role >= Role.OWNER:
        buttons.append(option(phrase("button.broadcast"), "broadcast", standing=standing))
    if turn.staff is not None and turn.staff.role >= Role.MANAGER:
        buttons.append(option(phrase("button.campaigns"), "campaigns", standing=standing))
    return tuple((button,) for button in buttons)


def menu_of(turn: Turn) -> Rows:
    """The menu for whoever wrote."""
    if turn.staff is not None:
        return staff_menu(turn)
    return member_menu() if turn.member else ((option(phrase("button.join"), "join"),),)


def progress(purse: Wallet) -> tuple[Phrase, ...]:
    """Where a member stands, the number that matters first."""
    return units.balances(purse)


async def tier_lines(turn: Turn, member: Member, *, brief: bool = False) -> tuple[Phrase, ...]:
    """A member's tier, until when, and what is missing to the next, where there are tiers (S18)."""
    found = await tiers.look(turn.uow.tx, turn.programme, member, turn.now)
    return standings.lines(turn.programme, found, brief=brief) if found else ()


async def challenge_lines(turn: Turn, member: Member) -> tuple[Phrase, ...]:
    """How far a member is in each challenge that runs, a line each (S13)."""
    found = await challenges.running(turn.uow.tx, turn.programme, member, turn.now)
    return tuple(challenges.said(turn.programme, one) for one in found)


def waiting(purse: Wallet) -> tuple[Phrase, ...]:
    """The earned rewards that wait to be redeemed."""
    return tuple(
        phrase("balance.reward", n=purse.balance(reward_unit(reward.code)), reward=reward.name)
        for reward in purse.programme.rewards
        if purse.balance(reward_unit(reward.code)) > 0
    )


def bar(purse: Wallet) -> str:
    """A stamp card as a line of dots; empty without stamps."""
    card = purse.programme.units.stamps
    if card is None:
        return ""
    have = min(max(purse.balance("stamps"), 0), card.card)
    return BAR_FULL * have + BAR_EMPTY * (card.card - have)


def endings(purse: Wallet) -> tuple[Phrase, ...]:
    """Every end a member has (S3)."""
    lines = []
    for end in purse.endings():
        kind, _, code = end.unit.partition(":")
        until = last_day(purse.programme, end.ends_at)
        reward = purse.programme.reward(code)
        if kind == "reward" and reward:
            lines.append(
                phrase("balance.reward_ends", n=end.amount, reward=reward.name, until=until)
            )
        elif kind != "reward":
            key = f"balance.ends.{kind}"
            lines.append(units.said(purse.programme, key, kind, end.amount, until=until))
    return tuple(lines)


def coming(purse: Wallet) -> tuple[Phrase, ...]:
    """What waits for the end of the time to return things, and from which day it can be used."""
    lines, zone = [], purse.programme.zone()
    for part in purse.coming():
        kind, _, code = part.unit.partition(":")
        since = Day(part.available_at.astimezone(zone).date())
        reward = purse.programme.reward(code)
        if reward:
            lines.append(
                phrase("balance.coming.reward", n=part.amount, reward=reward.name, since=since)
            )
        elif not code:
            key = f"balance.coming.{kind}"
            lines.append(units.said(purse.programme, key, kind, part.amount, since=since))
    return tuple(lines)


def language_name(turn: Turn, code: str) -> Wording:
    """What a language is called in itself; over SMS in letters that cost no other text more."""
    name = turn.words.render(phrase("language.name"), code)
    if not turn.short:
        return Wording.of(name)
    plain = turn.words.render(phrase("language.name"), turn.words.voice(code, short=True))
    return Wording((("", plain), (code, name)))


def name_of(member: Member) -> str | Phrase:
    """A member's name, or their code while there is none."""
    return member.name or member.code


def beginnings(turn: Turn) -> dict[str, str]:
    """What a stranger came with, which is not asked for again."""
    known = ("location", "claim", "invite", "present")
    return {name: turn.draft[name] for name in known if name in turn.draft}


async def home(turn: Turn) -> Reply:
    """What is said when a person only looks in."""
    if turn.staff is not None:
        menu = staff_menu(turn, standing=False)
        return Reply((phrase("staff.home", name=turn.staff.name),), menu, edits=True)
    if turn.member is None:
        return Reply(then="join.welcome", draft=beginnings(turn))
    purse = await turn.wallet(turn.member)
    return Reply((*progress(purse), *waiting(purse)), member_menu(standing=False), edits=True)
