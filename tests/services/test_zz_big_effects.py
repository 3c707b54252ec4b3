import time
from datetime import timedelta
from bot.storage import effects
from tests.conftest import *
from tests.services.shop import NOW, DAY
async def test_big(work):
    async with work.unit_of_work() as uow:
        tx=uow.tx
        n=30_000
        series = f"(WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM s WHERE i < {n}) SELECT i FROM s)"
        await tx.execute(f"INSERT INTO member (code, name_sealed, language, source, joined_at) SELECT 'M' || i, '', 'en', 'import', $1 FROM {series} AS x", NOW)
        await tx.execute("INSERT INTO occasion (member_id, campaign, occurrence, state, due_at, ends_at, planned_at, taken_at) SELECT id, 'winback', '1', CASE WHEN id % 10 = 0 THEN 'held_out' ELSE 'taken' END, $1, $1, $1, $1 FROM member", NOW)
        for k in range(3):
            await tx.execute(f"INSERT INTO operation (key, kind, member_id, answer_sealed, created_at) SELECT 'k{k}' || code, 'stamp', id, '', $1 FROM member WHERE id % 3 = {k}", NOW + (k-1) * DAY)
            await tx.execute(f"INSERT INTO operation (key, kind, member_id, answer_sealed, created_at) SELECT 'p{k}' || code, 'sale', id, '', $1 FROM member WHERE id % 3 = {k}", NOW + (k-1) * DAY)
        await tx.execute("INSERT INTO purchase (operation_id, member_id, amount_minor, currency, occurred_at) SELECT id, member_id, 1, 'CZK', created_at FROM operation WHERE kind = 'sale'")
    async with work.reading() as r:
        for occ in ("1", None):
            t=time.perf_counter()
            rows = await effects.counted(r, "winback", occ, 14, NOW + 15*DAY)
            print(r.dialect, occ, round(time.perf_counter()-t,2), rows)
