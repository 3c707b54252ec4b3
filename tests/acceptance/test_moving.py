"""S12: a member with a new number says so there, and says yes where they wrote before."""

from __future__ import annotations

import re

import pytest

from bot.domain.members import Role
from tests.acceptance.cafe import Cafe
from tests.acceptance.two_channels import texter
from tests.chat import OnSms, Person

BOTH = pytest.mark.parametrize("dialect", ["sqlite", "postgres"], indirect=True)


async def in_app_with_number(shop: Cafe) -> tuple[Person, OnSms]:
    """Anna in the app, with the number of a phone she texted from before."""
    app, phone = await shop.member("Anna"), texter(shop)
    await app.says("settings")
    await app.presses("My number")
    await app.says(phone.phone)
    await app.says(code_in(phone.sees()))
    phone.look_away()
    return app, phone


def code_in(texts: list[str]) -> str:
    """The code of a text."""
    found = re.search(r"\d{6}", "\n".join(texts))
    assert found, texts
    return found[0]


@BOTH
async def test_s12_a_card_moves_to_a_new_number_by_a_yes_in_the_app(shop: Cafe) -> None:
    app, old = await in_app_with_number(shop)
    new = texter(shop)
    [asked] = await new.says("new number")
    assert asked.startswith("Which card is yours?")
    await new.says(old.phone)
    assert app.sees() == [
        f"Is this you? Somebody with the number …{new.phone[-2:]} says this card is theirs. "
        "Move your card there?"
    ]
    assert await app.presses("Yes, move it") == ["Done, the card has moved."]
    assert any("is here now" in text for text in new.sees())
    [gone] = old.sees()
    assert gone.startswith("This number no longer belongs to a card of Kavarna Lipa")
    assert (await new.says("balance"))[0].startswith("0 of 10 stamps")
    # The old number is a stranger's from now on.
    assert (await old.says("balance"))[0].startswith("Kavarna Lipa: 10 stamps")


async def test_s12_a_no_leaves_everything_as_it_is(shop: Cafe) -> None:
    app, old = await in_app_with_number(shop)
    thief = texter(shop, "Petr")
    await thief.says("new number")
    await thief.says(old.phone)
    app.sees()
    assert await app.presses("No") == [
        "Your card stays as it is. If that wasn't you, nothing more is needed."
    ]
    assert not any("is here now" in text for text in thief.sees())


async def test_s12_a_member_changes_their_number_in_the_settings(shop: Cafe) -> None:
    app, old = await in_app_with_number(shop)
    new = texter(shop)
    await app.says("settings")
    await app.presses("New number")
    await app.says(new.phone)
    assert (await app.says(code_in(new.sees())))[0].startswith("Done, the card has moved.")
    [gone] = old.sees()
    assert f"...{new.phone[-2:]}" in gone
    rows = await shop.rows("SELECT kind FROM identity WHERE member_id IS NOT NULL ORDER BY id")
    assert [row["kind"] for row in rows].count("phone") == 1


@BOTH
async def test_s12_a_manager_moves_a_member_at_the_till(shop: Cafe) -> None:
    app, old = await in_app_with_number(shop)
    code = await shop.code_of(app)
    manager, new = await shop.colleague("Marek", Role.MANAGER), texter(shop)
    await manager.says(code)
    await manager.presses("New number")
    [asked] = await manager.says(new.phone)
    assert asked.startswith(f"We texted a code to {new.phone}")
    [moved] = await manager.says(code_in(new.sees()))
    assert moved.startswith(f"The card has the number …{new.phone[-2:]} now.")
    assert old.sees()
    assert (await new.says("balance"))[0].startswith("0 of 10 stamps")


async def test_s39_a_manager_reads_what_is_wrong_with_a_number(shop: Cafe) -> None:
    app, _ = await in_app_with_number(shop)
    code = await shop.code_of(app)
    manager = await shop.colleague("Marek", Role.MANAGER)
    await manager.says(code)
    await manager.presses("New number")
    async with shop.nothing_changes():
        assert (await manager.says("123"))[0].startswith("This isn't a valid phone number")
        assert (await manager.presses("Cancel"))[0].startswith("Anna")
