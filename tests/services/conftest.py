"""The shop every test here begins with: the ready-made café, nobody there yet."""

import pytest

from bot.services.unit_of_work import Work
from tests.services.shop import Shop


@pytest.fixture
async def shop(work: Work) -> Shop:
    """The café on a database of either kind."""
    return Shop(work)
