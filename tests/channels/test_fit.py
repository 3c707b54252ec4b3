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


WHATSAPP = Limits(
    text=100,
    caption=40,
    buttons=3,
    label=10,
    pictures=True,
    edits=False,
    contact=False,
    rows=5,
    row_label=12,
    question=60,
    picture_buttons=False,
)
SMS = Limits(
    text=1600,
    caption=1600,
    buttons=0,
    label=80,
    pictures=False,
    edits=False,
    contact=False,
    segments=True,
)


def choices(*labels: str) -> tuple[tuple[RenderedButton, ...], ...]:
    return (tuple(RenderedButton(label, label.lower()) for label in labels),)


def labels(message: OutboundMessage) -> list[list[str]]:
    return [[button.label for button in row] for row in message.buttons]


def test_more_choices_than_buttons_are_a_list() -> None:
    (sent,) = fit(Rendered(ANNA, "Which?", choices(*"ABCD"), opener="Choose"), WHATSAPP)
    assert (sent.text, labels(sent), sent.opener) == (
        "Which?",
        [["A"], ["B"], ["C"], ["D"]],
        "Choose",
    )


def test_more_choices_than_a_list_has_are_numbered_lines() -> None:
    (sent,) = fit(Rendered(ANNA, "Which?", choices(*"ABCDEF")), WHATSAPP)
    assert (sent.text, sent.buttons) == ("Which?\n1 A\n2 B\n3 C\n4 D\n5 E\n6 F", ())


def test_labels_that_would_read_the_same_are_numbered_lines() -> None:
    (sent,) = fit(Rendered(ANNA, "Which?", choices("Coffee large", "Coffee latte")), WHATSAPP)
    assert texts([sent]) == ["Which?\n1 Coffee large\n2 Coffee latte"]


def test_a_picture_goes_before_its_choices_where_it_can_carry_none() -> None:
    card = Rendered(ANNA, "Your card", choices("Menu"), picture=b"png")
    picture, question = fit(card, WHATSAPP)
    assert (picture.picture, picture.text, picture.buttons) == (b"png", "", ())
    assert (question.picture, question.text, labels(question)) == (None, "Your card", [["Menu"]])


def test_a_text_too_long_for_buttons_has_them_under_its_end() -> None:
    text = "A first sentence that says a lot. And a second one that is asked."
    first, last = fit(Rendered(ANNA, text, choices("Yes")), WHATSAPP)
    assert texts([first, last]) == [
        "A first sentence that says a lot.",
        "And a second one that is asked.",
    ]
    assert (labels(first), labels(last)) == ([], [["Yes"]])


def test_s35_over_sms_a_long_text_is_cut_at_sentences_into_parts_that_fit() -> None:
    sentence = "This sentence is exactly sixty characters long, or nearly so."
    rendered = Rendered(ANNA, " ".join([sentence] * 6), choices("Yes", "No"), segments=1)
    sent = fit(rendered, SMS)
    assert texts(sent) == [
        f"{sentence} {sentence}",
        f"{sentence} {sentence}",
        f"{sentence} {sentence}\n1 Yes\n2 No",
    ]


def test_choices_stay_together_where_they_do_not_fit_below_the_text() -> None:
    rendered = Rendered(ANNA, "x" * 155, choices("Yes", "No"), segments=1)
    assert texts(fit(rendered, SMS)) == ["x" * 155, "1 Yes\n2 No"]


def test_a_word_that_never_ends_is_cut_where_it_must() -> None:
    sent = fit(Rendered(ANNA, "ж" * 150, segments=1), SMS)
    assert texts(sent) == ["ж" * 70, "ж" * 70, "ж" * 10]
