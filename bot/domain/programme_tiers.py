"""What the programme file says of tiers and paid membership (S18)."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from bot.domain.expiry import Expiry
from bot.domain.programme_values import (
    Code,
    Ends,
    Factor,
    Flag,
    GiftGiven,
    Name,
    Part,
    Quantity,
    Span,
    SpanGiven,
    Sum,
    Text,
    Whole,
    above_zero,
)


class Tier(Part):
    """One tier, lowest first. `threshold` is what reaches it: money, visits, points, or months as
    a member; one with a `fee` is a paid membership that `lasts` instead, paid at the till or at
    the shop's own `link`.

    `multiply` is what its members' earning is multiplied by; `expires` how long their points and
    credit last; `birthday_gift` what they get, which waits for `birthday_days`; `benefits` are
    read in the balance.
    """

    code: Code
    name: Name
    threshold: Quantity | None = None
    multiply: Annotated[Factor, Field(ge=1, le=100)] = Decimal(1)
    expires: Ends | None = None
    birthday_gift: GiftGiven | None = None
    birthday_days: Annotated[Whole, Field(ge=1, le=60)] | None = None
    free_delivery: Flag = False
    early_access: Flag = False
    benefits: Text | None = None
    fee: Annotated[Sum, AfterValidator(above_zero)] | None = None
    lasts: Ends | None = None
    link: str = ""


class Tiers(Part):
    """How tiers are reached and kept (S18).

    What counts is added up over `window` ("12 months", "90 days", "calendar year", "always"). A
    tier is kept for `keeps` after it was reached, then looked at: who does not reach it any more
    goes down after `grace_days`, by one step or to what they reach.
    """

    by: Literal["spend", "visits", "points", "tenure"] = "spend"
    window: SpanGiven = Span()
    keeps: Ends = Expiry("months", 12)
    downgrade: Literal["to_balance", "one_step"] = "to_balance"
    grace_days: Annotated[Whole, Field(ge=0, le=365)] = 0
    levels: tuple[Tier, ...] = ()

    def level(self, code: str | None) -> Tier | None:
        """The tier with this code, if there (still) is one."""
        return next((tier for tier in self.levels if tier.code == code), None)

    def rank(self, code: str | None) -> int:
        """How high a tier is, from 0; -1 for none."""
        return next((i for i, tier in enumerate(self.levels) if tier.code == code), -1)
