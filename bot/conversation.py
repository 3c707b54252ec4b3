"""What handlers are written with: a turn, a router, a step.

A handler takes a `Turn` and returns what to say. It never sends, and never commits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.domain.members import Member, Role, Staff
from bot.domain.messages import Action, Button, InboundMessage, Phrase, Reply, Wording
from bot.domain.programme import Programme
from bot.services.outreach import SMS
from bot.services.unit_of_work import UnitOfWork
from bot.services.wallets import Wallet, wallet
from bot.storage.conversations import Conversation
from locales import Catalogues

#: The action of a button that answers an open question: its step and the answer.
ANSWER = "answer"

Said = Reply | Sequence[Reply]

_YES_OR_NO: tuple[Literal["yes"], Literal["no"]] = ("yes", "no")


@dataclass
class Turn:
    """One message being handled: who, when, what, and the open transaction.

    `text` is what was typed: the words after a command, or the whole of an answer. `answer` is the
    value of the pressed choice of a step. A handler may change `language`, which is kept; set
    `can_share_contact` says whether the app has a button for the own number. A handler sets
    `leaves` to close the open question; and set `understood` when a guess at a text was right;
    `closes` when the pressed button answered its message, whose buttons then go. `short` says that
    each word costs the shop money here (SMS); `pages` is the address our web pages begin with.

    `member` is there once they accepted the terms; `begun` is the card that a colleague started for
    their number, until then. `channels` are those that are switched on; `by_number` says that this
    one's addresses are phone numbers, `shows_photos` that it can show what others sent on it.
    """

    uow: UnitOfWork
    now: datetime
    message: InboundMessage
    conversation: Conversation
    member: Member | None
    staff: Staff | None
    language: str
    words: Catalogues
    draft: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    answer: str | None = None
    leaves: bool = False
    understood: bool = False
    closes: bool = False
    can_share_contact: bool = False
    short: bool = False
    pages: str = ""
    begun: Member | None = None
    channels: frozenset[str] = frozenset()
    by_number: bool = False
    shows_photos: bool = False

    def page(self, path: str) -> str:
        """The address of one of our web pages: `terms`, `privacy`."""
        return f"{self.pages}/{path}"

    @property
    def is_unknown(self) -> bool:
        """Whether all we know of somebody's language is what they write: no app, no card."""
        return not (self.message.language or self.member or self.staff)

    @property
    def voice(self) -> str:
        """How the person is spoken to here: their language, the shop's address, the length."""
        friendly = self.programme.shop.friendly
        return self.words.voice(self.language, friendly=friendly, short=self.short)

    @property
    def holder(self) -> Member | None:
        """The member who wrote, or whose card waits for them to accept the terms."""
        return self.member or self.begun

    def yes_or_no(self, *languages: str) -> Literal["yes", "no"] | None:
        """What was agreed to or not in words, of the person's language unless others are given."""
        spoken = languages or (self.language,)
        said = (w for w in _YES_OR_NO if any(self.words.is_word(w, self.text, s) for s in spoken))
        return next(said, None)

    @property
    def can_send_codes(self) -> bool:
        """Whether a number that is typed here can be proven by a code sent to it."""
        return SMS in self.channels and not self.by_number

    @property
    def programme(self) -> Programme:
        """The programme in force."""
        return self.uow.programme

    async def wallet(self, member: Member) -> Wallet:
        """What a member has now."""
        return await wallet(self.uow.tx, self.programme, member.id, self.now)

    @property
    def nonce(self) -> str:
        """A mark for the buttons of what is said now, so that pressing one twice counts once."""
        return self.message.external_id.replace(":", "")[-12:]

    @property
    def key(self) -> str:
        """What makes this message's operation happen once, however often it is delivered (S9)."""
        return f"{self.message.address.channel}:{self.message.external_id}"

    @property
    def args(self) -> tuple[str, ...]:
        """The pressed button's arguments, or the typed words."""
        return self.message.action.args if self.message.action else tuple(self.text.split())

    @property
    def colleague(self) -> Staff:
        """The colleague who wrote, in handlers that only colleagues reach."""
        if self.staff is None:
            raise LookupError("this handler is for colleagues")
        return self.staff

    @property
    def customer(self) -> Member:
        """The member who wrote, in handlers that only members reach."""
        if self.member is None:
            raise LookupError("this handler is for members")
        return self.member


Handler = Callable[[Turn], Awaitable[Said]]


@dataclass(frozen=True, slots=True)
class Step:
    """A question that stays open until it is answered: how it is asked, and what an answer does.

    `options` of `ask`'s buttons are pressed as `choice` makes them. `free`: whatever is written is
    the answer, even if it reads like something else that could be asked here. `choices`: its
    answers are its buttons alone. `once`: it is not asked again when anything else was said.
    `photos`: what is sent instead of text is an answer too, or is told why it is none.
    """

    name: str
    ask: Callable[[Turn], Awaitable[Reply]]
    answer: Handler
    free: bool = False
    choices: bool = False
    once: bool = False
    photos: bool = False


def whole(text: str) -> int | None:
    """A whole number that was typed or stands in a button; None for what no column could hold."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None


def choice(step: str, value: str, label: Phrase | Wording) -> Button:
    """A button that answers a step with a value."""
    return Button(label, Action(ANSWER, (step, value)))


def contact_button(step: str, label: Phrase) -> Button:
    """A button by which the app shares the person's own number."""
    return Button(label, Action(ANSWER, (step, "contact")), contact=True)


def option(label: Phrase | Wording, action: str, *args: str, standing: bool = False) -> Button:
    """A button that does something whenever it is pressed; `standing` ones are of the menu."""
    return Button(label, Action(action, args), standing=standing)


@dataclass(frozen=True, slots=True)
class Route:
    """A handler and who may reach it: anyone, members, or colleagues from a role up."""

    handler: Handler
    role: Role | None = None
    member: bool = False


class Router:
    """One intent's commands, buttons, links and questions."""

    def __init__(self) -> None:
        self.commands: dict[str, Route] = {}
        self.actions: dict[str, Route] = {}
        self.links: dict[str, Route] = {}
        self.steps: dict[str, Step] = {}

    def command(
        self, *names: str, role: Role | None = None, member: bool = False
    ) -> Callable[[Handler], Handler]:
        """Handle a typed command, and the button of the same name."""

        def register(handler: Handler) -> Handler:
            for name in names:
                self.commands[name] = Route(handler, role, member)
                self.actions[name] = Route(handler, role, member)
            return handler

        return register

    def action(
        self, *names: str, role: Role | None = None, member: bool = False
    ) -> Callable[[Handler], Handler]:
        """Handle a pressed button."""

        def register(handler: Handler) -> Handler:
            for name in names:
                self.actions[name] = Route(handler, role, member)
            return handler

        return register

    def link(self, prefix: str) -> Callable[[Handler], Handler]:
        """Handle `/start` with a payload that begins with `prefix`; `turn.text` is the rest."""

        def register(handler: Handler) -> Handler:
            self.links[prefix] = Route(handler)
            return handler

        return register

    def step(self, step: Step) -> Step:
        """Register a question."""
        self.steps[step.name] = step
        return step
