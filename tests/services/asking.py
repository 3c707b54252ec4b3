"""A campaign in a test's hands: it wants to write to everybody who joined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta

from bot.domain.campaign_rules import CampaignRules
from bot.domain.messages import Reply
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import audiences
from bot.services.campaigns import Case, Scene, Wanted

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass
class Asking:
    """Due at ten where the member is, for a day; under the rules it is given."""

    name: str = "asking"
    occurrence: str = "1"
    given: CampaignRules = field(default_factory=lambda: CampaignRules(on=True))
    group: str = "asking"
    gives: bool = False
    prefers: str = ""
    fails: bool = False
    scenes: list[Scene] = field(default_factory=list)

    def rules(self, programme: Programme, occurrence: str) -> CampaignRules | None:
        return self.given

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        self.scenes.append(scene)
        if self.fails:
            raise RuntimeError("a bad campaign")
        everybody = audiences.joined_between(LONG_AGO, scene.now + timedelta(seconds=1))
        due_at = scene.at(scene.today, time(10))
        return [Wanted(everybody, self.occurrence, due_at, due_at + timedelta(days=1))]

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        return None
