"""`rules`: what the programme's rules would give, before it happens."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Annotated, Any

import typer

from bot.cli.instants import At, clock_at
from bot.cli.members import find_member
from bot.cli.opening import CannotOpen, load_settings, open_existing
from bot.cli.output import Json, counted, say, say_json
from bot.clock import Clock
from bot.domain.amounts import BadAmount, parse_amount
from bot.domain.earning import Item, merged, rules_for
from bot.domain.earning.names import name_of
from bot.domain.earning.typed import codes, item_from
from bot.domain.members import Member
from bot.domain.messages import Phrase, Wording
from bot.domain.programme import Programme
from bot.domain.programme_values import did_you_mean, listed
from bot.services import units
from bot.services.challenges import Running
from bot.services.earning import major
from bot.services.explaining import Explained, explain
from locales import Catalogues

app = typer.Typer(no_args_is_help=True, help="The earning rules.")

#: Why a rule stays out, after its name.
WHY = {
    "amount": "the amount is too small",
    "items": "none of its products is in it, or too few",
    "location": "not at this location",
    "weekday": "not on this day of the week",
    "hours": "not at this time of day",
    "dates": "not on this day",
    "tier": "not in this tier",
    "tag": "the member has none of its tags",
    "first": "not the first purchase",
    "birthday": "not in the days from the birthday on",
    "per_day": "it gave as often as it may to this member today",
    "per_member": "it gave as often as it may to this member",
    "total": "it gave as often as it may to all members",
    "outranked": "a higher multiplier holds",
    "nothing": "it comes to nothing",
    "goal": "the goal is not reached",
}

#: Why nothing is earned where no rule stays out either.
NO_RULE = (
    "It earns nothing: the programme has no rule for purchases, an [[earn]] with `rule = "
    '"purchase"` or `rule = "product"`.'
)

Words = Callable[[Phrase | Wording], str]


def register(commands: typer.Typer) -> None:
    """Add the commands."""
    commands.add_typer(app, name="rules")


@app.callback()
def options() -> None:
    """The earning rules."""


@app.command("explain")
def explain_rules(
    member: Annotated[
        str,
        typer.Option(help="A member code, a card token, a phone number or an e-mail address."),
    ],
    amount: Annotated[str, typer.Option(help="What the purchase comes to, such as 12.50.")],
    at: At = "",
    item: Annotated[
        list[str] | None,
        typer.Option(
            help="What is in it: the code of a product or category, how many, the price of "
            "the line, such as lattex2=7.50. May be repeated."
        ),
    ] = None,
    location: Annotated[str, typer.Option(help="Where: the code of a location.")] = "",
    as_json: Json = False,
) -> None:
    """Show what a purchase would earn, rule by rule; changes nothing."""
    asyncio.run(
        _explain(member, amount, clock_at(at), item or [], location or None, as_json=as_json)
    )


async def _explain(
    reference: str,
    amount: str,
    clock: Clock,
    items: Sequence[str],
    location: str | None,
    *,
    as_json: bool,
) -> None:
    async with open_existing(load_settings(), clock) as work:
        programme = await work.programme()
        if location and programme.location(location) is None:
            known = [place.code for place in programme.locations]
            raise CannotOpen(_unknown("--location", "location", location, known))
        price = _amount(programme, "--amount", amount)
        lines = merged(_item(programme, written) for written in items)
        async with work.reading() as reader:
            member = await find_member(reader, programme, reference)
            found = await explain(
                reader, programme, member, price, clock.now(), items=lines, location=location
            )
    words = Catalogues.load()

    def spoken(said: Phrase | Wording) -> str:
        return words.render(said, "en")

    if as_json:
        say_json(_answer(programme, member, found, spoken))
    else:
        _show(programme, member, found, spoken)


def _unknown(option: str, what: str, code: str, known: Sequence[str]) -> str:
    hint = did_you_mean(code, known) or (f" There are {listed(known)}." if known else "")
    return f'{option}: there is no {what} with the code "{code}".{hint}'


def _amount(programme: Programme, option: str, written: str) -> Decimal:
    try:
        return major(programme, parse_amount(written, programme.shop.currency))
    except BadAmount as error:
        why = error.reason.replace("_", " ")
        raise CannotOpen(
            f'{option}: "{written}" is no amount of {programme.shop.currency} ({why}): '
            "write it like 12.50"
        ) from None


def _item(programme: Programme, written: str) -> Item:
    try:
        found = item_from(programme, written)
    except BadAmount:
        raise CannotOpen(f'--item: "{written}" has no price that can be read') from None
    if found is None:
        known = codes(programme)
        raise CannotOpen(
            _unknown("--item", "product or category", written.partition("=")[0], known)
        )
    return found


def _answer(
    programme: Programme, member: Member, found: Explained, spoken: Words
) -> dict[str, Any]:
    return {
        "member": member.code,
        "at": found.event.at.isoformat(),
        "amount": str(found.event.amount),
        "eligible": str(found.outcome.breakdown.eligible),
        "tier": found.tier.code if found.tier else None,
        "shares": [
            {
                "rule": share.rule,
                "name": spoken(name_of(programme, share.rule, share.unit)),
                "unit": share.unit,
                "amount": share.amount,
            }
            for share in found.outcome.shares
        ],
        "skipped": [
            {"rule": out.rule, "name": spoken(_name(programme, out.rule)), "why": out.why}
            for out in found.skipped
        ],
        "given": dict(found.outcome.given),
        "rewards": list(found.outcome.rewards),
        "challenges": [
            {
                "rule": one.rule.id,
                "have": str(one.have),
                "goal": str(one.rule.goal),
                "counts": one.rule.counts,
                "until": one.until.isoformat(),
                "done": one.done,
            }
            for one in found.challenges
        ],
        "reaches": found.reaches.code if found.reaches else None,
    }


def _name(programme: Programme, rule_id: str) -> Phrase | Wording:
    rule = programme.earn_rule(rule_id)
    return name_of(programme, rule_id, rule.target if rule else "")


def _show(programme: Programme, member: Member, found: Explained, spoken: Words) -> None:
    event, currency, outcome = found.event, programme.shop.currency, found.outcome
    tier = f", tier {spoken(found.tier.name)}" if found.tier else ""
    say(f"{member.code}  {event.amount} {currency}, {event.local:%a %Y-%m-%d %H:%M}{tier}")
    if found.over:
        say("The programme is over: nothing is earned any more.")
        return
    if outcome.breakdown.eligible != event.amount:
        say(f"What earns of it: {outcome.breakdown.eligible} {currency}")
    for share in outcome.shares:
        name = spoken(name_of(programme, share.rule, share.unit))
        gives = spoken(units.signed(programme, share.unit, share.amount))
        say(f"  {gives}  {name} ({share.rule})")
    for unit, total in outcome.given:
        say(f"In all: {spoken(units.signed(programme, unit, total))}")
    if not outcome.shares:
        say("It earns nothing." if rules_for(programme, "purchase") else NO_RULE)
    _show_rest(programme, found, spoken)


def _show_rest(programme: Programme, found: Explained, spoken: Words) -> None:
    """What comes of it besides, and what stays out."""
    for code in found.outcome.rewards:
        reward = programme.reward(code)
        say(f"A full card: {spoken(reward.name) if reward else code}")
    if found.reaches:
        say(f"Reaches the tier {spoken(found.reaches.name)}.")
    if found.skipped:
        say(f"{counted(len(found.skipped), 'rule')} {_stay(len(found.skipped))} out:")
    for out in found.skipped:
        say(f"  {spoken(_name(programme, out.rule))} ({out.rule}): {WHY[out.why]}")
    for one in found.challenges:
        say(_challenge(programme, one, spoken))


def _stay(number: int) -> str:
    return "stays" if number == 1 else "stay"


def _challenge(programme: Programme, one: Running, spoken: Words) -> str:
    name = spoken(_name(programme, one.rule.id))
    if one.done:
        return f"Challenge {name}: done"
    what = "visits" if one.rule.counts == "visits" else programme.shop.currency
    return f"Challenge {name}: {one.have} of {one.rule.goal} {what}, until {one.until}"
