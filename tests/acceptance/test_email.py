"""E-mail as a member meets it: proven in chat, written to as they agreed, stopped by a link."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import aiohttp
import pytest

from bot.services import preferences, unsubscribing
from scheduler.campaigns import CAMPAIGNS
from scheduler.jobs import plan
from tests.acceptance.by_email import AppAndEmail, code_in, links_email, mail
from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe
from tests.chat import Person

ANNA = "anna@example.org"
BOTH = pytest.mark.parametrize("dialect", ["sqlite", "postgres"], indirect=True)
STATEMENT = """
[campaigns.statement]
on = true

[campaigns.winback]
on = false
"""


@pytest.fixture
async def cafe(open_mailing: OpenCafe) -> Cafe:
    return await open_mailing()


async def begins(cafe: Cafe, person: Person) -> list[str]:
    """A member asks for e-mail."""
    await person.says("settings")
    return await person.presses(cafe.label("button.email", person.language))


async def wants(cafe: Cafe) -> dict[str, bool]:
    """Where the only member wants offers."""
    rows = await cafe.rows(
        "SELECT channel, granted FROM consent WHERE purpose = 'marketing' ORDER BY id"
    )
    return {row["channel"]: bool(row["granted"]) for row in rows}


@BOTH
async def test_s12_an_address_is_proven_by_a_code_sent_there(cafe: Cafe) -> None:
    anna = await cafe.member()
    [asked] = await begins(cafe, anna)
    assert asked.startswith("We can also write to you by e-mail.")
    [sent] = await anna.says("Anna@Example.org")
    assert sent.startswith("We've e-mailed six digits to anna@example.org.")
    [letter] = mail(cafe)
    assert letter.recipient == ANNA
    assert letter.message["Subject"] == "Kavárna Lípa: your code"
    assert letter.message["List-Unsubscribe"] is None
    assert "within 10 minutes" in letter.text
    wrong, offers = await anna.says("000000"), await anna.says(code_in(letter))
    assert wrong[0].startswith("That isn't the code.")
    assert offers == [
        "Your e-mail address is linked to your card.\n"
        "May we also write to you by e-mail about gifts and offers? One click stops it any time. "
        "Your card works either way.",
    ]
    # The right code alone is no consent.
    assert await wants(cafe) == {"simulator": False}
    assert await anna.presses("Yes, please") == [
        "Thank you. Each such e-mail has a link that stops them."
    ]
    assert await wants(cafe) == {"simulator": False, "email": True}


async def test_s33_no_is_kept_and_not_asked_again(cafe: Cafe) -> None:
    anna = await cafe.member()
    await links_email(cafe, anna, ANNA, offers=False)
    assert await wants(cafe) == {"simulator": False, "email": False}
    assert await begins(cafe, anna) == ["E-mail: anna@example.org"]
    await anna.presses("Change")
    await anna.says("nova@example.org")
    assert await anna.says(code_in(mail(cafe)[-1])) == [
        "Your e-mail address is linked to your card."
    ]


@pytest.mark.parametrize(
    "typed", ["anna", "anna@", "anna@example", "anna example.org", "777123456"]
)
async def test_s39_what_is_no_address_is_asked_again(cafe: Cafe, typed: str) -> None:
    anna = await cafe.member()
    await begins(cafe, anna)
    [said] = await anna.says(typed)
    assert said.split("\n")[0] == (
        "This isn't a valid e-mail address. Write it like anna@example.com."
    )
    assert mail(cafe) == []


async def test_s32_an_address_gets_few_codes_a_day(cafe: Cafe) -> None:
    anna, petr = await cafe.member("Anna"), await cafe.member("Petr")
    for person, times in ((anna, 2), (petr, 1)):
        await begins(cafe, person)
        await person.says(ANNA)
        for _ in range(times - 1):
            await person.presses("New code")
    assert len(mail(cafe)) == 3
    [refused] = await petr.presses("New code")
    assert refused.split("\n")[0] == (
        "This address got 3 codes in a day, that is the most. Please try again tomorrow."
    )
    assert len(mail(cafe)) == 3
    await cafe.passes(days=1)
    await begins(cafe, petr)
    await petr.says(ANNA)
    assert len(mail(cafe)) == 4


async def test_s12_a_code_for_a_number_proves_no_address(cafe: Cafe) -> None:
    """Codes of SMS and e-mail are of one store, and not of one kind."""
    anna = await cafe.member()
    await begins(cafe, anna)
    await anna.says(ANNA)
    async with cafe.work.unit_of_work() as uow:
        await uow.tx.execute("UPDATE proof SET kind = 'phone'")
    [said] = await anna.says(code_in(mail(cafe)[-1]))
    assert said.split("\n")[0] == "That code no longer works."


@BOTH
async def test_s12_an_address_of_another_card_joins_both(cafe: Cafe) -> None:
    jana = await cafe.colleague()
    old = await cafe.member("Anna")
    await links_email(cafe, old, ANNA)
    await jana.scans(await cafe.card_of(old))
    await jana.presses("+1")
    new = await cafe.member("Anna")
    await begins(cafe, new)
    await new.says(ANNA)
    said = await new.says(code_in(mail(cafe)[-1]))
    assert said == ["This address already has a card: 1 of 10 stamps. Join both into one?"]
    joined = await new.presses("Join them")
    assert joined[0] == "Both are one card now.\n1 of 10 stamps"
    assert await cafe.code_of(new) == await cafe.code_of(old)


async def test_s12_or_both_stay_as_they_are(cafe: Cafe) -> None:
    old, new = await cafe.member("Anna"), await cafe.member("Petr")
    await links_email(cafe, old, ANNA)
    await begins(cafe, new)
    await new.says(ANNA)
    await new.says(code_in(mail(cafe)[-1]))
    assert await new.presses("No") == ["All right, nothing was changed."]
    assert await begins(cafe, old) == ["E-mail: anna@example.org"]
    assert (await begins(cafe, new))[0].startswith("We can also write to you by e-mail.")


@BOTH
async def test_s36_a_removed_address_is_forgotten(cafe: Cafe) -> None:
    anna = await cafe.member()
    await links_email(cafe, anna, ANNA)
    await begins(cafe, anna)
    assert await anna.presses("Remove") == ["Removed. We no longer have your e-mail address."]
    assert await wants(cafe) == {"simulator": False, "email": False}
    for column, table in (("value", "identity"), ("address", "conversation")):
        sealed = await cafe.rows(f"SELECT {column}_sealed AS kept FROM {table}")
        kept = [cafe.opened(f"{table}.{column}", row["kept"]) for row in sealed]
        assert ANNA not in kept
    await links_email(cafe, anna, ANNA)
    assert await begins(cafe, anna) == ["E-mail: anna@example.org"]


async def test_without_a_mail_server_nobody_hears_of_it(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe()
    anna = await cafe.member()
    await anna.says("settings")
    assert "E-mail" not in anna.buttons


# What is said unasked


async def a_month_later(open_mailing: OpenCafe, language: str = "en") -> tuple[Cafe, Person]:
    """A member with a stamp, on the first of the next month at noon; statements are on."""
    cafe = await open_mailing(preset(more=STATEMENT))
    jana = await cafe.colleague()
    anna = await cafe.member("Anna", language)
    await links_email(cafe, anna, ANNA)
    mail(cafe).clear()
    await jana.scans(await cafe.card_of(anna))
    await jana.presses("+1")
    cafe.clock.at = datetime(2026, 4, 1, 10, tzinfo=UTC)
    return cafe, anna


async def speaks(cafe: Cafe) -> None:
    """What is due unasked is planned and said."""
    await plan(cafe.work, cafe.clock, CAMPAIGNS, again=True)
    await cafe.house.sender.deliver_due()


@BOTH
async def test_s22_the_statement_goes_by_mail_to_who_agreed(open_mailing: OpenCafe) -> None:
    cafe, anna = await a_month_later(open_mailing)
    await speaks(cafe)
    [letter] = mail(cafe)
    message = letter.message
    assert letter.recipient == ANNA
    assert message["Subject"] == "Kavárna Lípa: your month"
    assert "1 stamp" in letter.text
    card = (await cafe.card_of(anna)).rpartition("c_")[2]
    assert f"http://127.0.0.1:{cafe.house.settings.port}/c/{card}" in letter.text
    # Choices that need an answer are left out: nobody answers a mail.
    assert "No more offers" not in letter.text
    assert "Kavárna Lípa sends this because you agreed" in letter.plain
    await speaks(cafe)
    assert len(mail(cafe)) == 1


@BOTH
async def test_s33_the_link_in_it_stops_the_next(open_mailing: OpenCafe) -> None:
    cafe, anna = await a_month_later(open_mailing)
    await speaks(cafe)
    [letter] = mail(cafe)
    link = str(letter.message["List-Unsubscribe"]).strip("<>")
    assert link.startswith(cafe.house.settings.public_url or "?")
    async with aiohttp.ClientSession() as web:
        async with web.get(link) as page:
            assert page.status == 200
        assert await wants(cafe) == {"simulator": False, "email": True}
        async with web.post(link, data={"List-Unsubscribe": "One-Click"}) as done:
            assert done.status == 200
    assert await wants(cafe) == {"simulator": False, "email": False}
    cafe.clock.at = datetime(2026, 5, 1, 10, tzinfo=UTC)
    await speaks(cafe)
    assert len(mail(cafe)) == 1
    # What the member asks for themselves goes on.
    [balance] = await anna.says("balance")
    assert balance.startswith("1 of 10 stamps")


@pytest.mark.parametrize("chosen", [True, False])
async def test_s33a_offers_come_by_mail_to_who_chose_it(cafe: Cafe, chosen: bool) -> None:
    jana, anna = await cafe.colleague(), await cafe.member()
    await anna.says("resume")
    await links_email(cafe, anna, ANNA)
    if chosen:
        await anna.says("messages")
        for key in ("button.channels", "channel.email", "button.channel_first"):
            await anna.presses(cafe.label(key))
    mail(cafe).clear()
    await jana.scans(await cafe.card_of(anna))
    await jana.presses("+1")
    cafe.world.company.look_away()
    cafe.clock.at = datetime(2026, 4, 2, 10, tzinfo=UTC)  # 30 days without a visit
    await speaks(cafe)
    assert (len(mail(cafe)), len(anna.sees())) == ((1, 0) if chosen else (0, 1))
    if chosen:
        assert mail(cafe)[0].message["Subject"] == "Kavárna Lípa: something for you"


async def test_s33a_after_the_link_nothing_takes_over(cafe: Cafe) -> None:
    jana, anna = await cafe.colleague(), await cafe.member()
    await anna.says("resume")
    await links_email(cafe, anna, ANNA)
    await jana.scans(await cafe.card_of(anna))
    await jana.presses("+1")
    async with cafe.work.unit_of_work() as uow:
        [row] = await uow.tx.rows("SELECT id FROM conversation WHERE channel = 'email'")
        [member] = await uow.tx.rows("SELECT id FROM member")
        await preferences.prefer(uow, member["id"], "email")
        token = unsubscribing.token(cafe.work, row["id"])
        assert await unsubscribing.take(uow, token, cafe.clock.now()) is not None
    cafe.world.company.look_away()
    mail(cafe).clear()
    cafe.clock.at = datetime(2026, 4, 2, 10, tzinfo=UTC)
    await speaks(cafe)
    assert (mail(cafe), anna.sees()) == ([], [])


async def test_s33_a_stop_word_in_chat_stops_mail_too(open_mailing: OpenCafe) -> None:
    cafe, anna = await a_month_later(open_mailing)
    await anna.says("stop")
    await speaks(cafe)
    assert (mail(cafe), (await wants(cafe))["email"]) == ([], False)


async def test_it_is_in_the_members_language_from_now_on(open_mailing: OpenCafe) -> None:
    cafe, anna = await a_month_later(open_mailing)
    await anna.says("/language cs")
    await speaks(cafe)
    [letter] = mail(cafe)
    assert letter.message["Subject"] == "Kavárna Lípa: váš měsíc"
    assert letter.message["Content-Language"] == "cs"


@BOTH
async def test_s31_a_mail_that_may_have_arrived_is_not_repeated(
    open_mailing: OpenCafe,
) -> None:
    cafe, _ = await a_month_later(open_mailing)
    assert isinstance(cafe.world, AppAndEmail)
    cafe.world.double.fails.append(("data", "hang up"))
    await speaks(cafe)
    for _ in range(3):
        cafe.clock.at = cafe.clock.at.replace(hour=cafe.clock.at.hour + 1)
        await speaks(cafe)
    assert len(mail(cafe)) == 1
    [(state, _)] = cafe.expected_unsent = await cafe.unsent()
    assert state == "unknown"


async def test_s31_a_code_that_may_have_arrived_is_said_once_more(cafe: Cafe) -> None:
    anna = await cafe.member()
    assert isinstance(cafe.world, AppAndEmail)
    await begins(cafe, anna)
    cafe.world.double.fails.append(("data", "hang up"))
    await anna.says(ANNA)
    await cafe.passes(minutes=1)
    first, second = mail(cafe)
    assert first.message["Message-ID"] == second.message["Message-ID"]


@BOTH
async def test_s32_a_dead_address_hears_no_more_until_it_is_proven(
    open_mailing: OpenCafe,
) -> None:
    cafe, anna = await a_month_later(open_mailing)
    assert isinstance(cafe.world, AppAndEmail)
    cafe.world.double.fails.append(("rcpt", "550 5.1.1 nobody here"))
    await speaks(cafe)
    cafe.expected_unsent = await cafe.unsent()
    assert cafe.expected_unsent == [("failed", "blocked: 550 5.1.1")]
    cafe.clock.at = datetime(2026, 5, 1, 10, tzinfo=UTC)
    await speaks(cafe)
    assert mail(cafe) == []
    await begins(cafe, anna)
    await anna.presses("Change")
    await anna.says(ANNA)
    await anna.says(code_in(mail(cafe)[-1]))
    rows = await cafe.rows("SELECT blocked_at FROM conversation WHERE channel = 'email'")
    assert [row["blocked_at"] for row in rows] == [None]


async def test_s36_no_log_names_an_address(
    open_mailing: OpenCafe, capsys: pytest.CaptureFixture[str]
) -> None:
    cafe, _ = await a_month_later(open_mailing)
    assert isinstance(cafe.world, AppAndEmail)
    cafe.world.double.fails.append(("rcpt", f"550 5.7.1 <{ANNA}> not from here"))
    await speaks(cafe)
    cafe.expected_unsent = await cafe.unsent()
    said = "".join(capsys.readouterr()) + json.dumps(cafe.expected_unsent)
    assert "550 5.7.1" in said
    assert ANNA not in said


@pytest.mark.parametrize("typed", ["card@example.org", "stop@example.org", "0@example.org"])
@pytest.mark.parametrize("app", ["simulator", "simulator-text"])
async def test_an_address_that_begins_like_a_word_of_ours_is_an_address(
    open_mailing: OpenCafe, typed: str, app: str
) -> None:
    cafe = await open_mailing(app=app)
    anna = await cafe.member()
    await begins(cafe, anna)
    [sent] = await anna.says(typed)
    assert sent.startswith(f"We've e-mailed six digits to {typed}.")
    said = await anna.says(code_in(mail(cafe)[-1]))
    assert said[0].startswith("Your e-mail address is linked to your card.")
