"""Somebody has not been here for long: one message, or a ladder of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from bot.domain.campaign_rules import Winback as Rules
from bot.domain.messages import Reply, Value, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences, units
from bot.services.campaigns import Case, Scene, Wanted
from scheduler.campaigns.days import due_days, local_date, shop_date, shop_day
from scheduler.campaigns.saying import gift_of, near, nearest, redeem_for, said

#: How long it makes sense (S26).
_LASTS = timedelta(days=7)


class Winback:
    """The occurrence is the day of the last visit and the rung: `2026-05-01:30`.

    A rung goes by its days, so that editing the ladder repeats none.
    """

    name = "winback"
    group = "winback"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:
        """What the programme says of it, as long as it has that rung."""
        rules, days = programme.campaigns.winback, occurrence.rpartition(":")[2]
        return rules if rules.on and int(days) in rules.days else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who was last here so many days ago; a rung ends where the next one begins."""
        rules = scene.programme.campaigns.winback
        return [
            wanted
            for days in (rules.days if rules.on else ())
            for wanted in _rung(scene, rules, days)
        ]

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """How long it has been, and our gift or what is near; nothing to who came back."""
        rules = self.rules(case.programme, occasion.occurrence)
        lapse = date.fromisoformat(occasion.occurrence.partition(":")[0])
        last = case.member.last_visit_at
        if rules is None or last is None or shop_date(case.programme, last) != lapse:
            return None
        n = (local_date(case) - lapse).days
        values: dict[str, Value] = {"days": phrase("amount.days", n=n)}
        ours, offer = [phrase("campaign.winback", n=n)], nearest(case)
        gift = await gift_of(occasion, case)
        if offer:
            values["reward"] = offer.reward.name
            if not offer.available:
                values["missing"] = units.said(
                    case.programme, f"amount.{offer.unit}", offer.unit, offer.missing
                )
            if not gift:
                ours.append(near(offer))
        return said(self.name, case, rules, ours, values, gift, redeem_for(occasion, offer))


def _rung(scene: Scene, rules: Rules, days: int) -> list[Wanted]:
    following = min((each for each in rules.days if each > days), default=None)
    found = []
    for due in due_days(scene, rules.at, _LASTS):
        lapse, ends_at = due.day - timedelta(days=days), due.ends_at
        if following:
            ends_at = min(ends_at, scene.at(lapse + timedelta(days=following), rules.at))
        if scene.now < ends_at:
            gone = audiences.last_here_between(*shop_day(scene.programme, lapse))
            found.append(Wanted(gone, f"{lapse}:{days}", due.at, ends_at))
    return found
