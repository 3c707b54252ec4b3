"""What the people of the Twilio double see on their phones, and what they do there."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime, timedelta

#: The fields of a call of Twilio's, as it posts them.
Form = dict[str, str]

#: What Twilio answers by itself over SMS where nobody switched that off.
#: https://help.twilio.com/articles/223134027
_STOP = {"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"}
_START = {"START", "YES", "UNSTOP"}
_HELP = {"HELP", "INFO"}


@dataclass(slots=True)
class Shown:
    """A message as it stands on a phone; choices are pairs of label and payload."""

    sid: str
    text: str
    choices: tuple[tuple[str, str], ...] = ()
    opener: str = ""
    picture: bytes | None = None


@dataclass
class Phone:
    """One number on one channel; what its owner does gives the form that Twilio posts for it."""

    number: str
    whatsapp: bool
    sender: str
    account: str
    name: str = ""
    opted_out: bool = False
    #: Nobody is there: what is sent fails later, with this code.
    dead: int = 0
    wrote_at: datetime | None = None
    messages: list[Shown] = field(default_factory=list)
    #: What the network said by itself.
    network: list[str] = field(default_factory=list)
    _sids: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def address(self) -> str:
        """As Twilio writes it."""
        return f"whatsapp:{self.number}" if self.whatsapp else self.number

    def in_window(self, now: datetime) -> bool:
        """Whether anything may be said to them on WhatsApp."""
        return self.wrote_at is not None and now - self.wrote_at < timedelta(hours=24)

    def write(self, text: str, **fields: str) -> Form:
        """Send a text."""
        return self._form(**{"Body": text, "MessageType": "text", **fields})

    def press(self, label: str, shown: Shown | None = None) -> Form:
        """Press the newest button, or pick the newest row, that reads so."""
        for message in reversed(self.messages) if shown is None else [shown]:
            for text, data in message.choices:
                if text == label:
                    return self._pressed(message, label, data)
        raise AssertionError(f"no choice {label!r}: {[m.choices for m in self.messages]}")

    def send(self, kind: str, caption: str = "") -> Form:
        """Send a picture or the like, by its media type."""
        return self._form(
            Body=caption,
            NumMedia="1",
            MediaContentType0=kind,
            MediaUrl0="https://api.twilio.com/2010-04-01/Accounts/AC0/Messages/MM0/Media/ME0",
        )

    def _pressed(self, message: Shown, label: str, data: str) -> Form:
        chosen = (
            {"ListId": data, "ListTitle": label}
            if message.opener
            else {"ButtonPayload": data, "ButtonText": label}
        )
        return self._form(
            Body=label,
            MessageType="interactive",
            OriginalRepliedMessageSid=message.sid,
            OriginalRepliedMessageSender=self.sender,
            **chosen,
        )

    def _form(self, **fields: str) -> Form:
        digits = "".join(c for c in self.number if c.isdigit())
        sid = f"SM{int(self.whatsapp)}{digits:0>20}{next(self._sids):011}"
        head = {
            "MessageSid": sid,
            "SmsMessageSid": sid,
            "AccountSid": self.account,
            "From": self.address,
            "To": self.sender,
            "NumMedia": "0",
            "NumSegments": "1",
            "ApiVersion": "2010-04-01",
        }
        if self.whatsapp:
            return {**head, "ProfileName": self.name, "WaId": digits, **fields}
        # Twilio looks the number's place up, and finds none outside North America.
        place = dict.fromkeys(("FromCity", "FromState", "FromZip"), "")
        return {**head, **place, **fields}


def network_word(text: str) -> str:
    """STOP, START or HELP for a text that is one of the network's words, else nothing."""
    word = text.strip().upper()
    words = {"STOP": _STOP, "START": _START, "HELP": _HELP}
    return next((name for name, all_of in words.items() if word in all_of), "")
