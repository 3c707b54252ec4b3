"""Finding who answers a message: stop words, links, commands, the open question, then the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot import network_words
from bot.conversation import ANSWER, Route, Router, Said, Step, Turn
from bot.domain.messages import Action, Button, NetworkWord, Reply, phrase
from bot.meanings import STOP_SAID, Meanings
from bot.services import outreach
from locales import Catalogues

#: Longer texts are cut before anyone reads them: nothing a person says to a shop needs more.
TEXT_LIMIT = 4096

# On channels without deep links the payload is the text itself (interface.md).
# A phone's keyboard begins a message with a capital.
_PAYLOAD = re.compile(r"(?:join|[a-z])_[A-Za-z0-9_-]{1,62}", re.IGNORECASE)

#: Names of what every programme answers; the routers register them.
HOME, UNKNOWN, STOP, JOIN, LANGUAGE = "menu", "unknown", "stop", "join", "language"
HELP = "help"
STAFF = "staff"

#: Under an open question shorter texts are answers to it: names, days and the like.
WORDS_OF_A_QUESTION = 3
#: What is too vague to leave an open question for: an answer is likelier.
_VAGUE = frozenset({"which", "pass_on"})


@dataclass(frozen=True)
class Answered:
    """What is said to a message, and where the conversation stands after it.

    `closes`: a pressed choice was an answer, so its buttons go.
    """

    replies: Sequence[Reply]
    step: str | None = None
    draft: Mapping[str, str] = field(default_factory=dict)
    misses: int = 0
    closes: bool = False


@dataclass(frozen=True)
class _Table:
    """What can be picked by typing: the open question, and what was shown, newest first.

    News come unasked, maybe under a question, so their choices go by words: a number that was
    meant for one must not answer the other. Beside a question nothing else can be picked.
    """

    question: Sequence[Reply]
    shown: Sequence[Reply]


class Routes:
    """All routers in order; the first that has a command, button, link or question gets it."""

    def __init__(self, routers: Sequence[Router], words: Catalogues, meanings: Meanings) -> None:
        self._words = words
        self._meanings = meanings
        self._commands: dict[str, Route] = {}
        self._actions: dict[str, Route] = {}
        self._links: dict[str, Route] = {}
        self._steps: dict[str, Step] = {}
        for router in reversed(routers):
            self._commands |= router.commands
            self._actions |= router.actions
            self._links |= router.links
            self._steps |= router.steps

    async def answer(self, turn: Turn) -> Answered:
        """The answer to one message."""
        message = turn.message
        if message.network is not None:
            return await self._network(turn, message.network)
        # No database takes a NUL.
        turn.text = message.text[:TEXT_LIMIT].replace("\0", " ").strip()
        if message.action is not None:
            return await self._pressed(turn, message.action)
        if message.contact is not None:
            return await self._to_step(turn)
        if message.media is not None:
            if self._takes_photos(turn):
                return await self._to_step(turn)
            return await self._with_question(turn, Reply((phrase("fallback.media"),)))
        return await self._typed(turn)

    async def _network(self, turn: Turn, heard: NetworkWord) -> Answered:
        """What a word of the network does; what is open stays as it is."""
        said = await network_words.obey(turn, heard.word, heard.answered)
        at = turn.conversation
        if heard.answered:
            return Answered((), at.step, at.draft, at.misses)
        if said is not None:
            return await self._with_question(turn, said)
        return replace(await self._run(turn, self._commands[HELP]), misses=at.misses)

    async def _typed(self, turn: Turn) -> Answered:
        if self._words.is_stop(turn.text):
            return await self._run(turn, self._commands[STOP])
        written = turn.text
        table = await self._table(turn)
        # "Join" answers the question that offers it, rather than begin joining again.
        picked = self._named(turn, written, table.question)
        if picked is not None and not written.startswith("/"):
            return await self._pressed(turn, picked)
        command = self._command(turn)
        if command is not None:
            # "Redeem now" is a label before it is a command with a word after it; not so one that
            # answered a question: naming a language goes on after a list of them.
            label = self._named(turn, written, table.shown) if turn.text else None
            if label is not None and label.name != ANSWER:
                return await self._pressed(turn, label)
            return await self._run(turn, command)
        if self._words.is_word("menu", turn.text, turn.language) or self._words.is_word(
            "back", turn.text, turn.language
        ):
            turn.leaves = True
            return await self._run(turn, self._commands[HOME])
        picked = _numbered(written, table) or self._named(turn, written, table.shown)
        if picked is not None:
            return await self._pressed(turn, picked)
        step = self._steps.get(turn.conversation.step or "")
        if step is not None and step.once and not turn.yes_or_no(*turn.programme.shop.languages):
            step = None
        meant = None if step is not None and step.free else self._meanings.of(turn)
        if meant is not None and (step is None or _asks(meant, step, turn.text)):
            return await self._pressed(turn, meant)
        if step is not None:
            return await self._to_step(turn)
        return await self._run(turn, self._commands[UNKNOWN])

    def _command(self, turn: Turn) -> Route | None:
        """The command or link a text is; its words are left in `turn.text`."""
        if _PAYLOAD.fullmatch(turn.text):
            return self._link(turn, turn.text)
        if asked := self._words.language_named(turn.text):
            turn.text = asked
            return self._commands[LANGUAGE]
        found = self._found(turn)
        if found is None:
            return None
        name, rest = found
        if name == "start" and rest:
            return self._link(turn, rest) or self._commands[HOME]
        route = self._commands.get(name)
        if route is None or (not turn.text.startswith("/") and not _allowed(route, turn)):
            # A colleague's word without the slash is just a word in a customer's mouth.
            return None
        if rest and not turn.text.startswith("/") and self._free(turn):
            # "Use your stamps by Friday" is what was asked for, and no command.
            return None
        turn.text = rest
        return route

    def _open(self, turn: Turn) -> str | None:
        """The question that stays open whatever else is said."""
        step = self._steps.get(turn.conversation.step or "")
        return None if step is None or step.once else step.name

    def _takes_photos(self, turn: Turn) -> bool:
        """Whether a question is open that a photo may answer."""
        step = self._steps.get(turn.conversation.step or "")
        return step is not None and step.photos

    def _free(self, turn: Turn) -> bool:
        """Whether a question is open to which whatever is written is the answer."""
        step = self._steps.get(turn.conversation.step or "")
        return step is not None and step.free

    def _found(self, turn: Turn) -> tuple[str, str] | None:
        """The command in the person's language, else in another that the shop speaks."""
        others = (code for code in turn.programme.shop.languages if code != turn.language)
        for code in (turn.language, *others):
            if found := self._words.command(turn.text, code):
                if turn.is_unknown:
                    turn.language = code
                return found
        return None

    def _link(self, turn: Turn, payload: str) -> Route | None:
        prefix, _, rest = payload.partition("_")
        route = self._links.get(prefix.lower())
        if route is not None:
            turn.text = rest
            # What a colleague scans is the next customer: what was open is about another one.
            turn.leaves = turn.staff is not None
        return route

    async def _pressed(self, turn: Turn, action: Action) -> Answered:
        turn.message = replace(turn.message, action=action)
        if action.name == ANSWER:
            step, value = (*action.args, "", "")[:2]
            if step != turn.conversation.step:
                return await self._stale(turn)
            turn.answer = value
            return await self._to_step(turn)
        route = self._actions.get(action.name)
        if route is None:
            return await self._stale(turn)
        return await self._run(turn, route)

    async def _table(self, turn: Turn) -> _Table:
        """The choices in front of the person."""
        shown = await outreach.last_choices(turn.uow, turn.conversation.id)
        step = self._steps.get(turn.conversation.step or "")
        if step is None:
            return _Table((), shown)
        return _Table((await step.ask(turn),), [reply for reply in shown if not reply.numbered])

    def _named(self, turn: Turn, written: str, replies: Sequence[Reply]) -> Action | None:
        """The first choice whose label somebody wrote."""
        for reply in replies:
            for button in _choices(reply):
                label = self._words.label(button.label, turn.voice)
                if self._words.matches(written, label):
                    return button.action
        return None

    async def _stale(self, turn: Turn) -> Answered:
        """A button that is out of date opens the present state."""
        if self._open(turn):
            return await self._with_question(turn, Reply((phrase("fallback.stale"),)))
        answered = await self._run(turn, self._commands[HOME])
        return replace(answered, closes=True)

    async def _to_step(self, turn: Turn) -> Answered:
        step = self._steps.get(turn.conversation.step or "")
        if step is None:
            return await self._run(turn, self._commands[HOME])
        said = _listed(await step.answer(turn))
        answered = await self._after(turn, said, open_step=None)
        return replace(answered, closes=turn.answer is not None)

    async def _run(self, turn: Turn, route: Route) -> Answered:
        if route.role is not None and not _allowed(route, turn):
            return await self._with_question(turn, Reply((phrase("fallback.not_for_you"),)))
        if route.member and turn.member is None:
            # A colleague who types a customer's word looks for their own menu.
            route = self._commands[STAFF if turn.staff else JOIN]
        misses = turn.conversation.misses
        said = _listed(await route.handler(turn))
        step = None if turn.leaves else self._open(turn)
        answered = await self._after(turn, said, open_step=step)
        missed = route is self._commands[UNKNOWN] and not turn.understood
        return replace(answered, misses=misses + 1 if missed else 0, closes=turn.closes)

    async def _with_question(self, turn: Turn, reply: Reply) -> Answered:
        """Say something, and then what is open: the question, or else the menu."""
        misses = turn.conversation.misses
        if open_step := self._open(turn):
            answered = await self._after(turn, [reply], open_step=open_step)
            return replace(answered, misses=misses)
        answered = await self._run(turn, self._commands[HOME])
        first, *others = answered.replies
        if turn.short and answered.step:
            return replace(answered, replies=[reply, first, *others], misses=misses)
        first = replace(first, phrases=(*reply.phrases, *first.phrases))
        return replace(answered, replies=[first, *others], misses=misses)

    async def _after(self, turn: Turn, said: list[Reply], open_step: str | None) -> Answered:
        """Add the question that is open after what was said: a new one, or the old one again."""
        last = said[-1] if said else Reply()
        name = last.then or open_step
        step = self._steps.get(name or "")
        if step is None:
            return Answered(said)
        if last.then is not None:
            turn.draft = last.draft
        question = await step.ask(turn)
        # The choices on the table are the question's: a number must not mean two things.
        said = [replace(reply, buttons=()) for reply in said]
        # Over SMS what was asked meanwhile leaves no room for the question.
        meanwhile = bool(last.phrases) and last.then is None
        if said and last.picture is None and not (turn.short and meanwhile):
            # Two short texts are one message: what was done, then the question.
            question = replace(
                question, phrases=(*last.phrases, *question.phrases), edits=last.edits
            )
            said = said[:-1]
        return Answered([*said, question], step.name, turn.draft)


def _asks(meant: Action, step: Step, text: str) -> bool:
    """Whether a text under an open question asks something else, rather than answers it."""
    if meant.name in _VAGUE or len(text.split()) < WORDS_OF_A_QUESTION:
        return False
    # Nobody is called "please stop writing to me".
    return meant.name == STOP_SAID or step.choices or text.rstrip().endswith("?")


def _allowed(route: Route, turn: Turn) -> bool:
    if route.role is None:
        return True
    return turn.staff is not None and turn.staff.role >= route.role


def _numbered(written: str, table: _Table) -> Action | None:
    """The choice with the number that somebody wrote, of the newest list that has numbers."""
    written = written.rstrip(".)")
    if not (written.isascii() and written.isdigit() and len(written) < 4):
        return None
    lists = table.question or [reply for reply in table.shown if reply.numbered]
    buttons = _choices(lists[0]) if lists and lists[0].numbered else []
    number = int(written)
    return buttons[number - 1].action if 0 < number <= len(buttons) else None


def _choices(reply: Reply) -> list[Button]:
    return [button for row in reply.buttons for button in row if not button.contact]


def _listed(said: Said) -> list[Reply]:
    return [said] if isinstance(said, Reply) else list(said)
