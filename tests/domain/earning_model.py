"""Earning told again, plainly: a line a condition, a number a line of the receipt, no shortcuts.

`plain` shares no arithmetic with bot/domain/earning; it is slow, and that is fine. It says what a
purchase or visit gives of each unit, multiplied, and what each rule gives before that.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from bot.domain.earning import Event, Item, Uses
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn

#: Money is kept in cents here.
CENTS = 100


def plain(
    programme: Programme, event: Event, uses: Mapping[str, Uses]
) -> tuple[dict[str, int], dict[str, int]]:
    """What the event gives by unit, and what each rule gives that does not multiply."""
    lines, eligible = receipt(programme, event)
    rules = [
        rule
        for rule in programme.earn
        if (rule.rule == event.trigger or (rule.rule == "product" and event.trigger == "purchase"))
        and applies(rule, event, lines, eligible, uses.get(rule.id, Uses()), programme)
    ]
    totals: dict[str, int] = {}
    alone: dict[str, int] = {}
    for rule in rules:
        if rule.multiply is not None:
            continue
        parts = contributions(rule, event, lines, eligible)
        size = CENTS if rule.target.split(":")[0] in ("credit", "cause") else 1
        parts = [(item, part * size) for item, part in parts]
        exact = sum((part for _, part in parts), Fraction(0))
        if rule.most is not None and exact > rule.most * size:
            most = Fraction(rule.most * size)
            parts = [(item, part * most / exact) for item, part in parts]
            exact = most
        more = Fraction(0)
        for item, part in parts:
            factors = [
                Fraction(other.multiply)
                for other in rules
                if other.multiply is not None
                and other.unit == rule.target
                and (not (other.products or other.categories) or (item and asks(other, item)))
            ]
            level = programme.tiers.level(event.tier)
            if level is not None and rule.target in ("points", "credit"):
                factors.append(Fraction(level.multiply))
            more += part * together(factors, programme.earning.stacking)
        if whole(more, rule.rounding):
            alone[rule.id] = whole(exact, rule.rounding)
            totals[rule.target] = totals.get(rule.target, 0) + whole(more, rule.rounding)
    return totals, alone


def receipt(programme: Programme, event: Event) -> tuple[list[tuple[Item, Fraction]], Fraction]:
    """The lines that may earn with what each is worth, and what of the amount earns (S14, S41)."""
    kinds = {product.code: product.category for product in programme.products}
    shut = programme.earning.excluded
    out = [i for i in event.items if i.product in shut or kinds.get(i.product) in shut]
    kept = [i for i in event.items if i not in out]
    amount = Fraction(event.amount)
    for item in out:
        if item.amount is not None:
            amount -= Fraction(item.amount)
    if any(item.amount is None for item in out):
        amount = min(amount, sum((Fraction(i.amount or 0) for i in kept), Fraction(0)))
    amount = max(amount, Fraction(0))
    prices = sum((Fraction(i.amount or 0) for i in kept), Fraction(0))
    eligible = amount
    if not programme.earning.on_discount:
        eligible -= Fraction(event.discount)
    if not programme.earning.on_reward:
        eligible -= Fraction(event.reward_part)
    eligible = max(eligible, Fraction(0))
    of_one = eligible / max(amount, prices) if max(amount, prices) else Fraction(0)
    lines = [
        (
            Item(i.product, i.category or kinds.get(i.product), i.quantity, i.amount),
            Fraction(i.amount or 0) * of_one,
        )
        for i in kept
    ]
    return lines, eligible


def asks(rule: Earn, item: Item) -> bool:
    """Whether a rule is for a line."""
    if not rule.products and not rule.categories:
        return True
    return item.product in rule.products or item.category in rule.categories


def contributions(
    rule: Earn, event: Event, lines: list[tuple[Item, Fraction]], eligible: Fraction
) -> list[tuple[Item | None, Fraction]]:
    """What comes of each line, and of none."""
    amount = Fraction(rule.amount)
    if event.trigger == "visit":
        return [(None, amount * event.count)]
    if eligible == 0:
        return []
    by_money = rule.per is not None or rule.percent is not None
    if rule.rule == "product" and not by_money:
        return [(item, amount * item.quantity) for item, _ in lines if asks(rule, item)]
    if not by_money:
        return [(None, amount)]
    money: list[tuple[Item | None, Fraction]] = [*lines]
    if rule.rule == "product":
        money = [(item, worth) for item, worth in lines if asks(rule, item)]
    else:
        money.append((None, eligible - sum(worth for _, worth in lines)))
    if rule.percent is not None:
        return [(item, worth * Fraction(rule.percent) / 100) for item, worth in money]
    assert rule.per is not None
    if not rule.steps:
        return [(item, worth / Fraction(rule.per) * amount) for item, worth in money]
    spent = sum((worth for _, worth in money), Fraction(0))
    steps = spent // Fraction(rule.per) * amount
    return [(item, worth / spent * steps) for item, worth in money] if spent else []


def together(factors: list[Fraction], stacking: str) -> Fraction:
    """Several multipliers as one."""
    result = Fraction(1)
    for factor in factors:
        if stacking == "sum":
            result += factor - 1
        elif stacking == "product":
            result *= factor
        elif factor > result:
            result = factor
    return result


def whole(exact: Fraction, rounding: str) -> int:
    """Rounded down, half up or up."""
    down = exact.numerator // exact.denominator
    rest = exact - down
    if rounding == "up":
        return down + (1 if rest else 0)
    return down + (1 if rounding == "half_up" and rest >= Fraction(1, 2) else 0)


def applies(
    rule: Earn,
    event: Event,
    lines: list[tuple[Item, Fraction]],
    eligible: Fraction,
    used: Uses,
    programme: Programme,
) -> bool:
    """Whether every condition holds and no limit is reached."""
    day, within = night(rule, event)
    asked = sum(item.quantity for item, _ in lines if asks(rule, item))
    weekdays = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    leap = programme.campaigns.birthday.leap_day
    past = [event.at.astimezone(event.zone).date() - timedelta(n) for n in range(70)]
    birthdays = [n for n, d in enumerate(past) if is_birthday(d, event.birthday, leap)]
    conditions = [
        within,
        not rule.weekdays or weekdays[day.weekday()] in rule.weekdays,
        not rule.dates or day in rule.dates,
        rule.begins is None or rule.begins <= day,
        rule.ends is None or day <= rule.ends,
        eligible >= Fraction(rule.minimum),
        asked >= rule.minimum_items,
        asked > 0 or not (rule.products or rule.categories),
        not rule.locations or event.location in rule.locations,
        not rule.tiers or event.tier in rule.tiers,
        not rule.tags or any(tag in event.tags for tag in rule.tags),
        not rule.first or event.first,
        rule.birthday_days is None or any(n < rule.birthday_days for n in birthdays),
        rule.per_day is None or used.day < rule.per_day,
        rule.per_member is None or used.member < rule.per_member,
        rule.total is None or used.total < rule.total,
    ]
    return all(conditions)


def night(rule: Earn, event: Event) -> tuple[date, bool]:
    """The day that an event is of by the rule's hours, and whether it is within them."""
    local = event.at.astimezone(event.zone)
    day, minute = local.date(), local.hour * 60 + local.minute
    if rule.hours is None:
        return day, True
    start = rule.hours.start.hour * 60 + rule.hours.start.minute
    end = rule.hours.end.hour * 60 + rule.hours.end.minute
    if start < end:
        return day, start <= minute < end
    if minute < end:
        return day - timedelta(days=1), True
    return day, minute >= start


def is_birthday(day: date, birthday: tuple[int, int] | None, leap_day: str) -> bool:
    """Whether a birthday is kept on a day."""
    if (day.month, day.day) == birthday:
        return True
    if birthday != (2, 29) or (day.year % 4 == 0 and day.year % 100 != 0) or day.year % 400 == 0:
        return False
    return (day.month, day.day) == ((2, 28) if leap_day == "28 February" else (3, 1))
