"""What tests of the outbox begin with."""

import pytest

from bot.services.unit_of_work import Work
from tests.storage.post import Post


@pytest.fixture
def post(work: Work) -> Post:
    """An empty outbox, the programme's clock standing still unless said."""
    return Post(work)


@pytest.fixture
async def chat(post: Post) -> int:
    """Somebody's conversation."""
    return await post.chat()
