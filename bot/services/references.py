"""Many members looked up at once by code, card, phone number or e-mail address, in that order."""

from __future__ import annotations

from collections.abc import Collection

from bot.domain import emails
from bot.domain.programme import Programme
from bot.services.phones import e164
from bot.storage import crowd, members
from bot.storage.database import Reader

#: References that are remembered.
_REMEMBERED = 20_000


class References:
    """Who is meant by what people are known by; what was looked up is remembered."""

    def __init__(self, programme: Programme) -> None:
        self._programme = programme
        self._found: dict[str, int | None] = {}

    def __getitem__(self, reference: str) -> int | None:
        return self._found.get(reference)

    async def look_up(self, reader: Reader, references: Collection[str]) -> None:
        """Look up those not known yet."""
        if len(self._found) > _REMEMBERED:
            self._found.clear()
        new = [each for each in references if each not in self._found]
        codes = {each: each.removeprefix("c_").upper() for each in new}
        cards = {each: each.removeprefix("c_") for each in new}
        phones = {each: number for each in new if (number := e164(each, self._programme))}
        mails = {each: mail for each in new if "@" in each and (mail := emails.canonical(each))}
        ways = [
            (codes, await members.ids_by_code(reader, sorted(set(codes.values())))),
            (cards, await crowd.by_card(reader, sorted(set(cards.values())))),
            (phones, await members.ids_by_identity(reader, "phone", sorted(set(phones.values())))),
            (mails, await members.ids_by_identity(reader, "email", sorted(set(mails.values())))),
        ]
        for each in new:
            ids = (ids.get(said.get(each, "")) for said, ids in ways)
            self._found[each] = next((number for number in ids if number), None)
