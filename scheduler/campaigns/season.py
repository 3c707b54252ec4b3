"""A promotion with dates, said once to each member of its segment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from bot.domain.campaign_rules import Season as Rules
from bot.domain.expiry import local_midnight
from bot.domain.messages import Day, Reply, Value, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.domain.segments import parse
from bot.services import audiences
from bot.services.campaigns import Campaign, Case, Scene, Wanted
from scheduler.campaigns.days import LASTS
from scheduler.campaigns.saying import gift_of, said


class Season(Campaign):
    """Each under its code. Who joins while it lasts hears of it too."""

    name = "season"
    group = "season"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:
        """The season with this code, where it is on."""
        return next((each for each in _on(programme) if each.code == occurrence), None)

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Its segment, on each day from the first to the last; nobody is told twice."""
        return [
            _wanted(scene, rules)
            for rules in _on(scene.programme)
            if rules.begins <= scene.today <= rules.ends
        ]

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """What there is, and until when; None once it is over."""
        rules = self.rules(case.programme, occasion.occurrence)
        if rules is None or case.now.astimezone(case.zone).date() > rules.ends:
            return None
        values: dict[str, Value] = {"season": rules.name, "until": Day(rules.ends)}
        ours = phrase(
            "campaign.season",
            shop=case.programme.shop.name,
            season=rules.name,
            until=Day(rules.ends),
        )
        return said(self.name, case, rules, [ours], values, await gift_of(occasion, case))


def _on(programme: Programme) -> Iterator[Rules]:
    return (season for season in programme.campaigns.seasons if season.on)


def _wanted(scene: Scene, rules: Rules) -> Wanted:
    due_at = scene.at(scene.today, rules.at)
    over = local_midnight(rules.ends + timedelta(days=1), scene.zone)
    segment = parse(rules.segment, scene.programme)
    return Wanted(
        audiences.of_segment(scene, segment), rules.code, due_at, min(due_at + LASTS, over)
    )
