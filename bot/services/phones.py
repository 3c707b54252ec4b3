"""Phone numbers as the shop's people type them."""

from __future__ import annotations

import phonenumbers
from babel.core import get_global
from phonenumbers import PhoneNumberType

from bot.domain import phones
from bot.domain.programme import Programme


def e164(text: str, programme: Programme) -> str | None:
    """A number as `+420777123456`; one without a country is the shop's. None if it is no number."""
    return phones.e164(text, region(programme))


def proven_number(phone: str, programme: Programme) -> str | None:
    """A number as an app gives it, which leaves out the plus; None if it is no number."""
    return e164(phone if phone.startswith("+") else f"+{phone}", programme)


def region(programme: Programme) -> str | None:
    """The shop's own country as an ISO 3166 code, by its time zone."""
    return get_global("zone_territories").get(programme.shop.zone)


def is_mobile(number: str) -> bool:
    """Whether a number in E.164 can be texted at the price of a text.

    A landline never reads it, and the numbers of services cost many times as much: strangers must
    not choose those (S32). https://www.twilio.com/docs/verify/preventing-toll-fraud
    """
    kind = phonenumbers.number_type(phonenumbers.parse(number))
    return kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def country(number: str) -> str:
    """The country of a number in E.164 as an ISO 3166 code; "" for one of no country."""
    return phonenumbers.region_code_for_number(phonenumbers.parse(number)) or ""
