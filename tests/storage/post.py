"""The outbox as two processes use it, for tests of what is in the database."""

from __future__ import annotations

from datetime import timedelta
from math import inf

from bot.domain.messages import DeliveryReceipt, MessageClass
from bot.services.unit_of_work import Work
from bot.storage import outbox, receipts
from bot.storage.outbox import Letter
from bot.storage.pace import Slot
from tests.services.shop import NOW, Shop

SECOND = timedelta(seconds=1)
LEASE = 60 * SECOND
REPLY = MessageClass.REPLY


class Post:
    """One outbox as two processes use it, the programme's clock standing still unless said."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.shop = Shop(work)

    async def put(
        self,
        chat: int,
        body: str,
        message_class: MessageClass = REPLY,
        due: timedelta = timedelta(),
        kept_by: str | None = None,
        kept_for: timedelta = 15 * SECOND,
        choices: bool = False,
    ) -> int:
        async with self.work.unit_of_work() as uow:
            return await outbox.put(
                uow.tx,
                chat,
                body,
                message_class=message_class,
                member_id=None,
                choices=choices,
                due_at=NOW + due,
                now=NOW,
                claimed_by=kept_by,
                lease_until=NOW + kept_for if kept_by else None,
            )

    async def ask(
        self,
        chat: int,
        owner: str = "a",
        after: timedelta = timedelta(),
        rate: float = inf,
        booked: Slot | None = None,
    ) -> Letter | Slot | None:
        async with self.work.unit_of_work() as uow:
            return await outbox.claim_next(
                uow.tx,
                chat,
                owner=owner,
                now=NOW + after,
                real_now=NOW + after,
                lease=LEASE,
                rates={"telegram": rate},
                booked=booked,
            )

    async def claim(
        self, chat: int, owner: str = "a", after: timedelta = timedelta()
    ) -> Letter | None:
        claim = await self.ask(chat, owner, after)
        assert not isinstance(claim, Slot)
        return claim

    async def take(self, chat: int, owner: str = "a", after: timedelta = timedelta()) -> Letter:
        """Claim what must be there."""
        letter = await self.claim(chat, owner, after)
        assert letter is not None
        return letter

    async def claimed(self, chat: int, owner: str = "a", after: timedelta = timedelta()) -> str:
        """The body of the message that was claimed, "" for none."""
        letter = await self.claim(chat, owner, after)
        return letter.body if letter else ""

    async def due(self, after: timedelta = timedelta(), limit: int = 100) -> list[int]:
        return (await self.due_by_channel(after, limit)).get("telegram", [])

    async def due_by_channel(
        self, after: timedelta = timedelta(), limit: int = 100
    ) -> dict[str, list[int]]:
        async with self.work.reading() as reader:
            return await outbox.due_conversations(reader, NOW + after, NOW + after, limit)

    async def accepted(self, letter: int, provider_id: str | None = None) -> None:
        async with self.work.unit_of_work() as uow:
            await outbox.accepted(uow.tx, letter, provider_id)

    async def settle(self, letter: Letter, state: str, reason: str = "why") -> None:
        async with self.work.unit_of_work() as uow:
            await outbox.settle(uow.tx, letter, state, reason)

    async def retry(
        self, letter: Letter, due: timedelta, reason: str = "later", *, doubtful: bool = False
    ) -> None:
        async with self.work.unit_of_work() as uow:
            await outbox.retry(uow.tx, letter, NOW + due, reason, doubtful=doubtful)

    async def release_lost(self, after: timedelta) -> int:
        async with self.work.unit_of_work() as uow:
            return await outbox.release_lost(uow.tx, NOW + after, NOW + after, LEASE)

    async def state(self, letter: int) -> tuple[str, str | None]:
        async with self.work.reading() as reader:
            row = await reader.row("SELECT state, reason FROM outbox WHERE id = $1", letter)
        assert row is not None
        return row["state"], row["reason"]

    async def forget(self, letter: int) -> None:
        """Take a message out, so that the next of its conversation is first."""
        async with self.work.unit_of_work() as uow:
            await uow.tx.execute("DELETE FROM outbox WHERE id = $1", letter)

    async def chat(self, channel: str = "telegram") -> int:
        return (await self.shop.chat(channel=channel)).id

    async def receipt(self, provider_id: str, state: str, **more: str) -> bool:
        """Whether a receipt changed anything."""
        told = DeliveryReceipt(
            **{"channel": "telegram", "provider_id": provider_id, "state": state, **more}
        )
        async with self.work.unit_of_work() as uow:
            return await receipts.keep(uow.tx, told, NOW) is not None
