"""What Twilio calls us with: proven, then read in our terms; SMS and WhatsApp alike."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qs, parse_qsl, urlsplit

import structlog
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from bot.channels.base import NotProven, RawRequest, Unreadable, Webhook
from bot.channels.twilio_errors import effect_of, explained
from bot.domain import phones
from bot.domain.messages import (
    Action,
    Address,
    DeliveryReceipt,
    Event,
    InboundMessage,
    NetworkWord,
    UnreadableUpdate,
)

log = structlog.get_logger(__name__)

SMS, WHATSAPP = "sms", "whatsapp"
#: What stands before a number on WhatsApp.
PREFIX = f"{WHATSAPP}:"

#: Anything but TwiML would be sent to the customer as a text.
#: https://www.twilio.com/docs/messaging/twiml#twilios-request-to-your-application
_SILENCE = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'
MESSAGE = Webhook("/twilio/message", _SILENCE, "text/xml")
STATUS = Webhook("/twilio/status", _SILENCE, "text/xml")

_SIGNATURE = "x-twilio-signature"
#: Far more fields, and bytes, than Twilio ever sends: reading and sorting them for the signature
#: must not hold everybody up.
_FIELDS, _BYTES = 500, 2**17

PHONE = re.compile(r"\+[1-9][0-9]{4,14}")
#: Twilio's ids have 34 characters; what can't be one is kept out of keys and columns.
_SID = re.compile(r"[A-Za-z0-9]{1,64}")
_CODE = re.compile(r"[0-9]{1,9}")

Fields = MultiDict[str]
State = Literal["sent", "delivered", "failed"]

#: https://www.twilio.com/docs/messaging/api/message-resource#message-status-values; those before
#: "sent" say nothing new.
_STATES: dict[str, State] = {
    "sent": "sent",
    "delivered": "delivered",
    "read": "delivered",
    "undelivered": "failed",
    "failed": "failed",
    "canceled": "failed",
}

#: What a network answers by itself over SMS, as whole texts in any case.
#: https://help.twilio.com/articles/223134027
_WORDS: dict[str, Literal["stop", "start", "help"]] = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"), "stop"
    ),
    **dict.fromkeys(("START", "YES", "UNSTOP"), "start"),
    **dict.fromkeys(("HELP", "INFO"), "help"),
}

#: How the media types that have a word of their own begin; the first that fits counts.
_MEDIA = {
    "image/webp": "sticker",
    "image/": "photo",
    "audio/": "voice",
    "video/": "video",
    "text/vcard": "contact",
    "text/x-vcard": "contact",
}


@dataclass(frozen=True, slots=True)
class Inbox:
    """Reads what comes for the channels that are `on`.

    `public_url` is what Twilio calls us by: a proxy may make any other of it on the way.
    `answers_words`: Twilio answers the network's words over SMS itself.
    """

    public_url: str
    token: str
    on: Collection[str]
    answers_words: bool = True

    def parse(self, request: RawRequest) -> list[Event]:
        """What a call holds; raises NotProven without Twilio's signature, Unreadable for no form.

        https://www.twilio.com/docs/usage/security#validating-requests
        """
        signature = request.headers.get(_SIGNATURE, "")
        if not signature:
            raise NotProven("no signature")
        try:
            fields = _fields(request.body)
        except ValueError:
            raise Unreadable("no form") from None
        if not self._proven(request.path, fields, signature):
            raise NotProven("not Twilio's signature")
        if urlsplit(request.path).path.endswith(STATUS.path):
            return self._receipt(fields, request.path)
        return self._message(fields)

    def _proven(self, path: str, fields: Fields, signature: str) -> bool:
        try:
            return bool(
                RequestValidator(self.token).validate(self.public_url + path, fields, signature)
            )
        except ValueError:
            # A whole address instead of a path makes one that can't be taken apart.
            return False

    def _message(self, fields: Fields) -> list[Event]:
        sender, sid = fields.get("From", ""), _sid(fields)
        channel = WHATSAPP if sender.startswith(PREFIX) else SMS
        number = sender.removeprefix(PREFIX)
        if sid and _from_a_machine(fields, sender, channel):
            log.info("twilio.not_a_person")
            return []
        if not sid or not PHONE.fullmatch(number):
            return [self._unreadable(fields, channel, sid)]
        if channel not in self.on:
            log.warning("twilio.channel_off", channel=channel)
            return []
        return [self._said(fields, Address(channel, number), sid)]

    def _said(self, fields: Fields, address: Address, sid: str) -> InboundMessage:
        text = _clean(fields.get("Body", ""))
        pressed = fields.get("ButtonPayload") or fields.get("ListId")
        name = _clean(fields.get("ProfileName", ""))
        if pressed:
            return InboundMessage(
                address,
                sid,
                action=Action.unpack(_clean(pressed)),
                message_id=_sid(fields, "OriginalRepliedMessageSid") or None,
                name=name,
            )
        media = _media(fields)
        return InboundMessage(
            address,
            sid,
            text=text,
            # A kind of message that did not exist when this was written.
            media=media or (None if text.strip() else "unknown"),
            file=_clean(fields.get("MediaUrl0", "")),
            name=name,
            network=self._word(fields, address.channel, text),
        )

    def _word(self, fields: Fields, channel: str, text: str) -> NetworkWord | None:
        # Only with "advanced opt-out", and then Twilio has answered.
        # https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
        if named := _WORDS.get(fields.get("OptOutType", "").upper()):
            return NetworkWord(named, answered=True)
        if channel == SMS and (word := _WORDS.get(text.strip().upper())):
            return NetworkWord(word, answered=self.answers_words)
        return None

    def _unreadable(self, fields: Fields, channel: str, sid: str) -> UnreadableUpdate:
        raw = json.dumps(list(fields.items()))
        log.error("twilio.message_unreadable", fields=sorted(set(fields))[:20])
        # Without an id the same call again is the same text.
        return UnreadableUpdate(channel, sid or hashlib.sha256(raw.encode()).hexdigest(), raw)

    def _receipt(self, fields: Fields, path: str) -> list[Event]:
        sid = _sid(fields)
        state = _STATES.get(fields.get("MessageStatus", ""))
        whatsapp = any(fields.get(end, "").startswith(PREFIX) for end in ("To", "From"))
        channel = WHATSAPP if whatsapp else SMS
        if not sid or state is None or channel not in self.on:
            return []
        code = int(given) if _CODE.fullmatch(given := fields.get("ErrorCode", "")) else 0
        failed = state == "failed" and code
        wording = fields.get("ErrorMessage") or fields.get("ChannelStatusMessage") or ""
        marks = parse_qs(urlsplit(path).query).get("m", [""])
        number = fields.get("To", "").removeprefix(PREFIX)
        return [
            DeliveryReceipt(
                channel,
                sid,
                state,
                reason=explained(code, wording) if failed else "",
                reference=marks[0] if number else "",
                sent_to=phones.canonical(number),
                effect=effect_of(code) if failed else "",
            )
        ]


def _fields(body: bytes) -> Fields:
    """The form of a call; raises ValueError for none."""
    if len(body) > _BYTES:
        raise ValueError("too long for a form of Twilio's")
    return MultiDict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_FIELDS))


def _sid(fields: Fields, name: str = "MessageSid") -> str:
    """Twilio's id in a field; "" where none is."""
    given = fields.get(name, "")
    return given if _SID.fullmatch(given) else ""


def _from_a_machine(fields: Fields, sender: str, channel: str) -> bool:
    """Whether an answer would go to a machine, maybe ourselves, which makes a loop.

    A short code, a company's name, another network, our own number; or a receipt that is sent to
    where messages are.
    """
    no_number = channel == SMS and bool(sender) and not PHONE.fullmatch(sender)
    own = bool(sender) and sender == fields.get("To")
    return no_number or own or "MessageStatus" in fields


def _media(fields: Fields) -> str | None:
    """What came instead of text, or with it."""
    if fields.get("Latitude"):
        return "location"
    if fields.get("NumMedia", "0") in ("", "0"):
        return None
    kind = fields.get("MediaContentType0", "")
    return next((word for start, word in _MEDIA.items() if kind.startswith(start)), "document")


def _clean(text: str) -> str:
    """Text that every database takes."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")
