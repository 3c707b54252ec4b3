"""Messages with choices on WhatsApp: Twilio takes them only as content made before.

What is made is a shape: so many buttons or rows under a text of so many lines, everything in it a
variable. Nobody approves it, since it is only sent to people who just wrote. A value may hold no
line break (https://www.twilio.com/docs/api/errors/21656) and should stay under 250 characters
(https://www.twilio.com/docs/content/using-variables-with-content-api), so the breaks are the
shape's, and every line a variable of its own.
"""

from __future__ import annotations

import asyncio
import json
import re
import textwrap
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from bot.channels.base import SendError
from bot.domain.messages import OutboundMessage, RenderedButton

log = structlog.get_logger(__name__)

#: Names of what we made begin so; the number is of the way shapes are built.
_OURS = "regulars1"
_VALUE = 250

#: What may stand between two pieces of a text, by the letter it has in a shape's name.
_BETWEEN = {"n": "\n", "b": "\n\n", "s": " "}

#: Makes content of a friendly name and its definition, and finds what was made: SIDs by name.
Make = Callable[[Mapping[str, Any]], Awaitable[str]]
Made = Callable[[str], Awaitable[Mapping[str, str]]]


@dataclass(frozen=True, slots=True)
class Shape:
    """The form of a message: what stands between its pieces, and how many choices of which kind."""

    between: str
    choices: int
    is_list: bool

    @property
    def name(self) -> str:
        """What Twilio knows it by, the same in every installation of an account."""
        kind = "list" if self.is_list else "buttons"
        return "_".join(filter(None, (_OURS, f"{kind}{self.choices}", self.between)))

    def definition(self) -> dict[str, Any]:
        """The content to create, with an example for each variable."""
        pieces = len(self.between) + 1
        body = "{{1}}" + "".join(
            _BETWEEN[sign] + f"{{{{{number}}}}}" for number, sign in enumerate(self.between, 2)
        )
        # After the pieces come the opener of a list, then label and action of each choice.
        first = pieces + 1 + self.is_list
        pairs = [(f"{{{{{n}}}}}", f"{{{{{n + 1}}}}}") for n in self._numbers(first)]
        last = first + 2 * self.choices
        return {
            "friendly_name": self.name,
            "language": "en",
            "variables": {str(number): f"text {number}" for number in range(1, last)},
            "types": self._types(body, f"{{{{{pieces + 1}}}}}", pairs),
        }

    def _numbers(self, first: int) -> range:
        return range(first, first + 2 * self.choices, 2)

    def _types(self, body: str, opener: str, pairs: list[tuple[str, str]]) -> dict[str, Any]:
        if self.is_list:
            items = [{"item": label, "id": action} for label, action in pairs]
            return {"twilio/list-picker": {"body": body, "button": opener, "items": items}}
        actions = [{"type": "QUICK_REPLY", "title": label, "id": action} for label, action in pairs]
        return {"twilio/quick-reply": {"body": body, "actions": actions}}


def shape_of(message: OutboundMessage, most_buttons: int) -> tuple[Shape, str]:
    """The shape of a message with choices, and the JSON of the values that fill it."""
    buttons = [button for row in message.buttons for button in row]
    between, pieces = _taken_apart(message.text)
    shape = Shape(between, len(buttons), is_list=len(buttons) > most_buttons)
    opener = [message.opener] if shape.is_list else []
    return shape, variables([*pieces, *opener, *_labels_and_actions(buttons)])


def variables(values: Sequence[str]) -> str:
    """Values for the numbered variables of some content, as Twilio wants them."""
    # An empty value is refused, and so are line breaks.
    plain = (" ".join(value.split()) or "…" for value in values)
    return json.dumps(dict(zip(map(str, range(1, len(values) + 1)), plain, strict=True)))


def _labels_and_actions(buttons: Sequence[RenderedButton]) -> list[str]:
    return [part for button in buttons for part in (button.label, button.data)]


def _taken_apart(text: str) -> tuple[str, list[str]]:
    """What stands between the pieces of a text, as letters, and the pieces."""
    between, pieces = "", [""]
    for written in re.split(r"(\n+)", text.strip()):
        if written.startswith("\n"):
            between += "n" if written == "\n" else "b"
            pieces.append("")
        else:
            # A line too long for one variable goes on in the next, after a blank.
            pieces[-1:] = textwrap.wrap(written, _VALUE, break_on_hyphens=False) or [""]
            between += "s" * (len(pieces) - 1 - len(between))
    return between, pieces


class Contents:
    """The shapes there are at Twilio; one that is missing is made when it is first needed."""

    def __init__(self, make: Make, made: Made) -> None:
        self._make = make
        self._made = made
        self._known: dict[str, str | None] | None = None
        self._lock = asyncio.Lock()

    async def sid(self, shape: Shape) -> str | None:
        """The ContentSid of a shape; None for one that Twilio refuses. Raises SendError."""
        async with self._lock:
            if self._known is None:
                self._known = dict(await self._made(_OURS))
            if shape.name not in self._known:
                self._known[shape.name] = await self._new(shape)
            return self._known[shape.name]

    async def _new(self, shape: Shape) -> str | None:
        try:
            return await self._make(shape.definition())
        except SendError as error:
            if error.kind != "refused":
                raise
            # Asked once and not for every message; a start asks again.
            log.error("twilio.content_refused", shape=shape.name, reason=error.reason)
            return None

    def forget(self) -> None:
        """Look again: what was there is gone."""
        self._known = None
