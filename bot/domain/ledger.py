"""The ledger's rules, without a database: how one member's entries bind to lots (S1–S4, S7, S15).

An `Account` holds a member's open lots and debts as they were read under the member's lock. Its
methods append `Posting`s, which storage writes down; nothing is changed in what was written before.
A lot opened in the same breath has a negative number until it is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import Literal

EntryKind = Literal[
    "earn",
    "fill",
    "reward",
    "takeover",
    "opening",
    "reserve",
    "release",
    "expire",
    "reverse",
    "merge",
    "gift",
    "adjust",
    "restore",
    "present",
    "donate",
]
WhenSpent = Literal["stop_at_zero", "go_below_zero"]

_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class EntryRef:
    """An entry's number, with the month (YYYYMM, UTC) it was written in."""

    id: int
    month: int


@dataclass(frozen=True, slots=True)
class Lot:
    """What one credit opened: `remaining` of `amount`, usable while `ends_at` is ahead (S3).

    Pending until `available_at`. `idle`: it ends with the member's `deadline` of inactivity where
    that comes before its `own_end`; `moves`: each calendar month with activity moves that on (S4).
    """

    id: int
    unit: str
    amount: int
    remaining: int
    rule: str
    earned_at: datetime
    own_end: datetime | None
    available_at: datetime | None = None
    idle: bool = False
    moves: bool = False
    deadline: datetime | None = None

    @property
    def ends_at(self) -> datetime | None:
        """The instant from which it is gone: the earlier of its own end and the deadline."""
        if not self.idle or self.deadline is None:
            return self.own_end
        return min(self.own_end or self.deadline, self.deadline)

    def alive(self, at: datetime) -> bool:
        """Whether a debit that happened at `at` may bind to it."""
        begun = self.earned_at <= at and (self.available_at is None or self.available_at <= at)
        return begun and (self.ends_at is None or self.ends_at > at)

    def pending(self, at: datetime) -> bool:
        """Whether it waits for the end of the time to return things."""
        return self.available_at is not None and self.available_at > at

    def ended(self, at: datetime) -> bool:
        """Whether it is gone."""
        return self.ends_at is not None and self.ends_at <= at

    def settled(self, at: datetime) -> Lot:
        """The same, but what has ended has ended for good: no deadline revives it (S4)."""
        if not self.ended(at):
            return self
        return replace(self, own_end=self.ends_at, idle=False, moves=False, deadline=None)


@dataclass(frozen=True, slots=True)
class Heap:
    """What there is of a unit with one end, from as many lots as it may be; pending until
    `available_at`, where there is one.
    """

    unit: str
    amount: int
    ends_at: datetime | None
    available_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Debt:
    """What a reversal could not take back because it was spent (S7)."""

    entry: EntryRef
    unit: str
    remaining: int


@dataclass(frozen=True, slots=True)
class Take:
    """How much an entry took from a lot; negative when it put it back."""

    lot: int
    amount: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """A debt recovered from a new lot."""

    debt: EntryRef
    take: Take


@dataclass(frozen=True, slots=True)
class Posting:
    """One entry to append, with the lot it opens or what it takes; `owed` is left as a debt."""

    kind: EntryKind
    unit: str
    amount: int
    occurred_at: datetime
    rules: tuple[tuple[str, int], ...] = ()
    opens: Lot | None = None
    takes: tuple[Take, ...] = ()
    owed: int = 0
    settles: tuple[Settlement, ...] = ()
    reverses: EntryRef | None = None


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An entry as it was written: one line of a member's history."""

    ref: EntryRef
    operation_id: int
    unit: str
    amount: int
    kind: str
    rules: tuple[tuple[str, int], ...]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Filled:
    """A card that was filled: its debit, what that took, and the reward's lot."""

    entry: EntryRef
    takes: tuple[Take, ...]
    reward_entry: EntryRef
    reward_lot: int

    def took_from(self, lot: int) -> bool:
        """Whether a stamp of this lot is on the card."""
        return any(take.lot == lot for take in self.takes)


@dataclass(frozen=True, slots=True)
class Given:
    """An entry that gave something: its lot, and how much of that has expired since."""

    entry: EntryRef
    unit: str
    amount: int
    lot: int
    expired: int = 0


class NotEnough(Exception):
    """The spendable balance is smaller than a debit; holds both amounts."""

    def __init__(self, unit: str, wanted: int, spendable: int) -> None:
        super().__init__(f"{wanted} {unit} wanted, {spendable} there")
        self.unit = unit
        self.wanted = wanted
        self.spendable = spendable


def binding_order(lot: Lot) -> tuple[datetime, datetime, int]:
    """Soonest end first, never-ending last, then earn time, then number (S3).

    Lots opened in the same breath have falling negative numbers and come after the stored ones.
    """
    return (lot.ends_at or _FOREVER, lot.earned_at, lot.id if lot.id > 0 else 2**62 - lot.id)


def spendable(lots: Iterable[Lot], unit: str, at: datetime) -> int:
    """What can be spent of `unit` at an instant, whether or not expiry has run (S3)."""
    return sum(lot.remaining for lot in lots if lot.unit == unit and lot.alive(at))


class Account:
    """One member's open lots and debts, and the entries being appended to them."""

    def __init__(self, lots: Iterable[Lot], debts: Iterable[Debt] = ()) -> None:
        self._lots = {lot.id: lot for lot in lots}
        self._debts = list(debts)
        self._new = 0
        self.postings: list[Posting] = []
        self.moved: dict[int, Lot] = {}

    @property
    def lots(self) -> tuple[Lot, ...]:
        """The lots as they are after the postings, in binding order."""
        return tuple(sorted(self._lots.values(), key=binding_order))

    @property
    def units(self) -> tuple[str, ...]:
        """The units of which something is left or owed, in order of their names."""
        left = {lot.unit for lot in self._lots.values() if lot.remaining}
        return tuple(sorted(left | {debt.unit for debt in self._debts if debt.remaining}))

    def spendable(self, unit: str, at: datetime) -> int:
        """What can be spent of `unit` at an instant."""
        return spendable(self._lots.values(), unit, at)

    def owed(self, unit: str) -> int:
        """What the member still owes of `unit` after reversals of spent units."""
        return sum(debt.remaining for debt in self._debts if debt.unit == unit)

    def credit(
        self,
        kind: EntryKind,
        unit: str,
        amount: int,
        *,
        at: datetime,
        ends_at: datetime | None,
        rules: Sequence[tuple[str, int]] = (),
        available_at: datetime | None = None,
        idle: bool = False,
        moves: bool = False,
        deadline: datetime | None = None,
    ) -> Posting:
        """Give `amount` in a new lot; what the member owes is settled from it first.

        `ends_at` is the lot's own end, `deadline` the member's where the lot is `idle`.
        """
        _check_positive(amount)
        rule = rules[0][0] if rules else kind
        lot = Lot(0, unit, amount, amount, rule, at, ends_at, available_at, idle, moves, deadline)
        return self._open(kind, lot, at, tuple(rules))

    def debit(self, kind: EntryKind, unit: str, amount: int, *, at: datetime) -> Posting:
        """Take `amount` from lots alive at `at`, soonest end first. Raises NotEnough (S10)."""
        _check_positive(amount)
        if (there := self.spendable(unit, at)) < amount:
            raise NotEnough(unit, amount, there)
        takes, _ = self._take(amount, [lot for lot in self.lots if lot.unit == unit], at)
        return self._post(Posting(kind, unit, -amount, at, takes=takes))

    def put_back(
        self, kind: EntryKind, unit: str, takes: Sequence[Take], *, at: datetime, of: EntryRef
    ) -> Posting:
        """Return what the entry `of` took, to the same lots with their old ends (S19)."""
        back = tuple(Take(take.lot, -take.amount) for take in takes)
        for take in back:
            self._change(take)
        amount = -sum(take.amount for take in back)
        return self._post(Posting(kind, unit, amount, at, takes=back, reverses=of))

    def fill_cards(
        self, unit: str, card: int, reward: str, *, at: datetime, ends_at: datetime | None
    ) -> int:
        """Turn every full card into a lot of one reward (S15); returns how many were filled.

        What is owed is not on the card.
        """
        # Of two who stamp at once, the second may have looked at the clock first; the card is full
        # all the same, from its latest stamp on.
        at = max([at, *(lot.earned_at for lot in self._lots.values() if lot.unit == unit)])
        filled = 0
        while self.spendable(unit, at) - self.owed(unit) >= card:
            self.debit("fill", unit, card, at=at)
            self.credit("reward", reward, 1, at=at, ends_at=ends_at, rules=(("card", 1),))
            filled += 1
        return filled

    def expire(self, now: datetime) -> int:
        """Take the remainder of every lot that has ended, once (S4); returns the units taken.

        The entry's time is the lot's end, whenever expiry came to run.
        """
        ended = [lot for lot in self.lots if lot.remaining and lot.ended(now)]
        ended.sort(key=lambda lot: (lot.ends_at, lot.unit))
        taken = 0
        for (ends_at, unit), lots in groupby(ended, key=lambda lot: (lot.ends_at, lot.unit)):
            takes = tuple(Take(lot.id, lot.remaining) for lot in lots)
            for take in takes:
                self._change(take)
            amount = sum(take.amount for take in takes)
            self._post(Posting("expire", unit, -amount, ends_at or now, takes=takes))
            taken += amount
        return taken

    def take_back(
        self, given: Given, filled: Iterable[Filled], *, at: datetime, when_spent: WhenSpent
    ) -> int:
        """Reverse what an entry gave, never more (S7); returns what could be taken or is owed.

        First from its own lot, then from the unit's other lots, then by turning unused rewards of
        full cards (`filled`, newest first, but those with a stamp of this lot before others) back
        into their stamps; then the policy decides.
        """
        taken, wanted = self._take_own_first(given, given.amount - given.expired, at)
        takes = list(taken)
        for card in sorted(filled, key=lambda card: not card.took_from(given.lot)):
            if wanted and self._worth_unfilling(card, given, at):
                self._unfill(given.unit, card, at)
                taken, wanted = self._take_own_first(given, wanted, at)
                takes += taken
        owed = wanted if when_spent == "go_below_zero" else 0
        total = sum(take.amount for take in takes) + owed
        if total:
            self._post(
                Posting(
                    "reverse",
                    given.unit,
                    -total,
                    at,
                    takes=_merged(takes),
                    owed=owed,
                    reverses=given.entry,
                )
            )
        return total

    def set_end(self, lot: int, own_end: datetime | None, *, idle: bool, moves: bool) -> None:
        """Let a lot end by itself at another instant: activity or a tier moved it (S4, S18)."""
        self._lots[lot] = replace(self._lots[lot], own_end=own_end, idle=idle, moves=moves)
        self.moved[lot] = self._lots[lot]

    def set_deadline(self, unit: str, deadline: datetime | None, *, at: datetime) -> None:
        """Let what ends without activity, and has not ended by `at`, end at another deadline."""
        for lot in self._lots.values():
            if lot.unit == unit and lot.idle and not lot.ended(at):
                self._lots[lot.id] = replace(lot, deadline=deadline)

    def give_up(self, unit: str, *, at: datetime) -> tuple[Lot, ...]:
        """Take all that is left of a unit, whatever its ends, for another account (S12).

        Returns the lots as they were, those that have ended for good. What is owed of the unit is
        settled here, to be owed there.
        """
        open_lots = [lot for lot in self.lots if lot.unit == unit and lot.remaining]
        lots = tuple(lot.settled(at) for lot in open_lots)
        takes = tuple(Take(lot.id, lot.remaining) for lot in lots)
        if takes:
            self.take_from("merge", unit, takes, at=at)
        if owed := self.owed(unit):
            self.credit("merge", unit, owed, at=at, ends_at=None)
        return lots

    def take_in(self, lot: Lot, *, at: datetime, held: int = 0) -> Lot:
        """Open a lot for what another account gave up, with its rule and end as they were (S12).

        What is owed is settled from it, but not from what is `held` of it by a voucher.
        """
        _check_positive(lot.remaining)
        opened = self._open("merge", replace(lot, amount=lot.remaining), at, (), held).opens
        assert opened is not None  # noqa: S101 - that posting opens a lot
        return opened

    def take_from(
        self, kind: EntryKind, unit: str, takes: tuple[Take, ...], *, at: datetime
    ) -> Posting:
        """Take from exactly these lots."""
        for take in takes:
            self._change(take)
        amount = sum(take.amount for take in takes)
        return self._post(Posting(kind, unit, -amount, at, takes=takes))

    def owe(self, kind: EntryKind, unit: str, amount: int, *, at: datetime) -> Posting:
        """Take what there is of an amount, and owe the rest."""
        _check_positive(amount)
        takes, owed = self._take(amount, [lot for lot in self.lots if lot.unit == unit], at)
        return self._post(Posting(kind, unit, -amount, at, takes=takes, owed=owed))

    def _open(
        self,
        kind: EntryKind,
        lot: Lot,
        at: datetime,
        rules: tuple[tuple[str, int], ...],
        held: int = 0,
    ) -> Posting:
        self._new -= 1
        lot = replace(lot, id=self._new)
        settles, left = self._settle(lot, lot.amount - held)
        self._lots[lot.id] = replace(lot, remaining=left + held)
        return self._post(
            Posting(kind, lot.unit, lot.amount, at, rules, opens=lot, settles=settles)
        )

    def _take_own_first(
        self, given: Given, wanted: int, at: datetime
    ) -> tuple[tuple[Take, ...], int]:
        own = self._lots.get(given.lot)
        taken: tuple[Take, ...] = ()
        if own and own.remaining and wanted:
            # Its own lot gives even when its end has passed: that is exactly what is taken back.
            taken = (Take(own.id, min(own.remaining, wanted)),)
            self._change(taken[0])
            wanted -= taken[0].amount
        others = [lot for lot in self.lots if lot.unit == given.unit]
        more, wanted = self._take(wanted, others, at)
        return taken + more, wanted

    def _worth_unfilling(self, card: Filled, given: Given, at: datetime) -> bool:
        """Whether its reward can still be used and its stamps give something to take."""
        alive = any(self._lots[take.lot].alive(at) for take in card.takes)
        return self._lots[card.reward_lot].alive(at) and (alive or card.took_from(given.lot))

    def _unfill(self, unit: str, card: Filled, at: datetime) -> None:
        reward = self._lots[card.reward_lot]
        take = Take(reward.id, 1)
        self._change(take)
        self._post(
            Posting("reverse", reward.unit, -1, at, takes=(take,), reverses=card.reward_entry)
        )
        self.put_back("reverse", unit, card.takes, at=at, of=card.entry)

    def _take(self, wanted: int, lots: Iterable[Lot], at: datetime) -> tuple[tuple[Take, ...], int]:
        takes = []
        for lot in lots:
            if wanted and lot.remaining and lot.alive(at):
                take = Take(lot.id, min(lot.remaining, wanted))
                self._change(take)
                takes.append(take)
                wanted -= take.amount
        return tuple(takes), wanted

    def _settle(self, lot: Lot, left: int) -> tuple[tuple[Settlement, ...], int]:
        settled = []
        for index, debt in enumerate(self._debts):
            if debt.unit == lot.unit and debt.remaining and left:
                amount = min(debt.remaining, left)
                settled.append(Settlement(debt.entry, Take(lot.id, amount)))
                self._debts[index] = replace(debt, remaining=debt.remaining - amount)
                left -= amount
        return tuple(settled), left

    def _change(self, take: Take) -> None:
        lot = self._lots[take.lot]
        remaining = lot.remaining - take.amount
        if not 0 <= remaining <= lot.amount:
            raise ValueError(f"lot {lot.id} can't give {take.amount} of {lot.remaining}")
        self._lots[lot.id] = replace(lot, remaining=remaining)

    def _post(self, posting: Posting) -> Posting:
        self.postings.append(posting)
        return posting


def _check_positive(amount: int) -> None:
    if amount < 1:
        raise ValueError(f"an entry's amount is at least 1, not {amount}")


def _merged(takes: Sequence[Take]) -> tuple[Take, ...]:
    totals: dict[int, int] = {}
    for take in takes:
        totals[take.lot] = totals.get(take.lot, 0) + take.amount
    return tuple(Take(lot, amount) for lot, amount in totals.items())
