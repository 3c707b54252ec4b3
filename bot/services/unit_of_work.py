"""The one door to a transaction for everything above storage, with the programme in force."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bot import programmes
from bot.domain.lasting import watches_activity
from bot.domain.ledger import Account, EntryRef
from bot.domain.programme import Programme
from bot.storage import ledger, occasions, progress, settings
from bot.storage.database import Database, Reader, Transaction

#: How long a process keeps the messages it has just committed before others may send them.
LEASE = timedelta(seconds=15)


@dataclass
class UnitOfWork:
    """An open transaction and the programme it runs under.

    `touched` are the conversations that got a message, to be delivered after the commit; `owner`
    is the process that keeps those messages for itself until `lease_until` (real time).
    `watches_activity` says that something ends by activity, under this programme or an earlier one.
    """

    tx: Transaction
    programme: Programme
    version: int
    owner: str
    lease_until: datetime
    watches_activity: bool = False
    touched: dict[int, None] = field(default_factory=dict)

    async def write(
        self, account: Account, *, member_id: int, operation_id: int, now: datetime
    ) -> list[EntryRef]:
        """Write what was posted to a locked member's account, under the programme in force."""
        return await ledger.write(
            self.tx,
            account,
            member_id=member_id,
            operation_id=operation_id,
            programme_version=self.version,
            now=now,
        )


class NoProgramme(Exception):
    """There is no programme to run yet; the message says what to do."""


class Work:
    """Opens units of work. Follows the newest programme version, whoever saved it."""

    def __init__(
        self,
        database: Database,
        languages: Collection[str],
        owner: str,
        lease: timedelta = LEASE,
    ) -> None:
        self.database = database
        self.owner = owner
        self._languages = languages
        self._lease = lease
        self._current: tuple[int, Programme] | None = None
        self._watches_activity = False

    @asynccontextmanager
    async def unit_of_work(self) -> AsyncIterator[UnitOfWork]:
        """A transaction that commits at the end of the block; services never commit themselves."""
        async with self.database.transaction() as tx:
            version, programme = await self._programme(tx)
            lease_until = datetime.now(UTC) + self._lease
            yield UnitOfWork(
                tx, programme, version, self.owner, lease_until, self._watches_activity
            )

    @asynccontextmanager
    async def reading(self, *, long: bool = False) -> AsyncIterator[Reader]:
        """Read beside the transactions, without holding anybody up; also for `long`."""
        async with self.database.reading(long=long) as reader:
            yield reader

    async def adopt(self, source: str, now: datetime, *, again: bool = False) -> bool:
        """Put a programme file's content in force; True when it was not already.

        One that was in force before is left alone, unless it may be so `again`.
        """
        async with self.database.transaction() as tx:
            new = await settings.add_programme(tx, source, now, again=again) is not None
            if new:
                await occasions.look_again_at_all(tx)
            return new

    async def programme(self) -> Programme:
        """The programme in force."""
        async with self.database.reading() as reader:
            return (await self._programme(reader))[1]

    async def _programme(self, reader: Reader) -> tuple[int, Programme]:
        newest = await settings.newest_programme_version(reader)
        if self._current is None or self._current[0] != newest:
            found = await settings.newest_programme(reader)
            if found is None:
                raise NoProgramme("no programme is in force: write one with `regulars new`")
            version, source = found
            programme, findings = programmes.read(source, self._languages)
            if programme is None:
                why = next(found.message for found in findings if found.level == "error")
                raise NoProgramme(f"programme version {version} can't be read any more: {why}")
            self._current = (version, programme)
            # What was given under an earlier version still ends as that said (S11).
            self._watches_activity = watches_activity(programme) or await progress.any_activity(
                reader
            )
        return self._current
