"""The figures that matter, of the last thirty days, on one screen."""

from __future__ import annotations

from collections.abc import Iterator

from babel.numbers import format_decimal

from bot.conversation import Router, Turn
from bot.domain.members import Role
from bot.domain.messages import Money, Phrase, Reply, phrase
from bot.services import statistics
from bot.services.statistics import DAYS, Lately, Purchases, average, rate
from handlers.menu import staff_menu

router = Router()

#: Over SMS, where each word costs money: who came and what they bought.
_SHORT = ("stats.members", "stats.visits", "stats.active", "stats.cards", "stats.rewards")


@router.command("stats", role=Role.MANAGER)
async def stats(turn: Turn) -> Reply:
    """What the programme came to lately, as far as it has such a thing."""
    found = await statistics.lately(turn.uow.tx, turn.programme, turn.now)
    lines = list(_lines(turn, found))
    if turn.short:
        lines = [line for line in lines if line.key in _SHORT]
    return Reply((phrase("stats.title", days=DAYS), *lines), staff_menu(turn, standing=False))


def _lines(turn: Turn, found: Lately) -> Iterator[Phrase]:
    people, programme = found.people, turn.programme
    yield phrase("stats.members", members=people.members, new=people.new)
    yield phrase("stats.visits", visits=people.visits)
    yield phrase("stats.active", active=people.active, again=people.again)
    yield from _bought(turn, "stats.cards", found.money.members)
    yield from _bought(turn, "stats.others", found.money.others)
    if found.money.share is not None:
        yield phrase("stats.share", share=round(found.money.share * 100))
    yield phrase("stats.rewards", used=sum(found.rewards.values()))
    if programme.has("referral") or programme.has("referred"):
        came, paid = found.referrals
        yield phrase("stats.friends", came=came, paid=paid)
    if programme.survey:
        answers, rated = found.survey
        mean = format_decimal(rate(rated, answers) or 0, "0.0", locale=turn.language)
        yield phrase("stats.survey", average=mean, answers=answers)
    if programme.causes:
        given = sum(found.donations.values())
        yield phrase("stats.given", amount=Money(given, programme.shop.currency))
    yield phrase("stats.messages", sent=sum(found.messages.values()))


def _bought(turn: Turn, key: str, found: Purchases) -> Iterator[Phrase]:
    if found.count:
        currency = turn.programme.shop.currency
        yield phrase(
            key,
            count=found.count,
            revenue=Money(found.revenue, currency),
            average=Money(average(found) or 0, currency),
        )
