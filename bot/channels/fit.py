"""Fitting a message to what a channel can carry: buttons, a list or lines; lengths; pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.channels import segments
from bot.channels.base import Limits
from bot.domain.messages import Address, OutboundMessage, RenderedButton

ELLIPSIS = "…"
LAST_OF_ONE_UNIT = "\uffff"
#: Where a sentence may end, when a text has to be cut inside a line.
_SENTENCE_ENDS = (". ", "! ", "? ", "… ")

#: Whether a text fits.
Fits = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message in the person's language, before a channel's limits.

    `picture` is empty where the provider fetches it itself, `link` stands in for it where there are
    none. `numbered` says whether choices that become lines are picked by number or by their words;
    `opener` is the label of what opens a list of choices. `segments` is how many one message may
    take over SMS; 0 where they are not counted. `photo` is one somebody sent on this channel, whose
    words are short.
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
    opener: str = ""
    segments: int = 0
    photo: str = ""


def fit(message: Rendered, limits: Limits) -> list[OutboundMessage]:
    """The messages a channel sends for one: nearly always one, more where a text is too long."""
    text = message.text
    picture = message.picture if limits.pictures else None
    if picture is None and message.link:
        text = f"{text}\n{message.link}".strip()
    buttons = fitting_buttons(message.buttons, limits)
    lines = [] if buttons else choice_lines(message.buttons, message.numbered)
    whole = OutboundMessage(
        address=message.address,
        text="\n".join([text, *lines]).strip(),
        buttons=buttons,
        picture=picture,
        scan=message.scan,
        edit_of=message.edit_of if limits.edits else None,
        clear_of=message.clear_of if limits.edits else None,
        opener=message.opener,
        numbered=message.numbered,
        photo=message.photo,
    )
    return _cut(whole, len(lines), message.segments, limits)


def choice_lines(buttons: Sequence[Sequence[RenderedButton]], numbered: bool) -> list[str]:
    """Choices as lines of text; sharing a contact needs a button and is left out."""
    labels = [button.label for row in buttons for button in row if not button.contact]
    if numbered:
        return [f"{number} {label}" for number, label in enumerate(labels, 1)]
    return [f"- {label}" for label in labels]


def fitting_buttons(
    buttons: tuple[tuple[RenderedButton, ...], ...], limits: Limits
) -> tuple[tuple[RenderedButton, ...], ...]:
    """The choices that can be pressed, with labels no longer than the channel shows.

    Where the channel has lists, more of them than it has buttons are a list, one in a row; too
    many for that, or labels that would read the same when cut, are left to lines of text.
    """
    rows = [[b for b in row if limits.contact or not b.contact] for row in buttons]
    number = sum(len(row) for row in rows)
    if limits.rows and number > limits.buttons:
        rows = [[button] for row in rows for button in row]
        return _distinct(rows, limits.row_label) if number <= limits.rows else ()
    if limits.rows:
        return _distinct(rows, limits.label)
    return _shortened(_first(rows, limits.buttons), limits.label)


def shortened(text: str, length: int) -> str:
    """A text of at most `length` characters, with an ellipsis where it was cut."""
    return text if len(text) <= length else text[: length - 1].rstrip() + ELLIPSIS


def _first(rows: list[list[RenderedButton]], number: int) -> list[list[RenderedButton]]:
    kept = []
    for row in rows:
        kept.append(row[:number])
        number -= len(kept[-1])
    return kept


def _shortened(
    rows: list[list[RenderedButton]], length: int
) -> tuple[tuple[RenderedButton, ...], ...]:
    return tuple(
        tuple(replace(button, label=shortened(button.label, length)) for button in row)
        for row in rows
        if row
    )


def _distinct(
    rows: list[list[RenderedButton]], length: int
) -> tuple[tuple[RenderedButton, ...], ...]:
    kept = _shortened(rows, length)
    labels = [button.label for row in kept for button in row]
    return kept if len(set(labels)) == len(labels) else ()


def _cut(
    whole: OutboundMessage, lines: int, most_segments: int, limits: Limits
) -> list[OutboundMessage]:
    """The message in as few parts as its channel takes; the choices are with the last."""

    def fits(text: str, most: int = limits.text) -> bool:
        too_dear = most_segments and segments.count(text).segments > most_segments
        return _length(text) <= most and not too_dear

    alone = whole.picture is not None and bool(whole.buttons) and not limits.picture_buttons
    last = (limits.question or limits.text) if whole.buttons else limits.text
    first = limits.caption if whole.picture is not None else last
    if not alone and fits(whole.text, first):
        return [whole]
    parts = _pieces(whole.text, lines, fits) or [""] * bool(whole.buttons)
    if parts and not fits(parts[-1], last):
        parts[-1:] = _pieces(parts[-1], 0, lambda text: fits(text, last))
    messages = [OutboundMessage(whole.address, part, numbered=whole.numbered) for part in parts]
    if messages:
        messages[-1] = replace(messages[-1], buttons=whole.buttons, opener=whole.opener)
    if whole.picture is not None:
        return [replace(whole, text="", buttons=()), *messages]
    messages[0] = replace(messages[0], edit_of=whole.edit_of, clear_of=whole.clear_of)
    return messages


def _pieces(text: str, lines: int, fits: Fits) -> list[str]:
    """The text in pieces that fit, cut at a line's end, a sentence's, or a space.

    Its last `lines` lines are choices, which stay together where they can.
    """
    written = text.split("\n")
    choices = "\n".join(written[len(written) - lines :]) if lines else ""
    pieces = _plain_pieces("\n".join(written[: len(written) - lines]), fits)
    if choices and pieces and fits(f"{pieces[-1]}\n{choices}"):
        return [*pieces[:-1], f"{pieces[-1]}\n{choices}"]
    return [*pieces, *_plain_pieces(choices, fits)]


def _plain_pieces(text: str, fits: Fits) -> list[str]:
    pieces = []
    while text and not fits(text):
        most = _most(text, fits)
        end = _end(text, most)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text] if text else pieces


def _end(text: str, most: int) -> int:
    """Where to cut a text after at most that many characters."""
    # One more, since the cut may be right before the blank.
    line = text.rfind("\n", 1, most + 1)
    if line > 0:
        return line
    sentence = max(text.rfind(end, 1, most) for end in _SENTENCE_ENDS) + 1
    return sentence or max(text.rfind(" ", 1, most + 1), 0) or most


def _most(text: str, fits: Fits) -> int:
    """How many characters from the beginning of a longer text fit; at least one."""
    low, high = 1, len(text)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(text[:middle]) else (low, middle)
    return low


def _length(text: str) -> int:
    """How long a text is in UTF-16 units, as Telegram counts; elsewhere it is cut a bit early.

    https://core.telegram.org/bots/api#entity-length
    """
    return len(text) + sum(char > LAST_OF_ONE_UNIT for char in text)
