"""What Twilio's error codes mean for a message and for the address it was meant for (S32).

Each code's page is https://www.twilio.com/docs/api/errors/<code>.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from twilio.base.exceptions import TwilioRestException, TwilioServiceException

from bot.channels.base import SendError, SendKind, impersonal


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a code means for the next try, and in words for whoever runs the shop."""

    kind: SendKind
    words: str


_CREDENTIALS = "Twilio does not take the Account SID with this Auth Token: check both"
_SENDER = "Twilio does not let this account send from this number: check the sender"

MEANINGS = {
    # Nothing a customer can help, all of it comes right with the setting.
    20003: Meaning("later", _CREDENTIALS),
    20404: Meaning("later", "Twilio knows no such account: check the Account SID"),
    21606: Meaning("later", _SENDER),
    21659: Meaning("later", _SENDER),
    63007: Meaning("later", _SENDER),
    # Nobody is there, until they write again.
    21211: Meaning("blocked", "this is no phone number"),
    21614: Meaning("blocked", "this is no mobile number"),
    30005: Meaning("blocked", "nobody has this number"),
    30006: Meaning("blocked", "this number takes no messages"),
    63024: Meaning("blocked", "this number is not on WhatsApp"),
    21610: Meaning("opted_out", "its owner told the network to stop"),
    63016: Meaning("window", "nobody wrote from there within 24 hours"),
    # Too much at once.
    14107: Meaning("later", "sending too fast"),
    20429: Meaning("later", "too many requests"),
    30001: Meaning("later", "the queue of this sender is full"),
    30022: Meaning("later", "more than this registration may send at once"),
    30023: Meaning("later", "more than this registration may send a day"),
    63018: Meaning("later", "more than WhatsApp lets this sender send at once"),
    63038: Meaning("later", "more than this account may send a day"),
    # The shop's own to mend.
    21408: Meaning("refused", "sending to this country is off in Twilio's geographic permissions"),
    21655: Meaning("refused", "Twilio knows no such ContentSid"),
    21656: Meaning("refused", "the values do not fit the approved sentence"),
    30034: Meaning("refused", "this number is not registered for messages to the United States"),
    63049: Meaning("refused", "Meta chose not to deliver it"),
    # Nobody else may get this text until somebody looked into it.
    30007: Meaning("halted", "a carrier took it for spam"),
    63040: Meaning("halted", "Meta did not approve this sentence"),
    63041: Meaning("halted", "Meta paused this approved sentence"),
    63042: Meaning("halted", "Meta switched this approved sentence off"),
}


def send_error(error: Exception) -> SendError:
    """What a failed call means for the next try; `error` is the SDK's, ours, or a bug's."""
    match error:
        case SendError():
            return error
        case TwilioRestException():
            return _known(error.code or 0, str(error.msg))
        case TwilioServiceException():
            return _known(error.code, error.title)
    # The call went through and we could not read what came back, or the fault is our own.
    return SendError("unknown", type(error).__name__)


def explained(code: int, wording: str = "") -> str:
    """A code with what it means, in our words or else the provider's own."""
    meaning = MEANINGS.get(code)
    words = meaning.words if meaning else impersonal(wording)
    return f"{code} {words}".strip()


def effect_of(code: int) -> Literal["", "opted_out", "blocked", "halted"]:
    """What a failure says beyond the one message: of its address, or of its text."""
    kind = MEANINGS[code].kind if code in MEANINGS else "refused"
    return kind if kind == "opted_out" or kind == "blocked" or kind == "halted" else ""


def _known(code: int, wording: str) -> SendError:
    kind = MEANINGS[code].kind if code in MEANINGS else "refused"
    return SendError(kind, explained(code, wording))
