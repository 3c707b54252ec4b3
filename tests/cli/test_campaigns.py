"""`campaigns preview`, `campaigns run` and `deliver`, each as of an instant."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.services import leases
from bot.services.unit_of_work import Work
from scheduler.jobs import PLAN_LEASE
from tests.cli.conftest import CAFE, Ran, Shop
from tests.cli.files import bring_in
from tests.conftest import SECRET
from tests.doubles.twilio import ACCOUNT, SMS_FROM, TOKEN, TwilioDouble

#: Who has their birthday on 2 March; B2 agreed to nothing, C3 to e-mail without an address.
BORN = """code,phone,name,birthday,consent,consent_at,consent_source
A1,+420777123456,Anna,03-02,sms,2025-01-02T10:30:00+01:00,paper form
B2,+420777123457,Jana,03-02,,,
C3,,Petr,03-02,email,2025-01-02T10:30:00+01:00,paper form
D4,+420777123458,Eva,03-03,sms,2025-01-02T10:30:00+01:00,paper form
"""
NOON, NIGHT = "2026-03-02T12:00+01:00", "2026-03-02T21:00+01:00"
ASSUMED = "No channel is set up yet: shown as if all of them were."


@pytest.fixture
def people(shop: Shop) -> Shop:
    """The café with people whose birthday it is."""
    bring_in(shop, BORN)
    return shop


def planned(shop: Shop) -> list[tuple[str, str]]:
    """Member codes and occurrences of all that was ever planned."""

    async def question(work: Work) -> list[tuple[str, str]]:
        async with work.reading() as reader:
            rows = await reader.rows(
                "SELECT m.code, o.occurrence FROM occasion o JOIN member m ON m.id = o.member_id "
                "ORDER BY m.code"
            )
        return [(row["code"], row["occurrence"]) for row in rows]

    return shop.ask(question)


def in_json(ran: Ran) -> list[dict[str, Any]]:
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = json.loads("\n".join(ran.out))
    return found


# Preview


def test_preview_says_who_gets_what_and_why_others_do_not(people: Shop) -> None:
    ran = people.run("campaigns", "preview", "--at", NOON)
    assert (ran.code, ran.err) == (0, [ASSUMED])
    assert ran.out == [
        "A1  birthday 2026 over sms  2026-03-02 09:00  is sent",
        "B2  birthday 2026  2026-03-02 09:00  is not sent: no consent to messages",
        "C3  birthday 2026  2026-03-02 09:00  is not sent: no channel they can be reached on",
        "1 message, 0 that wait, 2 not sent.",
    ]
    assert planned(people) == []


def test_preview_in_json(people: Shop) -> None:
    birthday = {"campaign": "birthday", "occurrence": "2026"}
    found = in_json(people.run("campaigns", "preview", "--at", NIGHT, "--json"))
    waits = {"due_at": "2026-03-02T23:00:00+00:00", "outcome": "deferred", "reason": "quiet hours"}
    nine = {"due_at": "2026-03-02T08:00:00+00:00", "outcome": "dropped"}
    assert found == [
        {"member": "A1", **birthday, "channel": "sms", **waits},
        {"member": "B2", **birthday, "channel": None, **nine, "reason": "no consent"},
        {"member": "C3", **birthday, "channel": None, **nine, "reason": "no channel"},
    ]


def test_preview_of_one_campaign_or_of_a_quiet_day(people: Shop) -> None:
    for asked in (("--campaign", "winback", "--at", NOON), ("--at", "2026-06-01T12:00Z")):
        assert in_json(people.run("campaigns", "preview", "--json", *asked)) == []
    ran = people.run("campaigns", "preview", "--at", NOON, "--campaign", "winback")
    assert ran.out == ["0 messages, 0 that wait, 0 not sent."]


def test_preview_says_when_the_file_is_not_what_it_shows(people: Shop) -> None:
    asked = ("campaigns", "preview", "--at", NOON)
    before = people.run(*asked)
    people.programme.write_text(f"{CAFE}\n[campaigns.birthday]\non = false\n", "utf-8")
    edited = people.run(*asked)
    assert (edited.code, edited.out) == (0, before.out)
    assert edited.err == [
        "What is in programme.toml is not in force, so it is not what this shows: start Regulars "
        "again; `regulars check` says what may be wrong.",
        ASSUMED,
    ]
    people.run("campaigns", "run", "--at", "2026-06-01T12:00Z")
    assert people.run(*asked) == Ran(0, ["0 messages, 0 that wait, 0 not sent."], [ASSUMED])
    people.programme.unlink()
    assert people.run(*asked).err == [ASSUMED]


def test_preview_makes_no_database(
    run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_DATABASE_URL", f"sqlite://{tmp_path}/none.db")
    assert run("campaigns", "preview").code == 1
    assert list(tmp_path.iterdir()) == []


def test_channels_that_are_set_up_are_the_ones_that_count(
    people: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REGULARS_TELEGRAM_TOKEN", "123456789:AAE_fictional-token-for-tests_0123456")
    ran = people.run("campaigns", "preview", "--at", NOON, "--json")
    assert [row["reason"] for row in in_json(ran)] == ["no channel", "no consent", "no channel"]
    assert ran.err == []


SUCH_AS = "write it like 2026-03-02T09:00+01:00 or 2026-03-02T08:00Z"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (
            ("campaigns", "preview", "--campaign", "birthdy"),
            '--campaign: there is no campaign "birthdy". Did you mean "birthday"?',
        ),
        (("campaigns", "run", "--at", "noon"), f'--at: "noon" is no instant; {SUCH_AS}'),
        (
            ("campaigns", "preview", "--at", "2026-03-02T09:00"),
            '--at: "2026-03-02T09:00" has no offset, so it is not clear where; ' + SUCH_AS,
        ),
        (
            ("deliver", "--at", "2026-02-30T09:00Z"),
            f'--at: "2026-02-30T09:00Z" is no instant; {SUCH_AS}',
        ),
        (
            ("deliver",),
            "nothing can be sent: no channel is set up yet. "
            "put REGULARS_TELEGRAM_TOKEN=… into .env",
        ),
    ],
)
def test_what_cannot_be_meant_is_said_with_what_to_write(
    shop: Shop, arguments: tuple[str, ...], says: str
) -> None:
    ran = shop.run(*arguments)
    assert (ran.code, ran.out, ran.err) == (1, [], [f"error: {says}"])


# Planning


def test_run_plans_what_is_left_as_of_an_instant(people: Shop) -> None:
    ran = people.run("campaigns", "run", "--at", NOON)
    assert (ran.code, ran.out) == (0, ["birthday: 2 messages planned", "2 messages planned."])
    assert planned(people) == [("A1", "2026"), ("C3", "2026")]
    assert people.run("campaigns", "run", "--at", NOON).out == ["0 messages planned."]
    ran = people.run("campaigns", "run", "--at", "2026-03-03T12:00+01:00")
    assert ran.out == ["birthday: 1 message planned", "1 message planned."]
    assert planned(people) == [("A1", "2026"), ("C3", "2026"), ("D4", "2026")]


LATER = "2126-03-02T12:00+01:00"


def test_what_is_planned_or_sent_ahead_of_time_is_said_before(
    people: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (
        ("ACCOUNT_SID", ACCOUNT),
        ("AUTH_TOKEN", TOKEN),
        ("API_URL", "http://127.0.0.1:9"),
        ("SMS_FROM", SMS_FROM),
    ):
        monkeypatch.setenv(f"REGULARS_TWILIO_{name}", value)
    monkeypatch.setenv("REGULARS_PUBLIC_URL", "http://127.0.0.1:9")
    now = datetime.now(UTC).isoformat()
    for at in ((), ("--at", now), ("--at", NOON)):
        assert people.run("deliver", *at) == Ran(0, ["0 messages due before, 0 after."])
    for at in ((), ("--at", now)):
        assert people.run("campaigns", "run", *at).err == []
    # To look ahead does nothing.
    assert people.run("campaigns", "preview", "--at", LATER).err == []

    said = r"It is 20\d\d-\d\d-\d\d \d\d:\d\d now: what is due until 2126-03-02 12:00 is {} now\."
    for command, what in ((("deliver",), "sent"), (("campaigns", "run"), "planned")):
        ran = people.run(*command, "--at", LATER)
        assert ran.code == 0
        [line] = ran.err
        assert re.fullmatch(said.format(what), line)


def test_s29_run_waits_for_who_is_planning(people: Shop) -> None:
    """As long as their lease holds, not longer."""
    until = datetime.now(UTC) + timedelta(seconds=1)

    async def held(work: Work) -> None:
        other = Work(work.database, ("en", "cs"), owner="another process")
        await leases.take(other, PLAN_LEASE, until - timedelta(seconds=1), timedelta(seconds=1))

    people.ask(held)
    ran = people.run("campaigns", "run", "--at", NOON)
    assert (ran.code, planned(people)) == (0, [("A1", "2026"), ("C3", "2026")])
    assert datetime.now(UTC) >= until


# Delivering


async def regulars(folder: Path, *arguments: str, **settings: str) -> tuple[int | None, list[str]]:
    """How a command left that ran as a process of its own, and what it answered."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", *arguments),
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2]), **settings},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode().splitlines()


async def test_s29_any_number_deliver_and_everybody_hears_it_once(
    tmp_path: Path, database_url: str
) -> None:
    (tmp_path / "programme.toml").write_text(CAFE, "utf-8")
    numbers = [f"+4207771234{number:02}" for number in range(12)]
    lines = [
        f"M{at},{number},03-02,sms,2025-01-02T10:30:00+01:00,paper form"
        for at, number in enumerate(numbers)
    ]
    header = "code,phone,birthday,consent,consent_at,consent_source"
    (tmp_path / "people.csv").write_text("\n".join([header, *lines]), "utf-8")
    async with TwilioDouble() as double:
        settings = {
            "REGULARS_DATABASE_URL": database_url,
            "REGULARS_SECRET_KEY": SECRET,
            "REGULARS_TWILIO_ACCOUNT_SID": ACCOUNT,
            "REGULARS_TWILIO_AUTH_TOKEN": TOKEN,
            "REGULARS_TWILIO_API_URL": double.url,
            "REGULARS_TWILIO_SMS_FROM": SMS_FROM,
            "REGULARS_TWILIO_SMS_RATE": "1000",
            "REGULARS_PUBLIC_URL": "http://127.0.0.1:9",
        }
        for command in (("members", "import", "people.csv"), ("campaigns", "run", "--at", NOON)):
            assert (await regulars(tmp_path, *command, **settings))[0] == 0
        for phone in numbers:
            double.phone(phone)
        deliver = ("deliver", "--until-empty", "--at")
        early = await regulars(tmp_path, *deliver, "2026-03-02T08:59+01:00", **settings)
        assert (early, double.messages) == ((0, ["0 messages due before, 0 after."]), [])
        at_once = [regulars(tmp_path, *deliver, NOON, **settings) for _ in range(3)]
        assert [code for code, _ in await asyncio.gather(*at_once)] == [0, 0, 0]
        again = await regulars(tmp_path, *deliver, NOON, **settings)
        assert again == (0, ["0 messages due before, 0 after."])
    heard = Counter(taken.params["To"] for taken in double.messages)
    assert heard == dict.fromkeys(numbers, 1)
