"""A greeting on the birthday, once a year wherever the member is that day (S30)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta

from bot.domain.birthdays import kept_on, kept_that_day
from bot.domain.campaign_rules import Birthday as Rules
from bot.domain.messages import Reply, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences
from bot.services.campaigns import Case, Scene, Wanted
from scheduler.campaigns.days import local_date
from scheduler.campaigns.saying import gift_of, said


class Birthday:
    """The occurrence is the year of the local birthday."""

    name = "birthday"
    group = "occasions"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:  # noqa: ARG002
        """What the programme says of it."""
        rules = programme.campaigns.birthday
        return rules if rules.on else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Whose birthday is today, or was on one of the days it may come after."""
        rules, found = scene.programme.campaigns.birthday, list[Wanted]()
        for back in range(rules.days_after + 1) if rules.on else ():
            day = scene.today - timedelta(days=back)
            ends_at = scene.at(day + timedelta(days=rules.days_after + 1), time())
            born = audiences.birthdays(scene, kept_that_day(day, rules.leap_day))
            found.append(Wanted(born, str(day.year), scene.at(day, rules.at), ends_at))
        return found

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """The greeting, where it is still the birthday's time."""
        rules, born = self.rules(case.programme, occasion.occurrence), case.member.birthday
        if rules is None or born is None:
            return None
        kept = kept_on(int(occasion.occurrence), born, rules.leap_day)
        if not kept <= local_date(case) <= kept + timedelta(days=rules.days_after):
            return None
        ours = phrase("campaign.birthday", shop=case.programme.shop.name)
        return said(self.name, case, rules, [ours], {}, await gift_of(occasion, case))
