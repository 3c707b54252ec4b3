"""A reward is near: a few stamps, or a few percent of the points, are missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.domain.campaign_rules import AlmostThere as Rules
from bot.domain.messages import Reply, Value, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences, units
from bot.services.audiences import Audience
from bot.services.campaigns import Case, Scene, Wanted
from scheduler.campaigns.days import LONG_AGO, due_days, shop_day
from scheduler.campaigns.saying import said

_STAMPS, _POINTS = "stamps", "points"
_MOMENT = timedelta(seconds=1)


class AlmostThere:
    """Once for each card (`stamps:3`, its number) and each time for a price (`points/100:2`)."""

    name = "almost_there"
    group = "almost_there"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:
        """What the programme says of it, as long as it has that card or price."""
        rules, (goal, _, _) = programme.campaigns.almost_there, occurrence.partition(":")
        return rules if rules.on and goal in _goals(programme) else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who was last here so many days ago and is near, by what they are near to."""
        rules, found = scene.programme.campaigns.almost_there, list[Wanted]()
        if not rules.on:
            return found
        for due in due_days(scene, rules.at):
            here = shop_day(scene.programme, due.day - timedelta(days=rules.days))
            for goal in _goals(scene.programme):
                audience = _near(scene.programme, goal, here, scene.now)
                found.append(Wanted(audience, f"{goal}:", due.at, due.ends_at))
        return found

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """What is still missing, of the same card; nothing once it is full."""
        rules = self.rules(case.programme, occasion.occurrence)
        goal, _, mark = occasion.occurrence.partition(":")
        if rules is None:
            return None
        audience = _near(case.programme, goal, (LONG_AGO, case.now + _MOMENT), case.now)
        if not await audiences.includes(case.reader, audience, case.member.id, mark):
            return None
        unit, enough, code = _goals(case.programme)[goal]
        n, reward = enough - case.wallet.balance(unit), case.programme.reward(code)
        if reward is None:
            return None
        ours = phrase(f"campaign.almost_there.{unit}", n=n, reward=reward.name)
        values: dict[str, Value] = {
            "missing": units.said(case.programme, f"amount.{unit}", unit, n),
            "reward": reward.name,
        }
        return said(self.name, case, rules, [ours], values)


def _goals(programme: Programme) -> dict[str, tuple[str, int, str]]:
    """The card and every price, each with its unit, how many it takes, and its reward's code."""
    goals = {
        f"{_POINTS}/{reward.points}": (_POINTS, reward.points, reward.code)
        for reward in reversed(programme.rewards)
        if reward.points is not None and programme.units.points
    }
    card = programme.units.stamps
    return {**goals, _STAMPS: (_STAMPS, card.card, card.reward)} if card else goals


def _near(
    programme: Programme, goal: str, here: tuple[datetime, datetime], now: datetime
) -> Audience:
    unit, enough, _ = _goals(programme)[goal]
    find = audiences.almost_full_cards if unit == _STAMPS else audiences.almost_enough_points
    return find(enough, programme.campaigns.almost_there.within, *here, now)
