"""Something ends soon: what of a unit ends on one day is one message, once for each reminder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta

from bot.domain.campaign_rules import Ending as Rules
from bot.domain.messages import Day, Phrase, Reply, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.domain.programme_earning import reward_unit
from bot.services import audiences, memberships, units
from bot.services.audiences import Audience
from bot.services.campaigns import Case, Scene, Wanted
from bot.services.news import last_day
from bot.services.wallets import Offer
from scheduler.campaigns.saying import near, redeem_for, said

_STAMPS, _POINTS = "stamps", "points"
#: A paid membership that ends, in place of a unit.
_MEMBERSHIP = "membership"


class Expiry:
    """The occurrence is the unit, its last day and the reminder: `stamps:2026-06-30:7`.

    A paid membership ends like a unit does: `membership:2026-06-30:7`.
    A reminder goes by how many days before it comes, so that editing the others repeats none.
    """

    name = "expiry"
    group = "expiry"
    gives = True
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> Rules | None:
        """What the programme says of it, as long as it has that reminder."""
        rules, days = programme.campaigns.expiry, occurrence.rpartition(":")[2]
        return rules if rules.on and int(days) in rules.days else None

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        """Who has something that ends so soon; a reminder ends where the next one begins."""
        rules, found = scene.programme.campaigns.expiry, list[Wanted]()
        if not rules.on:
            return found
        # Two days more: the day here and in the shop may differ, and a lot ends when its day does.
        soon = scene.at(scene.today + timedelta(days=max(rules.days) + 2), time())
        for unit, ends_at in await audiences.endings(scene, scene.now, soon):
            found += _reminders(scene, rules, unit, ends_at, audiences.ending(unit, ends_at))
        for ends_at in await audiences.memberships_ending(scene, scene.now, soon):
            paid = audiences.paid_until(ends_at)
            found += _reminders(scene, rules, _MEMBERSHIP, ends_at, paid)
        return found

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """How much ends when; nothing when all of it is spent."""
        rules = self.rules(case.programme, occasion.occurrence)
        unit, day, _ = occasion.occurrence.rsplit(":", 2)
        last = Day(date.fromisoformat(day))
        if unit == _MEMBERSHIP:
            return await self._membership(case, rules, last)
        n = sum(
            ending.amount
            for ending in case.wallet.endings()
            if ending.unit == unit and last_day(case.programme, ending.ends_at) == last
        )
        what = units.worth(case.programme, unit, n)
        if rules is None or not n or what is None:
            return None
        offer = next((each for each in case.wallet.offers() if unit in _units(each)), None)
        kind = unit.partition(":")[0]
        ours = units.said(
            case.programme, f"campaign.expiry.{kind}", kind, n, until=last, reward=what
        )
        values = {"what": what, "until": last}
        redeem = redeem_for(occasion, offer)
        use = _use(case, unit, offer)
        return said(self.name, case, rules, [ours, *use], values, redeem=redeem)

    async def _membership(self, case: Case, rules: Rules | None, last: Day) -> Reply | None:
        """That what was paid for ends; nothing once it was paid for anew."""
        paid = await memberships.paid(case.reader, case.programme, case.member.id)
        if rules is None or paid is None or last_day(case.programme, paid.until) != last:
            return None
        tier = paid.tier.name
        ours = phrase("campaign.expiry.membership", tier=tier, until=last)
        return said(self.name, case, rules, [ours], {"what": tier, "until": last})


def _reminders(
    scene: Scene, rules: Rules, unit: str, ends_at: datetime, audience: Audience
) -> Iterator[Wanted]:
    last = last_day(scene.programme, ends_at).on
    until = ends_at
    for days in sorted(rules.days):
        day = last - timedelta(days=days)
        due_at = scene.at(day, rules.at)
        if day <= scene.today and max(due_at, scene.now) < until:
            yield Wanted(audience, f"{unit}:{last}:{days}", due_at, until)
        until = min(due_at, until)


def _units(offer: Offer) -> tuple[str, str]:
    """What a reward is bought with, and what it is once it was earned."""
    return offer.unit, reward_unit(offer.reward.code)


def _use(case: Case, unit: str, offer: Offer | None) -> list[Phrase]:
    """What stamps or points that end are good for."""
    card = case.programme.units.stamps
    reward = case.programme.reward(card.reward) if card else None
    if unit == _STAMPS and card and reward:
        missing = card.card - case.wallet.balance(unit)
        return [phrase("balance.next.stamps", n=missing, reward=reward.name)]
    return [near(offer)] if unit == _POINTS and offer else []
