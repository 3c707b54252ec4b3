"""A café with campaigns: whom they want to write to, and what is said when the moment comes."""

from __future__ import annotations

from datetime import UTC, datetime

from bot import programmes
from bot.domain.members import Member
from bot.domain.messages import Reply
from bot.services import gifts, joining, planning, preferences, unasked
from bot.services.unit_of_work import Work
from bot.storage.database import required_instant
from locales import Catalogues
from scheduler.campaigns import CAMPAIGNS
from tests.services.shop import NOW, Shop

#: What a programme file has to say to switch off what is on by itself.
ON_BY_DEFAULT = ("almost_there", "birthday", "expiry", "winback")
CHANNEL = "telegram"

_WORDS = Catalogues.load()


def at(text: str) -> datetime:
    """An instant in UTC: "2026-03-14 08:00"."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def only(campaign: str, settings: str = "") -> str:
    """The tables of a programme file in which this campaign is on and no other."""
    off = (f"[campaigns.{name}]\non = false" for name in ON_BY_DEFAULT if name != campaign)
    return "\n".join(("", *off, f"[campaigns.{campaign}]\non = true\n{settings}\n"))


class Regulars(Shop):
    """The café, whose members agreed to messages."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self.names: dict[int, str] = {}

    async def follows(self, programme: str, now: datetime = NOW) -> None:
        """The programme changes."""
        read, problems = programmes.read(programme, _WORDS.languages)
        assert read is not None, problems
        await self.work.adopt(programme, now, again=True)

    async def regular(
        self,
        name: str = "Anna",
        *,
        zone: str | None = None,
        birthday: tuple[int, int] | None = None,
        now: datetime = NOW,
    ) -> Member:
        """A member who wants messages."""
        member = await self.member(name, now=now)
        async with self.uow() as uow:
            await joining.decide_marketing(uow, member.id, CHANNEL, True, "yes", now)
        if birthday:
            await self.born(member, birthday, now)
        if zone:
            await self.moves(member, zone)
        self.names[member.id] = name
        return member

    async def born(self, member: Member, birthday: tuple[int, int], now: datetime) -> None:
        """A member says when their birthday is."""
        async with self.uow() as uow:
            assert await joining.set_birthday(uow, member.id, *birthday, now) is None

    async def moves(self, member: Member, zone: str) -> None:
        """A member chooses the zone they live in."""
        async with self.uow() as uow:
            await preferences.live_by(uow, member.id, zone)

    async def plans(self, when: str) -> None:
        """The planner looks around."""
        await planning.plan(self.work, CAMPAIGNS, at(when), again=True)

    async def gives(self, when: str) -> int:
        """Campaigns give what they have to give; how many members got something."""
        return await gifts.give(self.work, CAMPAIGNS, at(when))

    async def planned(self, when: str) -> list[tuple[str, str, str, str]]:
        """All that was ever planned, after a look around: who, what, from when, until."""
        await self.plans(when)
        async with self.work.reading() as reader:
            rows = await reader.rows(
                "SELECT member_id, occurrence, due_at, ends_at FROM occasion "
                "ORDER BY due_at, occurrence, member_id"
            )
        return [
            (
                self.names[row["member_id"]],
                row["occurrence"],
                _short(row["due_at"]),
                _short(row["ends_at"]),
            )
            for row in rows
        ]

    async def hears(self, member: Member, when: str, language: str = "en") -> str:
        """What a member is told at a moment; empty when nothing is."""
        reply = await self.reply(member, when)
        if reply is None:
            return ""
        assert reply.template is not None
        assert _WORDS.render(reply.template, language)
        return "\n".join(_WORDS.render(phrase, language) for phrase in reply.phrases)

    async def reply(self, member: Member, when: str) -> Reply | None:
        """The message a member gets at a moment, if any."""
        campaigns = {campaign.name: campaign for campaign in CAMPAIGNS}
        async with self.uow() as uow:
            # Receipts of the till have long arrived: an answer on its way would go first.
            await uow.tx.execute("UPDATE outbox SET state = 'accepted'")
            picked = await unasked.pick(uow, member.id, campaigns, {CHANNEL}, at(when))
        return picked.reply if picked else None

    async def reasons(self) -> list[str]:
        """Why what was planned is not said."""
        async with self.work.reading() as reader:
            rows = await reader.rows("SELECT reason FROM occasion WHERE state = 'dropped'")
        return [row["reason"] for row in rows]


def _short(value: datetime | str) -> str:
    return required_instant(value).strftime("%Y-%m-%d %H:%M")
