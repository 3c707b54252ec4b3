"""An owner writes to many at once, from their own chat, and sees what becomes of it."""

from __future__ import annotations

from bot.domain.members import Role
from scheduler.campaigns import CAMPAIGNS
from scheduler.jobs import plan
from tests.acceptance.cafe import Cafe
from tests.acceptance.conftest import everywhere, on
from tests.chat import Person


async def agreed(cafe: Cafe, name: str = "Anna", language: str = "en") -> Person:
    """A member who wants to hear of offers."""
    person = await cafe.member(name, language)
    await person.says("/resume")
    return person


async def go_out(cafe: Cafe) -> None:
    """Plan and send what is due, until nothing is, and look whether all are through."""
    cafe.world.company.look_away()
    for _ in range(2):
        await plan(cafe.work, cafe.clock, CAMPAIGNS, cafe.house.sender.deliver)
        while await cafe.house.sender.deliver_due():
            pass


@everywhere()
async def test_s22_an_owner_writes_to_everybody_who_agreed(cafe: Cafe) -> None:
    owner = await cafe.colleague("Petr", Role.OWNER)
    anna = await agreed(cafe)
    jana = await cafe.member("Jana")
    print(await owner.says("/broadcast"))
    print(await owner.says("Use your stamps by Friday {all}!"))
    print(owner.buttons)
    print(await owner.presses("Skip"))
    print(await owner.presses("Everybody"))
    print(owner.buttons)
    print(await owner.presses("Test to myself"))
    print(owner.buttons)
    print(await owner.presses("Send"))
    print(await owner.presses("Yes, send it"))
    print(owner.buttons)
    await go_out(cafe)
    print(anna.sees(), jana.sees(), owner.sees(), anna.buttons)
    assert 0
