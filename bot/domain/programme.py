"""The shop's programme as `programme.toml` says it: the types and what each key means.

Amounts of units are integers; rates are `Decimal`; money in the file is a decimal in the
currency's major unit ("12.50"). Every key is explained in docs/programme.md. What is wrong within
one value is refused here, in words for the shop owner; what needs two is in programme_checks.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from difflib import get_close_matches
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import phonenumbers
from babel.numbers import list_currencies
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict

from bot.domain.expiry import Expiry
from bot.domain.messages import Wording

#: In characters. A name stands on the card, on buttons and in one-segment texts (S35).
NAME_LIMIT = 60
#: In characters: the terms and what is around them fit one Telegram message (S35).
TERMS_LIMIT = 3_500

_SUM = re.compile(r"\d{1,9}(\.\d{1,4})?", re.ASCII)


class Part(BaseModel):
    """A table of the programme file: frozen, and a key it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question to put after a message about `word`, or nothing where no known word is near."""
    by_lower = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), by_lower, n=1)
    return f' Did you mean "{by_lower[near[0]]}"?' if near else ""


def _wording(value: Any) -> Wording:
    if isinstance(value, Wording):
        return value
    if isinstance(value, str):
        return Wording.of(value.strip())
    if isinstance(value, dict) and value and all(isinstance(t, str) for t in value.values()):
        return Wording.of({language: text.strip() for language, text in value.items()})
    raise ValueError('write a text in quotes, or one a language: { en = "Coffee", cs = "Káva" }')


def _name(value: Wording) -> Wording:
    for _, text in value.texts:
        if not text:
            raise ValueError("this name is empty: write what people should read")
        if len(text) > NAME_LIMIT or not text.isprintable():
            raise ValueError(f"write a name on one line, at most {NAME_LIMIT} characters long")
    return value


def _terms(value: Wording) -> Wording:
    if any(len(text) > TERMS_LIMIT for _, text in value.texts):
        raise ValueError(
            f"the terms are longer than the {TERMS_LIMIT} characters that fit one message: "
            "put them on a page of your own and write its address here"
        )
    return value


def _expiry(value: Any) -> Expiry:
    if isinstance(value, Expiry):
        return value
    if isinstance(value, str):
        return Expiry.parse(value)
    raise ValueError('write how long in quotes, such as "90 days", "12 months" or "never"')


def _sum(value: Any) -> Decimal:
    written = str(value).strip()
    if isinstance(value, bool) or not _SUM.fullmatch(written):
        raise ValueError('write an amount of money, with a point and no currency: 12 or "12.50"')
    return Decimal(written)


def _above_zero(value: Decimal) -> Decimal:
    if not value:
        raise ValueError("write an amount above 0")
    return value


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _zone(value: str) -> str:
    if value not in _zones():
        hint = did_you_mean(value, _zones()) or ' A name looks like "Europe/Prague".'
        raise ValueError(f'there is no time zone "{value}".{hint}')
    return value


def _currency(value: str) -> str:
    if value not in list_currencies():
        raise ValueError(f'"{value}" is no ISO 4217 currency: write three letters, such as "EUR"')
    return value


def _country(value: str) -> str:
    if value not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f'"{value}" is no country: write two capital letters, such as "CZ"')
    return value


def _shaped(pattern: str, problem: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(problem)
        return value

    return AfterValidator(check)


#: One text for all languages, or a table of them: `{ en = "Coffee", cs = "Káva" }`.
Text = Annotated[Wording, BeforeValidator(_wording)]
Name = Annotated[Text, AfterValidator(_name)]
Terms = Annotated[Text, AfterValidator(_terms)]
Ends = Annotated[Expiry, BeforeValidator(_expiry)]
#: Money in the major unit: 12, 12.50 or "12.50".
Sum = Annotated[Decimal, BeforeValidator(_sum)]
Zone = Annotated[str, AfterValidator(_zone)]
Currency = Annotated[str, AfterValidator(_currency)]
Colour = Annotated[
    str, _shaped("#[0-9a-fA-F]{6}", 'write a colour as # and six hex digits, such as "#2f4a3c"')
]
#: A name other parts of the file, links and the database refer to.
Code = Annotated[
    str,
    _shaped(
        "[a-z0-9][a-z0-9_-]{0,30}",
        "a code has up to 31 small letters without accents, digits, - and _, and starts with "
        "a letter or digit",
    ),
]
Version = Annotated[
    str, _shaped(r"\S.{0,39}", 'write a version in 1 to 40 characters, such as "2026-06"')
]
#: https://www.twilio.com/docs/content/content-api-resources
ContentSid = Annotated[
    str, _shaped("HX[0-9a-fA-F]{32}", "a ContentSid is HX and 32 hex digits, from Twilio's console")
]
Country = Annotated[str, AfterValidator(_country)]
#: Strict: `true` and "5" are no numbers, and 1 is no `true`.
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Count = Annotated[Whole, Field(ge=1, le=1_000_000)]


class Shop(Part):
    """Who the shop is: names, languages, currency, and where its day begins and ends.

    `address` is how it speaks to people where their language has two ways (vy and ty).
    """

    name: Name
    language: str = "en"
    languages: tuple[str, ...] = ("en", "cs")
    address: Literal["formal", "friendly"] = "formal"
    currency: Currency = "EUR"
    zone: Zone = "UTC"
    contact: str = ""

    @property
    def friendly(self) -> bool:
        """Whether people are spoken to as friends are: ty, tu, ты."""
        return self.address == "friendly"


class Look(Part):
    """The card's colours."""

    background: Colour = "#2f4a3c"
    ink: Colour = "#ffffff"
    accent: Colour = "#e8b04a"


class Joining(Part):
    """What joining asks for (S40): everything but the age and the terms can be left out."""

    minimum_age: Annotated[Whole, Field(ge=0, le=21)] = 16
    phone: Literal["off", "ask", "required"] = "off"
    birthday: Flag = False
    marketing: Flag = True
    terms: Terms = Wording.of("")
    terms_version: Version = "1"


class Location(Part):
    """One shop of a chain; `zone` where it differs from the programme's."""

    code: Code
    name: Name
    zone: Zone | None = None


class StampCard(Part):
    """Stamps: `card` of them fill a card, which gives one `reward` (S15)."""

    card: Annotated[Whole, Field(ge=2, le=30)]
    reward: Code
    expires: Ends = Expiry()


class Points(Part):
    """Points, earned by purchases and spent on rewards."""

    expires: Ends = Expiry()


class Units(Part):
    """What the programme counts in; a unit left out does not exist for its members."""

    stamps: StampCard | None = None
    points: Points | None = None


class Earn(Part):
    """One earning rule: when it applies, and how much of which unit it gives (S13).

    Only a purchase has `per` and `minimum`: `amount` for each `per` of it, else for the whole.
    """

    rule: Literal["visit", "purchase", "joining"]
    unit: Literal["stamps", "points"]
    amount: Count = 1
    per: Annotated[Sum, AfterValidator(_above_zero)] | None = None
    minimum: Sum = Decimal(0)
    rounding: Literal["down", "half_up", "up"] = "down"


class Reward(Part):
    """Something a member gets. Without `points` it comes from a full stamp card.

    `validity` is how long an earned reward can be used.
    """

    code: Code
    name: Name
    points: Count | None = None
    validity: Ends = Expiry()


class Vouchers(Part):
    """How long a reserved reward waits for a colleague (S19)."""

    minutes: Annotated[Whole, Field(ge=1, le=1440)] = 15


class StaffLimits(Part):
    """Limits at the till (S17). `minutes_between` two stampings of one member; 0 is off."""

    minutes_between: Annotated[Whole, Field(ge=0, le=10_080)] = 0
    member_stamps_a_day: Count = 10
    colleague_stamps_a_day: Count = 300
    undo_minutes: Annotated[Whole, Field(ge=1, le=1440)] = 10
    claim_days: Annotated[Whole, Field(ge=1, le=60)] = 7


class LedgerRules(Part):
    """What a reversal does when the units were spent already (S7)."""

    when_spent: Literal["stop_at_zero", "go_below_zero"] = "stop_at_zero"


class Sms(Part):
    """What SMS may cost (S22, S35): segments a message, accents, and receipts for stamps."""

    segments: Annotated[Whole, Field(ge=1, le=6)] = 2
    accents: Flag = False
    receipts: Flag = False


class WhatsApp(Part):
    """Sentences Meta approved, for later than 24 hours after a person wrote (S27).

    By name (what follows `template.` in the catalogues), then by language, the ContentSid.
    """

    templates: Mapping[str, Mapping[str, ContentSid]] = {}


class Codes(Part):
    """Codes sent by SMS to prove a number (S32): what keeps strangers from running up a bill.

    `countries` are ISO 3166 codes; without one it is the shop's own country.
    """

    countries: tuple[Country, ...] = ()
    number_a_day: Annotated[Whole, Field(ge=1, le=20)] = 3
    sender_a_day: Annotated[Whole, Field(ge=1, le=50)] = 5
    country_an_hour: Count = 20
    a_month: Annotated[Whole, Field(ge=0, le=1_000_000)] = 200
    minutes: Annotated[Whole, Field(ge=1, le=60)] = 10


class Programme(Part):
    """A whole programme file, checked; find things by the methods rather than by position."""

    shop: Shop
    look: Look = Look()
    joining: Joining = Joining()
    locations: tuple[Location, ...] = ()
    units: Units
    earn: tuple[Earn, ...] = ()
    rewards: tuple[Reward, ...] = ()
    vouchers: Vouchers = Vouchers()
    limits: StaffLimits = StaffLimits()
    ledger: LedgerRules = LedgerRules()
    sms: Sms = Sms()
    whatsapp: WhatsApp = WhatsApp()
    codes: Codes = Codes()

    def reward(self, code: str) -> Reward | None:
        """The reward with this code, if the programme (still) has it."""
        return next((reward for reward in self.rewards if reward.code == code), None)

    def location(self, code: str | None) -> Location | None:
        """The location with this code, if there is one."""
        return next((place for place in self.locations if place.code == code), None)

    def zone(self, location: str | None = None) -> ZoneInfo:
        """The time zone of a location, else the programme's."""
        place = self.location(location)
        return ZoneInfo((place and place.zone) or self.shop.zone)

    def rules(self, trigger: str, unit: str | None = None) -> tuple[Earn, ...]:
        """The earning rules for one trigger (and unit), in the file's order."""
        return tuple(e for e in self.earn if e.rule == trigger and unit in (None, e.unit))
