"""S36: a database's address is shown without what nobody else may know."""

from __future__ import annotations

import pytest

from bot.storage.database import safe_url


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sqlite://data/regulars.db", "sqlite://data/regulars.db"),
        ("postgres://user:secret@db:5432/shop", "postgres://db/shop"),
        ("postgres://db/shop?user=u&password=secret", "postgres://db/shop"),
        ("postgres://user:/secret@db/shop", "postgres://user/shop"),
    ],
)
def test_a_database_address_is_shown_without_its_password(url: str, shown: str) -> None:
    assert safe_url(url) == shown
