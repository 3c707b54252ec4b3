"""That friends can be invited: to who was here lately and never did, at most once a month."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.campaign_rules import Invitation as Rules
from bot.domain.messages import Action, Button, Reply, Value, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences, referrals, units
from bot.services.campaigns import Case, Scene, Wanted
from scheduler.campaigns.days import LONG_AGO, due_days, shop_day
from scheduler.campaigns.saying import said

_MOMENT = timedelta(seconds=1)


class Referral:
    """The occurrence is the month: `2026-06`."""

    name = "referral"
    group = "referral"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:  # noqa: ARG002
        """What the programme says of it, where inviting brings anything."""
        rules = programme.campaigns.referral
        return rules if rules.on and referrals.runs(programme) else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who was last here so many days ago, and by whom no friend came yet."""
        rules, found = self.rules(scene.programme, ""), list[Wanted]()
        if rules is None:
            return found
        for due in due_days(scene, rules.at):
            here = shop_day(scene.programme, due.day - timedelta(days=rules.days))
            alone = audiences.never_invited(*here)
            found.append(Wanted(alone, f"{due.day:%Y-%m}", due.at, due.ends_at))
        return found

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """What inviting brings; nothing to whose friend has come meanwhile."""
        rules = self.rules(case.programme, occasion.occurrence)
        alone = audiences.never_invited(LONG_AGO, case.now + _MOMENT)
        if rules is None or not await audiences.includes(case.reader, alone, case.member.id):
            return None
        ours = [phrase("campaign.referral", shop=case.programme.shop.name)]
        values: dict[str, Value] = {}
        for gift in units.promised(case.programme, referrals.REFERRED):
            ours.append(phrase("refer.friend_gets", gift=gift))
        for gift in units.promised(case.programme, referrals.REFERRAL):
            ours.append(phrase("refer.you_get", gift=gift))
            values["reward"] = gift
        invite = Button(phrase("button.refer"), Action("refer"))
        return said(self.name, case, rules, ours, values, redeem=invite)
