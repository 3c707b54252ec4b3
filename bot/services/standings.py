"""What people read of tiers: where a member stands, and one neutral message when that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain import tiers
from bot.domain.amounts import in_minor_units
from bot.domain.earning import TIER_UNITS
from bot.domain.expiry import Expiry
from bot.domain.lasting import policy
from bot.domain.messages import Action, Button, Day, Money, Phrase, Reply, Value, phrase
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier
from bot.domain.tiers import Move, Progress
from bot.services import outreach, units
from bot.services.unit_of_work import UnitOfWork

_MOMENT = timedelta(seconds=1)
_CARD = Button(phrase("button.card"), Action("card"), standing=True)


def lines(programme: Programme, progress: Progress, *, brief: bool = False) -> tuple[Phrase, ...]:
    """Where a member stands: their tier, until when, and what is missing to the next.

    Unless it is to be `brief` also the lower tier they hold, and what will count later.
    """
    if brief:
        progress = replace(progress, held=(), coming=())
    lower = [held(programme, tier, progress.lower_until) for tier in progress.held[1:]]
    coming = _coming(programme, progress)
    if progress.keeps is not None:
        return (_in_grace(programme, progress), *lower, *coming)
    found = []
    if progress.tier is not None:
        found.append(held(programme, progress.tier, progress.until))
    found += lower
    after = progress.following
    if after is not None and progress.on is not None:
        found.append(phrase("balance.tier_next_on", tier=after.name, on=Day(progress.on)))
    elif after is not None:
        missing = _missing(programme, progress)
        found.append(phrase("balance.tier_next", tier=after.name, missing=missing))
    return (*found, *coming)


def _coming(programme: Programme, progress: Progress) -> tuple[Phrase, ...]:
    """What was spent and will count later; of points that wait the balance says it anyway."""
    if programme.tiers.by != "spend":
        return ()
    currency = programme.shop.currency
    return tuple(
        phrase(
            "balance.tier_coming",
            amount=Money(in_minor_units(much, currency), currency),
            since=Day(day),
        )
        for day, much in progress.coming
    )


def held(programme: Programme, tier: Tier, until: datetime | None) -> Phrase:
    """A tier, and until when it is somebody's."""
    paid = tier.fee is not None
    if until is None:
        return phrase("balance.membership" if paid else "balance.tier", tier=tier.name)
    key = "balance.membership_until" if paid else "balance.tier_until"
    return phrase(key, tier=tier.name, until=_last(programme, until))


def benefits(programme: Programme, tier: Tier, now: datetime) -> tuple[Phrase, ...]:
    """What a tier offers, in the shop's words and ours."""
    found = [phrase("tier.benefits", text=tier.benefits)] if tier.benefits else []
    kept = [unit for unit in TIER_UNITS if getattr(programme.units, unit)]
    if tier.multiply > 1:
        found += [
            phrase(f"tier.multiply.{unit}", factor=tier.multiply.normalize()) for unit in kept
        ]
    found += [line for unit in kept if (line := _lasts_longer(programme, tier, unit, now))]
    if tier.birthday_gift and (gift := units.given(programme, tier.birthday_gift)) is not None:
        found.append(phrase("tier.birthday", gift=gift))
    if tier.early_access:
        found.append(phrase("tier.early_access"))
    if tier.free_delivery:
        found.append(phrase("tier.free_delivery"))
    return tuple(found)


def _lasts_longer(programme: Programme, tier: Tier, unit: str, now: datetime) -> Phrase | None:
    """Until when a unit collected today lasts, where that is longer with a tier."""
    if tier.expires is None:
        return None
    usual, longer = (_over(programme, policy(programme, t, unit), now) for t in (None, tier))
    if usual is None or (longer is not None and longer <= usual):
        return None
    if longer is None:
        return phrase(f"tier.endless.{unit}")
    return phrase(f"tier.lasts.{unit}", until=_last(programme, longer))


def _over(programme: Programme, expiry: Expiry, now: datetime) -> datetime | None:
    ends = (expiry.ends_at(now, programme.zone()), expiry.deadline(now, programme.zone()))
    return min(filter(None, ends), default=None)


def reached(
    programme: Programme, tier: Tier, until: datetime | None, now: datetime
) -> tuple[Phrase, ...]:
    """That a tier is a member's now, and what it offers."""
    said = phrase("tier.reached", tier=tier.name)
    if until is not None:
        day = _last(programme, until)
        said = phrase("tier.reached_until", tier=tier.name, until=day)
    return (said, *benefits(programme, tier, now))


def risen(programme: Programme, move: Move, now: datetime) -> tuple[Phrase, ...]:
    """That what was just counted brought a tier; to be said with what it gave."""
    tier = move.standing.current(programme.tiers, now)
    if tier is None:
        return ()
    return reached(programme, tier, move.standing.review_at, now)


def paid(programme: Programme, tier: Tier, until: datetime | None, now: datetime) -> Reply:
    """That a membership was paid for, and what it offers."""
    said = phrase("membership.paid", tier=tier.name)
    if until is not None:
        said = phrase("membership.paid_until", tier=tier.name, until=_last(programme, until))
    template = phrase("template.tier", shop=programme.shop.name, tier=tier.name)
    return Reply((said, *benefits(programme, tier, now)), ((_CARD,),), template=template)


def unpaid(programme: Programme, tier: Tier) -> Reply:
    """That a payment was a mistake at the till."""
    template = phrase("template.undone", shop=programme.shop.name)
    return Reply((phrase("membership.undone", tier=tier.name),), ((_CARD,),), template=template)


async def tell(uow: UnitOfWork, person: Person, moves: Sequence[Move], now: datetime) -> None:
    """Tell a locked member what became of their tier; not at night, for they did nothing now."""
    if reply := became(uow.programme, person, moves, now):
        await outreach.tell_member(uow, person.member.id, reply, now, at_once=False)


def became(
    programme: Programme, person: Person, moves: Sequence[Move], now: datetime
) -> Reply | None:
    """What is said of moves of a tier once they are done; None where it holds as before."""
    levels, shop = programme.tiers, programme.shop.name
    was = moves[0].was.current(levels, moves[0].at - _MOMENT)
    tier = person.tier(programme, now)
    progress = tiers.progress(
        programme, person.standing, person.tallies, person.member.joined_at, now
    )
    card = ((_CARD,),)
    if tier and levels.rank(tier.code) > levels.rank(was.code if was else None):
        template = phrase("template.tier", shop=shop, tier=tier.name)
        return Reply(reached(programme, tier, progress.until, now), card, template=template)
    if tier is None and was:
        template = phrase("template.tier_ended", shop=shop, before=was.name)
        return Reply((phrase("tier.ended", before=was.name),), card, template=template)
    if tier and was and tier is not was:
        template = phrase("template.tier", shop=shop, tier=tier.name)
        said = phrase("tier.lowered", before=was.name, tier=tier.name)
        return Reply((said,), card, template=template)
    if tier and progress.keeps and progress.until and any(m.reason == "grace" for m in moves):
        until = _last(programme, progress.until)
        template = phrase("template.tier_keeps", shop=shop, tier=tier.name, until=until)
        return Reply((_in_grace(programme, progress),), card, template=template)
    return None


def _in_grace(programme: Programme, progress: Progress) -> Phrase:
    tier, until = progress.tier, progress.until
    assert tier is not None and until is not None  # noqa: S101, PT018 - it is the tier's grace
    day = _last(programme, until)
    if not progress.missing:
        return phrase("balance.tier_kept", tier=tier.name, until=day)
    missing = _missing(programme, progress)
    return phrase("balance.tier_keeps", tier=tier.name, until=day, missing=missing)


def _missing(programme: Programme, progress: Progress) -> Value:
    currency, by = programme.shop.currency, programme.tiers.by
    if by == "spend":
        return Money(in_minor_units(progress.missing, currency), currency)
    n = int(progress.missing)
    return phrase("amount.visits", n=n) if by == "visits" else phrase("amount.points", n=n)


def _last(programme: Programme, until: datetime) -> Day:
    return Day(tiers.last_day(programme, until))
