import time
from tests.acceptance.conftest import everywhere
from tests.acceptance.cafe import *

@everywhere()
async def test_try(cafe, channel):
    anna = cafe.guest("Anna")
    print()
    def show(p):
        for m in p.news: print("   ", p.name, "<", m.text.replace("\n","\n            "), m.labels, p.picture)
    async def do(p, act):
        t=time.perf_counter()
        await act
        print(f"-- {time.perf_counter()-t:.3f}")
        for q in cafe.world.company.people: show(q)
    await do(anna, anna.says("/start join" if anna._opens else "join"))
    await do(anna, anna.presses("Join"))
    if cafe.asks_name: await do(anna, anna.says("Anna"))
    await do(anna, anna.presses("Yes, please"))
    await do(anna, anna.presses("Card"))
    card = anna.picture
    t = await cafe.colleague("Jana")
    show(t)
    await do(t, t.scans(card))
    await do(t, t.presses("+1"))
    await do(t, t.presses("Member"))
    await do(t, t.presses("+2"))
    await do(t, t.presses("Undo"))
