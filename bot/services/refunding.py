"""Taking back what was counted, whole or in part, by whoever may: `/reverse` (S7, S8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from bot.domain.ledger import LedgerEntry
from bot.domain.members import Member, Staff
from bot.domain.messages import Money, Phrase, phrase
from bot.domain.programme_earning import Trigger
from bot.domain.refunds import Purchase
from bot.domain.rewards import Voucher
from bot.services import memberships, news, redeeming, referrals, reversing
from bot.services.earning import RECEIPT_LIMIT
from bot.services.results import NOBODY, Refused, Repeated, Undone
from bot.services.unit_of_work import UnitOfWork
from bot.storage import ledger, operations, refunds, vouchers
from bot.storage.operations import Operation

#: What can be taken back whole: what was counted at the till or came in a file, what a trigger of
#: the programme gave (its kind is the trigger), and gifts.
REVERSIBLE = frozenset({*reversing.UNDOABLE, "claim", "import", "gift", *get_args(Trigger)})


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A number that is both an entry's and a receipt's: each by the entry's number."""

    entry: int
    receipt: int


async def find(
    uow: UnitOfWork, reference: str, colleague: Staff
) -> Operation | Ambiguous | Refused:
    """What a number names that a colleague has: `#123` of an entry, or a receipt's."""
    number = reference.removeprefix("#")
    whole = number.isascii() and number.isdigit() and len(number) < 18
    entry = await operations.get(uow.tx, int(number)) if whole else None
    sale = None if reference.startswith("#") else await _of_receipt(uow, reference, colleague)
    if entry and sale and entry.id != sale.id and entry.member_id is not None:
        return Ambiguous(entry.id, sale.id)
    return sale or entry or Refused(phrase("reverse.unknown", number=reference))


async def _of_receipt(uow: UnitOfWork, receipt: str, colleague: Staff) -> Operation | None:
    """The sale a receipt was counted for: where the colleague is, else wherever it is known."""
    receipt = receipt[:RECEIPT_LIMIT].casefold()
    places = [colleague.at or "", "", *(place.code for place in uow.programme.locations)]
    for place in dict.fromkeys(places):
        found = await operations.newest_of_key(uow.tx, f"receipt:{place}:{receipt}")
        if found:
            return found
    return None


async def reverse(
    uow: UnitOfWork,
    operation_id: int,
    colleague: Staff,
    key: str,
    now: datetime,
    amount: int | None = None,
) -> Undone | Refused | Repeated:
    """Take an operation back; of a purchase only an `amount` of what was paid, where one is given.

    At the rate of its day, never more than it gave; once a key.
    """
    found = await operations.get(uow.tx, operation_id)
    if found is None or found.member_id is None:
        return Refused(phrase("reverse.unknown", number=f"#{operation_id}"))
    member = await referrals.lock(uow, found.member_id, found.id)
    if member.erased:
        return NOBODY
    if done := await operations.by_key(uow.tx, key):
        return Repeated(done.kind, done.created_at, done.id)
    if found.kind not in REVERSIBLE:
        return Refused(phrase(_why_not(found.kind)))
    if await operations.undone(uow.tx, found.id):
        return Refused(phrase("staff.undone_already"))
    if found.kind == memberships.PAID and not await memberships.may_undo(uow, found):
        return Refused(phrase("membership.refused.renewed"))
    bought = await refunds.purchase(uow.tx, found)
    if why := _too_much(bought, amount):
        return Refused(why)
    reversal = await operations.begin(
        uow.tx,
        key,
        "reverse" if amount is None else "refund",
        now=now,
        member_id=member.id,
        staff_id=colleague.id,
        location=colleague.at,
        undoes_id=found.id if amount is None else None,
        about_id=found.id,
    )
    if reversal is None:
        return Refused(phrase("staff.undone_already"))
    kept = None if amount is None or bought is None else (bought.kept or 0) - amount
    if not kept:
        return await reversing.take_back_whole(uow, member, found, reversal, now)
    policy = uow.programme.ledger.when_spent
    undone = await reversing.take_back(
        uow, member, found, reversal, now, when_spent=policy, kept=kept
    )
    await news.tell_undone(uow, undone, now)
    return undone


def _why_not(kind: str) -> str:
    if kind == reversing.HANDED_OVER:
        return "staff.reward_final"
    return "reverse.adjust" if kind == "adjust" else "reverse.not_that"


def _too_much(bought: Purchase | None, amount: int | None) -> Phrase | None:
    """Why so much can't be given back of a purchase."""
    if bought is None:
        return None if amount is None else phrase("reverse.no_purchase")
    paid = Money(bought.paid, bought.currency)
    if bought.kept is None:
        return phrase("reverse.all_refunded", paid=paid)
    if amount is None or amount <= bought.kept:
        return None
    if not bought.refunded:
        return phrase("reverse.too_much", paid=paid)
    refunded = Money(bought.refunded, bought.currency)
    left = Money(bought.kept, bought.currency)
    return phrase("reverse.too_much_more", paid=paid, refunded=refunded, left=left)


async def restore(
    uow: UnitOfWork, voucher_id: int, colleague: Staff, key: str, now: datetime
) -> Voucher | Refused | Repeated:
    """Give back a reward that was used on a purchase of which something was taken back (S8)."""
    voucher = await vouchers.get(uow.tx, voucher_id)
    sale = voucher.purchase_operation_id if voucher else None
    if sale is None or not await refunds.taken_back(uow.tx, sale):
        return Refused(phrase("voucher.final"))
    return await redeeming.restore(uow, voucher_id, colleague, key, now)


async def entries(uow: UnitOfWork, member: Member, limit: int) -> list[LedgerEntry]:
    """A member's newest entries, for a colleague who looks for one's number."""
    return await ledger.history(uow.tx, member.id, limit, 0)
