"""A reply survives the outbox unchanged."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.messages import (
    Action,
    Button,
    Day,
    Moment,
    Money,
    Phrase,
    Picture,
    Reply,
    Value,
    Wording,
    phrase,
)
from bot.domain.wire import reply_from_json, to_json

zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
texts = st.text(max_size=20)
wordings = st.builds(Wording, st.lists(st.tuples(texts, texts), min_size=1, max_size=3).map(tuple))
plain: st.SearchStrategy[Value] = st.one_of(
    texts,
    st.integers(),
    st.builds(Money, st.integers(), texts),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.builds(
        Moment, st.datetimes(timezones=zones), texts, st.sampled_from(["day", "time", "both"])
    ),
    st.builds(Day, st.dates(), st.booleans()),
    wordings,
)


def phrases_of(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Phrase]:
    return st.builds(Phrase, texts, st.dictionaries(texts, values, max_size=3))


values = st.recursive(plain, phrases_of, max_leaves=6)
phrases = phrases_of(values)
actions = st.builds(Action, texts, st.lists(texts, max_size=3).map(tuple))
buttons = st.builds(Button, st.one_of(phrases, wordings), actions, st.booleans())
counts = st.none() | st.integers()
pictures = st.builds(
    Picture, st.sampled_from(["card", "voucher"]), texts, values, values, counts, counts
)
replies = st.builds(
    Reply,
    st.lists(phrases, max_size=2).map(tuple),
    st.lists(st.lists(buttons, max_size=2).map(tuple), max_size=2).map(tuple),
    st.none() | pictures,
    st.booleans(),
    st.none() | texts,
    st.dictionaries(texts, texts, max_size=2),
    st.booleans(),
    st.none() | phrases,
    st.none() | phrases,
)


@given(replies)
def test_a_reply_comes_back_as_it_was(reply: Reply) -> None:
    assert reply_from_json(json.loads(json.dumps(to_json(reply)))) == reply


def test_an_empty_reply_comes_back() -> None:
    assert reply_from_json(to_json(Reply())) == Reply()


def test_types_come_back_and_not_only_equal_values() -> None:
    at = datetime(2026, 6, 30, 12, 5, 1, 250, tzinfo=UTC)
    reply = Reply((phrase("a.b", at=Moment(at, "Europe/Prague", "time"), n=3),))
    (said,) = reply_from_json(to_json(reply)).phrases
    moment = said.values["at"]
    assert isinstance(moment, Moment)
    assert moment.at.isoformat() == "2026-06-30T12:05:01.000250+00:00"


def test_an_instant_without_an_offset_is_refused() -> None:
    naive = datetime(2026, 6, 30)
    with pytest.raises(ValueError, match="needs an offset"):
        to_json(Reply((phrase("a.b", at=Moment(naive, "UTC")),)))


@pytest.mark.parametrize(
    "change",
    [
        {"phrases": [{"song": ["la"]}]},
        {"phrases": ["text"]},
        {"phrases": [{"phrase": ["a.b", {}], "money": [1, "CZK"]}]},
        {"buttons": [[{"label": 3, "action": ["go"], "contact": False}]]},
    ],
)
def test_what_is_no_reply_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        reply_from_json({**to_json(Reply()), **change})
