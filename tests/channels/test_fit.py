"""Messages fitted to what a channel carries (S35)."""

from __future__ import annotations

import pytest

from bot.channels.base import Limits
from bot.channels.fit import Rendered, fit
from bot.domain.messages import Address, OutboundMessage, RenderedButton

ANNA = Address("test", "anna")
RICH = Limits(text=100, caption=40, buttons=3, label=10, pictures=True, edits=True, contact=True)
PLAIN = Limits(
    text=100, caption=40, buttons=0, label=10, pictures=False, edits=False, contact=False
)

YES, NO = RenderedButton("Yes", "y"), RenderedButton("No", "n")
SHARE = RenderedButton("Share", "s", contact=True)


def texts(messages: list[OutboundMessage]) -> list[str]:
    return [message.text for message in messages]


def test_what_fits_goes_as_it_is() -> None:
    sent = fit(Rendered(ANNA, "Hello", ((YES, NO),), edit_of="7"), RICH)
    assert sent == [OutboundMessage(ANNA, "Hello", ((YES, NO),), edit_of="7")]


def test_choices_become_numbered_lines_where_there_are_no_buttons() -> None:
    sent = fit(Rendered(ANNA, "Well?", ((YES,), (NO,))), PLAIN)
    assert sent == [OutboundMessage(ANNA, "Well?\n1 Yes\n2 No")]


def test_where_a_number_is_an_answer_choices_are_words() -> None:
    sent = fit(Rendered(ANNA, "How much?", ((NO,),), numbered=False), PLAIN)
    assert texts(sent) == ["How much?\n- No"]


def test_sharing_a_number_is_no_line_of_text_and_takes_no_number() -> None:
    sent = fit(Rendered(ANNA, "Your number?", ((SHARE,), (NO,))), PLAIN)
    assert texts(sent) == ["Your number?\n1 No"]


def test_a_picture_becomes_its_link_where_there_are_none() -> None:
    card = Rendered(ANNA, "Your card", picture=b"png", scan="scan:c_1", link="https://x/c/1")
    assert fit(card, PLAIN) == [OutboundMessage(ANNA, "Your card\nhttps://x/c/1", scan="scan:c_1")]


def test_an_edit_is_a_new_message_where_nothing_can_be_edited() -> None:
    (sent,) = fit(Rendered(ANNA, "Hello", edit_of="7", clear_of="8"), PLAIN)
    assert (sent.edit_of, sent.clear_of) == (None, None)


def test_a_long_label_is_shortened_and_surplus_buttons_are_left_out() -> None:
    long = RenderedButton("A very long label", "a")
    (sent,) = fit(Rendered(ANNA, "?", ((long, YES), (NO, YES))), RICH)
    assert [[b.label for b in row] for row in sent.buttons] == [["A very lo…", "Yes"], ["No"]]


def test_a_caption_too_long_for_its_picture_follows_it() -> None:
    text = "word " * 12
    sent = fit(Rendered(ANNA, text.strip(), ((YES,),), picture=b"png"), RICH)
    assert [(m.picture, m.text, m.buttons) for m in sent] == [
        (b"png", "", ()),
        (None, text.strip(), ((YES,),)),
    ]


@pytest.mark.parametrize("line", ["word ", "line\n", "x"])
def test_a_text_too_long_is_cut_where_words_end_and_nothing_is_lost(line: str) -> None:
    text = (line * 90).strip()
    sent = fit(Rendered(ANNA, text, ((YES,),), edit_of="7"), RICH)
    assert max(len(m.text) for m in sent) <= RICH.text
    assert "".join("".join(m.text.split()) for m in sent) == "".join(text.split())
    assert [bool(m.buttons) for m in sent] == [False] * (len(sent) - 1) + [True]
    assert [m.edit_of for m in sent] == ["7"] + [None] * (len(sent) - 1)
