"""Which rewards a member can have now, and why not the others (S20)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from bot.domain import rewards as rules
from bot.domain.amounts import in_minor_units
from bot.domain.ending import redeems
from bot.domain.messages import Day, Money, Phrase, Value, phrase
from bot.domain.programme import Programme
from bot.domain.programme_earning import Reward, cause_unit
from bot.domain.programme_tiers import Tier
from bot.domain.rewards import Bar, Circumstances, stock_counter
from bot.services import tiers
from bot.services.wallets import Offer, Wallet
from bot.storage import members, progress, vouchers
from bot.storage.database import Reader


@dataclass(frozen=True, slots=True)
class Listed:
    """A reward as a member reads of it; `why` they can't have it now, though they could pay."""

    offer: Offer
    why: Phrase | None = None

    @property
    def ready(self) -> bool:
        """Whether it can be redeemed now."""
        return self.why is None and self.offer.available > 0


async def listed(reader: Reader, purse: Wallet, member_id: int, now: datetime) -> list[Listed]:
    """The programme's rewards for a member: what can be had first, without what is over."""
    programme = purse.programme
    offers = [*purse.offers(), *_with_the_tier(programme), *_credit_ahead(purse)]
    case = await circumstances(
        reader, programme, member_id, [offer.reward for offer in offers], now
    )
    found = []
    for offer in offers:
        bar = rules.bar(offer.reward, case)
        if bar == "over" or (bar == "tier" and rules.free(offer.reward)):
            continue
        found.append(Listed(offer, refused(programme, offer.reward, bar) if bar else None))
    return sorted(found, key=lambda each: (not each.ready, each.offer.missing))


async def ready(reader: Reader, purse: Wallet, member_id: int, now: datetime) -> list[Offer]:
    """The rewards a member can have now."""
    found = await listed(reader, purse, member_id, now)
    return [each.offer for each in found if each.ready]


async def circumstances(
    reader: Reader,
    programme: Programme,
    member_id: int,
    rewards: Iterable[Reward],
    now: datetime,
) -> Circumstances:
    """What decides whether a member may have any of these rewards now."""
    rewards = tuple(rewards)
    stocked = [reward.code for reward in rewards if reward.stock]
    used = await progress.used(reader, map(stock_counter, stocked))
    return Circumstances(
        now.astimezone(programme.zone()).date(),
        await _tiers(reader, programme, member_id, rewards, now),
        {
            reward.code: await vouchers.taken(reader, member_id, reward.code)
            for reward in rewards
            if reward.per_member
        },
        {code: used[stock_counter(code)] for code in stocked},
    )


async def _tiers(
    reader: Reader,
    programme: Programme,
    member_id: int,
    rewards: Iterable[Reward],
    now: datetime,
) -> tuple[Tier, ...]:
    if not any(reward.tiers or rules.free(reward) for reward in rewards):
        return ()
    member = await members.get(reader, member_id)
    stands = await tiers.look(reader, programme, member, now) if member else None
    return stands.held if stands else ()


def _with_the_tier(programme: Programme) -> list[Offer]:
    """What costs nothing and comes with a tier."""
    return [Offer(reward, 1, 0, "points") for reward in programme.rewards if rules.free(reward)]


def _credit_ahead(purse: Wallet) -> list[Offer]:
    """A bonus account that has less than can be spent at once, with what is missing."""
    if not redeems(purse.programme, purse.at):
        return []
    have, currency = max(purse.balance("credit"), 0), purse.programme.shop.currency
    ahead = (
        Offer(reward, 0, max(in_minor_units(reward.minimum, currency), 1) - have, "credit")
        for reward in purse.programme.rewards
        if reward.kind == "credit"
    )
    return [offer for offer in ahead if offer.missing > 0]


def refused(programme: Programme, reward: Reward, bar: Bar) -> Phrase:
    """Why a reward can't be had, for whoever asked."""
    name = reward.name
    if bar == "early" and reward.begins:
        return phrase("reward.refused.early", reward=name, on=Day(reward.begins))
    if bar == "over" and reward.ends:
        return phrase("reward.refused.over", reward=name, on=Day(reward.ends))
    if bar == "limit":
        return phrase("reward.refused.limit", n=reward.per_member or 1, reward=name)
    if bar == "stock":
        return phrase("reward.refused.stock", reward=name)
    names = [t.name for t in programme.tiers.levels if t.code in reward.tiers or _opens(reward, t)]
    return phrase("reward.refused.tier", reward=name, tiers=one_after_another(names))


def _opens(reward: Reward, tier: Tier) -> bool:
    return rules.free(reward) and not reward.tiers and tier.early_access


def wrong_place(programme: Programme, reward: Reward) -> Phrase:
    """That a reward is for other shops."""
    return phrase("reward.refused.location", reward=reward.name, places=places(programme, reward))


def below_minimum(programme: Programme, reward: Reward) -> Phrase:
    """That a reward needs a larger amount."""
    return phrase(
        "reward.refused.minimum", reward=reward.name, amount=_money(programme, reward, "minimum")
    )


def places(programme: Programme, reward: Reward) -> Value:
    """The shops a reward is for."""
    return one_after_another(
        [place.name for place in programme.locations if place.code in reward.locations]
    )


def one_after_another(names: Iterable[Value]) -> Value:
    """Names as a list people read."""
    found = list(names) or [""]
    return reduce(lambda before, name: phrase("list.more", before=before, name=name), found)


def _money(programme: Programme, reward: Reward, key: str) -> Money:
    currency = programme.shop.currency
    return Money(in_minor_units(getattr(reward, key), currency), currency)


def terms(programme: Programme, reward: Reward) -> list[Phrase]:
    """What a member should know of a reward before they redeem it."""
    found = []
    if reward.locations:
        found.append(phrase("reward.only_at", places=places(programme, reward)))
    if reward.minimum and reward.kind != "credit":
        found.append(phrase("reward.from", amount=_money(programme, reward, "minimum")))
    return found


async def given_together(reader: Reader, programme: Programme, reward: Reward) -> list[Phrase]:
    """What all members have given to a donation's cause so far."""
    cause = programme.cause(reward.cause or "")
    if cause is None:
        return []
    total = await vouchers.given_to(reader, cause_unit(cause.code))
    return [
        phrase("reward.cause_total", cause=cause.name, amount=Money(total, programme.shop.currency))
    ]
