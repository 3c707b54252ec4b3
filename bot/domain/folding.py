"""How typed text is compared: letter case, accents and full-width forms do not count."""

from __future__ import annotations

import unicodedata

#: Letters whose stroke Unicode does not take for an accent; people leave it out all the same.
_STROKED = str.maketrans("łđøħı", "ldohi")


def fold(text: str) -> str:
    """`text` in lower case without accents, compatibility forms made plain (`Ｋč` is `kc`)."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    # Case folding may bring an accent of its own (İ), so it goes before the accents do.
    plain = unicodedata.normalize("NFKD", plain)
    return "".join(c for c in plain if not unicodedata.category(c).startswith("M")).translate(
        _STROKED
    )
