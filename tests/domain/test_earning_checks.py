"""Earning rules that contradict each other or can never give, each with both lines (S13, S41)."""

from __future__ import annotations

from datetime import date

import pytest

from bot.domain.problems import Level
from bot.programmes import Finding, read
from tests.domain.programme_text import BASE, LANGUAGES

#: What rules may name; after the base, so that its lines are known.
NAMED = """
[earning]
excluded = ["tobacco"]

[[products]]
code = "latte"
name = "Latte"
category = "coffee"

[[products]]
code = "cigars"
name = "Cigars"
category = "tobacco"

[[earn]]
"""
POINTS = 'rule = "purchase"\ncode = "extra"\nunit = "points"\n'
PRODUCT = 'rule = "product"\ncode = "extra"\nunit = "points"\n'
VISIT = 'rule = "visit"\ncode = "extra"\nunit = "stamps"\n'
CHALLENGE = 'rule = "challenge"\ncode = "extra"\nunit = "points"\n'

#: a rule with `#!` on the line to be named and `#?` on its rival's, key, level, message
RULES = [
    # What it gives
    ('rule = "review" #', "", "error",
     'this gives nothing: say what with `unit = "points"`, a `reward` or a `cause`'),
    (f'{POINTS}per = 1 #!\npercent = 5 #?', "per", "error",
     "a rule has either `percent` or `per`: keep one, and write another rule for the other"),
    (f"{POINTS}multiply = 2 #?\namount = 5 #!", "amount", "error",
     "a rule has either `multiply` or `amount`: keep one, and write another rule for the other"),
    ('rule = "visit"\ncode = "extra"\nunit = "stamps" #?\nreward = "coffee" #!', "reward", "error",
     "a rule has either `unit` or `reward`: keep one, and write another rule for the other"),
    (f"{POINTS}steps = true #!\nminimum = 5", "steps", "error",
     "steps of how much money? Add `per = 10`, for example"),
    ('rule = "visit"\ncode = "extra"\nunit = "credit" #!', "unit", "error",
     "the programme has no credit: add a table [units.credit], or remove this rule"),
    (f"{POINTS}amount = 1.5 #!\nfirst = true", "amount", "error",
     "points come whole: write 1 or 2"),
    (f"{VISIT}most = 2.5 #!", "most", "error", "stamps come whole: write 2 or 3"),
    (f"{POINTS}amount = 10 #?\nmost = 5 #!\nfirst = true", "most", "error",
     "it gives 10 at a time, which is more: write at least 10"),
    # What its trigger has
    ('rule = "review"\nunit = "points"\nper = 1 #!', "per", "error",
     '"review" has no amount of money: remove `per`, or make the rule "purchase"'),
    ('rule = "review"\nunit = "points"\nmultiply = 2 #!', "multiply", "error",
     'only visits and purchases are multiplied: make the rule "visit" or "purchase"'),
    (f"{VISIT}first = true #!", "first", "error",
     'a visit has no amount of money: remove `first`, or make the rule "purchase"'),
    (PRODUCT, "", "error", 'say of which products: `products = ["latte"]`, or `categories`'),
    (CHALLENGE, "", "error", "say what reaches it: `goal = 3`, for three visits"),
    (f'{VISIT}within = "week" #!', "within", "error",
     'only a challenge has `within`: make the rule "challenge"'),
    (f'{POINTS}per = 1\ncategories = ["coffee"] #!', "categories", "warning",
     'this counts the whole purchase once it holds one of these: make the rule "product" to count '
     "these alone"),
    # What it names
    (f'{PRODUCT}products = ["late"] #!', "products[1]", "error",
     'there is no product with the code "late". Did you mean "latte"?'),
    (f'{PRODUCT}categories = ["cofee"] #!', "categories[1]", "error",
     'there is no category with the code "cofee". Did you mean "coffee"?'),
    (f'{VISIT}locations = ["brno"] #!', "locations[1]", "error",
     'there is no location with the code "brno".'),
    (f'{VISIT}tiers = ["gold"] #!', "tiers[1]", "error", 'there is no tier with the code "gold".'),
    ('rule = "visit"\ncode = "extra"\ncause = "trees" #!', "cause", "error",
     'there is no cause with the code "trees".'),
    ('rule = "visit"\ncode = "extra"\nreward = "cofee" #!', "reward", "error",
     'there is no reward with the code "cofee". Did you mean "coffee"?'),
    # Days that can never be
    (f"{VISIT}begins = 2030-06-02 #?\nends = 2030-06-01 #!", "ends", "error",
     "it would end before it begins: write a day from 2030-06-02 on"),
    (f"{VISIT}begins = 2030-06-02 #?\ndates = [2030-06-01] #!", "dates[1]", "error",
     "2030-06-01 can never be: the rule begins on 2030-06-02"),
    (f'{VISIT}dates = [2030-06-01] #?\nweekdays = ["mon"] #!', "weekdays", "error",
     "none of the rule's days is one of these: change one of the two"),
    (f'{VISIT}begins = 2030-06-01\nends = 2030-06-02 #?\nweekdays = ["mon"] #!', "weekdays",
     "error", "none of the rule's days is one of these: change one of the two"),
    (f"{VISIT}ends = 2026-05-31 #!", "ends", "warning",
     "these days are over: remove the rule, or write new ones"),
]  # fmt: skip


def found_in(rule: str, more: str = "") -> tuple[str, tuple[Finding, ...]]:
    text = f"{BASE}{NAMED}{rule}\n{more}"
    return text, read(text, LANGUAGES, date(2026, 6, 1))[1]


def line_with(text: str, mark: str) -> int | None:
    return next((n for n, line in enumerate(text.split("\n"), 1) if mark in line), None)


@pytest.mark.parametrize(("rule", "key", "level", "message"), RULES)
def test_s13_nonsense_is_named_with_what_to_do(
    rule: str, key: str, level: Level, message: str
) -> None:
    text, found = found_in(rule)
    line, rival = line_with(text, "#!"), line_with(text, "#?")
    if rival:
        message += f" (lines {rival} and {line})"
    place = f"earn[3].{key}" if key else "earn[3]"
    heads = [n for n, written in enumerate(text.split("\n"), 1) if written == "[[earn]]"]
    assert Finding(line or heads[-1], place, level, message) in found


@pytest.mark.parametrize("asked", ['categories = ["tobacco"]', 'products = ["cigars"]'])
def test_s41_a_rule_for_what_is_excluded_contradicts_it(asked: str) -> None:
    text, [found] = found_in(f"{PRODUCT}{asked} #!")
    excluded, line = line_with(text, "excluded ="), line_with(text, "#!")
    code = asked.split('"')[1]
    assert found.message == (
        f'"{code}" earns nothing, since "tobacco" is excluded: remove it here or there '
        f"(lines {excluded} and {line})"
    )


def test_s41_a_misspelled_exclusion_is_warned_of() -> None:
    text = f"{BASE}{NAMED}{VISIT}".replace('["tobacco"]', '["tabacco"]')
    [found] = read(text, LANGUAGES)[1]
    assert found.message == 'no product is of "tabacco". Did you mean "tobacco"?'


def test_s13_rules_of_one_trigger_and_unit_need_codes_that_differ() -> None:
    assert found_in('rule = "visit"\ncode = "more"\nunit = "stamps"\nhours = "9:00-10:00"')[1] == ()
    text, [found] = found_in('rule = "visit"\nunit = "stamps"\nhours = "9:00-10:00"')
    heads = [n for n, line in enumerate(text.split("\n"), 1) if line == "[[earn]]"]
    assert found.message == (
        'two rules are called "visit": give one of them a `code` of its own '
        f"(lines {heads[0]} and {heads[2]})"
    )


def test_s13_two_rules_of_one_trigger_may_give_two_units_without_codes() -> None:
    assert found_in('rule = "visit"\nunit = "points"')[1] == ()
    _, [found] = found_in('rule = "visit"\nunit = "points"\nper_day = 1')
    assert found.message.startswith('two rules are called "visit"')


def test_s14_a_multiplier_of_nothing_is_refused() -> None:
    _, [found] = found_in(f"{VISIT}multiply = 2".replace("stamps", "points"))
    assert found.message == ("there is nothing to multiply: no other rule for a visit gives points")


def test_s13_a_challenge_has_to_be_within_the_limits_at_the_till() -> None:
    limits = "[limits]\nmember_stamps_a_day = 1\n"
    visits = BASE.replace('rule = "purchase"\nunit = "points"\nper = 1', 'rule = "visit"\n'
                          'unit = "points"')  # fmt: skip
    for goal, reachable in ((7, True), (8, False)):
        text = f"{visits}{NAMED}{CHALLENGE}goal = {goal}\n{limits}"
        said = [found.message for found in read(text, LANGUAGES)[1] if found.level == "error"]
        assert (said == []) == reachable
        if not reachable:
            assert said[0].startswith("nobody can reach it: [limits] allow 7 visits in that time (")
