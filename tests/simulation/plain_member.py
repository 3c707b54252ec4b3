"""What must become of one member of a programme, told plainly.

Every unit is a coin of its own, every day is lived through. It shares no arithmetic with
`bot/domain`: fractions for rates, one coin for one unit. It is slow and that is fine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from fractions import Fraction

from tests.simulation.plain_programme import (
    DAY,
    LATEST,
    Level,
    Rules,
    day_in,
    idle_months,
    local,
    midnight,
    months_later,
    own_end,
    rounded,
    together,
    week_of,
    window_begins,
)


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
        tobacco = (
            Fraction(bought.tobacco * part, bought.amount) if self.rules.no_tobacco else Fraction(0)
        )
        return rounded(part - tobacco, "half_up")

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
            exact = eligible * rules.points * together(factors, rules.stacking)
            given["points"] = rounded(exact, rules.rounding)
        credit = 0
        if rules.percent:
            credit_exact = eligible * rules.percent * self.credit_factor(bought)
            credit += rounded(credit_exact, "down")
        if bought.daily and eligible:
            credit += rounded(100 * self.credit_factor(bought), "down")
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
            self.won.discard(week_of(day))

    def take_in(self, other: Plain, now: datetime) -> None:
        """The other is the same person: everything of theirs comes along."""
        for each in (self, other):
            each.look(now)
            for unit, ended in list(each.deadlines.items()):
                if ended and ended <= now:
                    each.lapse(unit, ended)
        other.end_what_ended(now)
        moving = [coin for coin in other.coins if not coin.gone]
        self.coins += [coin for coin in other.coins if coin.lapsed]
        for unit in sorted({coin.unit for coin in moving} | set(other.debts)):
            for coin in [coin for coin in other._in_order(moving) if coin.unit == unit]:
                if self.debts.get(unit, 0) and not coin.held:
                    self.debts[unit] -= 1
                else:
                    self.coins.append(coin)
            owed = other.debts.get(unit, 0)
            for coin in self.usable(unit, now)[:owed]:
                coin.gone, owed = True, owed - 1
            self.debts[unit] = self.debts.get(unit, 0) + owed
        for unit in {*self.deadlines, *other.deadlines}:
            both = [d for d in (self.deadlines.get(unit), other.deadlines.get(unit)) if d]
            self.deadlines[unit] = max(both, default=None)
        for unit, month in other.months.items():
            self.months[unit] = max(month, self.months.get(unit, month))
        self.units |= other.units
        self.given |= other.given
        self.taken |= other.taken
        self.counts += other.counts
        self.visits += other.visits
        self.daily += other.daily
        self.won |= other.won
        self.fill(now)
        self._join_tiers(other, now)

    def _in_order(self, coins: list[Coin]) -> list[Coin]:
        return sorted(coins, key=lambda c: (self.end(c) or LATEST, c.earned_at, c.lot))

    def _join_tiers(self, other: Plain, now: datetime) -> None:
        ours, theirs = self.rank(self.tier), self.rank(other.tier)
        later = (other.review or LATEST) > (self.review or LATEST)
        if theirs > ours or (theirs == ours and self.review and later):
            self.tier, self.review, self.grace = other.tier, other.review, other.grace
            self.since, self.moves = other.since, self.moves + 1
            lasts = self.level(self.tier).expires
            if lasts:
                self.last_longer(lasts, now)
        self.rise(local(now), now)

    def sweep(self, now: datetime) -> None:
        """What time alone does: reviews, pending stamps; what has ended is ended anyway."""
        self.look(now)
        self.end_what_ended(now)

    def end_what_ended(self, now: datetime) -> None:
        """Nobody can take what has ended."""
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
                self.lapse(unit, old)
            if months:
                new = midnight(months_later(day, months) + DAY)
                self.deadlines[unit] = max(new, old) if old and old > now else new
            month = (day.year, day.month)
            if self.months.get(unit, month) < month:
                self.move_ends(unit, month, now)
            self.months[unit] = max(month, self.months.get(unit, month))

    def lapse(self, unit: str, ended: datetime) -> None:
        """Nobody came: what is there is gone, and what is held is when it comes back."""
        for coin in self.coins:
            if coin.unit == unit and coin.idle and not coin.gone:
                if coin.held:
                    coin.own_end, coin.idle = min(coin.own_end or ended, ended), False
                else:
                    coin.gone = coin.lapsed = True

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
                coin.own_end = midnight(day_in(last, earned.day) + DAY)

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
        since = first or window_begins(ladder.window, day)
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
            longer, was = own_end(lasts, local(coins[0].earned_at)), coins[0].own_end
            for coin in coins:
                coin.own_end = max(longer, was) if longer and was else None
                coin.idle = coin.idle and bool(idle_months(lasts))
                coin.moves = "moved by activity" in lasts

    def do_review(self, day: date) -> None:
        """Keep the tier, give a grace, or go down, by the days that end before this one."""
        ladder = self.rules.ladder
        assert ladder
        last = day - DAY
        first = window_begins(ladder.window, last - ladder.grace * DAY) if self.grace else None
        rank = self.supported(last, last, first)
        self.since, self.moves = last, self.moves + 1
        # A grace does not put off the next review.
        whole = last - (ladder.grace * DAY if self.grace else 0 * DAY)
        if rank >= self.rank(self.tier):
            self.review, self.grace = own_end(ladder.keeps, whole), False
        elif ladder.grace and not self.grace:
            self.review, self.grace = midnight(day + ladder.grace * DAY), True
        else:
            rank = self.rank(self.tier) - 1 if ladder.one_step else rank
            self.tier, self.grace = (ladder.levels[rank].code if rank >= 0 else ""), False
            lasting = rank >= 0 and ladder.levels[rank].threshold
            self.review = own_end(ladder.keeps, whole) if lasting else None

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
        week = week_of(local(now))
        visits = sum(week_of(day) == week for day in self.visits)
        if not self.rules.challenge or week in self.won or visits < self.rules.challenge:
            return 0
        self.won.add(week)
        return 5
