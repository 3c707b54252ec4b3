"""Which campaigns run, what they changed, and halting them."""

from __future__ import annotations

from collections.abc import Iterator

from bot.conversation import Router, Turn, option, whole
from bot.domain.campaign_rules import PRIORITY
from bot.domain.lift import Lift
from bot.domain.members import Role
from bot.domain.messages import Phrase, Reply, phrase
from bot.services import effects, halting, overview
from bot.services.overview import Line
from handlers.menu import staff_menu
from handlers.paging import page_asked, page_of

router = Router()

#: Rates are said of so many people.
_OF = 100
#: Campaigns in a text message: each is a line of facts and a choice.
_SHORT_PAGE = 2


@router.command("campaigns", role=Role.MANAGER)
async def campaigns(turn: Turn) -> Reply:
    """Those that are on: what they sent lately, what waits, which are halted."""
    page = page_asked(turn) if turn.message.action else 0
    found = await overview.overview(turn.uow.tx, turn.programme, turn.now)
    shown, more = page_of(turn, found, page, "campaigns", size=_SHORT_PAGE)
    rows = tuple((option(_name(line.name), "campaign_show", line.name),) for line in shown)
    heading = () if turn.short else (phrase("campaigns.lately"),)
    return Reply((*heading, *map(_line, shown)), (*rows, *more), edits=True)


def _name(name: str) -> Phrase:
    return phrase(f"campaigns.name.{name}")


def _line(line: Line) -> Phrase:
    key = "campaigns.line_halted" if line.halt else "campaigns.line"
    return phrase(key, campaign=_name(line.name), sent=line.sent, waiting=line.waiting)


@router.action("campaign_show", role=Role.MANAGER)
async def show(turn: Turn) -> Reply:
    """One campaign."""
    return await _page(turn, _asked(turn))


@router.action("campaign_pause", role=Role.MANAGER)
async def pause(turn: Turn) -> Reply:
    """Send nothing of it for now; what was planned waits until its deadline."""
    if name := _asked(turn):
        await halting.halt(turn.uow, name, halting.BY_HAND, turn.now, by=turn.colleague.id)
    return await _page(turn, name)


@router.action("campaign_resume", role=Role.MANAGER)
async def resume(turn: Turn) -> Reply:
    """Let it go on."""
    if name := _asked(turn):
        await halting.lift(turn.uow, name, turn.now)
    return await _page(turn, name)


def _asked(turn: Turn) -> str:
    """The campaign a button is for, by the name under which it is halted; "" for none there is."""
    name, occurrence = (*turn.args, "", "")[:2]
    if name not in PRIORITY or (occurrence and not occurrence.replace("-", "").isalnum()):
        return ""
    # A broadcast is its owner's, and goes on from its own page.
    if (
        name == "broadcast"
        and occurrence
        and (turn.colleague.role < Role.OWNER or whole(occurrence) is None)
    ):
        return ""
    return f"{name}:{occurrence}" if occurrence else name


async def _page(turn: Turn, campaign: str) -> Reply:
    if not campaign:
        return Reply((phrase("fallback.stale"),), staff_menu(turn))
    name, occurrence = halting.parts(campaign)
    halt = await overview.halt_of(turn.uow.tx, campaign)
    lines = [phrase("campaigns.title", campaign=halting.title(campaign, turn.programme))]
    if halt:
        by_hand = halt.reason == halting.BY_HAND
        why = (
            phrase("campaigns.by_hand") if by_hand else phrase("campaigns.why", reason=halt.reason)
        )
        lines.append(why)
    elif not overview.is_on(turn.programme, name):
        lines.append(phrase("campaigns.off"))
    lines += await _results(turn, name, occurrence or None)
    action = "campaign_resume" if halt else "campaign_pause"
    label = phrase("button.go_on" if halt else "button.halt")
    args = (name, occurrence) if occurrence else (name,)
    rows = ((option(label, action, *args),), (option(phrase("button.campaigns"), "campaigns"),))
    return Reply(tuple(lines), rows, edits=True)


async def _results(turn: Turn, name: str, occurrence: str | None) -> list[Phrase]:
    """What it changed: whoever came after the message, against those who were left out of it."""
    found = await effects.of(turn.uow.tx, turn.programme, name, occurrence, turn.now)
    days = turn.programme.campaigns.attribution_days
    lines = [phrase("campaigns.came", n=days), *_compared(found.whole)]
    if not found.whole.sent.people:
        lines = [phrase("campaigns.nothing_yet")]
    for variant, each in found.variants.items():
        lines += (phrase("campaigns.variant", variant=variant), *_compared(each))
    if found.running:
        lines.append(phrase("campaigns.running", n=found.running))
    return lines


def _compared(result: Lift) -> Iterator[Phrase]:
    sent, held_out = result.sent, result.held_out
    yield phrase("campaigns.sent", came=sent.came, people=sent.people)
    if result.difference is None or result.low is None or result.high is None:
        yield phrase("campaigns.nobody_held_out")
        return
    yield phrase("campaigns.held_out", came=held_out.came, people=held_out.people)
    rates = {
        "difference": _signed(result.difference),
        "low": _signed(result.low),
        "high": _signed(result.high),
    }
    yield Phrase("campaigns.lift" if result.clear else "campaigns.too_early", rates)


def _signed(rate: float) -> str:
    """A difference as so many of a hundred, with its sign: +4, -2."""
    whole = round(rate * _OF)
    return f"{whole:+d}" if whole else "0"
