"""What a purchase would earn, rule by rule, before it happens (S13). Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from bot.domain import engine
from bot.domain.earning import Event, Item, Skipped
from bot.domain.ending import earns
from bot.domain.engine import Outcome
from bot.domain.members import Member
from bot.domain.programme import Programme
from bot.domain.programme_tiers import Tier
from bot.services import challenges, persons
from bot.services.challenges import Running
from bot.storage.database import Reader


@dataclass(frozen=True, slots=True)
class Explained:
    """A purchase as it would be: what it gives, which rules stay out, and what comes of it.

    `tier` is the member's before it, `reaches` the one it would bring them. `over` says that the
    programme gives nothing any more.
    """

    event: Event
    outcome: Outcome
    skipped: tuple[Skipped, ...]
    challenges: tuple[Running, ...]
    tier: Tier | None
    reaches: Tier | None
    over: bool = False


async def explain(
    reader: Reader,
    programme: Programme,
    member: Member,
    amount: Decimal,
    at: datetime,
    *,
    items: Sequence[Item] = (),
    location: str | None = None,
) -> Explained:
    """What a member's purchase at an instant would earn by the programme in force."""
    person = await persons.look(reader, programme, member, at)
    tier = person.tier(programme, at)
    event = replace(
        engine.event_of(programme, person, "purchase", at, location=location),
        amount=amount,
        items=tuple(items),
    )
    totals = await persons.totals_now(reader, programme, "purchase")
    outcome = engine.happen(programme, person, event, at, totals=totals)
    running = challenges.of_person(programme, person, at)
    gave = {share.rule for share in outcome.shares}
    waiting = [Skipped(one.rule.id, "goal") for one in running if one.rule.id not in gave]
    reaches = person.tier(programme, at) if outcome.move else None
    return Explained(
        event,
        outcome,
        (*outcome.breakdown.skipped, *waiting),
        running,
        tier,
        reaches,
        over=not earns(programme, at),
    )
