"""A segment is written, read back the same, and refused in words when it makes no sense."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot import programmes
from bot.domain.programme import Programme
from bot.domain.segments import CONDITIONS, EVERYBODY, BadSegment, Segment, parse
from tests.acceptance.cafe import TWO_SHOPS, preset

#: What could stand where nothing is near, in a programme without tiers and products.
EXAMPLES = ", ".join(CONDITIONS[name] for name in CONDITIONS if name not in {"tier", "product"})


@pytest.fixture(scope="module")
def programme() -> Programme:
    found, problems = programmes.read(preset(more=TWO_SHOPS), ("en", "cs"))
    assert found is not None, problems
    return found


@pytest.mark.parametrize(
    ("text", "segment"),
    [
        ("", EVERYBODY),
        ("all", EVERYBODY),
        ("location:karlin", Segment(locations=("karlin",))),
        ("location:karlin,vinohrady", Segment(locations=("karlin", "vinohrady"))),
        ("language:cs,en", Segment(languages=("cs", "en"))),
        ("here:30", Segment(here=30)),
        ("not-here:30", Segment(not_here=30)),
        ("here:90 not-here:30", Segment(here=90, not_here=30)),
        ("visits:5/90", Segment(visits=(5, 90))),
        ("spend:500/90", Segment(spend=(Decimal(500), 90))),
        ("spend:12.50/7", Segment(spend=(Decimal("12.50"), 7))),
        ("hours:14-17", Segment(hours=(14, 17))),
        ("hours:22-2", Segment(hours=(22, 2))),
        ("birthday:1,5", Segment(birthdays=(1, 5))),
        ("tag:student", Segment(tags=(("student",),))),
        ("tag:student,teacher tag:regular", Segment(tags=(("student", "teacher"), ("regular",)))),
        (
            "location:vinohrady not-here:30 tag:student",
            Segment(locations=("vinohrady",), not_here=30, tags=(("student",),)),
        ),
    ],
)
def test_a_segment_is_read_and_reads_back_the_same(
    text: str, segment: Segment, programme: Programme
) -> None:
    assert parse(text, programme) == segment
    assert str(segment) == (text or "all")
    assert parse(str(segment), programme) == segment


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("Location: Karlin", "location:karlin"),
        ("  nothere : 30 ", "not-here:30"),
        ("Not-Here:30", "not-here:30"),
        ("notHere=30", "not-here:30"),
        ("lang:CS , en", "language:cs,en"),
        ("hours:14:00-17:00", "hours:14-17"),
        ("hours:14–17", "hours:14-17"),
        ("spent:500,50/90", "spend:500.50/90"),
        ("tags:student,,student", "tag:student"),
        ("birthday:máj", "birthday:5"),
        ("ALL", "all"),
    ],
)
def test_it_may_be_typed_on_a_phone(typed: str, text: str, programme: Programme) -> None:
    assert str(parse(typed, programme, {"maj": 5})) == text


@pytest.mark.parametrize(
    ("text", "reason", "sentence"),
    [
        (
            "locaton:karlin",
            "unknown",
            '"locaton:karlin" is no condition; write such as location:karlin',
        ),
        ("karlin", "unknown", f'"karlin" is no condition; write such as {EXAMPLES}'),
        ("tier:gold", "no_tiers", "this programme has no tiers"),
        ("product:latte/90", "no_products", "this programme has no products"),
        (
            "location:brno",
            "location",
            'there is no location "brno"; there are: vinohrady, karlin',
        ),
        ("language:de", "language", 'the shop does not speak "de"; there are: en, cs'),
        ("here:", "value", '"here:" lacks its value; write such as here:30'),
        ("here", "value", '"here" lacks its value; write such as here:30'),
        (
            "here:0",
            "days",
            '"0" is no number of days; write a whole number from 1 to 3650',
        ),
        (
            "here:soon",
            "days",
            '"soon" is no number of days; write a whole number from 1 to 3650',
        ),
        (
            "visits:5",
            "counted",
            '"5" can\'t be read; write at least how much in how many days: visits:5/90',
        ),
        (
            "visits:0/90",
            "counted",
            '"0/90" can\'t be read; write at least how much in how many days: visits:5/90',
        ),
        (
            "spend:0/90",
            "counted",
            '"0/90" can\'t be read; write at least how much in how many days: spend:500/90',
        ),
        (
            "hours:14",
            "hours",
            '"14" are no hours; write from when to when, such as hours:14-17',
        ),
        (
            "hours:0-24",
            "hours",
            '"0-24" are no hours; write from when to when, such as hours:14-17',
        ),
        (
            "hours:9-25",
            "hours",
            '"9-25" are no hours; write from when to when, such as hours:14-17',
        ),
        ("birthday:13", "month", '"13" is no month; write its number, such as birthday:5'),
        (
            "here:3 here:4",
            "twice",
            '"here" stands there twice; put several values together: location:karlin,vinohrady',
        ),
        ("all here:3", "alone", '"all" stands alone: leave it out beside other conditions'),
        (
            "here:30 not-here:60",
            "nobody",
            '"here:30 not-here:60" is nobody: whoever was here lately is not long gone',
        ),
    ],
)
def test_what_is_wrong_is_said(text: str, reason: str, sentence: str, programme: Programme) -> None:
    with pytest.raises(BadSegment) as refused:
        parse(text, programme)
    assert refused.value.reason == reason
    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("preset_name", "text", "reason", "known"),
    [
        ("coffee-stars", "tier:bronze", "tier", "green, gold, reserve"),
        ("coffee-stars", "teir:gold", "unknown", "tier:gold"),
        ("coffee-stars", "product:latte/90", "no_products", ""),
        ("pharmacy-points", "product:latte", "counted", "product:latte/90"),
        ("pharmacy-points", "tier:", "no_tiers", ""),
    ],
)
def test_what_a_programme_has_is_offered(
    preset_name: str, text: str, reason: str, known: str
) -> None:
    found, problems = programmes.read(programmes.preset(preset_name), ("en", "cs"))
    assert found is not None, problems
    with pytest.raises(BadSegment) as refused:
        parse(text, found)
    assert (refused.value.reason, refused.value.known) == (reason, known)


@pytest.mark.parametrize("text", ["х" * 5000, ":" * 900, "\0", "здесь:30", "tag:,,,", "hours:²-³"])
def test_whatever_is_typed_is_answered(text: str, programme: Programme) -> None:
    with pytest.raises(BadSegment):
        parse(text, programme)
