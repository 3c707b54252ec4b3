"""S23, S25, S28–S30: two years in six time zones, twice a day; `make soak` goes hour by hour."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from bot.services.unit_of_work import Work
from bot.storage.database import Database
from bot.storage.keys import open_vault
from bot.storage.migrate import migrate
from locales import Catalogues
from tests.conftest import SECRET
from tests.simulation.two_years import BEGIN, Years

SEED = 7


@pytest.mark.timeout(400)
async def test_s29_two_years_pass_and_every_promise_holds(tmp_path: Path) -> None:
    database = await Database.open(f"sqlite://{tmp_path / 'years.db'}", lasting=False)
    try:
        await migrate(database, BEGIN)
        await open_vault(database, [SECRET], BEGIN)
        years = Years(Work(database, Catalogues.load().languages, "years"), SEED)
        await years.open(12)
        # Each zone is awake at one of these: 4:00 and 14:30 UTC.
        await years.live(timedelta(hours=10.5), timedelta(hours=13.5))
        sent = await years.check()
        async with years.work.reading() as reader:
            row = await reader.row(
                "SELECT COUNT(*) AS n, COUNT(DISTINCT provider_id) AS ids FROM outbox "
                "WHERE class = 'marketing' AND state = 'accepted'"
            )
    finally:
        await database.close()
    assert row == {"n": sum(sent.values()), "ids": sum(sent.values())}
    assert {"birthday", "winback", "almost_there", "expiry"} <= set(sent)
