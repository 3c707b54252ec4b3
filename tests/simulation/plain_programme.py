"""A whole programme, told plainly: every unit is a coin of its own, every day is lived through.

`Rules` is a programme in a few words, which it also writes as a programme file. `Plain` is what
must become of one member under it. It shares no arithmetic with `bot/domain`: fractions for rates,
one coin for one unit, calendar days counted one by one. It is slow and that is fine.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Europe/Prague")
LATEST = datetime.max.replace(tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Level:
    """A tier: what reaches it, what it multiplies by, how long its points last."""

    code: str
    threshold: int
    multiply: Fraction = Fraction(1)
    expires: str = ""


@dataclass(frozen=True)
class Ladder:
    """How tiers are reached and kept."""

    by: str
    window: str
    keeps: str
    grace: int
    one_step: bool
    levels: tuple[Level, ...]


@dataclass(frozen=True)
class Rules:
    """A programme: a stamp card, points, credit, tiers, a challenge, a multiplier, or some."""

    card: int = 0
    stamps_last: str = "never"
    points: Fraction = Fraction(0)
    rounding: str = "down"
    points_last: str = "never"
    percent: int = 0
    double: Fraction | None = None
    double_from: int = 0
    weekend: Fraction | None = None
    stacking: str = "highest"
    pending: int = 0
    below_zero: bool = False
    no_tobacco: bool = False
    challenge: int = 0
    once_a_day: int = 0
    ladder: Ladder | None = None

    def toml(self) -> str:
        """The same as a programme file."""
        out = [
            '[shop]\nname = "Shop"\nlanguages = ["en"]\nzone = "Europe/Prague"\ncurrency = "EUR"',
            '[joining]\nterms = "Come often."\nminimum_age = 0',
            "[limits]\nmember_stamps_a_day = 1000000\ncolleague_stamps_a_day = 1000000\n"
            "undo_minutes = 1440",
            f'[earning]\nstacking = "{self.stacking}"\npending_days = {self.pending}'
            + ('\nexcluded = ["tobacco"]' if self.no_tobacco else ""),
            '[[products]]\ncode = "cigars"\nname = "Cigars"\ncategory = "tobacco"',
            "[ledger]\nwhen_spent = "
            + ('"go_below_zero"' if self.below_zero else '"stop_at_zero"'),
        ]
        if self.card:
            out.append(
                f'[units.stamps]\ncard = {self.card}\nreward = "coffee"\n'
                f'expires = "{self.stamps_last}"'
            )
            out.append('[[earn]]\nrule = "visit"\nunit = "stamps"')
            out.append('[[rewards]]\ncode = "coffee"\nname = "Coffee"\nvalidity = "30 days"')
        if self.points:
            rate = f"amount = {self.points.numerator}\nper = {self.points.denominator}"
            out.append(f'[units.points]\nexpires = "{self.points_last}"')
            out.append(
                f'[[earn]]\nrule = "purchase"\nunit = "points"\n{rate}\n'
                f'rounding = "{self.rounding}"'
            )
            out.append('[[rewards]]\ncode = "cake"\nname = "Cake"\npoints = 7')
            if self.double:
                out.append(
                    '[[earn]]\nrule = "purchase"\ncode = "big"\nunit = "points"\n'
                    f"multiply = {float(self.double)}\nminimum = {self.double_from}"
                )
            if self.weekend:
                out.append(
                    '[[earn]]\nrule = "purchase"\ncode = "weekend"\nunit = "points"\n'
                    f'multiply = {float(self.weekend)}\nweekdays = ["sat", "sun"]'
                )
            if self.once_a_day:
                out.append(
                    '[[earn]]\nrule = "purchase"\ncode = "daily"\nunit = "credit"\n'
                    f"amount = 1\nper_day = {self.once_a_day}"
                )
        if self.percent or self.once_a_day:
            out.append('[units.credit]\n[[rewards]]\ncode = "pay"\nname = "Pay"\nkind = "credit"')
        if self.percent:
            out.append(f'[[earn]]\nrule = "purchase"\nunit = "credit"\npercent = {self.percent}')
        if self.challenge:
            out.append(
                '[[earn]]\nrule = "challenge"\nunit = "points"\namount = 5\n'
                f'goal = {self.challenge}\nwithin = "week"'
            )
        if self.ladder:
            out.append(_tiers(self.ladder))
        return "\n\n".join(out) + "\n"


def _tiers(ladder: Ladder) -> str:
    down = "one_step" if ladder.one_step else "to_balance"
    out = [
        f'[tiers]\nby = "{ladder.by}"\nwindow = "{ladder.window}"\nkeeps = "{ladder.keeps}"\n'
        f'grace_days = {ladder.grace}\ndowngrade = "{down}"'
    ]
    for level in ladder.levels:
        lasts = f'\nexpires = "{level.expires}"' if level.expires else ""
        out.append(
            f'[[tiers.levels]]\ncode = "{level.code}"\nname = "{level.code}"\n'
            f"threshold = {level.threshold}\nmultiply = {float(level.multiply)}{lasts}"
        )
    return "\n\n".join(out)


def local(at: datetime) -> date:
    """The day on the wall."""
    return at.astimezone(ZONE).date()


def midnight(day: date) -> datetime:
    """When a day begins."""
    return datetime.combine(day, time(), ZONE).astimezone(UTC)


def months_later(day: date, months: int) -> date:
    """The same day some months later, or the last there is."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        if last <= day.day:
            try:
                return date(year, month + 1, last)
            except ValueError:
                continue
    raise AssertionError("a month has 28 days")


def own_end(lasts: str, earned: date) -> datetime | None:
    """When something earned on a day ends, whatever anybody does."""
    words = lasts.partition(" or ")[0].split()
    if words == ["never"] or "without" in words:
        return None
    if words[0] == "end":
        month = months_later(earned.replace(day=1), int(words[4]) if "+" in words else 0)
        return midnight(_day_in(month, 31) + DAY)
    number = int(words[0])
    if words[1].startswith("month"):
        return midnight(months_later(earned, number) + DAY)
    return midnight(earned + number * (7 if words[1].startswith("week") else 1) * DAY + DAY)


def idle_months(lasts: str) -> int:
    """After how many months without activity it ends; 0 for never."""
    last = lasts.split(" or ")[-1]
    return int(last.split()[0]) if "without activity" in last else 0


@dataclass(eq=False)
class Coin:
    """One unit: free, or held by a voucher or card (its number), or gone."""

    unit: str
    lot: int
    earned_at: datetime
    own_end: datetime | None
    from_at: datetime | None = None
    idle: bool = False
    moves: bool = False
    held: int = 0
    gone: bool = False
    lapsed: bool = False


@dataclass
class Purchase:
    """What a purchase was, and what it gave: lots by unit, and who one was that day."""

    amount: int
    tobacco: int
    at: datetime
    tier: str
    daily: bool
    lots: dict[str, int]
    kept: int
    bonus: int = 0
    before: tuple[str, datetime | None, bool, date] | None = None
    moves: int = 0


@dataclass(frozen=True)
class Counted:
    """Something that counts towards a tier, from a day on."""

    what: str
    day: date
    from_day: date
    amount: int


@dataclass
class Plain:
    """One member under some rules."""

    rules: Rules
    coins: list[Coin] = field(default_factory=list)
    debts: dict[str, int] = field(default_factory=dict)
    deadlines: dict[str, datetime | None] = field(default_factory=dict)
    months: dict[str, tuple[int, int]] = field(default_factory=dict)
    cards: list[tuple[int, Coin]] = field(default_factory=list)
    counts: list[Counted] = field(default_factory=list)
    visits: list[date] = field(default_factory=list)
    won: set[tuple[int, int]] = field(default_factory=set)
    daily: list[date] = field(default_factory=list)
    tier: str = ""
    review: datetime | None = None
    grace: bool = False
    since: date = date.min
    moves: int = 0
    looked: date | None = None
    units: dict[int, str] = field(default_factory=dict)
    given: dict[int, int] = field(default_factory=dict)
    taken: dict[int, int] = field(default_factory=dict)
    numbers: int = 0

    # What there is

    def end(self, coin: Coin) -> datetime | None:
        """When a coin ends: by itself, or because nobody came."""
        deadline = self.deadlines.get(coin.unit) if coin.idle else None
        ends = [end for end in (coin.own_end, deadline) if end]
        return min(ends) if ends else None

    def usable(self, unit: str, now: datetime) -> list[Coin]:
        """What can be spent, in the order it is spent."""
        there = [
            coin
            for coin in self.coins
            if coin.unit == unit
            and not (coin.gone or coin.held)
            and coin.earned_at <= now
            and (coin.from_at is None or coin.from_at <= now)
            and ((end := self.end(coin)) is None or now < end)
        ]
        return sorted(there, key=lambda c: (self.end(c) or LATEST, c.earned_at, c.lot))

    def balance(self, unit: str, now: datetime) -> int:
        """What can be spent, less what is owed."""
        return len(self.usable(unit, now)) - self.debts.get(unit, 0)

    # What happens

    def stamp(self, count: int, now: datetime) -> None:
        """A colleague stamps."""
        self.look(now)
        self.be_active(now)
        self.visits.append(local(now))
        self.count("visits", now, 1)
        self.give("stamps", count, now, self.rules.stamps_last)
        if bonus := self.meet_challenge(now):
            self.give("points", bonus, now, self.lasting("points")[0])
        self.fill(now)
        self.rise(local(now), now)

    def buy(self, amount: int, tobacco: int, now: datetime) -> Purchase:
        """A purchase, some of it tobacco; amounts in cents."""
        self.look(now)
        self.be_active(now)
        daily = self.daily.count(local(now)) < self.rules.once_a_day
        bought = Purchase(amount, tobacco, now, self.tier, False, {}, amount)
        eligible = self.eligible(bought, amount)
        bought.daily = daily and eligible > 0
        self.visits.append(local(now))
        self.count("visits", now, 1)
        self.count("spend", now, eligible, self.rules.pending)
        given = self.worth(bought, amount)
        self.count("points", now, given.get("points", 0), self.rules.pending)
        if bought.daily:
            self.daily.append(local(now))
        bought.bonus = self.meet_challenge(now)
        if bought.bonus:
            given["points"] = given.get("points", 0) + bought.bonus
        for unit, number in given.items():
            bought.lots[unit] = self.give(unit, number, now, *self.lasting(unit))
        self.fill(now)
        before = (self.tier, self.review, self.grace, self.since)
        if self.rise(local(now), now):
            bought.before, bought.moves = before, self.moves
        return bought

    def eligible(self, bought: Purchase, part: int) -> int:
        """What so much of a purchase counts for, in cents."""
        tobacco = Fraction(bought.tobacco * part, bought.amount) if self.rules.no_tobacco else 0
        return _rounded(part - tobacco, "half_up")

    def worth(self, bought: Purchase, kept: int) -> dict[str, int]:
        """What so much of a purchase earns, by the rules of its day."""
        rules, part = self.rules, Fraction(kept, bought.amount) if bought.amount else Fraction(0)
        tobacco = bought.tobacco * part if rules.no_tobacco else Fraction(0)
        eligible = (kept - tobacco) / 100
        given: dict[str, int] = {}
        if rules.points and eligible:
            factors = [self.level(bought.tier).multiply] if bought.tier else []
            if rules.double and eligible >= rules.double_from:
                factors.append(rules.double)
            if rules.weekend and local(bought.at).weekday() >= 5:
                factors.append(rules.weekend)
            exact = eligible * rules.points * _together(factors, rules.stacking)
            given["points"] = _rounded(exact, rules.rounding)
        credit = 0
        if rules.percent:
            credit_exact = eligible * rules.percent * self.credit_factor(bought)
            credit += _rounded(credit_exact, "down")
        if bought.daily and eligible:
            credit += _rounded(100 * self.credit_factor(bought), "down")
        if credit:
            given["credit"] = credit
        return {unit: number for unit, number in given.items() if number}

    def credit_factor(self, bought: Purchase) -> Fraction:
        """Credit is multiplied by the tier alone."""
        return max(self.level(bought.tier).multiply, Fraction(1)) if bought.tier else Fraction(1)

    def spend(self, unit: str, count: int, now: datetime) -> int:
        """Reserve something; a number to give it back by, 0 where there is not enough."""
        if self.balance(unit, now) < count:
            return 0
        self.numbers += 1
        for coin in self.usable(unit, now)[:count]:
            coin.held = self.numbers
        self.be_active(now)
        return self.numbers

    def give_back(self, number: int) -> None:
        """What was reserved is free again."""
        for coin in self.coins:
            if coin.held == number:
                coin.held = 0

    def refund(self, bought: Purchase, back: int, now: datetime) -> None:
        """Some of a purchase is given back: what it earned shrinks to what the rest would have."""
        self.look(now)
        before, after = self.worth(bought, bought.kept), self.worth(bought, bought.kept - back)
        self.uncount("spend", bought, self.eligible(bought, back))
        bought.kept -= back
        less = {unit: number - after.get(unit, 0) for unit, number in before.items()}
        if not bought.kept and bought.bonus:
            less["points"] = less.get("points", 0) + bought.bonus
        self.uncount("points", bought, before.get("points", 0) - after.get("points", 0))
        if not bought.kept:
            self.forget(bought)
        for unit, number in less.items():
            if number:
                self.take_back(bought.lots[unit], number, now)
        self.fall_back(bought, now)

    def fall_back(self, bought: Purchase, now: datetime) -> None:
        """A tier that a purchase reached is lived through again without it."""
        if bought.before is None or bought.moves != self.moves:
            return
        had = (self.tier, self.review, self.grace, self.since, self.moves)
        self.tier, self.review, self.grace, self.since = bought.before
        day, today = local(bought.at), local(now)
        while True:
            if self.review and self.review <= min(midnight(day), now):
                self.do_review(day)
            self.rise(day, now)
            if day == today:
                break
            day += DAY
        if self.rank(self.tier) >= self.rank(had[0]):
            self.tier, self.review, self.grace, self.since, self.moves = had
        else:
            self.moves += 1

    def forget(self, bought: Purchase) -> None:
        """Nothing of a purchase that was given back whole counts any more."""
        day = local(bought.at)
        self.visits.remove(day)
        self.counts.append(Counted("visits", day, day, -1))
        if bought.daily:
            self.daily.remove(day)
        if bought.bonus:
            self.won.discard(_week(day))

    def sweep(self, now: datetime) -> None:
        """What time alone does: reviews, pending stamps; what has ended is ended anyway."""
        self.look(now)
        for coin in self.coins:
            end = self.end(coin)
            if not (coin.gone or coin.held) and end and end <= now:
                coin.gone = coin.lapsed = True

    # How

    def level(self, code: str) -> Level:
        """A tier by its code."""
        assert self.rules.ladder
        return next(level for level in self.rules.ladder.levels if level.code == code)

    def lasting(self, unit: str) -> tuple[str, int]:
        """How long what is earned of a unit lasts now, and how many days it waits."""
        lasts = self.rules.points_last if unit == "points" else "never"
        if self.tier and self.level(self.tier).expires:
            lasts = self.level(self.tier).expires
        return lasts, self.rules.pending

    def give(self, unit: str, count: int, now: datetime, lasts: str, pending: int = 0) -> int:
        """Coins of one lot; what is owed is kept back from them."""
        self.numbers += 1
        self.units[self.numbers], self.given[self.numbers] = unit, count
        waits = midnight(local(now) + (pending + 1) * DAY) if pending else None
        for _ in range(count):
            if self.debts.get(unit, 0):
                self.debts[unit] -= 1
                continue
            self.coins.append(
                Coin(
                    unit,
                    self.numbers,
                    now,
                    own_end(lasts, local(now)),
                    waits,
                    bool(idle_months(lasts)),
                    "moved by activity" in lasts,
                )
            )
        return self.numbers

    def fill(self, now: datetime) -> None:
        """Full cards become coffees."""
        while self.rules.card and self.balance("stamps", now) >= self.rules.card:
            self.numbers += 1
            number = self.numbers
            for coin in self.usable("stamps", now)[: self.rules.card]:
                coin.held = number
            self.give("reward:coffee", 1, now, "30 days")
            self.cards.append((number, self.coins[-1]))

    def be_active(self, now: datetime) -> None:
        """Somebody came: what waits for that lasts longer, what is over stays over."""
        day = local(now)
        for unit in ("stamps", "points", "credit"):
            lasts = self.rules.stamps_last if unit == "stamps" else self.lasting(unit)[0]
            months = idle_months(lasts)
            if not (months or "moved by activity" in lasts):
                continue
            old = self.deadlines.get(unit)
            if old and old <= now:
                for coin in self.coins:
                    if coin.unit == unit and coin.idle and not coin.held:
                        coin.lapsed = coin.lapsed or not coin.gone
                        coin.gone = True
            if months:
                new = midnight(months_later(day, months) + DAY)
                self.deadlines[unit] = max(new, old) if old and old > now else new
            month = (day.year, day.month)
            if self.months.get(unit, month) < month:
                self.move_ends(unit, month, now)
            self.months[unit] = max(month, self.months.get(unit, month))

    def move_ends(self, unit: str, month: tuple[int, int], now: datetime) -> None:
        """A month with a visit moves ends on to the same day of the next month."""
        for lot in {coin.lot for coin in self.coins if coin.unit == unit and coin.moves}:
            coins = [coin for coin in self.coins if coin.lot == lot]
            earned, end = local(coins[0].earned_at), coins[0].own_end
            left = any(not (coin.gone or coin.held) for coin in coins)
            if not left or end is None or end <= now or (earned.year, earned.month) >= month:
                continue
            first = (local(end) - DAY).replace(day=1)
            last = months_later(first, 1)
            for coin in coins:
                coin.own_end = midnight(_day_in(last, earned.day) + DAY)

    def take_back(self, lot: int, count: int, now: datetime) -> None:
        """Take so many coins of what a lot gave, from it, from others, from unused coffees.

        What of it ended by itself is gone already.
        """
        unit, given = self.units[lot], self.given[lot]
        lapsed = sum(coin.lapsed for coin in self.coins if coin.lot == lot)
        count = min(count, given - lapsed - self.taken.get(lot, 0))
        left = count - self._take(lot, unit, count, now)
        cards = [card for card in self.cards[::-1] if unit == "stamps"]
        cards.sort(key=lambda card: not self._on(card, lot))
        for card in cards:
            number, coffee = card
            end = self.end(coffee)
            unused = not (coffee.gone or coffee.held) and (end is None or now < end)
            helps = self._on(card, lot) or any(
                (end := self.end(coin)) is None or now < end
                for coin in self.coins
                if coin.held == number
            )
            if left and unused and helps:
                coffee.gone = True
                self.cards.remove(card)
                self.give_back(number)
                left -= self._take(lot, unit, left, now)
        if left and self.rules.below_zero:
            self.debts[unit] = self.debts.get(unit, 0) + left
            left = 0
        self.taken[lot] = self.taken.get(lot, 0) + count - left

    def _on(self, card: tuple[int, Coin], lot: int) -> bool:
        return any(coin.held == card[0] and coin.lot == lot for coin in self.coins)

    def _take(self, lot: int, unit: str, count: int, now: datetime) -> int:
        own = [c for c in self.coins if c.lot == lot and not (c.gone or c.held)]
        others = [coin for coin in self.usable(unit, now) if coin.lot != lot]
        taken = (own + others)[:count]
        for coin in taken:
            coin.gone = True
        return len(taken)

    # Tiers

    def look(self, now: datetime) -> None:
        """Live through the days since one last looked: what comes due, reviews, rises."""
        day = local(now)
        while self.looked and self.looked < day:
            self.looked += DAY
            begins = midnight(self.looked)
            if self.review and self.review <= begins:
                self.do_review(self.looked)
            self.rise(self.looked, begins)
            self.fill(begins)
        self.looked = day

    def rank(self, code: str) -> int:
        """How high a tier is."""
        levels = self.rules.ladder.levels if self.rules.ladder else ()
        return next((n for n, level in enumerate(levels) if level.code == code), -1)

    def supported(self, day: date, known: date, first: date | None = None) -> int:
        """The rank that what counts on a day reaches, as is known on a later one."""
        ladder = self.rules.ladder
        if ladder is None:
            return -1
        since = first or _window(ladder.window, day)
        amount = sum(
            each.amount
            for each in self.counts
            if each.what == ladder.by and since <= each.day <= day and each.from_day <= known
        )
        reached = amount / 100 if ladder.by == "spend" else amount
        return max((n for n, lv in enumerate(ladder.levels) if lv.threshold <= reached), default=-1)

    def rise(self, known: date, at: datetime) -> bool:
        """A higher tier, where what counts reaches it: also on the day a pending purchase was."""
        ladder, risen = self.rules.ladder, False
        new = [each.day for each in self.counts if max(each.day, each.from_day) == known]
        day = min([*new, known])
        while ladder and day <= known:
            rank = self.supported(max(day, self.since), known)
            if rank > self.rank(self.tier):
                self.moves += 1
                self.tier, self.grace, risen = ladder.levels[rank].code, False, True
                self.since = max(day, self.since)
                self.review = own_end(ladder.keeps, self.since)
                if not ladder.levels[rank].threshold:
                    self.review = None
                if ladder.levels[rank].expires:
                    self.last_longer(ladder.levels[rank].expires, at)
            day += DAY
        return risen

    def last_longer(self, lasts: str, now: datetime) -> None:
        """What is open lasts as long as the new tier says, where that is longer."""
        for lot in {coin.lot for coin in self.coins if coin.unit in ("points", "credit")}:
            coins = [coin for coin in self.coins if coin.lot == lot]
            end = self.end(coins[0])
            if not any(not (c.gone or c.held) for c in coins) or (end and end <= now):
                continue
            longer = own_end(lasts, local(coins[0].earned_at))
            for coin in coins:
                both = longer and coin.own_end
                coin.own_end = max(longer, coin.own_end) if longer and both else None
                coin.idle = coin.idle and bool(idle_months(lasts))
                coin.moves = "moved by activity" in lasts

    def do_review(self, day: date) -> None:
        """Keep the tier, give a grace, or go down, by the days that end before this one."""
        ladder = self.rules.ladder
        assert ladder
        last = day - DAY
        first = _window(ladder.window, last - ladder.grace * DAY) if self.grace else None
        rank = self.supported(last, last, first)
        self.since, self.moves = last, self.moves + 1
        if rank >= self.rank(self.tier):
            self.review, self.grace = own_end(ladder.keeps, last), False
        elif ladder.grace and not self.grace:
            self.review, self.grace = midnight(day + ladder.grace * DAY), True
        else:
            rank = self.rank(self.tier) - 1 if ladder.one_step else rank
            self.tier, self.grace = (ladder.levels[rank].code if rank >= 0 else ""), False
            lasting = rank >= 0 and ladder.levels[rank].threshold
            self.review = own_end(ladder.keeps, last) if lasting else None

    def uncount(self, what: str, bought: Purchase, amount: int) -> None:
        """Take back what a purchase counted, as of its day."""
        if amount:
            day = local(bought.at)
            pending = self.rules.pending
            from_day = day + (pending + 1 if pending else 0) * DAY
            self.counts.append(Counted(what, day, from_day, -amount))

    def count(self, what: str, now: datetime, amount: int, pending: int = 0) -> None:
        """Count towards tiers."""
        if amount:
            from_day = local(now) + (pending + 1 if pending else 0) * DAY
            self.counts.append(Counted(what, local(now), from_day, amount))

    def meet_challenge(self, now: datetime) -> int:
        """So many visits in a week, once; what that gives."""
        week = _week(local(now))
        visits = sum(_week(day) == week for day in self.visits)
        if not self.rules.challenge or week in self.won or visits < self.rules.challenge:
            return 0
        self.won.add(week)
        return 5


def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _window(window: str, day: date) -> date:
    if window == "always":
        return date.min
    if window == "calendar year":
        return date(day.year, 1, 1)
    if window == "calendar month":
        return day.replace(day=1)
    number, unit = window.split()
    if unit.startswith("month"):
        return months_later(day, -int(number)) + DAY
    return day - (int(number) - 1) * DAY


def _day_in(month: date, day: int) -> date:
    """A day of the month, or its last."""
    found = month.replace(day=1)
    while found.day < day and (found + DAY).month == month.month:
        found += DAY
    return found


def _together(factors: list[Fraction], stacking: str) -> Fraction:
    factors = [factor for factor in factors if factor > 1]
    if stacking == "sum":
        return 1 + sum((factor - 1 for factor in factors), Fraction(0))
    if stacking == "product":
        return math.prod(factors, start=Fraction(1))
    return max(factors, default=Fraction(1))


_ROUNDED: dict[str, Callable[[Fraction], int]] = {
    "down": math.floor,
    "up": math.ceil,
    "half_up": lambda exact: math.floor(exact + Fraction(1, 2)),
}


def _rounded(exact: Fraction, how: str) -> int:
    return _ROUNDED[how](exact)
