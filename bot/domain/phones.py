"""Phone numbers in one form, however somebody typed them or a provider wrote them."""

from __future__ import annotations

import re

import phonenumbers

#: Countries where one phone has two numbers in E.164, each with the form that is dialled today.
#: WhatsApp knows Mexicans by an old 1, Argentines by a 9 that people leave out, and many
#: Brazilians without the ninth digit, as they were when they signed up.
#: https://faq.whatsapp.com/1294841057948784 ·
#: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/phone-numbers
_VARIANTS = (
    (re.compile(r"\+521(\d{10})"), r"+52\1"),
    (re.compile(r"\+54(?!9)(\d{10})"), r"+549\1"),
    (re.compile(r"\+55(\d\d)([6-9]\d{7})"), r"+55\g<1>9\2"),
)


def canonical(number: str) -> str:
    """The one E.164 form of a number in E.164; both forms of a phone are one person (S12)."""
    for pattern, form in _VARIANTS:
        if found := pattern.fullmatch(number):
            return found.expand(form)
    return number


def e164(text: str, region: str | None) -> str | None:
    """A number as `+420777123456`; None if it is no number.

    One without a country is of `region`, an ISO 3166 code.
    """
    try:
        number = phonenumbers.parse(text, region)
        form = phonenumbers.PhoneNumberFormat.E164
        # By the old form a number may count as none, so that is put right first.
        number = phonenumbers.parse(canonical(phonenumbers.format_number(number, form)))
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return canonical(phonenumbers.format_number(number, form))
