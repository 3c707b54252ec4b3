"""What the tests of SMS and WhatsApp share."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from bot.channels.base import RawRequest
from bot.channels.transport import Patience
from bot.channels.twilio import Account
from bot.domain.messages import Address, OutboundMessage, RenderedButton
from tests.doubles.twilio import ACCOUNT, TOKEN, TwilioDouble
from tests.doubles.twilio_phone import Form

PUBLIC = "https://lipa.example"
ANNA = "+420777000007"
QUICK = Patience(connect_s=0.3, wait_s=0.3, write_s=0.3, read_s=0.3)


def account_at(double: TwilioDouble, **settings: Any) -> Account:
    """An account of the double's with both channels on."""
    given = {"on": ("sms", "whatsapp"), "patience": QUICK, **settings}
    return Account(ACCOUNT, TOKEN, PUBLIC, api_url=double.url, **given)


def signed(
    double: TwilioDouble, form: Form, path: str = "/twilio/message", *, as_if: Form | None = None
) -> RawRequest:
    """A call of Twilio's as the web server hands it over; signed `as_if` it held another form."""
    signature = double.signature(PUBLIC + path, as_if or form)
    return RawRequest({"x-twilio-signature": signature}, urlencode(form).encode(), path)


def to_anna(channel: str, text: str = "Hello", **fields: Any) -> OutboundMessage:
    """A message to Anna's number."""
    return OutboundMessage(Address(channel, ANNA), text, **fields)


def choices(*labels: str) -> tuple[tuple[RenderedButton, ...], ...]:
    """Choices in one row, each with an action of its own."""
    return (tuple(RenderedButton(label, f"do:{label}") for label in labels),)
