"""What the tables of unasked messages say to each other and to the rest: every finding."""

from __future__ import annotations

import pytest

from bot.domain.problems import Level
from bot.programmes import Finding
from tests.domain.programme_text import BASE, findings

PLACE = (
    "a place is a plain name in braces, such as {name}, and a brace of your own is written twice"
)
SEASON = """\
[[campaigns.seasons]]
code = "advent"
name = "Advent"
begins = 2026-11-29
ends = 2026-12-24
text = "Mulled wine is here, {name}."
"""


def season(old: str, new: str) -> str:
    assert SEASON.count(old) == 1, old
    return SEASON.replace(old, new)


#: what is added to a good programme with `#!` on the line to be named, key, level, message
ADDED = [
    # Caps
    ("[caps] #!", "caps.member", "warning",
     "nothing limits how many messages one person gets: write `member = { day = 1, week = 2, "
     "month = 6 }`, say"),
    ("[caps]\nmember = {} #!", "caps.member", "warning",
     "nothing limits how many messages one person gets: write `member = { day = 1, week = 2, "
     "month = 6 }`, say"),
    ("[caps]\nmember = { day = 1, year = 0 } #!", "caps.member", "warning",
     "a 0 lets nothing through: nobody is written to, whatever is on"),
    ("[caps]\nmember = { week = 2 } #!", "caps.member", "warning",
     "one person can get 2 messages in a day, and many people leave over that: write `day = 1`"),
    ("[caps]\nmember.day = 1\nchannels = { sms = { day = 1 }, whatsap = { day = 1 } } #!",
     "caps.channels.whatsap", "error",
     'there is no "whatsap" here. Did you mean "whatsapp"?'),
    ("[caps]\nmember.day = 1\n[caps.groups]\nocasions = { year = 2 } #!", "caps.groups.ocasions",
     "error", 'there is no "ocasions" here. Did you mean "occasions"?'),
    ("[caps]\nmember.day = 1\n[caps.groups]\nbirthday = { year = 1 } #!", "caps.groups.birthday",
     "error",
     'there is no "birthday" here. There are "occasions", "expiry", "winback", "unused_reward", '
     '"almost_there", "milestone", "statement", "suggestion", "referral", "season", "broadcast".'),
    ("[caps]\nmember.day = 1\n[caps.campaigns]\nbirthdays.year = 1 #!", "caps.campaigns.birthdays",
     "error", 'there is no "birthdays" here. Did you mean "birthday"?'),
    # Which goes first
    ('[campaigns]\npriority = ["birthday",\n"win-back"] #!', "campaigns.priority[2]", "error",
     'there is no "win-back" here. Did you mean "winback"?'),
    ('[campaigns]\npriority = ["birthday",\n"birthday"] #!', "campaigns.priority[2]", "error",
     '"birthday" is in the list already: remove it'),
    # Hours
    ('[quiet_hours] #!\nstart = "09:00"', "quiet_hours", "warning",
     "with the same start and end, messages may come in the middle of the night"),
    ('[quiet_hours] #!\nstart = "08:00"\nend = "20:00"', "quiet_hours", "warning",
     "these are the hours of the day: messages would go out at night; did you mean "
     'start = "20:00" and end = "08:00"?'),
    ('[quiet_hours] #!\nstart = "12:00"\nend = "00:00"', "quiet_hours", "warning",
     "these are the hours of the day: messages would go out at night; did you mean "
     'start = "00:00" and end = "12:00"?'),
    ('[quiet_hours]\nstart = "10:00"\nspread_minutes = 61 #!', "quiet_hours.spread_minutes",
     "warning", "only 60 minutes of a day are not quiet: spread over fewer"),
    ('[campaigns.winback]\nat = "08:59" #!', "campaigns.winback.at", "warning",
     "08:59 is in the quiet hours: it will go out at 09:00"),
    ('[campaigns.winback]\nat = "20:00" #!', "campaigns.winback.at", "warning",
     "20:00 is in the quiet hours: it will go out at 09:00"),
    # Money
    ("[sms]\nbudget = 20 #!", "sms.budget", "error",
     "a budget can't be kept without a price: write what a segment costs, such as "
     '`price = "0.05"`'),
    ("[whatsapp]\nbudget = 20 #!", "whatsapp.budget", "error",
     "a budget can't be kept without a price: write what a message costs, such as "
     '`price = "0.05"`'),
    # Texts
    ('[campaigns.winback]\ntext = { en = "Hello {nam}", cs = "{name}" } #!',
     "campaigns.winback.text.en", "error",
     'there is nothing to put in {nam} here. Did you mean "name"?'),
    ('[campaigns.winback]\ntext = "{balance}" #!', "campaigns.winback.text", "error",
     "there is nothing to put in {balance} here. There are \"days\", \"gift\", \"missing\", "
     '"name", "reward", "shop".'),
    ('[campaigns.winback]\ntext = "{}" #!', "campaigns.winback.text", "error",
     f"{{}} can't be filled: {PLACE}"),
    ('[campaigns.winback]\ntext = "{name.code}" #!', "campaigns.winback.text", "error",
     f"{{name.code}} can't be filled: {PLACE}"),
    ('[campaigns.winback]\ntext = "{name!r}" #!', "campaigns.winback.text", "error",
     f"{{name}} can't be filled: {PLACE}"),
    ('[campaigns.winback]\ntext = "Hello {name" #!', "campaigns.winback.text", "error",
     f"there is a brace too many or too few: {PLACE}"),
    ('[campaigns.winback]\ntext = "Hello} {name}" #!', "campaigns.winback.text", "error",
     f"there is a brace too many or too few: {PLACE}"),
    ('[campaigns.winback]\ntext = " " #!', "campaigns.winback.text", "error",
     "this text is empty: write it, or remove it for ours"),
    (f'[campaigns.winback]\ntext = "{"x" * 801}" #!', "campaigns.winback.text", "error",
     "this is too long for one message: write at most 800 characters, not 801"),
    ('[campaigns.winback]\ntext = { en = "Hello" } #!', "campaigns.winback.text", "warning",
     'there is no text for "cs": add it'),
    ('[campaigns.winback]\nvariants.hot.text = "{nam}" #!', "campaigns.winback.variants.hot.text",
     "error", 'there is nothing to put in {nam} here. Did you mean "name"?'),
    (f'[campaigns.winback]\ntext = "{"x" * 247}" #!\n[sms]\nprice = 0.05',
     "campaigns.winback.text", "warning",
     "by SMS this would come as several messages, each to be paid; characters to leave "
     "out: about 1"),
    (f'[campaigns.winback]\ntext = "{"я" * 80}" #!\n[sms]\nprice = 0.05',
     "campaigns.winback.text", "warning",
     "by SMS this would come as several messages, each to be paid; characters to leave "
     "out: about 6"),
    (f'[campaigns.winback]\ntext = "{"č" * 80}" #!\n[sms]\nprice = 0.05\naccents = true',
     "campaigns.winback.text", "warning",
     "by SMS this would come as several messages, each to be paid; characters to leave "
     "out: about 6"),
    # Gifts
    ('[campaigns.winback.gift] #!\nreward = "cofee"\n', "campaigns.winback.gift", "error",
     'there is no reward with the code "cofee". Did you mean "coffee"?'),
    ('[campaigns.winback]\ngift = { reward = "cake" } #!', "campaigns.winback.gift", "error",
     'the reward "cake" is for points: give its price, { points = 100 }, or a reward without '
     "`points` (lines 29 and {})"),
    ("[campaigns.winback]\ngift = { credit = 5 } #!", "campaigns.winback.gift", "error",
     "the programme has no credit: add a table [units.credit], or give something else"),
    ('[campaigns.winback]\nvariants.hot.gift = { reward = "cofee" } #!',
     "campaigns.winback.variants.hot.gift", "error",
     'there is no reward with the code "cofee". Did you mean "coffee"?'),
    ("[campaigns.statement]\non = true\nvariants.hot.gift = { stamps = 1 } #!",
     "campaigns.statement.variants.hot.gift", "error",
     "this campaign gives nothing: remove the gift, or put it into another"),
    ('[campaigns.winback]\ngift_ends = "6 days" #!', "campaigns.winback.gift_ends", "warning",
     "the gift can end within a week, before many people have time to come: consider a longer "
     "time"),
    ('[campaigns.winback]\ntext = "Here is {gift}" #!', "campaigns.winback.text", "error",
     "there is no gift to put in {gift}: write `gift = { stamps = 1 }`, say, or leave {gift} out"),
    ('[campaigns.winback]\nvariants.b.gift.stamps = 1\nvariants.a.text = "Here is {gift}" #!',
     "campaigns.winback.variants.a.text", "error",
     "there is no gift to put in {gift}: write `gift = { stamps = 1 }`, say, or leave {gift} out"),
    # Campaigns
    ("[campaigns.winback]\ndays = [30, 119,\n60] #!", "campaigns.winback.days[3]", "warning",
     "nobody gets the message after 60 days: the caps allow fewer win-backs than that. Leave it "
     "out, or give `winback` more under [caps.groups]"),
    ("[caps]\nmember.day = 1\ncampaigns.winback.year = 0\n[campaigns.winback]\ndays = [30] #!",
     "campaigns.winback.days[1]", "warning",
     "nobody gets the message after 30 days: the caps allow fewer win-backs than that. Leave it "
     "out, or give `winback` more under [caps.groups]"),
    ('[campaigns.birthday] #!\nat = "10:00"', "campaigns.birthday", "warning",
     "joining does not ask for birthdays: write `birthday = true` in [joining], or few people "
     "will have one"),
    ("[campaigns.milestone] #!\nvisits = [100]", "campaigns.milestone", "warning",
     "this is off: write `on = true` in it, or remove it if it should be"),
    ("[campaigns.winback]\ndays = [] #!", "campaigns.winback.days", "warning",
     "without a number nobody is written to: write `days = [30]`, say, or `on = false`"),
    ("[campaigns.expiry]\ndays = [] #!", "campaigns.expiry.days", "warning",
     "without a number nobody is written to: write `days = [7]`, say, or `on = false`"),
    ("[campaigns.milestone] #!\non = true\nvisits = []", "campaigns.milestone", "warning",
     "there is nothing to celebrate: write `visits = [10, 50]`, say, or `on = false`"),
    # Seasons
    (SEASON + season('name = "Advent"', 'name = "Again"').replace('"advent"', '"advent" #!'),
     "campaigns.seasons[2].code", "error",
     'two seasons have the code "advent", and nobody is written to twice for one code: give one '
     "of them another (lines 31 and {})"),
    (season("2026-12-24", "2026-11-28 #!"), "campaigns.seasons[1].ends", "error",
     "this is before it begins: write a day from 2026-11-29 on (lines 33 and {})"),
    (season('text = "Mulled wine is here, {name}."', "").replace("]]", "]] #!"),
     "campaigns.seasons[1]", "warning",
     "people only read its name and its last day: write in a `text` what they get"),
    (SEASON + 'segment = "locatoin:x" #!', "campaigns.seasons[1].segment", "error",
     '"locatoin:x" is no condition; write such as location:karlin'),
    (season('name = "Advent"', 'name = { en = "Advent" } #!'), "campaigns.seasons[1].name",
     "warning", 'there is no text for "cs": add it'),
    (season("{name}", "{card}").replace('."', '." #!'), "campaigns.seasons[1].text", "error",
     'there is nothing to put in {card} here. There are "gift", "name", '
     '"season", "shop", "until".'),
]  # fmt: skip


@pytest.mark.parametrize(("added", "key", "level", "message"), ADDED)
def test_values_that_do_not_go_together_are_named(
    added: str, key: str, level: Level, message: str
) -> None:
    text = f"{BASE}{added}\n"
    lines = [n for n, line in enumerate(text.split("\n"), 1) if "#!" in line]
    expected = tuple(
        Finding(line, key, level, message.replace("{}", str(line)) if "lines" in message
                else message)
        for line in lines
    )  # fmt: skip
    assert findings(text) == expected


@pytest.mark.parametrize(
    "added",
    [
        f'[campaigns.winback]\ntext = "{"č" * 234}{{name}}"\n[sms]\nprice = 0.05',
        f'[campaigns.winback]\ntext = "{"x" * 500}"\n[sms]\nprice = 0.05\nsegments = 4',
        # As it is without a table
        "[caps]\nmember = { day = 1, week = 2, month = 6 }\n"
        "[caps.groups]\nstatement.month = 1\noccasions.year = 2\nwinback.quarter = 1",
        "[caps]\nmember = { week = 1 }",
        '[quiet_hours]\nstart = "10:00"\nspread_minutes = 60',
        '[quiet_hours]\nend = "11:00"',
        '[quiet_hours]\nend = "13:00"',
        '[quiet_hours]\nstart = "12:01"\nend = "00:00"',
        '[quiet_hours]\nstart = "12:00"\nend = "00:01"',
        '[campaigns.winback]\nat = "09:00"',
        '[campaigns.winback]\nat = "19:59"',
        '[sms]\nprice = "0.05"',
        '[sms]\nprice = "0.05"\nbudget = 20',
        '[campaigns.winback]\ntext = "{{{name}}}: {gift}"\ngift.stamps = 1',
        '[campaigns.winback]\nvariants.a.text = "{gift}"\nvariants.a.gift.stamps = 1',
        '[campaigns.winback]\ngift.stamps = 1\nvariants.a.text = "{gift}"',
        f'[campaigns.winback]\ntext = "{"x" * 800}"',
        '[campaigns.winback]\nhold_out = 10\nvariants.a.text = "{days}"\n'
        "variants.b.gift.stamps = 1",
        '[campaigns.winback]\ngift_ends = "7 days"\ngift = { points = 10 }',
        '[campaigns.winback]\ngift = { reward = "coffee" }',
        '[campaigns.winback]\ngift = { reward = "tea" }\n[[rewards]]\ncode = "tea"\nname = "Tea"',
        "[campaigns.winback]\ndays = [30, 120]",
        "[campaigns.winback]\ndays = [30, 114]",
        "[campaigns.winback]\non = false\ndays = [30, 60]",
        "[caps]\nmember.day = 1\n[campaigns.winback]\ndays = [30, 60, 90]",
        "[campaigns.birthday]\non = false",
        "[campaigns.winback]\non = false\ndays = []",
        "[campaigns.milestone]\non = true\nvisits = []\namounts = [1000]",
        "[campaigns.milestone]\non = false\nvisits = [100]",
        "[campaigns.almost_there]\ndays = 5",
        SEASON,
        season("2026-12-24", "2026-11-29"),
        season('text = "Mulled', 'on = false\ntext = "Mulled'),
        season('text = "Mulled wine is here, {name}."', 'variants = { a = { text = "A" } }'),
        SEASON + season('"advent"', '"lent"'),
        season('text = "Mulled wine is here, {name}."', "gift.stamps = 1"),
        SEASON + 'segment = "visits:5/90 language:cs"',
    ],
)  # fmt: skip
def test_what_is_on_the_right_side_of_a_line_is_not_named(added: str) -> None:
    assert findings(f"{BASE}{added}\n") == ()


def test_asking_for_birthdays_makes_a_birthday_table_good() -> None:
    text = BASE.replace("[joining]", "[joining]\nbirthday = true")
    assert findings(f'{text}[campaigns.birthday]\nat = "10:00"\n') == ()


@pytest.mark.parametrize("unit", ["stamps", "points"])
def test_a_gift_is_of_a_unit_the_programme_has(unit: str) -> None:
    other = {"stamps": "points", "points": "stamps"}[unit]
    card = 'card = 10\nreward = "tea"' if other == "stamps" else "\n"
    text = f"""\
[shop]
name = "Lípa"
[joining]
terms = "T"
[units.{other}]
{card}
[[earn]]
rule = "purchase"
unit = "{other}"
per = 1
[[rewards]]
code = "tea"
name = "Tea"
{"" if other == "stamps" else "points = 10"}
[campaigns.winback]
gift = {{ {unit} = 1 }}
"""
    assert findings(text) == (
        Finding(17, "campaigns.winback.gift", "error",
                f"the programme has no {unit}: add a table [units.{unit}], or give something else"),
    )  # fmt: skip
