"""Halting a campaign and letting it go on; the owners hear of what nobody of them did (S32)."""

from __future__ import annotations

from datetime import datetime

from bot.domain.broadcasts import CAMPAIGN
from bot.domain.messages import Action, Button, Phrase, Reply, Wording, phrase
from bot.domain.programme import Programme
from bot.services import outreach
from bot.services.unit_of_work import UnitOfWork
from bot.storage import broadcasts, halts, occasions

#: The campaign whose occurrences are the programme's seasons.
SEASON = "season"
#: The reason of a halt that a person wanted.
BY_HAND = "by hand"
#: Occasions looked at again at once when a halt is lifted: more would hold up the till.
AT_ONCE = 10_000


async def halt(
    uow: UnitOfWork, campaign: str, reason: str, now: datetime, *, by: int | None = None
) -> bool:
    """Send nothing of a campaign (`winback`, `broadcast:7`) until somebody lets it go on.

    `by` is the colleague who wants that; else the managers are told, once. False when it was
    halted already.
    """
    name, occurrence = await _locked(uow, campaign)
    if not await halts.halt(uow.tx, campaign, reason, by, now):
        return False
    if name == CAMPAIGN and occurrence:
        await broadcasts.pause(uow.tx, int(occurrence), reason)
    if by is None and reason != BY_HAND:
        await _tell(uow, campaign, reason, now)
    return True


async def halt_of_message(uow: UnitOfWork, outbox_id: int, reason: str, now: datetime) -> None:
    """Halt the campaign of a message that the provider takes for spam, or whose template is off.

    A broadcast or season alone, of which there may be several at once.
    """
    occasion = await occasions.of_message(uow.tx, outbox_id)
    if occasion is not None:
        single = occasion.campaign in (CAMPAIGN, SEASON)
        await halt(uow, occasion.key if single else occasion.campaign, reason, now)


async def lift(uow: UnitOfWork, campaign: str, now: datetime) -> bool:
    """Let a campaign go on, what it has put off at once; False when it was not halted."""
    name, occurrence = await _locked(uow, campaign)
    if not await halts.lift(uow.tx, campaign):
        return False
    if name == CAMPAIGN and occurrence:
        await broadcasts.resume(uow.tx, int(occurrence))
    await broadcasts.due_again(uow.tx, name, occurrence or None, AT_ONCE, now)
    return True


async def _locked(uow: UnitOfWork, campaign: str) -> tuple[str, str]:
    """The parts of what is halted; a broadcast is locked before its halt, as by its owner."""
    name, occurrence = parts(campaign)
    if name == CAMPAIGN and occurrence:
        await broadcasts.lock(uow.tx, int(occurrence))
    return name, occurrence


def parts(campaign: str) -> tuple[str, str]:
    """The name and the occurrence of what is halted; no occurrence is all of them."""
    name, _, occurrence = campaign.partition(":")
    return name, occurrence


def title(campaign: str, programme: Programme) -> Phrase | Wording:
    """What a campaign is called by the shop's people."""
    name, occurrence = parts(campaign)
    if name == CAMPAIGN and occurrence:
        return phrase("broadcast.title", number=occurrence)
    for season in programme.campaigns.seasons:
        if name == SEASON and season.code == occurrence:
            return season.name
    return phrase(f"campaigns.name.{name}")


async def _tell(uow: UnitOfWork, campaign: str, reason: str, now: datetime) -> None:
    said = phrase("campaigns.halted", campaign=title(campaign, uow.programme), reason=reason)
    go_on = Button(phrase("button.go_on"), Action("campaign_resume", parts(campaign)))
    reply = Reply((said,), ((go_on,),), numbered=False)
    await outreach.tell_managers(uow, reply, now, except_for=0)
