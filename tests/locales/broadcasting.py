"""A café whose owner writes to many over SMS, with everything that is answered."""

from __future__ import annotations

from bot.domain.members import Role
from bot.domain.messages import Action
from bot.services import halting
from scheduler.campaigns import CAMPAIGNS
from scheduler.jobs import plan
from tests.acceptance.cafe import Cafe
from tests.locales.texting import NAME, PURCHASE, VISIT, Listener, Texter, programme

_TEXT = "Spring is here."
#: Every condition, and each way to get one wrong.
_WHOLE = (
    "location:place0,place1 language:en,cs,pl,ro,ru here:365 not-here:21 visits:21/90 "
    "spend:1234.50/90 hours:14-17 birthday:1,2,3,4,5 tag:student,teacher"
)
_WRONG = (
    "locaton:karlin-vinohrady-namesti-miru-u-metra",
    "place0",
    "product:latte",
    "here:3 here:4",
    "all here:3",
    "here:",
    "here:soon",
    "visits:21",
    "hours:21",
    "birthday:21",
    "location:brno",
    "language:de",
    "here:21 not-here:22",
)


async def broadcasting(listener: Listener) -> None:
    """An owner writes, tests, sends, pauses, ends, and looks at the campaigns."""
    async with listener.cafe(programme(VISIT, PURCHASE, more="[sms]\nprice = 1.5")) as cafe:
        anna = cafe.guest(NAME)
        for text in ("join", "1", NAME, "1", "14 March", "/resume"):
            await anna.says(text)
        owner = await cafe.colleague(NAME, Role.OWNER, "place0")
        assert isinstance(owner, Texter)
        await owner.says("help")
        await owner.says("/broadcast")
        await owner.sends_photo()
        for text in (
            "x" * 921,
            "Hello, {name}!",
            _TEXT,
            "2",
            "/broadcast",
            _TEXT,
            "1",
            "1",
            "1",
            "1",
            *_WRONG,
        ):
            await owner.says(text)
        await owner.says(_WHOLE)
        await _one(cafe, owner)
        await _another(cafe, owner)
        await owner.says("/campaigns")
        for name in ("winback", "broadcast", "statement"):
            await owner.means(Action("campaign_show", (name,)))
        await owner.means(Action("campaign_pause", ("winback",)))
        await owner.says("/campaigns")
        await owner.means(Action("campaign_resume", ("winback",)))
        await owner.says("/broadcast 99")


async def _one(cafe: Cafe, owner: Texter) -> None:
    """One that goes out, and is done."""
    await _drafted(owner)
    for action in ("test", "send", "go", "go", "show", "resume"):
        await owner.means(Action(f"broadcast_{action}", ("2",)))
    await _time(cafe)
    await owner.means(Action("broadcast_pause", ("2",)))
    await owner.means(Action("broadcast_stop", ("2",)))


async def _another(cafe: Cafe, owner: Texter) -> None:
    """One that waits as there was one today, is halted, paused and ended."""
    await _drafted(owner)
    for action in ("send", "go"):
        await owner.means(Action(f"broadcast_{action}", ("3",)))
    await _time(cafe)
    await owner.means(Action("broadcast_show", ("3",)))
    async with cafe.work.unit_of_work() as uow:
        reason = "63041 Meta paused this approved sentence"
        await halting.halt(uow, "broadcast:3", reason, cafe.clock.now())
    await cafe.house.sender.deliver_due()
    for action in ("show", "resume", "pause", "stop"):
        await owner.means(Action(f"broadcast_{action}", ("3",)))
    await owner.means(Action("broadcasts"))


async def _drafted(owner: Texter) -> None:
    await owner.says(f"/broadcast {_TEXT}")
    for text in ("1", "1", "1", "1", "1"):
        await owner.says(text)


async def _time(cafe: Cafe) -> None:
    """What is due is planned and sent, and what is through is told."""
    for _ in range(2):
        await plan(cafe.work, cafe.clock, CAMPAIGNS, cafe.house.sender.deliver, again=True)
        while await cafe.house.sender.deliver_due():
            pass
