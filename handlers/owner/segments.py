"""Choosing who a broadcast is for, and saying it back in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bot.conversation import Turn, choice
from bot.domain.amounts import in_minor_units
from bot.domain.messages import Button, Money, Phrase, Wording, phrase
from bot.domain.segments import BadSegment, Segment, parse
from handlers.menu import Rows, language_name
from locales import month_words

#: So many shops can be pressed: a list on WhatsApp has ten lines in all.
_PLACES = 5
_DAYS = 30


def common(turn: Turn, step: str) -> Rows:
    """The segments that most want, as buttons of a step."""
    # A button's parts may hold no colon; a segment may be written with the other sign as well.
    rows: list[tuple[Button, ...]] = [
        (choice(step, "all", phrase("button.everybody")),),
        (choice(step, f"here={_DAYS}", phrase("button.here_lately", n=_DAYS)),),
        (choice(step, f"not-here={_DAYS}", phrase("button.not_here_lately", n=_DAYS)),),
    ]
    places = turn.programme.locations
    if len(places) > 1 and not turn.short:
        rows += ((choice(step, f"location={p.code}", p.name),) for p in places[:_PLACES])
    return tuple(rows)


def read(turn: Turn, text: str) -> Segment | Phrase:
    """The segment somebody wrote or pressed, or why it is none."""
    try:
        return parse(text, turn.programme, month_words(turn.programme.shop.languages))
    except BadSegment as error:
        return phrase(f"segment.bad.{error.reason}", word=error.word, known=error.known)


def described(turn: Turn, segment: Segment) -> tuple[Phrase, ...]:
    """A segment in words, a line for each condition."""
    return tuple(_lines(turn, segment)) or (phrase("segment.everybody"),)


def _lines(turn: Turn, segment: Segment) -> Iterator[Phrase]:
    if segment.locations:
        yield phrase("segment.location", places=_places(turn, segment.locations))
    if segment.languages:
        names = (language_name(turn, code) for code in segment.languages)
        yield phrase("segment.language", languages=_joined(names, turn.language))
    if segment.here:
        yield phrase("segment.here", n=segment.here)
    if segment.not_here:
        yield phrase("segment.not_here", n=segment.not_here)
    yield from _history(turn, segment)
    if segment.birthdays:
        yield phrase("segment.birthday", months=", ".join(map(str, segment.birthdays)))
    for group in segment.tags:
        yield phrase("segment.tag", tags=", ".join(group))


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
    return _joined((place.name for place in places if place), turn.language)


def _joined(names: Iterable[Wording], language: str) -> str:
    return ", ".join(name.in_language(language) for name in names)
