"""Fitting a message to what a channel can carry: buttons or numbered lines, lengths, pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.channels.base import Limits
from bot.domain.messages import Address, OutboundMessage, RenderedButton

ELLIPSIS = "…"
LAST_OF_ONE_UNIT = "\uffff"


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in the person's language, before a channel's limits.

    `link` stands in for the picture where there are none; `numbered` says whether choices that
    become lines are picked by number or by their words.
    """

    address: Address
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()
    numbered: bool = True
    picture: bytes | None = None
    scan: str = ""
    link: str = ""
    edit_of: str | None = None
    clear_of: str | None = None


def fit(message: Rendered, limits: Limits) -> list[OutboundMessage]:
    """The messages a channel sends for one: nearly always one, more where a text is too long."""
    text = message.text
    picture = message.picture if limits.pictures else None
    if message.picture is not None and picture is None:
        text = f"{text}\n{message.link}".strip()
    buttons = message.buttons
    if not limits.buttons:
        text = "\n".join([text, *choice_lines(buttons, message.numbered)]).strip()
        buttons = ()
    whole = OutboundMessage(
        address=message.address,
        text=text,
        buttons=fitting_buttons(buttons, limits),
        picture=picture,
        scan=message.scan,
        edit_of=message.edit_of if limits.edits else None,
        clear_of=message.clear_of if limits.edits else None,
    )
    return _cut(whole, limits)


def choice_lines(buttons: Sequence[Sequence[RenderedButton]], numbered: bool) -> list[str]:
    """Choices as lines of text; sharing a contact needs a button and is left out."""
    labels = [button.label for row in buttons for button in row if not button.contact]
    if numbered:
        return [f"{number} {label}" for number, label in enumerate(labels, 1)]
    return [f"- {label}" for label in labels]


def fitting_buttons(
    buttons: tuple[tuple[RenderedButton, ...], ...], limits: Limits
) -> tuple[tuple[RenderedButton, ...], ...]:
    """The buttons with labels no longer than the channel shows, and not more than it takes."""
    rows = []
    left = limits.buttons
    for row in buttons:
        kept = [
            replace(button, label=shortened(button.label, limits.label))
            for button in row
            if limits.contact or not button.contact
        ][:left]
        left -= len(kept)
        if kept:
            rows.append(tuple(kept))
    return tuple(rows)


def shortened(text: str, length: int) -> str:
    """A text of at most `length` characters, with an ellipsis where it was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + ELLIPSIS


def _cut(whole: OutboundMessage, limits: Limits) -> list[OutboundMessage]:
    first_limit = limits.caption if whole.picture is not None else limits.text
    if _length(whole.text) <= first_limit:
        return [whole]
    parts = _pieces(whole.text, limits.text)
    messages = [OutboundMessage(whole.address, part) for part in parts]
    messages[-1] = replace(messages[-1], buttons=whole.buttons)
    if whole.picture is not None:
        messages.insert(0, replace(whole, text="", buttons=()))
    else:
        messages[0] = replace(messages[0], edit_of=whole.edit_of, clear_of=whole.clear_of)
    return messages


def _pieces(text: str, length: int) -> list[str]:
    """The text in pieces that fit, cut at a line's end or a space where there is one."""
    pieces = []
    while _length(text) > length:
        most = _most(text, length)
        end = max(text.rfind("\n", 1, most), 0) or max(text.rfind(" ", 1, most), 0) or most
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text] if text else pieces


def _length(text: str) -> int:
    """How long a text is in UTF-16 units, as Telegram counts; elsewhere it is cut a bit early.

    https://core.telegram.org/api/entities#entity-length
    """
    return len(text) + sum(char > LAST_OF_ONE_UNIT for char in text)


def _most(text: str, length: int) -> int:
    """How many characters from the beginning of a longer text are at most `length` units."""
    units = 0
    for count, char in enumerate(text):
        units += _length(char)
        if units > length:
            return count
    return len(text)
