"""SMS and WhatsApp through Twilio: one account, two channels."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import structlog
from twilio.rest import Client
from twilio.rest.content.v1.content import ContentList

from bot.channels import segments
from bot.channels.base import Limits, Plain, RawRequest, SendError, Webhook
from bot.channels.fit import choice_lines
from bot.channels.transport import Patience
from bot.channels.twilio_content import Contents, shape_of, variables
from bot.channels.twilio_errors import send_error
from bot.channels.twilio_inbound import MESSAGE, PHONE, PREFIX, SMS, STATUS, WHATSAPP, Inbox
from bot.channels.twilio_request import TwilioRequest
from bot.domain import phones
from bot.domain.messages import Event, InboundMessage, OutboundMessage

log = structlog.get_logger(__name__)

# At INFO the SDK logs every call, numbers and texts included; nothing may switch that on.
logging.getLogger("twilio").setLevel(logging.WARNING)

API = "https://api.twilio.com"
PATIENCE = Patience(connect_s=5, wait_s=5, write_s=10, read_s=20)
#: How far Twilio's clock may be behind ours when it is asked what it took.
_CLOCKS = timedelta(seconds=30)
#: How many of the newest messages to an address are looked through for one in doubt.
_LOOKED_AT = 50
#: How many contents of an account are looked through for ours.
_CONTENTS = 1000


class Account:
    """What the two channels share: the credentials, the connection, what is proven by them.

    `on` names the channels in use; `answers_words` says whether Twilio itself answers STOP, START
    and HELP over SMS. `api_url` stands for all of Twilio's hosts when it is not the real one.
    """

    def __init__(
        self,
        sid: str,
        token: str,
        public_url: str,
        on: Collection[str],
        *,
        api_url: str = API,
        answers_words: bool = True,
        patience: Patience = PATIENCE,
    ) -> None:
        self.inbox = Inbox(public_url, token, on, answers_words)
        self.contents = Contents(self._make_content, self._contents_made)
        self._status_url = public_url + STATUS.path
        self._http = TwilioRequest("" if api_url == API else api_url, patience)
        self._client = Client(sid, token, http_client=self._http)

    async def close(self) -> None:
        """Close the connections to Twilio."""
        await self._http.close()

    async def name(self) -> str:
        """The account's name, which only these credentials learn; raises SendError."""
        try:
            found = await self._client.api.accounts(self._client.username).fetch_async()
        except Exception as error:
            raise send_error(error) from None
        return str(found.friendly_name)

    async def send(self, reference: str, **fields: Any) -> str:
        """Hand over one message; Twilio's id of it. Raises SendError."""
        mark = f"?{urlencode({'m': reference})}" if reference else ""
        try:
            made = await self._client.messages.create_async(
                status_callback=self._status_url + mark, **fields
            )
        except Exception as error:
            raise send_error(error) from None
        return str(made.sid)

    async def sent(self, to: str, body: str, since: datetime) -> str | None:
        """The id of the newest message with this text that Twilio took after `since`."""
        try:
            newest = await self._client.messages.list_async(to=to, limit=_LOOKED_AT)
        except Exception as error:
            raise send_error(error) from None
        earliest = since.astimezone(UTC) - _CLOCKS
        return next(
            (
                str(found.sid)
                for found in newest
                if found.date_created >= earliest and found.body == body
            ),
            None,
        )

    async def _make_content(self, definition: Mapping[str, Any]) -> str:
        try:
            made = await self._client.content.v1.contents.create_async(
                ContentList.ContentCreateRequest(definition)
            )
        except Exception as error:
            raise _nothing_sent(error) from None
        return str(made.sid)

    async def _contents_made(self, prefix: str) -> Mapping[str, str]:
        try:
            found = await self._client.content.v1.contents.list_async(limit=_CONTENTS)
        except Exception as error:
            raise _nothing_sent(error) from None
        names = ((content.friendly_name or "", content.sid) for content in found)
        return {name: sid for name, sid in names if name.startswith(prefix)}


def _nothing_sent(error: Exception) -> SendError:
    """What a call means that failed before anything was said: then nothing can be in doubt."""
    meant = send_error(error)
    return SendError("later", meant.reason, meant.retry_after) if meant.kind == "unknown" else meant


class _ThroughTwilio(Plain):
    """What SMS and WhatsApp have in common; `prefix` is what stands before a number there."""

    name = ""
    identity_kind = "phone"
    webhooks: tuple[Webhook, ...] = (MESSAGE, STATUS)
    prefix = ""

    def __init__(self, account: Account, sender: str, rate: float) -> None:
        self._account = account
        # A messaging service chooses among its numbers.
        key = "messaging_service_sid" if sender.startswith("MG") else "from_"
        self._sender = {key: sender}
        self.rate = rate

    def identity_of(self, address: str) -> str:
        """The one number of the phone, of those it may have."""
        return phones.canonical(address)

    def parse(self, request: RawRequest) -> list[Event]:
        """What a call holds, whichever of the two channels it is for."""
        return self._account.inbox.parse(request)

    async def acknowledge(self, message: InboundMessage) -> None:
        """Nothing spins here."""

    async def sent_before(self, message: OutboundMessage, since: datetime) -> str | None:
        """The id of this text if Twilio took it after `since` without our hearing so."""
        return await self._account.sent(self._to(message), message.text, since)

    async def _send(self, message: OutboundMessage, **content: Any) -> str:
        to = self._to(message)
        return await self._account.send(message.reference, to=to, **self._sender, **content)

    def _to(self, message: OutboundMessage) -> str:
        if not PHONE.fullmatch(message.address.value):
            raise SendError("refused", "this is no phone number")
        return self.prefix + message.address.value


class Sms(_ThroughTwilio):
    """Text messages: paid for by the segment, no buttons, a link instead of a picture."""

    name = SMS
    #: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
    limits = Limits(
        text=1600,
        caption=1600,
        buttons=0,
        label=160,
        pictures=False,
        edits=False,
        contact=False,
        segments=True,
    )

    def cost(self, message: OutboundMessage) -> int:
        """The segments of a message."""
        return segments.count(message.text).segments

    async def send(self, message: OutboundMessage) -> str:
        """Hand over one message; raises SendError."""
        return await self._send(message, body=message.text)


class WhatsApp(_ThroughTwilio):
    """WhatsApp: buttons and lists, pictures that Twilio fetches, and a window of 24 hours."""

    name = WHATSAPP
    prefix = PREFIX
    #: https://www.twilio.com/docs/content/twilio-quick-reply, …/twiliolist-picker; a list row has
    #: 24 characters. Captions as Meta has them:
    #: https://developers.facebook.com/docs/whatsapp/cloud-api/messages/image-messages
    limits = Limits(
        text=1600,
        caption=1024,
        buttons=3,
        label=20,
        pictures=True,
        edits=False,
        contact=False,
        rows=10,
        row_label=24,
        question=1024,
        picture_buttons=False,
        fetches=True,
        window=timedelta(hours=24),
    )

    async def send(self, message: OutboundMessage) -> str:
        """Hand over one message; raises SendError."""
        if message.approved is not None:
            values = variables(message.approved.values)
            return await self._send(
                message, content_sid=message.approved.content, content_variables=values
            )
        if message.buttons:
            return await self._send_choices(message)
        if message.media:
            caption = {"body": message.text} if message.text else {}
            return await self._send(message, media_url=[message.media], **caption)
        return await self._send(message, body=message.text)

    async def _send_choices(self, message: OutboundMessage) -> str:
        shape, values = shape_of(message, self.limits.buttons)
        content = await self._account.contents.sid(shape)
        if content is not None:
            try:
                return await self._send(message, content_sid=content, content_variables=values)
            except SendError as error:
                if error.kind != "refused":
                    raise
                # Such as content that somebody deleted in Twilio's console.
                log.error("twilio.choices_refused", shape=shape.name, reason=error.reason)
                self._account.contents.forget()
        # In lines the choices are as good.
        lines = choice_lines(message.buttons, message.numbered)
        return await self._send(message, body="\n".join([message.text, *lines]))
