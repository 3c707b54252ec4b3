"""`broadcast`: written, counted, sent, paused and ended from the command line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.cli import broadcasts as command
from bot.clock import Clock
from bot.domain.members import Role
from bot.services import broadcasts, joining
from bot.services.unit_of_work import Work
from bot.settings import PREFIX
from tests.cli.conftest import Ran, Shop
from tests.conftest import NOW
from tests.services.shop import Shop as People


@pytest.fixture(autouse=True)
def telegram(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telegram is on, and nobody calls it."""
    monkeypatch.setenv(f"{PREFIX}TELEGRAM_TOKEN", "123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw")


@pytest.fixture
def shop(shop: Shop) -> Shop:
    """The café with a member who agreed, one who did not, and an owner."""
    shop.run("staff", "add", "Petr", "--role", "owner", "--json")  # puts the programme in force

    async def people(work: Work) -> None:
        there = People(work)
        chat = await there.chat()
        anna = await there.member("Anna", chat)
        async with work.unit_of_work() as uow:
            await joining.decide_marketing(uow, anna.id, "telegram", True, "resume.done", NOW)
        await there.member("Jana")
        await there.colleague("Petr", Role.OWNER)

    shop.ask(people)
    return shop


def told(ran: Ran) -> Any:
    """The answer as JSON."""
    assert ran.code == 0, ran.err
    return json.loads("\n".join(ran.out))


def advance(shop: Shop) -> None:
    """The scheduler's tick."""

    async def plan(work: Work) -> None:
        await broadcasts.advance(work, Clock().now())

    shop.ask(plan)


KEPT = (
    "Kept as draft 1: `regulars broadcast send 1` sends it, "
    "`regulars broadcast stop 1` throws it away."
)
NEW = ("broadcast", "new", "--text", "en=Hello!", "--text", "cs=Dobrý den = ahoj")


def test_it_is_counted_and_sent_after_a_yes(shop: Shop) -> None:
    ran = shop.run(*NEW, "--segment", "language:en", "--yes")
    assert (ran.code, ran.out) == (
        0,
        [
            "[en] Hello!",
            "[cs] Dobrý den = ahoj",
            "To: language:en",
            "1 person: telegram 1",
            "Broadcast 1: running, to language:en",
            "0 sent, 1 waiting, 0 not sent",
        ],
    )
    advance(shop)
    found = told(shop.run("broadcast", "show", "1", "--json"))
    assert {**found, "started_at": ""} == {
        "broadcast": 1,
        "state": "running",
        "reason": None,
        "segment": "language:en",
        "people": 1,
        "sent": 0,
        "on_the_way": 0,
        "waiting": 1,
        "not_sent": {},
        "put_off": {},
        "started_at": "",
        "ended_at": None,
    }


def test_without_a_yes_it_stays_a_draft(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command.typer, "confirm", lambda *_, **__: False)
    ran = shop.run(*NEW)
    assert ran.code == 0
    assert ran.err == [KEPT]
    assert told(shop.run("broadcast", "show", "1", "--json"))["state"] == "draft"
    assert shop.run("broadcast", "send", "1").out == [
        "Broadcast 1: running, to all",
        "0 sent, 1 waiting, 0 not sent",
    ]


def test_a_program_gets_the_count_before_it_says_yes(shop: Shop) -> None:
    assert told(shop.run(*NEW, "--json")) == {
        "broadcast": 1,
        "segment": "all",
        "people": 1,
        "channels": {"telegram": 1},
        "segments": 0,
        "cost": None,
    }
    assert told(shop.run("broadcast", "send", "1", "--json"))["state"] == "running"


def test_it_is_paused_resumed_and_ended(shop: Shop) -> None:
    shop.run(*NEW, "--yes")
    advance(shop)
    assert shop.run("broadcast", "pause", "1").out[0] == "Broadcast 1: paused, to all"
    again = shop.run("broadcast", "pause", "1")
    assert (again.code, again.err) == (
        1,
        ["error: It is not being sent, so there is nothing to pause."],
    )
    assert shop.run("broadcast", "resume", "1").out[0] == "Broadcast 1: running, to all"
    assert shop.run("broadcast", "stop", "1").out == [
        "Broadcast 1: stopped, to all",
        "0 sent, 0 waiting, 1 not sent",
        "  not sent: 1 stopped",
    ]
    [line] = shop.run("broadcast", "list").out
    assert " ".join(line.split()) == "1 stopped 0 sent, 0 waiting, 1 not sent all"
    [listed] = told(shop.run("broadcast", "list", "--json"))
    assert listed["not_sent"] == {"stopped": 1}


def test_following_ends_when_it_is_over(shop: Shop) -> None:
    shop.run(*NEW, "--yes")
    shop.run("broadcast", "stop", "1")
    assert shop.run("broadcast", "show", "1", "--follow").out[0] == "Broadcast 1: stopped, to all"


def test_a_test_goes_to_the_owners_chat(shop: Shop) -> None:
    shop.run(*NEW, "--json")
    ran = shop.run("broadcast", "test", "1")
    assert (ran.code, ran.out) == (
        0,
        ["On its way to 1 chat of owners; a running Regulars sends it."],
    )

    async def waiting(work: Work) -> list[str]:
        async with work.reading() as reader:
            rows = await reader.rows("SELECT class FROM outbox ORDER BY id")
            return [row["class"] for row in rows]

    assert shop.ask(waiting) == ["transactional"]


def test_to_nobody_nothing_is_sent(shop: Shop) -> None:
    ran = shop.run(*NEW, "--segment", "tag:student", "--yes")
    assert ran.code == 1
    assert ran.err == [
        "None of them can be written to now: it takes consent and an address that works.",
        KEPT,
    ]
    assert told(shop.run("broadcast", "show", "1", "--json"))["state"] == "draft"


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (
            ("--text", "Hello!"),
            '--text "Hello!": write a language, = and the text: cs="Dobrý den!"',
        ),
        (("--text", "en="), '--text "en=": write a language, = and the text: cs="Dobrý den!"'),
        (("--text", "de=Hallo"), '--text: the shop does not speak "de"; there are: en, cs'),
        (("--text", "en=a", "--text", "EN=b"), '--text: "en" stands there twice'),
        (("--text", f"en={'x' * 902}"), "--text en: 2 characters too long; at most 900 fit"),
        (
            ("--text", "en=Hello, {name}!"),
            "--text en: Everybody reads the same words, so {name} would stay as it is: "
            "write it without.",
        ),
        (
            ("--text", "en=a", "--segment", "tier:gold"),
            "--segment: this programme has no tiers",
        ),
    ],
)
def test_what_is_wrong_is_said_and_nothing_kept(
    shop: Shop, arguments: tuple[str, ...], error: str
) -> None:
    ran = shop.run("broadcast", "new", *arguments, "--yes")
    assert (ran.code, ran.err) == (1, [f"error: {error}"])
    assert told(shop.run("broadcast", "list", "--json")) == []


def test_a_number_nobody_has(shop: Shop) -> None:
    ran = shop.run("broadcast", "show", "7")
    assert (ran.code, ran.err) == (1, ["error: There is no broadcast with this number."])


def test_results_say_when_there_is_nothing_to_compare(shop: Shop) -> None:
    assert shop.run("campaigns", "results", "winback").out == ["winback: no results yet"]
    [found] = told(shop.run("campaigns", "results", "broadcast:1", "--json"))
    assert found == {
        "campaign": "broadcast:1",
        "people": 0,
        "came": 0,
        "held_out": 0,
        "held_out_came": 0,
        "difference": None,
        "low": None,
        "high": None,
        "clear": False,
        "variants": {},
        "running": 0,
    }
    ran = shop.run("campaigns", "results", "winbak")
    assert (ran.code, ran.err) == (
        1,
        ['error: there is no campaign "winbak". Did you mean "winback"?'],
    )
