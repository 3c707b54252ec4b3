"""Phone numbers in one form (S12)."""

from __future__ import annotations

import pytest

from bot.domain.phones import canonical, e164


@pytest.mark.parametrize(
    ("whatsapp", "dialled"),
    [
        ("+5215512345678", "+525512345678"),
        ("+541123456789", "+5491123456789"),
        ("+553187654321", "+5531987654321"),
    ],
)
def test_s12_both_forms_of_a_phone_are_one_person(whatsapp: str, dialled: str) -> None:
    assert canonical(whatsapp) == canonical(dialled) == dialled
    assert e164(whatsapp, "CZ") == e164(dialled, "CZ") == dialled


@pytest.mark.parametrize("number", ["+420777000123", "+553137654321", "+12025550123", ""])
def test_other_numbers_have_one_form(number: str) -> None:
    assert canonical(number) == number


@pytest.mark.parametrize(
    ("typed", "region", "number"),
    [
        ("777 000 123", "CZ", "+420777000123"),
        ("00420 777 000 123", "CZ", "+420777000123"),
        ("55 1234 5678", "MX", "+525512345678"),
        ("011 15 2345-6789", "AR", "+5491123456789"),
        ("(31) 8765-4321", "BR", "+5531987654321"),
        ("12", "CZ", None),
        ("Anna", "CZ", None),
        ("777 000 123", None, None),
    ],
)
def test_a_number_is_read_as_it_was_typed(typed: str, region: str | None, number: str) -> None:
    assert e164(typed, region) == number
