"""S20: rewards that contradict themselves or the programme are refused, both lines named."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain import reward_checks
from bot.domain.problems import Level
from bot.programmes import Finding, read
from tests.domain.programme_text import BASE, LANGUAGES, findings

#: What the rewards below may speak of.
MORE = """
[[causes]]
code = "dogs"
name = "Dogs"

[[locations]]
code = "centre"
name = "Centre"

[[rewards]]
code = "tea"
name = "Tea"
points = 100
"""
FIRST = len(BASE.split("\n")) + len(MORE.split("\n")) - 1


def with_keys(*keys: str) -> str:
    """A programme whose third reward has these keys besides."""
    return f"{BASE}{MORE}" + "\n".join(keys)


@pytest.mark.parametrize(
    ("keys", "key", "level", "message"),
    [
        (['kind = "percent"'], "", "error",
         'a reward of the kind "percent" needs `percent = 10`'),
        (['kind = "amount"'], "", "error", 'a reward of the kind "amount" needs `amount = 5`'),
        (['kind = "early_access"'], "", "error",
         'a reward of the kind "early_access" needs `details`, what is read then'),
        (['kind = "donation"', "amount = 1"], "", "error",
         "say what is given to: a `cause`, with the code of one in [[causes]]"),
        (['kind = "donation"', "amount = 1", 'cause = "dog"'], ".cause", "error",
         'there is no cause with the code "dog". Did you mean "dogs"?'),
        (['kind = "percent"', "percent = 10", "amount = 5"], ".amount", "error",
         'a reward of the kind "percent" has no `amount`: remove it, or write `kind = "amount"` '
         "(lines {0} and {2})"),
        (["percent = 10"], ".percent", "error",
         'a reward of the kind "product" has no `percent`: remove it, or write `kind = "percent"`'),
        (["minimum = 10"], ".minimum", "error",
         'a reward of the kind "product" has no `minimum`: remove it, or write `kind = "percent"`'),
        (["choose = true"], ".choose", "error",
         "to choose how many, it needs both `points` and `amount`: add `amount`"),
        (['kind = "amount"', 'amount = "0.001"'], ".amount", "error",
         "0.001 can't be paid: the smallest amount is 0.01 EUR"),
        (['locations = ["center"]'], ".locations[1]", "error",
         'there is no location with the code "center". Did you mean "centre"?'),
        (['tiers = ["gold"]'], ".tiers[1]", "error", 'there is no tier with the code "gold".'),
        (["begins = 2026-06-01", "ends = 2026-05-31"], ".ends", "error",
         "it would end before it begins: change one of the days (lines {0} and {1})"),
        (['kind = "experience"', "friend = true"], ".friend", "error",
         'a reward of the kind "experience" can\'t be given to a friend: remove this '
         "(lines {0} and {1})"),
        (['validity = "2 months without activity"'], ".validity", "error",
         'an earned reward can\'t end by activity: write how long it lasts, such as "90 days"'),
    ],
)  # fmt: skip
def test_s20_what_does_not_go_together_is_named(
    keys: list[str], key: str, level: Level, message: str
) -> None:
    lines = [FIRST + n for n in range(len(keys))]
    [found] = findings(with_keys(*keys))
    assert (found.key, found.level, found.message) == (
        f"rewards[3]{key}",
        level,
        message.format(*lines),
    )


def test_s20_credit_is_spent_by_a_reward_and_paid_by_nothing_else() -> None:
    spent = 'kind = "credit"'
    assert findings(with_keys(spent)) == (
        Finding(FIRST - 1, "rewards[3].points", "error",
                "this is paid with credit: remove `points`, or choose another `kind` "
                f"(lines {FIRST} and {FIRST - 1})"),
        Finding(FIRST, "rewards[3].kind", "error",
                "the programme has no credit: add a table [units.credit], or remove this reward"),
    )  # fmt: skip


def test_s20_a_card_is_not_filled_with_credit() -> None:
    text = BASE.replace('name = "Coffee"', 'name = "Coffee"\nkind = "credit"')
    text += '[units.credit]\n[[earn]]\nrule = "purchase"\nunit = "credit"\npercent = 5\n'
    assert [(f.key, f.message.partition(":")[0]) for f in findings(text)] == [
        ("units.stamps.reward", 'the reward "coffee" is paid with credit'),
    ]


def test_s20_a_reward_that_is_over_is_pointed_out_to_the_owner() -> None:
    programme, _ = read(with_keys("ends = 2026-05-31"), LANGUAGES)
    assert programme is not None
    for today, said in ((date(2026, 5, 31), []), (date(2026, 6, 1), ["warning"])):
        found = reward_checks.check(programme, today)
        assert [problem.level for problem in found] == said
