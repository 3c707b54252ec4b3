"""What a campaign's messages changed, for the owner to see (S34)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.lift import Group, Lift, lift
from bot.domain.programme import Programme
from bot.storage import effects
from bot.storage.database import Reader
from bot.storage.effects import Counted


@dataclass(frozen=True, slots=True)
class Effects:
    """What a campaign changed, as a whole and by variant (none where it has no variants).

    `running` people are not in it yet: a visit of theirs would still count.
    """

    whole: Lift
    variants: Mapping[str, Lift]
    running: int


async def of(
    reader: Reader, programme: Programme, campaign: str, occurrence: str | None, now: datetime
) -> Effects:
    """What a campaign, or one occurrence of it, changed.

    Everybody counts once, with their first message; without an occurrence it is the first since
    somebody was held out.
    """
    days = programme.campaigns.attribution_days
    found = await effects.counted(reader, campaign, occurrence, days, now)
    over = [each for each in found if each.over]
    sent = [each for each in over if not each.held_out]
    held_out = _group(each for each in over if each.held_out)
    return Effects(
        whole=lift(_group(sent), held_out),
        variants={each.variant: lift(_group([each]), held_out) for each in sent if each.variant},
        running=sum(each.people for each in found if not each.over),
    )


def _group(counted: Iterable[Counted]) -> Group:
    counts = list(counted)
    return Group(sum(each.people for each in counts), sum(each.came for each in counts))
