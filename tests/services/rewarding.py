"""A points shop with a reward of every kind, for tests of what each does."""

from __future__ import annotations

from tests.services.shop import deli

#: Every kind of reward, and what they need.
EVERY_KIND = """
[units.credit]
expires = "12 months"

[[earn]]
rule = "purchase"
code = "cashback"
unit = "credit"
percent = 10

[[causes]]
code = "dogs"
name = "Dog shelter"

[[locations]]
code = "centre"
name = "Centre"

[[locations]]
code = "harbour"
name = "Harbour"

[[rewards]]
code = "tenth"
name = "10 % off"
kind = "percent"
percent = 10
points = 50

[[rewards]]
code = "five"
name = "5 euros off"
kind = "amount"
amount = 5
points = 50
minimum = 20

[[rewards]]
code = "euros"
name = "Euros off"
kind = "amount"
amount = 1
points = 10
choose = true

[[rewards]]
code = "ship"
name = "Free delivery"
kind = "delivery"
points = 20

[[rewards]]
code = "tour"
name = "A tour of the roastery"
kind = "experience"
points = 50
details = "Bring warm clothes."

[[rewards]]
code = "early"
name = "The new blend"
kind = "early_access"
points = 10
details = "shop.example/new"

[[rewards]]
code = "give"
name = "Help the dogs"
kind = "donation"
cause = "dogs"
amount = 1
points = 10
choose = true

[[rewards]]
code = "bonus"
name = "Bonus account"
kind = "credit"
minimum = 2
payout = true

[[rewards]]
code = "few"
name = "A mug"
points = 10
stock = 1

[[rewards]]
code = "once"
name = "A spoon"
points = 10
per_member = 1

[[rewards]]
code = "there"
name = "Harbour cake"
points = 10
locations = ["harbour"]

[[rewards]]
code = "summer"
name = "Ice cream"
points = 10
begins = 2026-06-01
ends = 2026-08-31

[[rewards]]
code = "friendly"
name = "A muffin"
points = 10
friend = true
validity = "30 days"
"""


def every_kind(*changes: tuple[str, str]) -> str:
    """The programme file, with parts of it replaced."""
    text = f"{deli()}\n{EVERY_KIND}"
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text
