"""Words that the network gives a meaning of its own: stop, start, help (S32, S33)."""

from __future__ import annotations

from itertools import dropwhile
from typing import Literal

from bot.conversation import Turn
from bot.domain.members import Consent
from bot.domain.messages import Reply, phrase
from bot.services import joining
from bot.storage import conversations, members

#: Where a decision comes from that was made by such a word.
NETWORK = "network"
#: What is kept as the wording of a consent that came back.
START = "START"


async def obey(turn: Turn, word: Literal["stop", "start", "help"], answered: bool) -> Reply | None:
    """Do what a word means, and what to say of it where the network has not `answered`.

    Nothing for help, which is a command like others.
    """
    match word:
        case "stop":
            return await _stop(turn, answered)
        case "start":
            return await _start(turn)
    return None


async def _stop(turn: Turn, answered: bool) -> Reply:
    """No more marketing anywhere; and no more SMS at all where the network sees to that itself.

    Twilio may do the same on WhatsApp; that is believed when it refuses a message, since until
    then answers may go on. https://www.twilio.com/docs/api/errors/21610
    """
    if answered and turn.short:
        await conversations.opt_out(turn.uow.tx, turn.conversation.id, turn.now)
    holder = turn.holder
    if holder is None:
        return Reply((phrase("stop.stranger"),))
    channel = turn.message.address.channel
    await joining.stop_marketing(turn.uow, holder.id, channel, turn.now, NETWORK)
    return Reply((phrase("stop.done"),))


async def _start(turn: Turn) -> Reply:
    """Messages may come here again; offers too, if it was that word alone that stopped them."""
    await conversations.opt_in(turn.uow.tx, turn.conversation.id)
    channel, holder = turn.message.address.channel, turn.member
    decided = (
        await members.decisions(turn.uow.tx, holder.id, channel, "marketing") if holder else []
    )
    stopped = decided[:1] and _by_network(decided[0])
    before = next(dropwhile(_by_network, decided), None)
    if holder is None or before is None or not (stopped and before.granted):
        return Reply((phrase("network.start"),))
    await joining.decide_marketing(turn.uow, holder.id, channel, True, START, turn.now, NETWORK)
    return Reply((phrase("resume.done"),))


def _by_network(decision: Consent) -> bool:
    return decision.stops_all and decision.source == NETWORK
