"""What races begin with: a shop, and a colleague at its till."""

import pytest

from bot.domain.members import Staff
from bot.services.unit_of_work import Work
from tests.services.shop import Shop


@pytest.fixture
def shop(work: Work) -> Shop:
    return Shop(work)


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()
