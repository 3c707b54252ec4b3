"""A message an owner writes to many, once."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.campaign_rules import CampaignRules
from bot.domain.messages import Reply
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import broadcasts
from bot.services.campaigns import Campaign, Case, Scene, Wanted


class Broadcast(Campaign):
    """Each under its own number; its people are planned when it starts, in pages of its own."""

    name = "broadcast"
    group = "broadcast"
    gives = False
    prefers = ""

    def rules(self, programme: Programme, occurrence: str) -> CampaignRules:  # noqa: ARG002
        """The programme says nothing of broadcasts but how many there may be."""
        return CampaignRules(on=True)

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:  # noqa: ARG002
        """Nobody here: `services.broadcasts.advance` goes on where it stopped."""
        return ()

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        """What the owner wrote; None where the broadcast was stopped."""
        texts = await broadcasts.texts_of(case.reader, int(occasion.occurrence))
        return broadcasts.message(texts, case.programme) if texts else None
