"""What happened in the month before, once a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta

from bot.domain.campaign_rules import Statement as Rules
from bot.domain.expiry import add_months
from bot.domain.lasting import UNITS
from bot.domain.messages import Phrase, Reply, Value, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences, units, wallets
from bot.services.campaigns import Case, Scene, Wanted
from scheduler.campaigns.days import due_days, local_date, shop_day
from scheduler.campaigns.saying import said


class Statement:
    """The occurrence is the month it is about: `2026-06`."""

    name = "statement"
    group = "statement"
    gives = False
    prefers = "email"

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:  # noqa: ARG002
        """What the programme says of it."""
        rules = programme.campaigns.statement
        return rules if rules.on else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """For whom anything was written last month."""
        rules, found = scene.programme.campaigns.statement, list[Wanted]()
        for due in due_days(scene, rules.at) if rules.on else ():
            # It says "last month", so it ends with this one.
            ends_at = min(due.ends_at, scene.at(add_months(due.day.replace(day=1), 1), time()))
            if due.day.day == rules.day and scene.now < ends_at:
                first, last = _month_before(due.day)
                active = audiences.active_between(*shop_day(scene.programme, first, last))
                found.append(Wanted(active, f"{first:%Y-%m}", due.at, ends_at))
        return found

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """What was earned, and what there is now; nothing where nothing was earned."""
        rules = self.rules(case.programme, occasion.occurrence)
        first, last = _month_before(local_date(case))
        if rules is None or f"{first:%Y-%m}" != occasion.occurrence:
            return None
        earned = await wallets.earned_between(
            case.reader, case.member.id, *shop_day(case.programme, first, last)
        )
        found = [unit for unit in UNITS if _worth_saying(case, unit, earned)]
        if not found:
            return None
        ours = [_line(case, unit, earned[unit]) for unit in found]
        programme, unit, have = case.programme, found[0], case.wallet.balance(found[0])
        values: dict[str, Value] = {
            "earned": units.said(programme, f"amount.{unit}", unit, earned[unit]),
            "balance": units.said(programme, f"amount.{unit}", unit, have),
        }
        subject = phrase("email.subject.statement", shop=case.programme.shop.name)
        return replace(said(self.name, case, rules, ours, values), subject=subject)


def _month_before(day: date) -> tuple[date, date]:
    """The first and the last day of the month before a day's."""
    last = day.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last


def _worth_saying(case: Case, unit: str, earned: Mapping[str, int]) -> bool:
    """Whether something came in, of a unit the programme still has."""
    return earned.get(unit, 0) > 0 and getattr(case.programme.units, unit) is not None


def _line(case: Case, unit: str, n: int) -> Phrase:
    have, card = case.wallet.balance(unit), case.programme.units.stamps
    if unit == "stamps" and card:
        return phrase("campaign.statement.stamps", n=n, have=have, total=card.card)
    return units.said(case.programme, f"campaign.statement.{unit}", unit, n, have=have)
