"""Noting what came of a message that was handed over (S24, S31, S32)."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.domain.messages import MessageClass
from bot.handover import Outcome
from bot.services import halting, unasked
from bot.services.reaching import units_of
from bot.services.unit_of_work import UnitOfWork
from bot.storage import conversations, occasions, outbox
from bot.storage.outbox import Letter

#: How many times a message that was not taken is tried, which takes half a day, and the longest
#: pause between tries.
TRIES = 150
LONGEST_PAUSE_SECONDS = outbox.LONGEST_WAIT.total_seconds()


async def note(uow: UnitOfWork, letter: Letter, outcome: Outcome, now: datetime) -> None:
    """Keep what came of this attempt, what it says of the address, and what it cost."""
    unasked_for = letter.message_class is MessageClass.MARKETING
    # One in doubt, or of which a part was taken, keeps its place and its share.
    kept = letter.doubtful_since is not None or outcome.parts_taken > 0
    refused = unasked_for and not kept and outcome.kind not in ("accepted", "unknown")
    if refused:
        await _refused(uow, letter, outcome, now)
    else:
        await _noted(uow, letter, outcome, now)
    if refused or outcome.kind == "accepted":
        await _count(uow, letter, outcome, now)


async def _noted(uow: UnitOfWork, letter: Letter, outcome: Outcome, now: datetime) -> None:
    tx, in_doubt = uow.tx, letter.doubtful_since is not None
    match outcome.kind:
        case "accepted":
            await outbox.accepted(tx, letter.id, outcome.provider_id)
        case "later" if letter.attempt < TRIES:
            await _again(uow, letter, outcome, now, doubtful=False)
        case "unknown" if not in_doubt:
            # Looked up before anything is repeated, and marketing never is (S31).
            await _again(uow, letter, outcome, now, doubtful=True)
        case "unknown" | "later" if in_doubt:
            await outbox.settle(tx, letter, "unknown", outcome.reason)
        case _:
            await _act_on_address(uow, letter, outcome, now)
            await outbox.settle(tx, letter, "failed", outcome.reason)


async def _refused(uow: UnitOfWork, letter: Letter, outcome: Outcome, now: datetime) -> None:
    """An unasked message was refused for certain, which gives its place back (S24).

    It is planned again where that makes sense, so that all is asked anew before the next try (S27).
    """
    tx, reason = uow.tx, f"{outcome.kind}: {outcome.reason}"
    # Conversations are locked before what is in them (docs/decisions/0004-locks.md).
    await _act_on_address(uow, letter, outcome, now)
    await outbox.settle(tx, letter, "failed", reason)
    match outcome.kind:
        case "later":
            occasion = await occasions.of_message(tx, letter.id)
            pause = pause_before(occasion.attempts if occasion else 1)
            again_at = now + timedelta(seconds=max(outcome.retry_after or 0.0, pause))
            await occasions.give_back(tx, letter.id, again_at, reason)
        case "blocked" | "opted_out":
            # There may be another way to them, or the reason why not is kept.
            await occasions.give_back(tx, letter.id, now, reason)
        case "halted":
            await halting.halt_of_message(uow, letter.id, outcome.reason, now)
            await occasions.give_back(tx, letter.id, now, reason)
        case _:
            await occasions.fail(tx, letter.id, reason)


async def _act_on_address(uow: UnitOfWork, letter: Letter, outcome: Outcome, now: datetime) -> None:
    if outcome.kind == "blocked":
        await conversations.block(uow.tx, letter.conversation_id, now)
    elif outcome.kind == "opted_out":
        await conversations.opt_out(uow.tx, letter.conversation_id, now)


async def _again(
    uow: UnitOfWork, letter: Letter, outcome: Outcome, now: datetime, *, doubtful: bool
) -> None:
    pause = max(outcome.retry_after or 0.0, pause_before(letter.attempt))
    await outbox.retry(
        uow.tx,
        letter,
        now + timedelta(seconds=min(pause, LONGEST_PAUSE_SECONDS)),
        f"{outcome.kind}: {outcome.reason}",
        doubtful=doubtful,
        parts_taken=outcome.parts_taken,
    )


async def _count(uow: UnitOfWork, letter: Letter, outcome: Outcome, now: datetime) -> None:
    """Count what the message took of a budget; for an unasked one the most was set aside."""
    channel = letter.address.channel
    taken = outcome.units if outcome.kind == "accepted" else 0
    kept = letter.message_class is MessageClass.MARKETING
    set_aside = units_of(uow.programme, channel) if kept else 0
    await unasked.spent(uow, channel, taken - set_aside, now)


def pause_before(attempt: int) -> float:
    """Seconds to wait after a try that was not taken: 1, 2, 4 … up to five minutes."""
    return min(2.0 ** (attempt - 1), LONGEST_PAUSE_SECONDS)
