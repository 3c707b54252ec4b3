"""An amount of money as people type it at a till, in the shop's currency."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from babel.numbers import get_currency_precision, is_currency

from bot.domain.folding import fold

Reason = Literal[
    "empty",
    "ambiguous",
    "not_a_number",
    "negative",
    "zero",
    "too_large",
    "too_precise",
    "other_currency",
]

#: The most a purchase can be, in the currency's major unit.
LARGEST = 10_000_000

#: More than any amount has; also keeps int() from long work.
_CHARACTERS = 60

#: What people write for a currency, folded, beside its ISO code.
_SIGNS: Mapping[str, frozenset[str]] = {
    "kc": frozenset({"CZK"}),
    "korun": frozenset({"CZK"}),
    "koruna": frozenset({"CZK"}),
    "koruny": frozenset({"CZK"}),
    "€": frozenset({"EUR"}),
    "euro": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "zl": frozenset({"PLN"}),
    "lei": frozenset({"RON", "MDL"}),
    "leu": frozenset({"RON", "MDL"}),
    "₽": frozenset({"RUB"}),
    "р": frozenset({"RUB"}),
    "руб": frozenset({"RUB"}),
    "ft": frozenset({"HUF"}),
    "$": frozenset({"USD", "AUD", "CAD", "NZD", "SGD", "HKD", "MXN"}),
    "us$": frozenset({"USD"}),
    "¥": frozenset({"JPY", "CNY"}),
    "jp¥": frozenset({"JPY"}),
    "kr": frozenset({"SEK", "NOK", "DKK", "ISK"}),
    "₴": frozenset({"UAH"}),
    "₺": frozenset({"TRY"}),
    "₹": frozenset({"INR"}),
    "fr": frozenset({"CHF"}),
}

_MINUS = "-"
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−", _MINUS))
_APOSTROPHES = str.maketrans(dict.fromkeys("’ʼ`´", "'"))
_ARABIC = str.maketrans({"٫": ",", "٬": "'"})

#: Before the number, the number, after it. `12,-` and `12,--` have no minor units.
_AMOUNT = re.compile(r"([^\d]*?)(\d(?:[\d .,']*\d)?)([.,] ?-{1,2})?([^\d]*)")
#: Groups of three by one kind of sign, then decimals by another.
_GROUPED = re.compile(r"(\d{1,3})((?:([ .,'])\d{3})(?:\3\d{3})*)(?:(?!\3)[.,](\d+))?")
_AMBIGUOUS = re.compile(r"\d{1,3}[.,]\d{3}")
_PLAIN = re.compile(r"(\d+)(?:[.,](\d+))?")


class BadAmount(ValueError):
    """The text is no amount a purchase can have; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason = reason


def parse_amount(text: str, currency: str) -> int:
    """The amount in `text` in minor units of `currency`; raises BadAmount.

    A single point or comma followed by exactly three digits is refused as ambiguous: `20.000` may
    be twenty or twenty thousand, and a till must not guess. `1.234,-` and `1 234` are whole. Of
    two kinds of sign the last one is the decimal's.
    """
    plain = _normalised(text)
    if not plain:
        raise BadAmount("empty")
    match = _AMOUNT.fullmatch(plain) if len(plain) <= _CHARACTERS else None
    # Folding makes 12² into 122.
    if match is None or any(unicodedata.category(char) == "No" for char in text):
        raise BadAmount("not_a_number")
    before, number, no_decimals, after = match.groups()
    # In £.50 the point is no full stop.
    if before.endswith((".", ",")):
        raise BadAmount("not_a_number")
    before = before.strip()
    negative = before.startswith(_MINUS) or before.endswith(_MINUS)
    for sign in (*before.strip(f"{_MINUS} ").split(), *after.split()):
        _check_currency(sign.rstrip("."), currency)
    if negative:
        raise BadAmount("negative")
    precision = get_currency_precision(currency)
    whole, decimals = _split(number, precision)
    if not decimals and not no_decimals and _AMBIGUOUS.fullmatch(number) and 0 < precision < 3:
        raise BadAmount("ambiguous")
    return _minor_units(whole, decimals, precision)


def in_minor_units(amount: Decimal, currency: str) -> int:
    """An amount of the currency's major unit in its minor unit, rounded half up."""
    minor = amount.scaleb(get_currency_precision(currency))
    return int(minor.quantize(Decimal(1), ROUND_HALF_UP))


def _normalised(text: str) -> str:
    """Folded text with digits of any script as 0-9, plain spaces, hyphens and apostrophes."""
    # The minus and the apostrophes go first: folding turns some of them into accents.
    text = text.translate(_DASHES).translate(_APOSTROPHES).translate(_ARABIC)
    folded = " ".join(fold(text).split())
    return "".join(
        char if (digit := unicodedata.decimal(char, None)) is None else str(digit)
        for char in folded
    )


def _check_currency(sign: str, currency: str) -> None:
    if not sign or sign == currency.casefold() or currency in _SIGNS.get(sign, frozenset()):
        return
    known = sign in _SIGNS or (sign.isascii() and is_currency(sign.upper()))
    raise BadAmount("other_currency" if known else "not_a_number")


def _split(number: str, precision: int) -> tuple[str, str]:
    """The digits before and after the decimal sign."""
    plain, grouped = _PLAIN.fullmatch(number), _GROUPED.fullmatch(number)
    three_decimals = precision == 3 and plain is not None
    if grouped and not three_decimals and not number.startswith("0"):
        return "".join(filter(str.isdecimal, grouped[1] + grouped[2])), grouped[4] or ""
    if plain:
        return plain[1], plain[2] or ""
    raise BadAmount("not_a_number")


def _minor_units(whole: str, decimals: str, precision: int) -> int:
    if len(decimals) > precision:
        raise BadAmount("too_precise")
    minor = int(whole + decimals.ljust(precision, "0"))
    if minor == 0:
        raise BadAmount("zero")
    if minor > LARGEST * 10**precision:
        raise BadAmount("too_large")
    return minor
