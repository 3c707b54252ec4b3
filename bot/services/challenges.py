"""Challenges that run: how far a member is, and until when (S13). Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from bot.domain import engine
from bot.domain.amounts import in_minor_units
from bot.domain.earning import earn
from bot.domain.earning.names import name_of
from bot.domain.ledger import Account
from bot.domain.members import Member
from bot.domain.messages import Day, Money, Phrase, phrase
from bot.domain.person import Person
from bot.domain.programme import Programme
from bot.domain.programme_earning import Earn
from bot.domain.tallies import day_number, uses_of
from bot.services import persons
from bot.storage import progress
from bot.storage.database import Reader

#: Why somebody is out of a challenge for as long as it runs.
_SHUT_OUT = ("dates", "tier", "tag", "birthday", "per_member", "total")


@dataclass(frozen=True, slots=True)
class Running:
    """A challenge a member is in: visits, or money in the major unit; `until` is its last day."""

    rule: Earn
    have: Decimal
    done: bool
    until: date


async def running(
    reader: Reader, programme: Programme, member: Member, now: datetime
) -> tuple[Running, ...]:
    """The challenges a member can take part in now, in the file's order."""
    if not programme.has("challenge"):
        return ()
    person = Person(member, Account(()))
    person.tallies = await persons.tallies(reader, programme, member.id, now)
    if programme.tiers.levels:
        person.standing = await progress.standing(reader, member.id)
    return of_person(programme, person, now)


def of_person(programme: Programme, person: Person, now: datetime) -> tuple[Running, ...]:
    """The challenges somebody can take part in, as their tallies are."""
    found = []
    for rule in programme.rules("challenge"):
        event = engine.event_of(
            programme, person, "challenge", now, location=person.member.home_location
        )
        first, last = engine.challenge_days(rule, event)
        done = person.tallies.total(uses_of(rule.id), first, last, day_number(event.day)) > 0
        out = earn(programme, event, only={rule.id}).skipped
        if done or not any(skipped.why in _SHUT_OUT for skipped in out):
            have = engine.challenge_progress(programme, person, rule, event)
            until = date(last // 10_000, last // 100 % 100, last % 100)
            found.append(Running(rule, have, done, until))
    return tuple(found)


def said(programme: Programme, challenge: Running) -> Phrase:
    """A challenge in one line."""
    rule = challenge.rule
    name = name_of(programme, rule.id, rule.target)
    if challenge.done:
        return phrase("balance.challenge.done", challenge=name)
    currency, goal = programme.shop.currency, rule.goal or Decimal(0)
    money = rule.counts == "spend"

    def shown(amount: Decimal) -> Money | int:
        return Money(in_minor_units(amount, currency), currency) if money else int(amount)

    return phrase(
        f"balance.challenge.{rule.counts}",
        challenge=name,
        have=shown(challenge.have),
        goal=shown(goal),
        until=Day(challenge.until),
    )
