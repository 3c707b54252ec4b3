"""What the tests of the Telegram channel share."""

import io
from typing import Any

from PIL import Image

from bot.channels.telegram import Timing
from bot.domain.messages import Address, OutboundMessage, RenderedButton

SECRET = "the-Secret_1"
QUICK = Timing(connect_s=0.3, answer_s=0.3, aside_s=0.3)

JOIN = RenderedButton("Join", "join")
TERMS = RenderedButton("Terms", "terms:1")


def png(noise: bytes = b"") -> bytes:
    """A small picture, with as many bytes behind it as wanted."""
    file = io.BytesIO()
    Image.new("RGB", (4, 4)).save(file, "PNG")
    return file.getvalue() + noise


def to_anna(text: str = "Hello", **fields: Any) -> OutboundMessage:
    """A message to the person whose id is 7."""
    return OutboundMessage(Address("telegram", "7"), text, **fields)
