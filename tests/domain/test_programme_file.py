"""From a programme file's text to a programme, and every finding with its line and key."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.expiry import Expiry
from bot.domain.messages import Wording
from bot.domain.programme_earning import StampCard, Units
from bot.programmes import Finding, preset, presets, read
from tests.domain.programme_text import BASE, EVERY_LANGUAGE, LANGUAGES, findings, marked


def test_the_base_has_nothing_to_find() -> None:
    programme, found = read(BASE, LANGUAGES)
    assert found == ()
    assert programme is not None
    assert programme.shop.name == Wording.of("Kavárna Lípa")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('name = "Cake"', "name = #!", "the value is missing or can't be read: a text goes in "
         'straight "quotes"'),
        ('name = "Cake"', "name = “Cake” #!", "the value is missing or can't be read: a text goes "
         'in straight "quotes"'),
        ('name = "Cake"', 'name = "Cake #!', "the closing quote of the text is missing"),
        ("card = 10", "card = 10,5 #!", "there is something left over after the value: a text "
         'goes in straight "quotes", a number has a point and no spaces'),
        ("card = 10", "card 10 #!", "a line here is `key = value`, `[table]`, `[[list]]` or "
         "`# a comment`"),
        ("card = 10", "card = 10\ncard = 12 #!", "this key or table is there above already: keep "
         "one of the two"),
        ("[units.points]", "[units.points]\n[units.points] #!", "this key or table is there above "
         "already: keep one of the two"),
        ("[units.points]", "[units.points #!", "the closing bracket of a [table] or [[list]] is "
         "missing"),
        ('name = "Cake"', 'name = "C\\ake" #!', "a \\ in a text is written twice, or the text "
         "stands in 'single quotes'"),
        ("points = 100\n", "points = [100 #!", "the closing ] or a comma of a list is missing"),
        ("[joining]", "[joining]\nmarketing = True #!", "yes and no are written true and false, in "
         "small letters"),
        ("[joining]", "[joining]\nmarketing = yes #!", "yes and no are written true and false, in "
         "small letters"),
        ("card = 10", "card = eight #!", '"eight" is no value: a number is written in digits, such '
         'as 8, and a text goes in straight "quotes"'),
        ("points = 100\n", "points = #!", "the value is missing or can't be read: a text goes in "
         'straight "quotes"'),
        ('name = "Cake"', 'name = "Cake\x07" #!', "this can't be read: Illegal character '\\x07'"),
    ],
)  # fmt: skip
def test_s39_toml_that_is_none_is_one_finding_with_its_line(
    old: str, new: str, message: str
) -> None:
    text, (line,) = marked((old, new))
    assert findings(text) == (Finding(line, "", "error", message),)


@pytest.mark.parametrize("value", ["9" * 5000, "1e" + "9" * 30, "[" * 5000 + "]" * 5000])
def test_s39_values_beyond_all_bounds_are_refused(value: str) -> None:
    text, _ = marked(("points = 100", f"points = {value}"))
    assert findings(text) == (
        Finding(None, "", "error", "the file holds a number or a nesting too large to be meant"),
    )


#: old text, new text with `#!` on the line to be named, key, message
VALUES = [
    # Keys
    ("card = 10", "crad = 10 #!\ncard = 10", "units.stamps.crad",
     'there is no key `crad` here. Did you mean "card"?'),
    ("[units.points]", "[units.points]\n[untis] #!", "untis",
     'there is no key `untis` here. Did you mean "units"?'),
    ("[units.stamps]\ncard = 10", "[units.stamps]\ncrad = 10 #!", "units.stamps.crad",
     'there is no key `crad` here. Did you mean "card"?'),
    ("card = 10", 'card = 10\nzone = "UTC" #!', "units.stamps.zone",
     "there is no key `zone` here, only `card`, `reward`, `expires`"),
    ("card = 10", 'card = 10\ncurrency = "EUR" #!', "units.stamps.currency",
     "`currency` does not belong here but under [shop]"),
    ("card = 10", "card = 10\nper = 1 #!", "units.stamps.per",
     "`per` does not belong here but under [[earn]]"),
    ("[shop]", "[[shop]] #!", "shop",
     "start the table with a line [shop] and write its keys below that"),
    ("[joining]", "[look]\nink = 1 #!\n[joining]", "look.ink", "write a text in quotes, not 1"),
    ("[joining]", "[locations] #!\n[joining]", "locations",
     "start each entry with a line [[locations]] and write its keys below that"),
    ("[shop]", 'locations = ["vinohrady"] #!\n[shop]', "locations[1]",
     "start each entry with a line [[locations]] and write its keys below that"),
    ("[shop]",
     'locations = [ #\n{ code = "v", name = "V" },\n{ code = 5, name = "V" } #!\n]\n[shop]',
     "locations[2].code", "write a text in quotes, not 5"),
    # Missing
    ("[shop]\nname", "[shop] #!\ncontact", "shop.name", "`name` is missing: add it"),
    ("[[rewards]]\ncode = \"cake\"", "[[rewards]] #!", "rewards[2].code",
     "`code` is missing: add it"),
    ("[units.stamps]\ncard = 10", "[units.stamps] #!", "units.stamps.card",
     "`card` is missing: add it"),
    # Kinds of value
    ("card = 10", 'card = "10" #!', "units.stamps.card",
     'write a whole number without quotes, not "10"'),
    ("card = 10", "card = true #!", "units.stamps.card",
     "write a whole number without quotes, not true"),
    ("card = 10", "card = 10.0 #!", "units.stamps.card",
     "write a whole number without quotes, not 10.0"),
    ("card = 10", "card = [1] #!", "units.stamps.card",
     "write a whole number without quotes, not a list"),
    ("card = 10", "card = { a = 1 } #!", "units.stamps.card",
     "write a whole number without quotes, not a table"),
    ("card = 10", 'card = "' + "x" * 99 + '" #!', "units.stamps.card",
     'write a whole number without quotes, not "' + "x" * 36 + "…"),
    ("card = 10", "card = 1 #!", "units.stamps.card", "write at least 2, not 1"),
    ("card = 10", "card = 31 #!", "units.stamps.card", "write at most 30, not 31"),
    ("[joining]", "[joining]\nmarketing = 1 #!", "joining.marketing",
     "write true or false without quotes, not 1"),
    ("[joining]", "[joining]\nterms_version = 2026-06-01 #!", "joining.terms_version",
     "write a text in quotes, not 2026-06-01"),
    ("[joining]", "[joining]\nterms_version = \"\" #!", "joining.terms_version",
     'write a version in 1 to 40 characters, such as "2026-06"'),
    ("[joining]", '[joining]\nphone = "requird" #!', "joining.phone",
     'write "off", "ask" or "required", not "requird". Did you mean "required"?'),
    ("[shop]", '[shop]\naddress = "friendy" #!', "shop.address",
     'write "formal" or "friendly", not "friendy". Did you mean "friendly"?'),
    ("[joining]", "[joining]\nphone = false #!", "joining.phone",
     'write "off", "ask" or "required", not false.'),
    ('rule = "purchase"', 'rule = "sale" #!', "earn[2].rule",
     'write "visit", "purchase", "product", "joining", "profile", "referral", "referred", '
     '"review", "follow", "survey", "birthday", "tenure" or "challenge", not "sale".'),
    ("[shop]", '[shop]\nlanguages = "en" #!', "shop.languages",
     'write a list in brackets, such as ["en"], not "en"'),
    # What a value may be
    ('name = "Cake"', "name = 5 #!", "rewards[2].name",
     'write a text in quotes, or one a language: { en = "Coffee", cs = "Káva" }'),
    ('name = "Cake"', "name = {} #!", "rewards[2].name",
     'write a text in quotes, or one a language: { en = "Coffee", cs = "Káva" }'),
    ('name = "Cake"', "name = { en = 5 } #!", "rewards[2].name",
     'write a text in quotes, or one a language: { en = "Coffee", cs = "Káva" }'),
    ('name = "Cake"', 'name = " " #!', "rewards[2].name",
     "this name is empty: write what people should read"),
    ('name = "Cake"', 'name = """ #!\n' + "x" * 61 + '"""', "rewards[2].name",
     "write a name on one line, at most 60 characters long"),
    ('terms = "Ten coffees, the eleventh is on us."', 'terms = """#!\n' + "x\n" * 1800 + '"""',
     "joining.terms",
     "the terms are longer than the 3500 characters that fit one message: put them on a page of "
     "your own and write its address here"),
    ("[shop]", '[shop]\nzone = "europe/pragu" #!', "shop.zone",
     'there is no time zone "europe/pragu". Did you mean "Europe/Prague"?'),
    ("[shop]", '[shop]\nzone = "xyzzy-1" #!', "shop.zone",
     'there is no time zone "xyzzy-1". A name looks like "Europe/Prague".'),
    ("[shop]", '[shop]\ncurrency = "Kč" #!', "shop.currency",
     '"Kč" is no ISO 4217 currency: write three letters, such as "EUR"'),
    ("[joining]", '[look]\nink = "white" #!\n[joining]', "look.ink",
     'write a colour as # and six hex digits, such as "#2f4a3c"'),
    ('code = "cake"', 'code = "Cake" #!', "rewards[2].code",
     "a code has up to 31 small letters without accents, digits, - and _, and starts with a "
     "letter or digit"),
    ("per = 1", 'per = "1,50" #!', "earn[2].per",
     'write an amount of money, with a point and no currency: 12 or "12.50"'),
    ("per = 1", "per = nan #!", "earn[2].per",
     'write an amount of money, with a point and no currency: 12 or "12.50"'),
    ("per = 1", "per = 0.00 #!", "earn[2].per", "write an amount above 0"),
    ("card = 10", "card = 10\nexpires = 90 #!", "units.stamps.expires",
     'write how long in quotes, such as "90 days", "12 months" or "never"'),
    ("card = 10", 'card = 10\nexpires = "2 years" #!', "units.stamps.expires",
     'an expiry is "never", "N days", "N weeks", "N months", "end of month" or "end of year", the '
     'last two also with "+ N months"; "N months moved by activity"; "N months without activity", '
     'also after one of the others and "or"'),
    ("card = 10", 'card = 10\nexpires = "0 days" #!', "units.stamps.expires",
     'an expiry of 0 would end at once; write "never" or a number'),
    # Unasked messages
    *(("[joining]", f"[caps]\nmember = {value} #!\n[joining]", "caps.member",
       "write how many messages in which time: { day = 1, week = 2 }")
      for value in ('""', "2", "0.5", "true", "[1]")),
    ("[joining]", '[caps]\nmember = { day = "" } #!\n[joining]', "caps.member.day",
     'write a whole number without quotes, not ""'),
    ("[joining]", "[caps]\nmember = { day = 0.5 } #!\n[joining]", "caps.member.day",
     "write a whole number without quotes, not 0.5"),
    ("[joining]", "[caps]\nmember = { day = true } #!\n[joining]", "caps.member.day",
     "write a whole number without quotes, not true"),
    ("[joining]", "[caps]\nmember = { day = -1 } #!\n[joining]", "caps.member.day",
     "write at least 0, not -1"),
    ("[joining]", "[caps]\nmember = { days = 1 } #!\n[joining]", "caps.member.days",
     'write "day", "week", "month", "quarter" or "year", not "days". Did you mean "day"?'),
    ("[joining]", "[caps]\nday = 1 #!\n[joining]", "caps.day",
     "`day` does not belong here but under `member`"),
    ("[joining]", "[caps]\ngroups = 3 #!\n[joining]", "caps.groups",
     "write a table in braces, with a name for each value, not 3"),
    ("[joining]", "[caps]\nchannels = { sms = 1 } #!\n[joining]", "caps.channels.sms",
     "write how many messages in which time: { day = 1, week = 2 }"),
    *(("[joining]", '[[earn]]\nrule = "visit"\nunit = "stamps"\n'
       f'hours = "{hours}" #!\n[joining]', "earn[1].hours",
       f'write from when to when, such as "{meant}"')
      for hours, meant in (("14-17", "14:00-17:00"), ("9 - 12", "09:00-12:00"),
                           ("14", "14:00-17:00"), ("25-26", "14:00-17:00"))),
    *(("[joining]", f"[quiet_hours]\nend = {value} #!\n[joining]", "quiet_hours.end",
       'write a time of day in quotes, such as "09:00" or "18:30"')
      for value in ('""', '"24:00"', '"9 am"', "9", "true")),
    ("[joining]", "[campaigns.winback]\ndays = 30 #!\n[joining]", "campaigns.winback.days",
     "write a list in brackets, such as [30], not 30"),
    *(("[joining]", f"[campaigns.winback]\ngift = {value} #!\n[joining]",
       "campaigns.winback.gift",
       "write what is given: { stamps = 1 }, { points = 50 }, { credit = 5 } or "
       '{ reward = "coffee" }')
      for value in ('"coffee"', "{ stamps = 0 }", "{ stamps = true }", '{ reward = "" }', "{}",
                    "{ stamps = 1, points = 1 }")),
    ("[joining]", '[campaigns.winback]\nvariants.a.txt = "A" #!\n[joining]',
     "campaigns.winback.variants.a", 'a variant has a `text`, a `gift` or both: { text = "…" }'),
    ("[joining]", '[campaigns.winback]\nvariants.A.text = "A" #!\n[joining]',
     "campaigns.winback.variants.A",
     "a code has up to 31 small letters without accents, digits, - and _, and starts with a "
     "letter or digit"),
    *(("[joining]", '[[campaigns.seasons]]\ncode = "x"\nname = "X"\ntext = "X"\n'
       f"begins = {value} #!\nends = 2026-12-24\n[joining]", "campaigns.seasons[1].begins",
       'write a day as year-month-day, such as "2026-12-24"')
      for value in ('"24.12.2026"', '""', "2026-12-24T10:00:00", "20261224", '"2026-02-29"')),
    *(("[joining]", f"[ending]\nlast_earning = 2027-01-01\nlast_redeeming = {day} #!\n[joining]",
       "ending.last_redeeming",
       "write a day of our time, or leave this out for without an end")
      for day in ("9999-12-31", "0001-01-01", '"3000-01-01"')),
    ("[joining]", "[sms]\nprice = 0 #!\n[joining]", "sms.price", "write an amount above 0"),
    ("[joining]", '[[earn]]\nrule = "purchase"\nunit = "stamps"\npercent = 0 #!\n[joining]',
     "earn[1].percent", "write an amount above 0"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "message"), VALUES)
def test_s39_a_wrong_value_is_named_with_its_line(
    old: str, new: str, key: str, message: str
) -> None:
    text, (line,) = marked((old, new))
    assert findings(text) == (Finding(line, key, "error", message),)


def test_s39_every_wrong_value_is_named_at_once_by_line() -> None:
    text, lines = marked(
        ("[joining]", "[joining]\nbirthday = 0 #!"),
        ("card = 10", "card = 0 #!"),
        ("per = 1", 'per = "x" #!'),
    )
    keys = ["joining.birthday", "units.stamps.card", "earn[2].per"]
    assert [(found.line, found.key) for found in findings(text)] == list(
        zip(lines, keys, strict=True)
    )


def test_tables_that_are_missing_have_no_line() -> None:
    assert findings("# nothing yet\n") == (
        Finding(None, "shop", "error", "[shop] is missing: add it"),
        Finding(None, "units", "error", "[units] is missing: add it"),
    )


def test_a_table_under_a_misspelled_name_is_one_finding() -> None:
    text = BASE.replace("[units.", "[unit.")
    assert findings(text) == (
        Finding(7, "unit", "error", 'there is no key `unit` here. Did you mean "units"?'),
    )
    other = BASE.replace("[units.", "[counted.")
    assert [finding.key for finding in findings(other)] == ["units", "counted"]


def test_a_warning_keeps_the_programme() -> None:
    programme, found = read(marked(("card = 10", "card = 11"))[0], LANGUAGES)
    assert [finding.level for finding in found] == ["warning"]
    assert programme is not None


def test_s2_no_float_touches_money() -> None:
    programme, _ = read(marked(("per = 1", "per = 1.10"))[0], LANGUAGES)
    assert programme is not None
    assert programme.earn[1].per == Decimal("1.10")


def test_files_of_windows_editors_are_read_with_the_same_lines() -> None:
    text, (line,) = marked(("card = 10", "card = 0 #!"))
    expected = (Finding(line, "units.stamps.card", "error", "write at least 2, not 0"),)
    assert findings("\ufeff" + text.replace("\n", "\r\n")) == expected
    assert findings("\ufeff" + BASE.replace("\n", "\r\n")) == ()


def test_available_languages_are_the_callers() -> None:
    text, _ = marked(("[shop]", '[shop]\nlanguages = ["pl", "en"]'))
    programme, found = read(text, {"en", "pl"})
    assert found == ()
    assert programme is not None
    assert programme.shop.languages == ("pl", "en")


KEYS = st.sampled_from(
    ["shop", "shop.name", "shop.language", "shop.languages", "shop.currency", "shop.zone",
     "shop.contact", "look.ink", "joining.minimum_age", "joining.phone", "joining.birthday",
     "joining.terms", "joining.terms_version", "units", "units.stamps", "units.stamps.card",
     "units.stamps.reward", "units.stamps.expires", "units.points", "locations", "earn", "rewards",
     "vouchers.minutes", "limits.minutes_between", "ledger", "nothing.at.all", "sms.budget",
     "caps", "caps.member", "caps.member.day", "caps.groups", "caps.groups.winback",
     "quiet_hours", "quiet_hours.end", "campaigns", "campaigns.priority", "campaigns.winback",
     "campaigns.winback.days", "campaigns.winback.gift", "campaigns.winback.text",
     "campaigns.winback.variants", "campaigns.seasons"]
)  # fmt: skip
VALUE = st.recursive(
    st.sampled_from(["1", "0", "-1.5", "true", "nan", '"never"', '""', "2026-06-01", "10:00:00"]),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(
            st.sampled_from(["code", "name", "rule", "per", "en", "text", "gift", "stamps", "day"]),
            inner,
        ).map(lambda pair: f"{{ {pair[0]} = {pair[1]} }}"),
    ),
    max_leaves=4,
)


@given(st.dictionaries(KEYS, VALUE, max_size=4), st.text(max_size=20))
def test_s39_whatever_is_written_is_answered_in_plain_words(
    written: dict[str, str], tail: str
) -> None:
    text = "".join(f"{key} = {value}\n" for key, value in written.items())
    for attempt in (text, text + BASE, BASE + text, text + tail):
        for finding in findings(attempt):
            assert finding.message
            assert not re.search("Input should|[Vv]alidat|pydantic|None|Decimal|<", finding.message)


def test_presets_are_named_with_a_line_about_each() -> None:
    assert presets() == {
        "cafe-stamps": "A café's stamp card: ten coffees, the eleventh is on us",
        "points-shop": "A shop's points: one for each euro, rewards from 100 points",
        "cashback": "Cashback: 5 % back, or 1 for every full 20",
        "store-credit": "Store credit: 5 % of each purchase, and 2 for a review",
        "pharmacy-points": "A pharmacy's points: three for each pound, and each is worth a penny",
        "coffee-stars": "A coffee house's stars: three levels, and stars that live as long as "
        "people come",
        "beauty-tiers": "Beauty: a point for each dollar, and three tiers by what a calendar year "
        "comes to",
        "art-club": "An art shop's club: a tenth back, and four levels that raise it",
        "vip-club": "A paid club: points for all, and for a yearly fee they double",
        "good-cause": "A good cause: a part of each purchase is given, and points can be given too",
        "fashion-hybrid": "Fashion: points and levels, early access, birthdays, friends, and "
        "reviews with a photo",
    }


#: What is true of a ready-made programme: its first tier is as far away as where it comes from.
TRUE_WARNINGS = {
    "beauty-tiers": ["tiers.levels[2].threshold"],
    "coffee-stars": ["tiers.levels[2].threshold"],
}


def asked_for(name: str) -> list[str]:
    """Where `check` has something to say of a ready-made programme."""
    return ["shop.contact", *TRUE_WARNINGS.get(name, ())]


@pytest.mark.parametrize("name", presets())
def test_a_preset_asks_for_a_contact_alone_and_is_written_in_every_language(name: str) -> None:
    programme, found = read(preset(name), EVERY_LANGUAGE)
    assert [finding.key for finding in found] == asked_for(name)
    assert {finding.level for finding in found} == {"warning"}
    assert programme is not None
    assert programme.shop.languages == LANGUAGES
    for text in (programme.joining.terms, *(reward.name for reward in programme.rewards)):
        assert tuple(language for language, _ in text.texts) == EVERY_LANGUAGE


@pytest.mark.parametrize("language", EVERY_LANGUAGE[2:])
@pytest.mark.parametrize("name", presets())
def test_offering_one_more_language_of_a_preset_takes_one_word(name: str, language: str) -> None:
    text = preset(name).replace('"en", "cs"]', f'"en", "cs", "{language}"]')
    programme, found = read(text, EVERY_LANGUAGE)
    assert [finding.key for finding in found] == asked_for(name)
    assert programme is not None
    assert programme.shop.languages == (*LANGUAGES, language)


@pytest.mark.parametrize("name", presets())
def test_the_commented_examples_of_a_preset_work(name: str) -> None:
    text = re.sub(r"^# (\[|\w+ = )", r"\1", preset(name), flags=re.MULTILINE)
    assert text != preset(name)
    assert [finding.key for finding in findings(text, EVERY_LANGUAGE)] == asked_for(name)


@pytest.mark.parametrize("name", ["nothing", "../../pyproject", "__init__", ""])
def test_an_unknown_preset_is_refused(name: str) -> None:
    with pytest.raises(KeyError):
        preset(name)


def test_the_cafe_is_the_one_of_the_conversation() -> None:
    programme, _ = read(preset("cafe-stamps"), LANGUAGES)
    assert programme is not None
    assert programme.shop.name.in_language("en") == "Kavárna Lípa"
    assert (programme.shop.currency, programme.zone().key) == ("CZK", "Europe/Prague")
    assert programme.units == Units(
        stamps=StampCard(card=10, reward="coffee", expires=Expiry("months", 12))
    )
    assert [(r.code, r.points, r.validity) for r in programme.rewards] == [
        ("coffee", None, Expiry("days", 90))
    ]
