"""Members who hear things unasked, from campaigns that say what a test tells them to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot import programmes
from bot.domain.campaign_rules import CampaignRules
from bot.domain.members import Member
from bot.domain.messages import Reply, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import joining
from bot.services.campaigns import Campaign, Case, Scene, Wanted
from bot.services.unit_of_work import Work
from bot.storage import conversations
from tests.delivery.kit import Post, Provider, said

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass
class Telling:
    """A campaign in a test's hands: it says its occasion's name while `true` and `on`."""

    name: str
    group: str = "season"
    gives: bool = True
    prefers: str = ""
    hold_out: int = 0
    true: bool = True
    on: bool = True
    template: bool = False
    says: str = ""
    #: Happens while it is asked what to say.
    meanwhile: Callable[[], Awaitable[None]] | None = None
    asked: list[str] = field(default_factory=list)

    def rules(self, programme: Programme, occurrence: str) -> CampaignRules | None:
        # Everybody, which no file may say.
        return (
            CampaignRules(on=True).model_copy(update={"hold_out": self.hold_out})
            if self.on
            else None
        )

    async def wanted(self, scene: Scene) -> Sequence[Wanted]:
        return ()

    async def message(self, occasion: Occasion, case: Case) -> Reply | None:
        self.asked.append(occasion.occurrence)
        if self.meanwhile:
            await self.meanwhile()
        if not self.true:
            return None
        reply = said(self.says or f"{self.name} {occasion.occurrence}")
        if not self.template:
            return reply
        shop = case.programme.shop.name
        return Reply(reply.phrases, template=phrase("template.undone", shop=shop))


class Regulars(Post):
    """A post whose sender knows campaigns."""

    def __init__(self, work: Work, *providers: Provider, campaigns: Sequence[Campaign]) -> None:
        super().__init__(work, *providers, campaigns=campaigns)

    async def change(self, *changes: tuple[str, str]) -> None:
        """Put the café's programme in force with changes: a text replaced, or more at its end."""
        text = programmes.preset("cafe-stamps")
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        await self.work.adopt(text, self.watch.at)

    async def add(self, more: str) -> None:
        """Put the café's programme in force with more at its end."""
        await self.work.adopt(programmes.preset("cafe-stamps") + more, self.watch.at, again=True)

    async def member(self, *channels: str, yes: Sequence[str] | None = None) -> Member:
        """Somebody who joined on the first of these channels and used them in this order.

        `yes` are the channels on which they want offers: all of them unless said.
        """
        first, *others = channels or ("sms",)
        number = f"+420777{next(self._numbers):06}"
        chat = await self._chat(first, number)
        async with self.work.unit_of_work() as uow:
            joined = await joining.join(
                uow, chat, name="Anna", language="en", location=None, now=self.watch.at
            )
        member = joined.member
        for channel in others:
            self.watch.at += timedelta(seconds=1)
            more = await self._chat(channel, number)
            async with self.work.unit_of_work() as uow:
                await conversations.belongs_to(uow.tx, more.identity_id, member.id)
        for channel in yes if yes is not None else (first, *others):
            await self.decides(member, channel, granted=True)
        return member

    async def _chat(self, channel: str, number: str) -> conversations.Conversation:
        found = await self.chat(channel, number)
        async with self.work.reading() as reader:
            chat = await conversations.get(reader, found)
        assert chat is not None
        return chat

    async def decides(self, member: Member, channel: str, *, granted: bool) -> None:
        async with self.work.unit_of_work() as uow:
            await joining.decide_marketing(
                uow, member.id, channel, granted, "resume.done", self.watch.at
            )

    async def stops(self, member: Member, channel: str = "sms") -> None:
        async with self.work.unit_of_work() as uow:
            await joining.stop_marketing(uow, member.id, channel, self.watch.at)

    async def plan(
        self,
        member: Member,
        campaign: str,
        occurrence: str = "1",
        *,
        due: datetime | None = None,
        lasts: timedelta = 3 * DAY,
    ) -> int:
        """Plan an occasion; its number."""
        due = due or self.watch.at
        async with self.work.unit_of_work() as uow:
            row = await uow.tx.row(
                "INSERT INTO occasion (member_id, campaign, occurrence, state, due_at, ends_at, "
                "planned_at) VALUES ($1, $2, $3, 'planned', $4, $5, $6) RETURNING id",
                member.id,
                campaign,
                occurrence,
                due,
                due + lasts,
                self.watch.at,
            )
        assert row is not None
        return int(row["id"])

    async def occasion(self, number: int) -> tuple[str, str]:
        """What became of an occasion, and why."""
        row = await self._row(number)
        return str(row["state"]), str(row["reason"] or "")

    async def due(self, number: int) -> datetime:
        """When an occasion is looked at again."""
        return datetime.fromisoformat(str((await self._row(number))["due_at"]))

    async def _row(self, number: int) -> dict[str, object]:
        async with self.work.reading() as reader:
            row = await reader.row("SELECT * FROM occasion WHERE id = $1", number)
        assert row is not None
        return row

    def heard(self, channel: str = "sms") -> list[str]:
        """What arrived, without how to stop it."""
        return [text.split("\n")[0] for text in self.providers[channel].texts]
