"""Who gets a broadcast or a season, as owners write it: `location:vinohrady not-here:30`.

Conditions are joined by "and"; several values of one, apart by commas, by "or".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from difflib import get_close_matches
from typing import Literal

from bot.domain.folding import fold
from bot.domain.programme import Programme

Reason = Literal[
    "unknown",
    "twice",
    "alone",
    "value",
    "days",
    "counted",
    "hours",
    "month",
    "location",
    "language",
    "tier",
    "no_tiers",
    "product",
    "no_products",
    "nobody",
]

#: Everybody, in so many words.
ALL = "all"
#: Every condition with an example, in the order in which they are read back.
CONDITIONS: Mapping[str, str] = {
    "location": "location:karlin",
    "language": "language:cs,en",
    "here": "here:30",
    "not-here": "not-here:30",
    "visits": "visits:5/90",
    "spend": "spend:500/90",
    "hours": "hours:14-17",
    "birthday": "birthday:5",
    "tier": "tier:gold",
    "product": "product:latte/90",
    "tag": "tag:student",
}
#: What a programme may not have, and what is said then.
_LACKING: Mapping[str, Reason] = {"tier": "no_tiers", "product": "no_products"}
#: What people write for them besides, without the hyphen.
_ALSO: Mapping[str, str] = {
    **{name.replace("-", ""): name for name in CONDITIONS},
    **{"locations": "location", "shop": "location", "lang": "language", "languages": "language"},
    **{"visit": "visits", "spent": "spend", "hour": "hours", "month": "birthday", "tags": "tag"},
    **{"tiers": "tier", "level": "tier", "products": "product", "category": "product"},
}

MOST_DAYS = 3_650
_MOST_VISITS = 10_000
_HOURS = 24

_COLON = re.compile(r"\s*[:=]\s*")
_COMMA = re.compile(r"\s*,\s*")
_WHOLE = re.compile(r"\d{1,5}", re.ASCII)
_COUNTED = re.compile(r"(\d{1,9}(?:[.,]\d{1,2})?)/(\d{1,5})", re.ASCII)
_SPAN = re.compile(r"(\d{1,2})(?::00)?\s*[-–—]\s*(\d{1,2})(?::00)?", re.ASCII)


class BadSegment(ValueError):
    """What was written is no segment: `word` is the culprit, `known` what could stand there."""

    def __init__(self, reason: Reason, word: str, known: str = "") -> None:
        super().__init__(_SENTENCES[reason].format(word=word, known=known))
        self.reason: Reason = reason
        self.word = word
        self.known = known


@dataclass(frozen=True, slots=True)
class Segment:
    """Conditions on members; an empty one does not count, and without any it is everybody.

    `here` and `not_here` are days; `visits` at least so many in the last so many days, `spend`
    likewise in the currency's major unit; `hours` from the first up to the second, across midnight
    too, in the shop's own time. Of `products` (or categories) one was bought in so many days. Of
    each group of `tags` a member has one.
    """

    locations: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    here: int | None = None
    not_here: int | None = None
    visits: tuple[int, int] | None = None
    spend: tuple[Decimal, int] | None = None
    hours: tuple[int, int] | None = None
    birthdays: tuple[int, ...] = ()
    tiers: tuple[str, ...] = ()
    products: tuple[tuple[str, ...], int] | None = None
    tags: tuple[tuple[str, ...], ...] = ()

    def __str__(self) -> str:
        """The segment as it can be written again."""
        written = {
            "location": _listed(self.locations),
            "language": _listed(self.languages),
            "here": _listed([self.here] if self.here else []),
            "not-here": _listed([self.not_here] if self.not_here else []),
            "visits": "{}/{}".format(*self.visits) if self.visits else "",
            "spend": "{}/{}".format(*self.spend) if self.spend else "",
            "hours": "{}-{}".format(*self.hours) if self.hours else "",
            "birthday": _listed(self.birthdays),
            "tier": _listed(self.tiers),
            "product": f"{_listed(self.products[0])}/{self.products[1]}" if self.products else "",
        }
        words = [f"{name}:{value}" for name, value in written.items() if value]
        return " ".join([*words, *(f"tag:{_listed(group)}" for group in self.tags)]) or ALL


EVERYBODY = Segment()


def conditions(programme: Programme) -> Mapping[str, str]:
    """The conditions that members of a programme can meet, each with an example."""
    has = {"tier": programme.tiers.levels, "product": programme.products}
    return {name: example for name, example in CONDITIONS.items() if has.get(name, True)}


def parse(text: str, programme: Programme, months: Mapping[str, int] | None = None) -> Segment:
    """The segment that a text says; raises BadSegment. Nothing at all is everybody.

    `months` are folded names of months, which may stand for their numbers.
    """
    offered = conditions(programme)
    words = _COMMA.sub(",", _COLON.sub(":", text)).split()
    segment = EVERYBODY
    seen: set[str] = set()
    for word in words:
        name, _, value = word.partition(":")
        if fold(word) == ALL:
            if len(words) > 1:
                raise BadSegment("alone", word)
            break
        name = _named(name, word, offered)
        if name not in offered:
            raise BadSegment(_LACKING[name], word)
        if name in seen and name != "tag":
            raise BadSegment("twice", name)
        seen.add(name)
        if not value.strip(","):
            raise BadSegment("value", word, CONDITIONS[name])
        segment = _PARTS[name](segment, value.strip(","), _Known(programme, months or {}))
    if segment.here and segment.not_here and segment.not_here >= segment.here:
        raise BadSegment("nobody", text.strip())
    return segment


def _named(name: str, word: str, offered: Mapping[str, str]) -> str:
    """The condition somebody means."""
    plain = re.sub(r"[-‐‑–_]", "", fold(name))
    if plain in _ALSO:
        return _ALSO[plain]
    near = get_close_matches(plain, [word for word in _ALSO if _ALSO[word] in offered], n=1)
    known = [offered[_ALSO[near[0]]]] if near else list(offered.values())
    raise BadSegment("unknown", word, ", ".join(known))


@dataclass(frozen=True, slots=True)
class _Known:
    """What values are checked against."""

    programme: Programme
    months: Mapping[str, int]


def _locations(segment: Segment, value: str, known: _Known) -> Segment:
    codes = [place.code for place in known.programme.locations]
    return replace(segment, locations=_among("location", value, codes))


def _languages(segment: Segment, value: str, known: _Known) -> Segment:
    return replace(segment, languages=_among("language", value, known.programme.shop.languages))


def _among(reason: Reason, value: str, codes: Collection[str]) -> tuple[str, ...]:
    words = list(dict.fromkeys(word.lower() for word in value.split(",") if word))
    for word in words:
        if word not in codes:
            raise BadSegment(reason, word, ", ".join(codes) or "-")
    return tuple(words)


def _here(segment: Segment, value: str, _: _Known) -> Segment:
    return replace(segment, here=_days(value))


def _not_here(segment: Segment, value: str, _: _Known) -> Segment:
    return replace(segment, not_here=_days(value))


def _days(value: str, most: int = MOST_DAYS) -> int:
    if not _WHOLE.fullmatch(value) or not 1 <= int(value) <= most:
        raise BadSegment("days", value, str(most))
    return int(value)


def _visits(segment: Segment, value: str, _: _Known) -> Segment:
    found = _COUNTED.fullmatch(value)
    count = int(found[1]) if found and found[1].isdecimal() else 0
    if found is None or not 1 <= count <= _MOST_VISITS:
        raise BadSegment("counted", value, CONDITIONS["visits"])
    return replace(segment, visits=(count, _days(found[2])))


def _spend(segment: Segment, value: str, _: _Known) -> Segment:
    found = _COUNTED.fullmatch(value)
    amount = Decimal(found[1].replace(",", ".")) if found else Decimal(0)
    if found is None or not amount:
        raise BadSegment("counted", value, CONDITIONS["spend"])
    return replace(segment, spend=(amount, _days(found[2])))


def _hours(segment: Segment, value: str, _: _Known) -> Segment:
    found = _SPAN.fullmatch(value)
    begin, end = (int(found[1]), int(found[2])) if found else (0, 0)
    if not (begin < _HOURS and end <= _HOURS and begin != end % _HOURS):
        raise BadSegment("hours", value, CONDITIONS["hours"])
    return replace(segment, hours=(begin, end))


def _birthdays(segment: Segment, value: str, known: _Known) -> Segment:
    months = sorted({_month(word, known.months) for word in value.split(",") if word})
    return replace(segment, birthdays=tuple(months))


def _month(word: str, months: Mapping[str, int]) -> int:
    if _WHOLE.fullmatch(word) and 1 <= int(word) <= 12:
        return int(word)
    if (named := months.get(fold(word))) is not None:
        return named
    raise BadSegment("month", word, CONDITIONS["birthday"])


def _tiers(segment: Segment, value: str, known: _Known) -> Segment:
    codes = [tier.code for tier in known.programme.tiers.levels]
    return replace(segment, tiers=_among("tier", value, codes))


def _products(segment: Segment, value: str, known: _Known) -> Segment:
    names, _, days = value.rpartition("/")
    if not names.strip(","):
        raise BadSegment("counted", value, CONDITIONS["product"])
    sold = known.programme.products
    codes = dict.fromkeys([each.code for each in sold] + [c.category for c in sold if c.category])
    return replace(segment, products=(_among("product", names, list(codes)), _days(days)))


def _tags(segment: Segment, value: str, _: _Known) -> Segment:
    group = tuple(dict.fromkeys(word for word in value.split(",") if word))
    return replace(segment, tags=(*segment.tags, group))


def _listed(values: Collection[object]) -> str:
    return ",".join(str(value) for value in values)


_PARTS: Mapping[str, Callable[[Segment, str, _Known], Segment]] = {
    "location": _locations,
    "language": _languages,
    "here": _here,
    "not-here": _not_here,
    "visits": _visits,
    "spend": _spend,
    "hours": _hours,
    "birthday": _birthdays,
    "tier": _tiers,
    "product": _products,
    "tag": _tags,
}

#: For the command line and the programme file; in chat it is said by `segment.bad.*`.
_SENTENCES: Mapping[Reason, str] = {
    "unknown": '"{word}" is no condition; write such as {known}',
    "twice": '"{word}" stands there twice; put several values together: location:karlin,vinohrady',
    "alone": '"{word}" stands alone: leave it out beside other conditions',
    "value": '"{word}" lacks its value; write such as {known}',
    "days": '"{word}" is no number of days; write a whole number from 1 to {known}',
    "counted": '"{word}" can\'t be read; write at least how much in how many days: {known}',
    "hours": '"{word}" are no hours; write from when to when, such as {known}',
    "month": '"{word}" is no month; write its number, such as {known}',
    "location": 'there is no location "{word}"; there are: {known}',
    "language": 'the shop does not speak "{word}"; there are: {known}',
    "tier": 'there is no tier "{word}"; there are: {known}',
    "no_tiers": "this programme has no tiers",
    "product": 'there is no product or category "{word}"; there are: {known}',
    "no_products": "this programme has no products",
    "nobody": '"{word}" is nobody: whoever was here lately is not long gone',
}
