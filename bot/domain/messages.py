"""What a conversation is made of: what comes in, what is said, and the values inside a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from string import Formatter
from typing import Literal

#: Telegram's `callback_data` is the narrowest place an action has to fit through, in bytes.
#: https://core.telegram.org/bots/api#inlinekeyboardbutton
ACTION_BYTES = 64


@dataclass(frozen=True, slots=True)
class Address:
    """Where a person is reached: a channel's name and the provider's id there (personal data)."""

    channel: str
    value: str


@dataclass(frozen=True, slots=True)
class Action:
    """What a button does, by name, with arguments that travel inside the button."""

    name: str
    args: tuple[str, ...] = ()

    def pack(self) -> str:
        """The action as a button carries it; raises ValueError when it would not fit."""
        packed = ":".join((self.name, *self.args))
        if any(":" in part for part in (self.name, *self.args)):
            raise ValueError(f"an action's parts may hold no colon: {packed!r}")
        if len(packed.encode()) > ACTION_BYTES:
            raise ValueError(f"an action must fit {ACTION_BYTES} bytes: {packed!r}")
        return packed

    @classmethod
    def unpack(cls, packed: str) -> Action:
        """The reverse of `pack`; anything a stranger may send is a valid action nobody handles."""
        name, *args = packed.split(":")
        return cls(name, tuple(args))


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in the currency's minor unit (haléř, penny)."""

    minor: int
    currency: str


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, shown in the zone it is meant for: the time alone, or the day with it."""

    at: datetime
    zone: str
    show: Literal["day", "time", "both"] = "both"


@dataclass(frozen=True, slots=True)
class Day:
    """A calendar day without a time; `yearly` leaves the year out, as for a birthday."""

    on: date
    yearly: bool = False


@dataclass(frozen=True, slots=True)
class Wording:
    """A text the shop wrote itself, by language; the first stands in for a missing one."""

    texts: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, texts: Mapping[str, str] | str) -> Wording:
        """A wording from a table of languages, or one text for all of them."""
        return cls((("", texts),) if isinstance(texts, str) else tuple(texts.items()))

    def in_language(self, language: str) -> str:
        """The text for `language`, else the first one the shop wrote."""
        return dict(self.texts).get(language, self.texts[0][1])

    @property
    def places(self) -> frozenset[str]:
        """The names of the places in it (`{name}`), in any language.

        Raises ValueError where the braces make no sense.
        """
        pieces = (piece for _, text in self.texts for piece in Formatter().parse(text))
        return frozenset(name for _, name, _, _ in pieces if name is not None)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence by its catalogue key, with the values to put in; `n` chooses the plural form."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Link:
    """A deep link by its payload (`r_…`, `g_…`): into the app, or to a page that says what to do.

    Until the message is rendered nobody knows which.
    """

    payload: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A text the shop wrote with places in it (`{name}`), and the values that go there."""

    text: Wording
    values: Mapping[str, Value] = field(default_factory=dict)


#: What may stand in a sentence; a plain string is somebody's own words (a name), never ours.
Value = str | int | Decimal | Money | Moment | Day | Wording | Filled | Link | Phrase


def phrase(key: str, **values: Value) -> Phrase:
    """Shorthand for a `Phrase`: `phrase("balance.stamps", n=3, total=10)`."""
    return Phrase(key, values)


@dataclass(frozen=True, slots=True)
class Button:
    """A choice under a message. `contact` asks the app for the person's own phone number.

    `standing` marks the menu that goes with every answer: it is left out where each line of
    choices costs the shop money.
    """

    label: Phrase | Wording
    action: Action
    contact: bool = False
    standing: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """A QR picture to draw when the message is sent.

    `payload` is a deep-link payload (`c_…`, `v_…`); `filled` of `total` draws a stamp card;
    `heading` and `footer` are lines of text on the picture.
    """

    kind: Literal["card", "voucher"]
    payload: str
    heading: Value = ""
    footer: Value = ""
    filled: int | None = None
    total: int | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to say: paragraphs, rows of buttons, a picture.

    `edits`: replace the message whose button was pressed, where the channel can.
    `then`: the step to ask next; its question is said after this message. `draft` is what that
    step keeps until it is answered (encrypted at rest). `numbered` False: where choices are lines
    of text they are picked by their words, since a number is an answer of its own (an amount).
    `template` is what is said instead where only sentences approved beforehand may be sent: one
    of the `template.*` phrases. Without it the message can't be sent there. `subject` is what
    stands above it in an e-mail, where its class alone does not say enough. `photo` is one that
    somebody sent on the same channel, by what the provider knows it by.
    """

    phrases: tuple[Phrase, ...] = ()
    buttons: tuple[tuple[Button, ...], ...] = ()
    picture: Picture | None = None
    edits: bool = False
    then: str | None = None
    draft: Mapping[str, str] = field(default_factory=dict)
    numbered: bool = True
    template: Phrase | None = None
    subject: Phrase | None = None
    photo: str = ""


def without_standing(reply: Reply) -> Reply:
    """A reply without the menu that goes with every answer."""
    rows = (tuple(button for button in row if not button.standing) for row in reply.buttons)
    return replace(reply, buttons=tuple(row for row in rows if row))


class MessageClass(StrEnum):
    """What a message is for, which decides caps, quiet hours and repeats (S22, S31)."""

    REPLY = "reply"
    TRANSACTIONAL = "transactional"
    MARKETING = "marketing"


@dataclass(frozen=True, slots=True)
class Contact:
    """A phone number shared through the app; `own` when the app vouches it is the sender's."""

    phone: str
    own: bool


@dataclass(frozen=True, slots=True)
class NetworkWord:
    """A word the network gives a meaning of its own, such as STOP over SMS.

    `answered`: the provider has answered it already, so that we keep silent.
    """

    word: Literal["stop", "start", "help"]
    answered: bool


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """One thing a person did: wrote, pressed, shared or sent something we can't read.

    `external_id` is the provider's id of the delivery and makes handling it idempotent (S9).
    `message_id` is the message whose button was pressed, `callback_id` the press itself where
    the app waits for it to be acknowledged. `media` names what came instead of text ("sticker",
    "photo", …), `file` how the provider knows a photo. `name` and `language` are what the app says
    of the person. `network` is set when the whole text is a word of the network, and then it is no
    word of a dialogue.
    """

    address: Address
    external_id: str
    text: str = ""
    action: Action | None = None
    message_id: str | None = None
    callback_id: str | None = None
    contact: Contact | None = None
    media: str | None = None
    file: str = ""
    name: str = ""
    language: str = ""
    network: NetworkWord | None = None


@dataclass(frozen=True, slots=True)
class DeliveryReceipt:
    """What a provider says later about a message it took, by its id there.

    `reference` is our own mark of the message where the provider hands it back, so that a receipt
    settles a message whose sending was never answered; `sent_to` is whom it went to, in the form by
    which they are known, since a mark is only good for a message to them. `effect` is what a
    failure says beyond the message: the address opted out of the network's messages, or takes none
    until its owner writes again; or the text is halted, for everybody.
    """

    channel: str
    provider_id: str
    state: Literal["sent", "delivered", "failed"]
    reason: str = ""
    reference: str = ""
    sent_to: str = ""
    effect: Literal["", "opted_out", "blocked", "halted"] = ""


@dataclass(frozen=True, slots=True)
class UnreadableUpdate:
    """A delivery in a form nobody here knows; it is kept and reported, never asked for again."""

    channel: str
    external_id: str
    raw: str


#: Whatever a channel reads out of a delivery.
Event = InboundMessage | DeliveryReceipt | UnreadableUpdate


@dataclass(frozen=True, slots=True)
class RenderedButton:
    """A button with its label in the person's language and its action packed."""

    label: str
    data: str
    contact: bool = False


@dataclass(frozen=True, slots=True)
class Approved:
    """A sentence the provider approved: its id there, and what fills its places, in order."""

    content: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mail:
    """What an e-mail has besides its text, in words its person reads.

    `links` are labels and where they lead; `unsubscribe` is the address that stops such messages
    by one click, where one has to be there, and `stop` the words of the link to it. `footer` says
    who writes and why. `colours` are background, ink and accent as `#rrggbb`.
    """

    subject: str
    sender: str
    language: str
    footer: str = ""
    links: tuple[tuple[str, str], ...] = ()
    unsubscribe: str = ""
    stop: str = ""
    colours: tuple[str, str, str] = ("#ffffff", "#000000", "#000000")


@dataclass(frozen=True, slots=True)
class OutboundMessage:
    """One message as a channel sends it: text in the person's language, fitted to the channel.

    `picture` is a PNG, `scan` the link its QR code holds, `media` a web address of the picture
    where the provider fetches it. `edit_of` is a message to replace; `clear_of` one whose buttons
    are to go because they were answered. `reference` is our mark of it, which comes back in
    receipts. `opener` is the label of what opens a list of choices, `numbered` says whether choices
    that become lines have numbers. `approved` is set where only a sentence approved beforehand may
    be sent; `text` is then how it reads. `mail` is there where messages are e-mails. `photo` is a
    picture by the name the provider gave it when somebody sent it.
    """

    address: Address
    text: str
    buttons: tuple[tuple[RenderedButton, ...], ...] = ()
    picture: bytes | None = None
    scan: str = ""
    edit_of: str | None = None
    clear_of: str | None = None
    media: str = ""
    reference: str = ""
    opener: str = ""
    numbered: bool = True
    approved: Approved | None = None
    mail: Mail | None = None
    photo: str = ""
