"""`staff add`: an invitation that makes its first opener a colleague, and shows the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot import programmes
from bot.cli.staff import RoleWord, invite
from bot.domain.members import Role, Staff
from bot.domain.messages import Address
from bot.services import staffing
from bot.services.results import Refused
from bot.services.unit_of_work import Work
from bot.storage import conversations
from tests.cli.conftest import Ran, Shop
from tests.conftest import NOW
from tests.doubles.telegram import TOKEN, TelegramDouble

LOCATION = '[[locations]]\ncode = "vinohrady"\nname = "Vinohrady"\n'


def open_link(shop: Shop, payload: str, person: str) -> Staff | Refused:
    """Somebody opens an invitation."""

    async def accept(work: Work) -> Staff | Refused:
        async with work.unit_of_work() as uow:
            address = Address("telegram", person)
            conversation = await conversations.enter(uow.tx, address, "telegram", "en", NOW)
            token = payload.removeprefix("s_")
            return await staffing.accept(uow, conversation, token, NOW)

    return shop.ask(accept)


def test_the_link_makes_its_first_opener_a_colleague(shop: Shop) -> None:
    shop.programme.write_text(f"{programmes.preset('cafe-stamps')}\n{LOCATION}", "utf-8")
    ran = shop.run(
        "staff", "add", " Anna  Nová", "--role", "manager", "--location", "vinohrady", "--json"
    )
    invited = json.loads("\n".join(ran.out))
    payload = invited["payload"]
    assert {**invited, "payload": "", "ends_at": ""} == {
        "name": "Anna Nová",
        "role": "manager",
        "location": "vinohrady",
        "link": None,
        "payload": "",
        "ends_at": "",
    }
    colleague = open_link(shop, payload, "7")
    assert isinstance(colleague, Staff)
    assert (colleague.name, colleague.role, colleague.location) == (
        "Anna Nová",
        Role.MANAGER,
        "vinohrady",
    )
    assert isinstance(open_link(shop, payload, "8"), Refused)


def test_people_read_what_to_open_and_what_to_type(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_PUBLIC_URL", "https://shop.example/")
    ran = shop.run("staff", "add", "Anna", "--role", "cashier")
    payload = ran.out[-1].removeprefix("  /start ")
    assert (ran.code, ran.out) == (
        0,
        [
            "Anna becomes cashier by opening this once, within a week:",
            f"  https://shop.example/s/{payload}",
            "or by sending this to the bot:",
            f"  /start {payload}",
        ],
    )
    assert isinstance(open_link(shop, payload, "7"), Staff)


@pytest.mark.parametrize("dialect", ["sqlite"])
def test_without_telegram_there_is_no_link_yet(shop: Shop) -> None:
    ran = shop.run("staff", "add", "Anna", "--role", "cashier")
    assert ran.err[-1] == (
        "There is no link yet, as Telegram is off: put REGULARS_TELEGRAM_TOKEN=… into .env and "
        "start `regulars run`."
    )
    assert ran.out[0] == "Anna becomes cashier by sending this to the bot once, within a week:"
    assert len(ran.out) == 2
    assert ran.out[1].startswith("  /start s_")


async def test_the_link_leads_to_the_bot_where_telegram_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "programme.toml").write_text(programmes.preset("cafe-stamps"), "utf-8")
    monkeypatch.setenv("REGULARS_TELEGRAM_TOKEN", TOKEN)
    async with TelegramDouble() as double:
        monkeypatch.setenv("REGULARS_TELEGRAM_API_URL", double.url)
        invited = await invite("Anna", RoleWord.OWNER, None)
    assert invited.link == f"https://t.me/cafe_double_bot?start={invited.payload}"
    assert len(invited.payload) <= 64
    capsys.readouterr()
    # Telegram is away: the invitation holds all the same, and the reason is said.
    without = await invite("Eva", RoleWord.OWNER, None)
    assert without.link is None
    assert capsys.readouterr().err.startswith("warning: REGULARS_TELEGRAM_TOKEN: Telegram did not")


def test_an_unknown_location_or_no_name_invites_nobody(shop: Shop) -> None:
    add = ("staff", "add", "Anna", "--role", "cashier", "--location")
    unknown = shop.run(*add, "vinohrady")
    assert (unknown.code, unknown.err[-1]) == (
        1,
        'error: the programme has no location "vinohrady". There are: none.',
    )
    shop.programme.write_text(f"{programmes.preset('cafe-stamps')}\n{LOCATION}", "utf-8")
    meant = shop.run(*add, "vinohrad")
    assert meant.err[-1] == (
        'error: the programme has no location "vinohrad". Did you mean "vinohrady"?'
    )
    assert shop.run("staff", "add", " ", "--role", "cashier") == Ran(
        1, [], ["error: the name is empty: write what the team calls them"]
    )

    async def invitations(work: Work) -> int:
        async with work.reading() as reader:
            return len(await reader.rows("SELECT id FROM invitation"))

    assert shop.ask(invitations) == 0
