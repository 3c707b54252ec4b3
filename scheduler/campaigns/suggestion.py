"""Something they have not had yet, of the kind they buy, at most once a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.campaign_rules import Suggestion as Rules
from bot.domain.messages import Reply, Value, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences, suggesting
from bot.services.campaigns import Case, Scene, Wanted
from scheduler.campaigns.days import due_days, shop_day
from scheduler.campaigns.saying import said


class Suggestion:
    """The occurrence is the month: `2026-06`."""

    name = "suggestion"
    group = "suggestion"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:  # noqa: ARG002
        """What the programme says of it."""
        rules = programme.campaigns.suggestion
        return rules if rules.on else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who was last here so many days ago and bought things we know of."""
        rules, found = scene.programme.campaigns.suggestion, list[Wanted]()
        for due in due_days(scene, rules.at) if rules.on else ():
            here = shop_day(scene.programme, due.day - timedelta(days=rules.days))
            bought = audiences.bought_between(*here)
            found.append(Wanted(bought, f"{due.day:%Y-%m}", due.at, due.ends_at))
        return found

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """What there is to try; nothing to who has had it all."""
        rules = self.rules(case.programme, occasion.occurrence)
        found = await suggesting.suggestion(case.reader, case.programme, case.member.id)
        if rules is None or found is None:
            return None
        product, known = found.product.name, found.known.name
        ours = phrase("campaign.suggestion", product=product, known=known)
        values: dict[str, Value] = {"product": product, "known": known}
        return said(self.name, case, rules, [ours], values)
