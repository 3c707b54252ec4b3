"""E-mail addresses, however somebody types them."""

from __future__ import annotations

import pytest

from bot.domain.emails import canonical


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  Anna.Nova@Example.ORG \n", "anna.nova@example.org"),
        ("<anna@example.org>", "anna@example.org"),
        ("mailto:anna@example.org", "anna@example.org"),
        ("anna@example.org.", "anna@example.org"),
        ("anna+lipa@mail.example.co.uk", "anna+lipa@mail.example.co.uk"),
        ("o'hara_7@x-y.example", "o'hara_7@x-y.example"),
        ("anna@kavárna.example", "anna@xn--kavrna-rta.example"),
        ("anna@xn--kavrna-rta.example", "anna@xn--kavrna-rta.example"),
        ("a" * 64 + "@example.org", "a" * 64 + "@example.org"),
    ],
)
def test_an_address_has_one_form(typed: str, address: str) -> None:
    assert canonical(typed) == address
    assert canonical(address) == address


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "anna",
        "anna@",
        "@example.org",
        "anna@example",
        "anna@localhost",
        "anna@127.0.0.1",
        "anna@example..org",
        "anna@-example.org",
        "anna..nova@example.org",
        ".anna@example.org",
        "anna @example.org",
        "anna@exam ple.org",
        "Anna <anna@example.org>",
        "anna@example.org, petr@example.org",
        "anna@petr@example.org",
        "aňa@example.org",
        "anna@example.org\r\nBcc: petr@example.org",
        "a" * 65 + "@example.org",
        "anna@" + "a" * 64 + ".example",
        "anna@" + "a.b" * 100 + ".example",
        "анна@пример.example",
        "anna@\ud800.example",
        "anna＠example.org",
        "+420777123456",
    ],
)
def test_what_is_none_is_none(typed: str) -> None:
    assert canonical(typed) is None
