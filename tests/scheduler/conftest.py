"""The café every test of campaigns begins with."""

import pytest

from bot.domain.members import Staff
from bot.services.unit_of_work import Work
from tests.scheduler.campaigning import Regulars


@pytest.fixture
def shop(work: Work) -> Regulars:
    """The café on a database of either kind."""
    return Regulars(work)


@pytest.fixture
async def till(shop: Regulars) -> Staff:
    """A colleague."""
    return await shop.colleague()
