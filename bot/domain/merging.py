"""One member out of two (S12): whose what is, without a database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.ledger import Account, EntryRef, Take
from bot.domain.members import Consent
from bot.domain.preferences import Pace, Preference

#: From most messages to fewest.
_PACES: tuple[Pace, ...] = ("all", "fewer", "gifts")


@dataclass(frozen=True, slots=True)
class Held:
    """What an open voucher keeps reserved: the debit's entry, and what that took."""

    entry: EntryRef
    unit: str
    takes: tuple[Take, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """What a member has besides a ledger and addresses; `terms_at` is when they were accepted."""

    name: str
    language: str
    birthday: tuple[int, int] | None
    birthday_set_at: datetime | None
    home_location: str | None
    tags: str
    terms_version: str | None
    minimum_age: int | None
    terms_at: datetime | None
    last_visit_at: datetime | None


def move(other: Account, kept: Account, held: Sequence[Held], *, at: datetime) -> list[int]:
    """Move all that is open or owed from one account to another, ends and all.

    What has ended by `at` expires instead, unless an open voucher holds it: those are given back
    and reserved anew. Returns which of the kept account's postings reserves each of `held`.
    """
    other.expire(at)
    for each in held:
        other.put_back("merge", each.unit, each.takes, at=at, of=each.entry)
    reserved: dict[EntryRef, int] = {}
    for unit in other.units:
        here = [each for each in held if each.unit == unit]
        owed = other.owed(unit)
        lots = {}
        for lot in other.give_up(unit, at=at):
            on_hold = sum(take.amount for each in here for take in each.takes if take.lot == lot.id)
            lots[lot.id] = kept.take_in(lot, at=at, held=on_hold).id
        for each in here:
            takes = tuple(Take(lots[take.lot], take.amount) for take in each.takes)
            reserved[each.entry] = len(kept.postings)
            kept.take_from("merge", unit, takes, at=at)
        if owed:
            kept.owe("merge", unit, owed, at=at)
    return [reserved[each.entry] for each in held]


def combined(kept: Profile, other: Profile) -> Profile:
    """The kept member's profile, with the other's where it has nothing."""
    birthday = kept if kept.birthday else other
    terms = max((kept, other), key=_accepted)
    return Profile(
        name=kept.name or other.name,
        # Where nobody took the card over yet, its language is only the shop's.
        language=(other if kept.terms_version is None and other.terms_version else kept).language,
        birthday=birthday.birthday,
        birthday_set_at=birthday.birthday_set_at,
        home_location=kept.home_location or other.home_location,
        tags=" ".join(dict.fromkeys([*kept.tags.split(), *other.tags.split()])),
        terms_version=terms.terms_version,
        minimum_age=terms.minimum_age,
        terms_at=terms.terms_at,
        last_visit_at=max(filter(None, (kept.last_visit_at, other.last_visit_at)), default=None),
    )


def _accepted(profile: Profile) -> tuple[bool, float]:
    at = profile.terms_at.timestamp() if profile.terms_at else 0.0
    return profile.terms_version is not None, at


def wishes(kept: Preference, other: Preference) -> Preference:
    """What the kept member wants of unasked messages: of two wishes the one for fewer (S12)."""
    pauses = filter(None, (kept.paused_until, other.paused_until))
    return Preference(
        channel=kept.channel or other.channel,
        pace=max(kept.pace, other.pace, key=_PACES.index),
        paused_until=max(pauses, default=None),
        zone=kept.zone or other.zone,
    )


def stricter(kept: Sequence[Consent], other: Sequence[Consent]) -> Iterator[Consent]:
    """What is to be appended to the kept member's decisions in force.

    Per channel and purpose the stricter of both holds, of equal ones the newer. A stop was meant
    for every channel, those of the other member too (S33).
    """
    for channel, purpose in dict.fromkeys((c.channel, c.purpose) for c in (*kept, *other)):
        both = [*_decided(kept, channel, purpose), *_decided(other, channel, purpose)]
        holds = max(both, key=lambda decision: (not decision.granted, decision.at))
        if holds not in kept or holds.channel != channel:
            yield replace(holds, channel=channel, source="merge")


def _decided(decisions: Iterable[Consent], channel: str, purpose: str) -> list[Consent]:
    mine = [c for c in decisions if (c.channel, c.purpose) == (channel, purpose)]
    return mine or [c for c in decisions if c.purpose == purpose and c.stops_all][:1]
