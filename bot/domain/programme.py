"""The shop's programme as `programme.toml` says it: the tables and what each key means.

Every key is explained in docs/programme.md. What is wrong within one value is refused in
programme_values.py; what needs two is in programme_checks.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from bot.domain.campaign_rules import DEFAULT_CAPS, Campaigns, Caps, QuietHours
from bot.domain.messages import Wording
from bot.domain.programme_earning import (
    Cause,
    Earn,
    Earning,
    Ending,
    Follow,
    Product,
    Referrals,
    Reward,
    Survey,
    Units,
)
from bot.domain.programme_tiers import Tiers
from bot.domain.programme_values import (
    Code,
    Colour,
    ContentSid,
    Count,
    Country,
    Currency,
    Flag,
    Name,
    Part,
    Sum,
    Terms,
    Version,
    Whole,
    Zone,
    above_zero,
)


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


class Usual(Part):
    """What a usual member does, for the advice of `check` alone.

    What a purchase comes to, and how many days lie between two visits.
    """

    purchase: Annotated[Sum, AfterValidator(above_zero)] | None = None
    days: Annotated[Whole, Field(ge=1, le=365)] = 7


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


class Paid(Part):
    """A channel that costs money: what a unit costs, and a calendar month may, in the currency."""

    price: Annotated[Sum, AfterValidator(above_zero)] | None = None
    budget: Sum | None = None


class Sms(Paid):
    """What SMS may cost (S22, S32, S35): segments a message, accents, and receipts for stamps.

    The price is a segment's.
    """

    segments: Annotated[Whole, Field(ge=1, le=6)] = 2
    accents: Flag = False
    receipts: Flag = False


class WhatsApp(Paid):
    """Sentences Meta approved, for later than 24 hours after a person wrote (S27).

    By name (what follows `template.` in the catalogues), then by language, the ContentSid.
    The price is that of a message we begin.
    """

    templates: Mapping[str, Mapping[str, ContentSid]] = {}


class Codes(Part):
    """Codes that prove a number or an e-mail address (S32): strangers must not run up a bill.

    `countries` are ISO 3166 codes; without one it is the shop's own country. They and `a_month`
    are for SMS alone.
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
    usual: Usual = Usual()
    look: Look = Look()
    joining: Joining = Joining()
    locations: tuple[Location, ...] = ()
    units: Units
    products: tuple[Product, ...] = ()
    earning: Earning = Earning()
    earn: tuple[Earn, ...] = ()
    tiers: Tiers = Tiers()
    causes: tuple[Cause, ...] = ()
    referrals: Referrals = Referrals()
    survey: Survey | None = None
    follow: Follow | None = None
    ending: Ending | None = None
    rewards: tuple[Reward, ...] = ()
    vouchers: Vouchers = Vouchers()
    limits: StaffLimits = StaffLimits()
    ledger: LedgerRules = LedgerRules()
    sms: Sms = Sms()
    whatsapp: WhatsApp = WhatsApp()
    codes: Codes = Codes()
    caps: Caps = DEFAULT_CAPS
    quiet_hours: QuietHours = QuietHours()
    campaigns: Campaigns = Campaigns()

    def reward(self, code: str) -> Reward | None:
        """The reward with this code, if the programme (still) has it."""
        return next((reward for reward in self.rewards if reward.code == code), None)

    def product(self, code: str) -> Product | None:
        """The product with this code, if the programme (still) has it."""
        return next((product for product in self.products if product.code == code), None)

    def cause(self, code: str) -> Cause | None:
        """The cause with this code, if the programme (still) has it."""
        return next((cause for cause in self.causes if cause.code == code), None)

    def earn_rule(self, rule_id: str) -> Earn | None:
        """The earning rule the ledger names so, if the programme (still) has it."""
        return next((rule for rule in self.earn if rule.id == rule_id), None)

    def has(self, trigger: str) -> bool:
        """Whether anything is given for a trigger."""
        return any(rule.rule == trigger for rule in self.earn)

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
