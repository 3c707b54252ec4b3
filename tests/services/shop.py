"""A shop's people and what they do, each act a unit of work of its own; time is an argument."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from bot import programmes
from bot.domain.ledger import LedgerEntry, Lot
from bot.domain.members import Member, Role, Staff
from bot.domain.messages import Address, Phrase
from bot.domain.programme_earning import reward_unit
from bot.domain.rewards import Voucher
from bot.services import (
    claims,
    earning,
    handing_over,
    joining,
    merging,
    presents,
    redeeming,
    reversing,
    staffing,
)
from bot.services.merging import Merged
from bot.services.presents import Present, Taken
from bot.services.results import Earned, Refused, Repeated, Undone, Used
from bot.services.unit_of_work import UnitOfWork, Work
from bot.services.wallets import Wallet, open_lots, wallet
from bot.storage import conversations, ledger, members, staff, verify
from bot.storage.conversations import Conversation

#: A Monday noon in Prague.
NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)
COFFEE = reward_unit("coffee")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def cafe(*changes: tuple[str, str]) -> str:
    """The café's programme file with parts of it replaced."""
    return _changed("cafe-stamps", changes)


def deli(*changes: tuple[str, str]) -> str:
    """The points shop's programme file with parts of it replaced."""
    return _changed("points-shop", changes)


def _changed(preset: str, changes: tuple[tuple[str, str], ...]) -> str:
    text = programmes.preset(preset)
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


class Shop:
    """Verbs of customers and colleagues, and what can be seen afterwards."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self._numbers = itertools.count(1)

    def key(self) -> str:
        """A key nothing was done under yet."""
        return f"update:{next(self._numbers)}"

    @asynccontextmanager
    async def uow(self) -> AsyncIterator[UnitOfWork]:
        async with self.work.unit_of_work() as uow:
            yield uow

    # People

    async def chat(
        self, address: str = "", now: datetime = NOW, channel: str = "telegram"
    ) -> Conversation:
        """Somebody's chat, begun if it is new; over SMS and WhatsApp the address is a number."""
        value = address or f"chat-{next(self._numbers)}"
        kind = "phone" if channel in ("sms", "whatsapp") else channel
        async with self.uow() as uow:
            return await conversations.enter(uow.tx, Address(channel, value), kind, "en", now)

    async def member(
        self, name: str = "Anna", chat: Conversation | None = None, now: datetime = NOW
    ) -> Member:
        """A member who joined in chat."""
        chat = chat or await self.chat(now=now)
        async with self.uow() as uow:
            joined = await joining.join(uow, chat, name=name, language="en", location=None, now=now)
            return joined.member

    async def colleague(
        self,
        name: str = "Bára",
        role: Role = Role.CASHIER,
        chat: Conversation | None = None,
        location: str | None = None,
        now: datetime = NOW,
    ) -> Staff:
        """A colleague who opened an invitation."""
        chat = chat or await self.chat(now=now)
        async with self.uow() as uow:
            token = await staffing.invite(uow, name, role, location, now)
            accepted = await staffing.accept(uow, chat, token, now)
            assert isinstance(accepted, Staff)
            return accepted

    async def again(self, colleague: Staff) -> Staff:
        """The colleague as stored now, after a shift began."""
        async with self.work.reading() as reader:
            found = await staff.get(reader, colleague.id)
            assert found is not None
            return found

    # At the till

    async def stamp(
        self, member: Member, by: Staff, count: int = 1, now: datetime = NOW, key: str = ""
    ) -> Earned | Refused | Repeated:
        async with self.uow() as uow:
            return await earning.stamp(uow, member.id, count, by, key or self.key(), now)

    async def sale(
        self, member: Member, by: Staff, minor: int, receipt: str = "", now: datetime = NOW
    ) -> Earned | Refused | Repeated:
        async with self.uow() as uow:
            return await earning.sale(uow, member.id, minor, receipt, by, self.key(), now)

    async def sale_without_card(
        self, by: Staff, minor: int, now: datetime = NOW
    ) -> claims.Claimable | Refused | Repeated:
        async with self.uow() as uow:
            return await claims.sale_without_card(uow, minor, by, self.key(), now)

    async def paper(
        self, member: Member, by: Staff, count: int, now: datetime = NOW
    ) -> Earned | Refused | Repeated:
        async with self.uow() as uow:
            return await earning.take_over_paper_card(uow, member.id, count, by, now)

    async def use(
        self, code: str, by: Staff, now: datetime = NOW, minor: int | None = None, receipt: str = ""
    ) -> Used | Refused | Repeated:
        async with self.uow() as uow:
            return await handing_over.use(uow, code, by, now, amount_minor=minor, receipt=receipt)

    async def give(
        self,
        member: Member,
        by: Staff,
        code: str = "coffee",
        now: datetime = NOW,
        key: str = "",
        minor: int | None = None,
    ) -> Used | Refused | Repeated:
        async with self.uow() as uow:
            return await handing_over.give(
                uow, member.id, code, by, key or self.key(), now, amount_minor=minor
            )

    async def restore(
        self, voucher: int, by: Staff, now: datetime = NOW, key: str = ""
    ) -> Voucher | Refused | Repeated:
        async with self.uow() as uow:
            return await redeeming.restore(uow, voucher, by, key or self.key(), now)

    async def undo(
        self, by: Staff, now: datetime = NOW, operation: int | None = None, key: str = ""
    ) -> Undone | Refused | Repeated:
        async with self.uow() as uow:
            return await reversing.undo(uow, by, key or self.key(), now, operation)

    # Customers

    async def claim(self, member: Member, code: str, now: datetime = NOW) -> Earned | Refused:
        async with self.uow() as uow:
            return await claims.claim(uow, member.id, code, now)

    async def reserve(
        self,
        member: Member,
        code: str = "coffee",
        now: datetime = NOW,
        key: str = "",
        much: int = 1,
    ) -> Voucher | Refused | Repeated:
        async with self.uow() as uow:
            return await redeeming.reserve(uow, member.id, code, key or self.key(), now, much=much)

    async def voucher(
        self, member: Member, code: str = "coffee", now: datetime = NOW, much: int = 1
    ) -> Voucher:
        """A reserved reward, which must be there."""
        reserved = await self.reserve(member, code, now, much=much)
        assert isinstance(reserved, Voucher)
        return reserved

    async def present(
        self, member: Member, code: str = "coffee", now: datetime = NOW, key: str = ""
    ) -> Present | Refused | Repeated:
        async with self.uow() as uow:
            return await presents.give(uow, member.id, code, key or self.key(), now)

    async def take(self, friend: Member, code: str, now: datetime = NOW) -> Taken | Refused:
        async with self.uow() as uow:
            return await presents.take(uow, friend.id, code, now)

    async def cancel(self, member: Member, voucher: int, now: datetime = NOW) -> Voucher | Refused:
        async with self.uow() as uow:
            return await redeeming.cancel(uow, member.id, voucher, now)

    async def merge(self, one: Member, another: Member, now: datetime = NOW) -> Merged | Refused:
        async with self.uow() as uow:
            return await merging.merge(uow, one.id, another.id, now)

    # What can be seen

    async def wallet(self, member: Member, now: datetime = NOW) -> Wallet:
        programme = await self.work.programme()
        async with self.work.reading() as reader:
            return await wallet(reader, programme, member.id, now)

    async def lots(self, member: Member, now: datetime = NOW) -> list[Lot]:
        """What the member has, lot by lot, in binding order."""
        async with self.work.reading() as reader:
            return await open_lots(reader, member.id, now)

    async def has(self, member: Member, *units: str, now: datetime = NOW) -> tuple[int, ...]:
        """Balances; stamps and coffees where no units are named."""
        purse = await self.wallet(member, now)
        return tuple(purse.balance(unit) for unit in units or ("stamps", COFFEE))

    async def history(self, member: Member) -> list[LedgerEntry]:
        """Everything that was written for a member, oldest first."""
        async with self.work.reading() as reader:
            return (await ledger.history(reader, member.id, 10_000, 0))[::-1]

    async def lines(self, member: Member) -> list[tuple[str, str, int]]:
        """Kind, unit and amount of every entry, oldest first."""
        return [(e.kind, e.unit, e.amount) for e in await self.history(member)]

    async def told(self, chat: Conversation) -> list[str]:
        """The keys of the phrases that were said in a chat, in order."""
        async with self.work.reading() as reader:
            rows = await reader.rows(
                "SELECT body_sealed FROM outbox WHERE conversation_id = $1 ORDER BY id", chat.id
            )
            bodies = [json.loads(reader.vault.open("outbox.body", r["body_sealed"])) for r in rows]
        return [phrase["phrase"][0] for body in bodies for phrase in body["phrases"]]

    async def stored_member(self, member: Member) -> Member:
        async with self.work.reading() as reader:
            found = await members.get(reader, member.id)
            assert found is not None
            return found

    async def count(self, table: str) -> int:
        async with self.work.reading() as reader:
            row: Any = await reader.row(f"SELECT COUNT(*) AS n FROM {table}")
            return int(row["n"])

    async def verify(self) -> list[verify.Difference]:
        """The differences the ledger's proof finds."""
        async with self.work.reading() as reader:
            return await verify.differences(reader)


def why(result: object) -> str:
    """The key of the phrase something was refused with."""
    assert isinstance(result, Refused), result
    return result.why.key


def values(result: object) -> dict[str, Any]:
    """The values of the phrase something was refused with."""
    assert isinstance(result, Refused), result
    assert isinstance(result.why, Phrase)
    return dict(result.why.values)
