"""An earned reward waits to be used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from bot.domain.campaign_rules import UnusedReward as Rules
from bot.domain.messages import Reply, Value, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences, wallets
from bot.services.campaigns import Case, Scene, Wanted
from bot.services.news import last_day, redeem_button
from scheduler.campaigns.days import due_days, local_date, shop_date, shop_day
from scheduler.campaigns.saying import said


class UnusedReward:
    """The occurrence is the reward's lot."""

    name = "unused_reward"
    group = "unused_reward"
    gives = True
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:  # noqa: ARG002
        """What the programme says of it."""
        rules = programme.campaigns.unused_reward
        return rules if rules.on else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who has a reward left that they earned so many days ago."""
        rules, found = scene.programme.campaigns.unused_reward, list[Wanted]()
        for due in due_days(scene, rules.at) if rules.on else ():
            earned = shop_day(scene.programme, due.day - timedelta(days=rules.days))
            waiting = audiences.waiting_rewards(*earned, scene.now)
            found.append(Wanted(waiting, "", due.at, due.ends_at))
        return found

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """Since when it waits, and until when; nothing once it is used, or waits as a voucher."""
        rules = self.rules(case.programme, occasion.occurrence)
        lots = await wallets.open_lots(case.reader, case.member.id, case.now)
        lot = next((each for each in lots if str(each.id) == occasion.occurrence), None)
        reward = case.programme.reward(lot.unit.partition(":")[2]) if lot else None
        if rules is None or lot is None or reward is None:
            return None
        waited = local_date(case) - shop_date(case.programme, lot.earned_at)
        ours = [phrase("campaign.unused_reward", n=waited.days, reward=reward.name)]
        values: dict[str, Value] = {
            "reward": reward.name,
            "days": phrase("amount.days", n=waited.days),
        }
        if lot.ends_at:
            values["until"] = until = last_day(case.programme, lot.ends_at)
            ours.append(phrase("campaign.until", until=until))
        redeem = redeem_button(reward.code, f"o{occasion.id}")
        return said(self.name, case, rules, ours, values, redeem=redeem)
