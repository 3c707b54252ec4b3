"""Choosing who a broadcast is for, and saying it back in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.conversation import Turn, choice
from bot.domain.amounts import in_minor_units
from bot.domain.messages import Money, Phrase, Wording, phrase
from bot.domain.segments import EVERYBODY, BadSegment, Segment, parse
from handlers.menu import Rows, language_name
from locales import month_words

#: So many shops can be pressed: a list on WhatsApp has ten lines in all.
_PLACES = 5
#: As the two buttons read.
_DAYS = 30
#: What is quoted of a wrong condition, in characters, and how many examples a text message has.
_WORD, _SHORT = 40, 2


def common(turn: Turn, step: str) -> Rows:
    """The segments that most want, as buttons of a step."""
    labels: list[tuple[Segment, Phrase | Wording]] = [
        (EVERYBODY, phrase("button.everybody")),
        (Segment(here=_DAYS), phrase("button.here_lately")),
        (Segment(not_here=_DAYS), phrase("button.not_here_lately")),
    ]
    places = turn.programme.locations
    if len(places) > 1 and not turn.short:
        labels += [(Segment(locations=(place.code,)), place.name) for place in places[:_PLACES]]
    return tuple((choice(step, _packed(segment), label),) for segment, label in labels)


def _packed(segment: Segment) -> str:
    """A segment with the other sign that may stand in it: a button's parts may hold no colon."""
    return str(segment).replace(":", "=")


def read(turn: Turn, text: str) -> Segment | Phrase:
    """The segment somebody wrote or pressed, or why it is none."""
    try:
        return parse(text, turn.programme, month_words(turn.programme.shop.languages))
    except BadSegment as error:
        known = error.known if not turn.short else ", ".join(error.known.split(", ")[:_SHORT])
        return phrase(f"segment.bad.{error.reason}", word=error.word[:_WORD], known=known)


def described(turn: Turn, segment: Segment) -> tuple[Phrase, ...]:
    """A segment in words, a line for each condition."""
    return tuple(_lines(turn, segment)) or (phrase("segment.everybody"),)


def _lines(turn: Turn, segment: Segment) -> Iterator[Phrase]:
    if segment.locations:
        yield phrase("segment.location", places=_places(turn, segment.locations))
    if segment.languages:
        names = (language_name(turn, code) for code in segment.languages)
        yield phrase("segment.language", languages=_named(names, turn.language))
    if segment.here:
        yield phrase("segment.here", n=segment.here)
    if segment.not_here:
        yield phrase("segment.not_here", n=segment.not_here)
    yield from _history(turn, segment)
    if segment.birthdays:
        yield phrase("segment.birthday", months=_joined(map(str, segment.birthdays)))
    if segment.tiers:
        found = (turn.programme.tiers.level(code) for code in segment.tiers)
        tiers = _named((tier.name for tier in found if tier), turn.language)
        yield phrase("segment.tier", tiers=tiers)
    if segment.products:
        codes, days = segment.products
        yield phrase("segment.product", products=_sold(turn, codes), n=days)
    for group in segment.tags:
        yield phrase("segment.tag", tags=_joined(group))


def _history(turn: Turn, segment: Segment) -> Iterator[Phrase]:
    if segment.visits:
        count, days = segment.visits
        yield phrase("segment.visits", count=count, n=days)
    if segment.spend:
        amount, days = segment.spend
        currency = turn.programme.shop.currency
        spent = Money(in_minor_units(amount, currency), currency)
        yield phrase("segment.spend", amount=spent, n=days)
    if segment.hours:
        begin, end = (f"{hour}:00" for hour in segment.hours)
        yield phrase("segment.hours", begin=begin, end=end)


def _places(turn: Turn, codes: Iterable[str]) -> str:
    places = (turn.programme.location(code) for code in codes)
    return _named((place.name for place in places if place), turn.language)


def _sold(turn: Turn, codes: Iterable[str]) -> str:
    """Products by their names; a category has only its code."""
    found = ((turn.programme.product(code), code) for code in codes)
    return _joined(each.name.in_language(turn.language) if each else code for each, code in found)


def _named(names: Iterable[Wording], language: str) -> str:
    return _joined(name.in_language(language) for name in names)


def _joined(words: Iterable[str]) -> str:
    return ", ".join(words)
