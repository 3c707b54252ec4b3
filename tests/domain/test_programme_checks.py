"""What values of a programme say to each other: every finding with its line and key."""

from __future__ import annotations

import pytest

from bot.domain.problems import Level
from bot.programmes import Finding
from tests.domain.programme_text import findings, marked

POINTS_FOR_JOINING = 'per = 1\n[[earn]]\nrule = "joining"\nunit = "points"\n'
STAMPS_FOR_JOINING = 'per = 1\n[[earn]]\nrule = "joining"\nunit = "stamps"\n'
CAKE = '[[rewards]]\ncode = "cake"\nname = "Cake"\npoints = 100\n'
NO_TERMS = "there are no terms: write what people agree to by joining, or the address of a page"

#: edits with `#!` on the line to be named, key, level, message with {} for that line
BETWEEN = [
    # Languages and texts
    ([("[shop]", '[shop]\nlanguages = ["en", "de"] #!')], "shop.languages[2]", "error",
     'the bot can\'t speak "de" yet: it knows "cs", "en"'),
    ([("[shop]", '[shop]\nlanguages = ["en", "en"] #!')], "shop.languages[2]", "error",
     '"en" is in the list already: remove it'),
    ([("[shop]", "[shop]\nlanguages = [] #!")], "shop.languages", "error",
     "name at least one language"),
    ([("[shop]", '[shop]\nlanguage = "cs" #!\nlanguages = ["en"]')], "shop.language", "error",
     'the first language, "cs", is not among `languages`: add it there, or set `language` to one '
     'of "en"'),
    ([("[shop]", '[shop] #!\nlanguages = ["cs"]')], "shop.language", "error",
     'the first language, "en", is not among `languages`: add it there, or set `language` to one '
     'of "cs"'),
    ([('name = "Cake"', 'name = { en = "Cake" } #!')], "rewards[2].name", "warning",
     'there is no text for "cs": add it'),
    ([("[units.points]", '[[locations]]\ncode = "v"\nname = { en = "V" } #!\n[units.points]')],
     "locations[1].name", "warning", 'there is no text for "cs": add it'),
    ([('name = "Kavárna Lípa"', 'name = { en = "L", cs = "L", fr = "L", de = "L" } #!')],
     "shop.name", "warning",
     'nobody can read the text for "fr", "de": the bot knows "cs", "en"'),
    ([('[joining]\nterms = "Ten coffees, the eleventh is on us."', "")], "joining.terms",
     "warning", NO_TERMS),
    ([('terms = "Ten coffees, the eleventh is on us."', 'terms = " " #!')], "joining.terms",
     "warning", NO_TERMS),
    # Addresses nobody has
    *(([("[shop]", f'[shop]\ncontact = "{contact}" #!')], "shop.contact", "warning",
       "still the example's: write how people reach you")
      for contact in ("ahoj@lipa.example", "LIPA.EXAMPLE/contact", "Write to a@lipa.example.")),
    ([('terms = "Ten coffees, the eleventh is on us."',
       'terms = { en = "Ten", cs = "Deset: lipa.example/cs" } #!')], "joining.terms", "warning",
     "there is an example's address in the terms: write your own"),
    # Twice
    ([('code = "coffee"\nname = "Coffee"', 'code = "coffee"\nname = "Coffee"\n[[rewards]]\n'
       'code = "coffee" #!\nname = "Tea"')], "rewards[2].code", "error",
     'two rewards have the code "coffee": give one of them another (lines 23 and {})'),
    ([("[units.points]", '[[locations]]\ncode = "v"\nname = "V"\n[[locations]]\n'
       'code = "v" #!\nname = "W"\n[units.points]')], "locations[2].code", "error",
     'two locations have the code "v": give one of them another (lines 12 and {})'),
    ([("per = 1\n", 'per = 1\n[[earn]] #!\nrule = "visit"\nunit = "stamps"\namount = 2\n')],
     "earn[3]", "error",
     'two rules are called "visit": give one of them a `code` of its own (lines 13 and {})'),
    # Units and rewards
    ([("points = 100\n", 'points = 100\n[[rewards]] #!\ncode = "tea"\nname = "Tea"\n')],
     "rewards[3]", "error",
     'nothing gives the reward "tea": write its price in `points`, or name it as the `reward` of '
     "[units.stamps]"),
    ([("[units.points]\n", ""), ('unit = "points"\nper = 1', 'unit = "stamps"'),
      ("points = 100", "points = 100 #!")], "rewards[2].points", "error",
     "the programme has no points: add a table [units.points], or remove this"),
    ([("[units.points]", "[units.points] #!"), (CAKE, "")], "units.points", "error",
     "there is nothing to get for points: add `points = 100`, say, to a reward"),
    # Rules
    ([("[units.points]\n", ""), ('unit = "points"', 'unit = "points" #!'), (CAKE, "")],
     "earn[2].unit", "error",
     "the programme has no points: add a table [units.points], or remove this rule"),
    ([("[units.stamps]", "[units.stamps] #!"), ('rule = "visit"\n', 'rule = "joining"\n')],
     "units.stamps", "error",
     "no visit and no purchase gives stamps: add an [[earn]] rule that does, or remove "
     "[units.stamps]"),
    ([('[[earn]]\nrule = "purchase"', '[[earn]] #!\nrule = "purchase"'),
      ("per = 1\n", "amount = 20\n")],
     "earn[2]", "warning",
     "every purchase gives the same, whatever it comes to: add `per = 1`, for example"),
    ([('rule = "visit"', 'rule = "visit"\nper = 5 #!')], "earn[1].per", "error",
     'a visit has no amount of money: remove `per`, or make the rule "purchase"'),
    ([('rule = "visit"', 'rule = "visit"\nminimum = 5 #!')], "earn[1].minimum", "error",
     'a visit has no amount of money: remove `minimum`, or make the rule "purchase"'),
    ([("per = 1\n", f'{POINTS_FOR_JOINING}rounding = "up" #!\n')], "earn[3].rounding", "error",
     'joining has no amount of money: remove `rounding`, or make the rule "purchase"'),
    ([('rule = "visit"', 'rule = "purchase"\nrounding = "up" #!')], "earn[1].rounding", "warning",
     "without `per` there is nothing to round"),
    # Money
    ([("per = 1\n", 'per = "0.125" #!\n')], "earn[2].per", "error",
     "0.125 can't be paid: the smallest amount is 0.01 EUR"),
    ([("[shop]", '[shop]\ncurrency = "JPY"'), ("per = 1\n", "per = 1\nminimum = 100.50 #!\n")],
     "earn[2].minimum", "error", "100.50 can't be paid: the smallest amount is 1 JPY"),
    # What the owner would regret
    ([("per = 1\n", f"{STAMPS_FOR_JOINING}amount = 10 #!\n")], "earn[3].amount", "error",
     "joining would give a whole card: give at most 9 stamps"),
    ([("per = 1\n", f"{POINTS_FOR_JOINING}amount = 100 #!\n")], "earn[3].amount", "warning",
     "joining alone pays for a reward: give fewer than 100 points if people should come back for "
     "it"),
    ([('rule = "visit"', 'rule = "visit"\namount = 11 #!')], "earn[1].amount", "error",
     "every visit would be refused: [limits] allow 10 stamps a day"),
    ([("[units.points]", '[units.points]\nexpires = "89 days" #!')], "units.points.expires",
     "warning",
     "points can end within three months, before many people are back: consider a longer time"),
    ([("card = 10", 'card = 10\nexpires = "end of year + 2 months" #!')], "units.stamps.expires",
     "warning",
     "stamps can end within three months, before many people are back: consider a longer time"),
    ([('name = "Coffee"', 'name = "Coffee"\nvalidity = "end of month" #!')], "rewards[1].validity",
     "warning", "an earned reward can end within a week: consider a longer time"),
    ([("card = 10", "card = 11 #!")], "units.stamps.card", "warning",
     "the first reward takes 11 visits, and many people give up after 10: ask for less, or give "
     "some stamps for joining"),
    ([("[units.points]", "[units.points] #!"),
      ('rule = "purchase"\nunit = "points"\nper = 1', 'rule = "visit"\nunit = "points"')],
     "units.points", "warning",
     "the first reward takes 100 visits, and many people give up after 10: ask for less, or give "
     "some points for joining"),
    ([("[joining]", '[look]\nink = "#2f4a3d" #!\n[joining]')], "look.ink", "warning",
     "the text is hard to read on this background: choose a lighter or a darker colour"),
]  # fmt: skip


@pytest.mark.parametrize(("edits", "key", "level", "message"), BETWEEN)
def test_values_that_do_not_go_together_are_named(
    edits: list[tuple[str, str]], key: str, level: Level, message: str
) -> None:
    text, lines = marked(*edits)
    line = lines[0] if lines else None
    assert findings(text) == (Finding(line, key, level, message.format(line)),)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("cofee", 'there is no reward with the code "cofee". Did you mean "coffee"?'),
        ("cake", 'the reward "cake" is for points: name one without `points` for a full card '
         "(lines 29 and 9)"),
    ],
)  # fmt: skip
def test_s15_a_full_card_gives_a_reward_that_has_no_price(given: str, message: str) -> None:
    text, (line,) = marked(('reward = "coffee"', f'reward = "{given}" #!'))
    assert findings(text) == (
        Finding(line, "units.stamps.reward", "error", message),
        Finding(22, "rewards[1]", "error",
                'nothing gives the reward "coffee": write its price in `points`, or name it as '
                "the `reward` of [units.stamps]"),
    )  # fmt: skip


def test_a_programme_that_counts_nothing_is_refused() -> None:
    text = '[shop]\nname = "Lípa"\n[joining]\nterms = "T"\n[units]\n'
    message = "the programme counts nothing: add a table [units.stamps] or [units.points]"
    assert findings(text) == (Finding(5, "units", "error", message),)


@pytest.mark.parametrize(
    "edits",
    [
        [("[shop]", '[shop]\ncontact = "lipa.example.com, lipa.examples, .example"')],
        [("card = 10", 'card = 10\nexpires = "3 months"')],
        [("card = 10", 'card = 10\nexpires = "13 weeks"')],
        [("card = 10", 'card = 10\nexpires = "end of year + 3 months"')],
        [("card = 10", "card = 12"), ("per = 1\n", f"{STAMPS_FOR_JOINING}amount = 2\n")],
        [("card = 10", "card = 20"), ('rule = "visit"', 'rule = "visit"\namount = 2')],
        [("card = 10", "card = 30"), ('rule = "visit"', 'rule = "purchase"\nper = 4.50')],
        [('rule = "visit"', 'rule = "purchase"\nminimum = 4.50')],
        [("per = 1\n", f"{STAMPS_FOR_JOINING}amount = 9\n")],
        [("per = 1\n", f"{POINTS_FOR_JOINING}amount = 99\n")],
        [('rule = "visit"', 'rule = "visit"\namount = 10')],
        [("per = 1", "per = 1.50")],
        [("per = 1", 'per = "1.50"')],
        [('name = "Coffee"', 'name = "Coffee"\nvalidity = "7 days"')],
        [('name = "Cake"', 'name = { en = "Cake", cs = "Dort" }')],
    ],
)
def test_what_is_on_the_right_side_of_a_line_is_not_named(edits: list[tuple[str, str]]) -> None:
    assert findings(marked(*edits)[0]) == ()
