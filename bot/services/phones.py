"""Phone numbers in one form, whichever way they were typed."""

from __future__ import annotations

import phonenumbers
from babel.core import get_global

from bot.domain.programme import Programme


def e164(text: str, programme: Programme) -> str | None:
    """A number as `+420777123456`; one without a country is the shop's. None if it is no number."""
    region = get_global("zone_territories").get(programme.shop.zone)
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
