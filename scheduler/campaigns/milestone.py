"""Thanks for a number of visits, years as a member, or money spent in all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.domain.birthdays import joined_that_day
from bot.domain.campaign_rules import Milestone as Rules
from bot.domain.messages import Money, Reply, Value, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences
from bot.services.audiences import Audience
from bot.services.campaigns import Case, Scene, Wanted
from bot.services.earning import minor
from scheduler.campaigns.days import (
    LONG_AGO,
    Due,
    due_days,
    local_date,
    shop_date,
    shop_day,
)
from scheduler.campaigns.saying import gift_of, said

_VISITS, _YEARS, _AMOUNT = "visits", "years", "amount"


class Milestone:
    """Once for each number: `visits:50`, `years:5`, `amount:1000`."""

    name = "milestone"
    group = "milestone"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:
        """What the programme says of it, as long as it counts that number."""
        rules, (kind, _, number) = programme.campaigns.milestone, occurrence.partition(":")
        return rules if rules.on and int(number) in _numbers(rules).get(kind, ()) else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who reached a number since the hour of the day before, on each day not over yet."""
        rules = scene.programme.campaigns.milestone
        return [
            Wanted(audience, occurrence, due.at, due.ends_at)
            for due in (due_days(scene, rules.at) if rules.on else ())
            for occurrence, audience in _that_day(scene, rules, due)
        ]

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """Thanks, unless what was counted has been taken back since."""
        rules = self.rules(case.programme, occasion.occurrence)
        kind, _, number = occasion.occurrence.partition(":")
        if rules is None or not await _reached(case, kind, int(number)):
            return None
        reached = _with_unit(case.programme, kind, int(number))
        ours = phrase(f"campaign.milestone.{kind}", n=int(number), amount=reached)
        gift = await gift_of(occasion, case)
        return said(self.name, case, rules, [ours], {"reached": reached}, gift)


def _numbers(rules: Rules) -> dict[str, Sequence[int]]:
    return {_VISITS: rules.visits, _YEARS: rules.years, _AMOUNT: rules.amounts}


def _that_day(scene: Scene, rules: Rules, due: Due) -> Iterator[tuple[str, Audience]]:
    """What was reached up to a day's hour, which is the first to say so."""
    since, until = scene.at(due.day - timedelta(days=1), rules.at), min(due.at, scene.now)
    for count in rules.visits if since < until else ():
        yield f"{_VISITS}:{count}", audiences.reached_visits(count, since, until)
    for amount in rules.amounts if since < until else ():
        total = minor(scene.programme, amount)
        yield f"{_AMOUNT}:{amount}", audiences.reached_amount(total, since, until)
    for years in rules.years:
        if days := joined_that_day(due.day, years):
            joined = audiences.joined_between(*shop_day(scene.programme, *days))
            yield f"{_YEARS}:{years}", joined


async def _reached(case: Case, kind: str, number: int) -> bool:
    if kind == _YEARS:
        joined = shop_date(case.programme, case.member.joined_at)
        return local_date(case).year - joined.year >= number
    if kind == _AMOUNT:
        audience = audiences.reached_amount(minor(case.programme, number), LONG_AGO, case.now)
    else:
        audience = audiences.reached_visits(number, LONG_AGO, case.now)
    return await audiences.includes(case.reader, audience, case.member.id)


def _with_unit(programme: Programme, kind: str, number: int) -> Value:
    """A number as it reads: 50 visits, 5 years, 1,000 Kč."""
    if kind == _AMOUNT:
        return Money(minor(programme, number), programme.shop.currency)
    return phrase("amount.years" if kind == _YEARS else "amount.visits", n=number)
