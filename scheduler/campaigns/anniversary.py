"""Thanks on the day of joining, each year."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.birthdays import joined_that_day
from bot.domain.campaign_rules import Anniversary as Rules
from bot.domain.messages import Reply, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences
from bot.services.campaigns import Case, Scene, Wanted
from scheduler.campaigns.days import due_days, shop_date, shop_day
from scheduler.campaigns.saying import gift_of, said


class Anniversary:
    """The occurrence is the year in which it is."""

    name = "anniversary"
    group = "occasions"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:  # noqa: ARG002
        """What the programme says of it."""
        rules = programme.campaigns.anniversary
        return rules if rules.on else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who joined on this day in any year before, and on the days that are not over yet."""
        rules, found = scene.programme.campaigns.anniversary, list[Wanted]()
        first = await audiences.first_joined(scene)
        if not rules.on or first is None:
            return ()
        for due in due_days(scene, rules.at):
            most = due.day.year - shop_date(scene.programme, first).year
            days = (joined_that_day(due.day, years) for years in range(1, most + 1))
            joined = [shop_day(scene.programme, *each) for each in days if each]
            if joined:
                audience = audiences.joined_in(joined)
                found.append(Wanted(audience, str(due.day.year), due.at, due.ends_at))
        return found

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """Thanks for the years."""
        rules = self.rules(case.programme, occasion.occurrence)
        joined = shop_date(case.programme, case.member.joined_at)
        years = int(occasion.occurrence) - joined.year
        if rules is None or years < 1:
            return None
        ours = phrase("campaign.anniversary", n=years)
        values = {"years": phrase("amount.years", n=years)}
        return said(self.name, case, rules, [ours], values, await gift_of(occasion, case))
