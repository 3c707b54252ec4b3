"""What comes with the year: the birthday gift of a tier, what rules give for birthdays and tenure.

Given once a year, whatever the member consented to and however long planning was down.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime, timedelta
from functools import partial

from bot.domain.birthdays import joined_that_day, kept_that_day
from bot.domain.ending import earns
from bot.domain.expiry import local_midnight
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.domain.quiet import quiet_until
from bot.domain.segments import Segment
from bot.services import audiences, earning, gifts, news, planning
from bot.services.campaigns import Scene
from bot.services.gifts import BIRTHDAY
from bot.services.unit_of_work import UnitOfWork, Work
from bot.storage import gifts as given
from bot.storage import members, operations
from bot.storage.audiences import Audience
from bot.storage.planning import Batch, Zone

#: How many days after its day something is still given, so that a stop of days loses nothing.
CATCH_UP = 7
#: Members a page; each is given theirs in a transaction of its own.
PAGE = 500
#: What the rules of a trigger are given for, once a year.
_RULES = {"birthday": "birthday_rule", "tenure": "tenure_rule"}

_Give = Callable[[UnitOfWork, Member, datetime], Awaitable[object]]


async def give(work: Work, now: datetime) -> list[int]:
    """Give everybody what the year has for them; the conversations that hear of it."""
    programme, touched = await work.programme(), dict[int, None]()
    if not earns(programme, now):
        return []
    async with work.reading(long=True) as reader:
        for zone, limit in await planning.zones(reader, programme):
            # What it is told by would wait for the morning, and so does it.
            if quiet_until(now, programme.quiet_hours, zone) is not None:
                continue
            scene = Scene(reader, programme, now, zone)
            first = await audiences.first_joined(scene)
            for batch, hand in _batches(scene, limit, first):
                touched |= await _give_all(work, scene, batch, hand)
    return list(touched)


async def _give_all(work: Work, scene: Scene, batch: Batch, hand: _Give) -> dict[int, None]:
    touched: dict[int, None] = {}
    after = 0
    while page := await given.ungiven(scene.reader, batch, after, PAGE):
        for member_id, _ in page:
            async with work.unit_of_work() as uow:
                member = await members.lock(uow.tx, member_id)
                if member.id == member_id and not member.erased:
                    await hand(uow, member, scene.now)
            touched |= uow.touched
        after = page[-1][0]
    return touched


def _batches(
    scene: Scene, limit: Zone | None, first_joined: datetime | None
) -> Iterator[tuple[Batch, _Give]]:
    """Who is due on each of the last days, and how they are given it."""
    programme, leap_day = scene.programme, scene.programme.campaigns.birthday.leap_day
    for back in range(CATCH_UP + 1):
        day = scene.today - timedelta(days=back)
        born = audiences.birthdays(scene, kept_that_day(day, leap_day))
        if tiers := _giving(programme, back):
            theirs = audiences.both(born, audiences.of_segment(scene, Segment(tiers=tiers)))
            hand = partial(_by_tier, day=day, back=back)
            yield _batch(scene, BIRTHDAY, day, theirs, limit), hand
        if programme.has("birthday"):
            yield _of_rules(scene, "birthday", day, born, limit)
        joined = _joined(programme, day, first_joined) if programme.has("tenure") else None
        if joined is not None:
            yield _of_rules(scene, "tenure", day, joined, limit)


def _giving(programme: Programme, back: int) -> tuple[str, ...]:
    """The tiers whose birthday gift can still be used so many days after the day."""
    return tuple(
        tier.code
        for tier in programme.tiers.levels
        if tier.birthday_gift and (tier.birthday_days is None or back < tier.birthday_days)
    )


def _joined(programme: Programme, day: date, first: datetime | None) -> Audience | None:
    """Who joined on this day of any year before, by the shop's clock."""
    zone = programme.zone()
    if first is None:
        return None
    years = range(1, day.year - first.astimezone(zone).year + 1)
    found = [days for each in years if (days := joined_that_day(day, each))]
    periods = [
        (local_midnight(since, zone), local_midnight(last + timedelta(days=1), zone))
        for since, last in found
    ]
    return audiences.joined_in(periods) if periods else None


def _batch(scene: Scene, name: str, day: date, audience: Audience, limit: Zone | None) -> Batch:
    return Batch(name, str(day.year), audience, scene.now, scene.now, limit)


def _of_rules(
    scene: Scene, trigger: str, day: date, audience: Audience, limit: Zone | None
) -> tuple[Batch, _Give]:
    hand = partial(_by_rules, trigger=trigger, year=str(day.year))
    return _batch(scene, _RULES[trigger], day, audience, limit), hand


async def _by_tier(uow: UnitOfWork, member: Member, now: datetime, *, day: date, back: int) -> None:
    """Give a tier's gift; a greeting names it, and without one it is news of its own."""
    found = await gifts.of_tier(uow, member, now, back)
    if found is None:
        return
    earned = await gifts.hand_over(uow, member, BIRTHDAY, str(day.year), *found, now)
    if earned and not uow.programme.campaigns.birthday.on:
        await news.tell_earned(uow, earned, "gift", now)


async def _by_rules(
    uow: UnitOfWork, member: Member, now: datetime, *, trigger: str, year: str
) -> None:
    """Give what the rules of a trigger have; whoever was merged into them may have had it."""
    family = await members.family(uow.tx, member.id)
    name = _RULES[trigger]
    key = given.key(name, year, member.id)
    if await given.begun(uow.tx, name, year, family):
        return
    if await earning.grant(uow, member, trigger, key, now) is None:
        # Their year is over: nobody is looked at again.
        await operations.begin(uow.tx, key, trigger, now=now, member_id=member.id)
