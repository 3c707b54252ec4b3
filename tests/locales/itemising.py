"""A café whose rules have long names: what was in a purchase, what each gave, a challenge."""

from __future__ import annotations

from tests.chat import Person
from tests.locales.texting import NAME, PURCHASE, VISIT, Listener, named, programme

RULES = f"""
[units.credit]

[earning]
excluded = ["tobacco"]
stacking = "sum"

[[products]]
code = "latte"
name = {named(6)}
category = "coffee"

[[products]]
code = "cake"
name = {named(7)}

[[causes]]
code = "trees"
name = {named(8)}

[[earn]]
rule = "purchase"
code = "double"
name = {named(9)}
unit = "points"
multiply = 2

[[earn]]
rule = "product"
code = "cakes"
name = {named(1)}
unit = "points"
amount = 5
products = ["cake"]

[[earn]]
rule = "product"
code = "coffees"
unit = "credit"
percent = 5
categories = ["coffee"]

[[earn]]
rule = "purchase"
code = "trees"
cause = "trees"
percent = 1

[[earn]]
rule = "challenge"
code = "visits"
name = {named(2)}
unit = "points"
goal = 3

[[earn]]
rule = "challenge"
code = "spend"
name = {named(3)}
unit = "points"
goal = 10000
counts = "spend"

[[rewards]]
code = "account"
name = {named(4)}
kind = "credit"
"""


async def itemising(listener: Listener) -> None:
    """Purchases with everything in them, typed and asked for, and what their owner reads."""
    async with listener.cafe(programme(VISIT, PURCHASE, more=RULES)) as cafe:
        anna = cafe.guest(NAME)
        for text in ("join", "1", NAME, "2", "1"):
            await anna.says(text)
        till = await cafe.colleague(NAME, location="place0")
        [row] = await cafe.rows("SELECT code FROM member")
        sale = f"sale {row['code']}"
        await _all_say(anna, "balance", "rewards")
        await _all_say(till, f"{sale} 1234,50 2xcake latte", f"{sale} 1234,50 tobacco")
        await _all_say(till, f"{sale} 1234,50 2xcake latte=999,50 tobacco=100,10 R-1234")
        await _all_say(anna, "balance", "1", "history", "1")
        await _all_say(till, str(row["code"]), "3", "2345,50", "croissant", "1")
        await _all_say(till, "cake tobacco", "x", "149,50", "latte=10", "1", "1,50", "3")
        await _all_say(till, f"stamp {row['code']}", f"stamp {row['code']}")
        await _all_say(anna, "balance", "1", "1", "history")


async def _all_say(person: Person, *texts: str) -> None:
    for text in texts:
        await person.says(text)
