"""E-mail over SMTP: what arrives, how it gets there, and what each refusal means (S31, S32)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from email.header import decode_header, make_header
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.channels.base import SendError
from bot.channels.email import Email
from bot.channels.smtp import CONNECTIONS, Encryption, Patience, Server
from bot.domain.messages import Address
from bot.handover import SENDING_SECONDS
from tests.channels.smtp_kit import AT, FROM, MAIL, certificates, email_at, to_anna
from tests.channels.telegram_kit import png
from tests.doubles.smtp import PASSWORD, USER, Arrived, SmtpDouble

LOGIN = f"{quote(USER, safe='')}:{quote(PASSWORD, safe='')}"
SHOPS = [
    "Kavárna Lípa",
    "Кофейня «Липа»",
    'Café "L", spol. s r. o.',
    "Kavárna a pekárna U Zlaté lípy na Vinohradech, Dvořák, Nováková a synové",
    "lipa@example.org",
]


@pytest.fixture
async def double() -> AsyncIterator[SmtpDouble]:
    async with SmtpDouble() as double:
        yield double


@pytest.fixture
async def email(double: SmtpDouble) -> AsyncIterator[Email]:
    channel = email_at(double)
    yield channel
    await channel.close()


def lines(arrived: Arrived) -> dict[str, str]:
    """The headers as they went over the wire, unfolded."""
    head = arrived.raw.partition(b"\r\n\r\n")[0].decode("ascii")
    return dict(line.split(": ", 1) for line in re.sub(r"\r\n ", " ", head).split("\r\n"))


async def refused(email: Email, *, kind: str) -> str:
    """Why Anna's message was not taken."""
    with pytest.raises(SendError) as raised:
        await email.send(to_anna())
    assert raised.value.kind == kind
    assert "anna" not in str(raised.value)
    return raised.value.reason


class TestMessage:
    """What the reader gets, read by the standard library."""

    async def test_headers(self, double: SmtpDouble, email: Email) -> None:
        sent = await email.send(to_anna(reference="7"))
        [arrived] = double.arrived
        message = arrived.message
        assert (arrived.sender, arrived.recipient) == (FROM, "anna@example.org")
        assert message["From"] == "Kavárna Lípa <karta@lipa.example>"
        assert message["To"] == "anna@example.org"
        assert message["Subject"] == "Kavárna Lípa: něco pro vás"
        assert message["Date"].datetime == AT
        assert message["Message-ID"] == sent
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Content-Language"] == "cs"
        assert arrived.session["helo"] == "lipa.example"

    async def test_s33_offers_can_be_stopped_by_one_click(
        self, double: SmtpDouble, email: Email
    ) -> None:
        await email.send(to_anna())
        [arrived] = double.arrived
        # As it is on the wire: an encoded link is none.
        assert lines(arrived)["List-Unsubscribe"] == f"<{MAIL.unsubscribe}>"
        assert lines(arrived)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert f'href="{MAIL.unsubscribe}"' in arrived.page
        assert f"{MAIL.stop}:\n{MAIL.unsubscribe}" in arrived.plain

    async def test_what_is_no_offer_has_no_way_to_stop_it(
        self, double: SmtpDouble, email: Email
    ) -> None:
        await email.send(to_anna(mail=replace(MAIL, unsubscribe="", stop="")))
        [arrived] = double.arrived
        assert "unsubscribe" not in arrived.raw.decode().lower()

    @pytest.mark.parametrize("shop", SHOPS)
    async def test_names_in_any_letters(self, double: SmtpDouble, email: Email, shop: str) -> None:
        await email.send(to_anna(mail=replace(MAIL, sender=shop, subject=f"{shop}: ваш месяц")))
        [arrived] = double.arrived
        name, address = parseaddr(lines(arrived)["From"])
        assert (str(make_header(decode_header(name))), address) == (shop, FROM)
        assert arrived.message["Subject"] == f"{shop}: ваш месяц"
        assert arrived.raw.isascii()
        words = re.findall(rb"=\?\S*\?=", arrived.raw)
        assert all(len(word) <= 75 for word in words)  # RFC 2047, section 2

    @pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\x00", "\x0b", "\u2028", "\x85"])
    async def test_s38_a_name_with_a_line_break_adds_no_header(
        self, double: SmtpDouble, email: Email, end: str
    ) -> None:
        name = f"Lípa{end}Bcc: petr@example.org{end}{end}Hello"
        text = f"Anna{end}Bcc: petr@example.org"
        await email.send(to_anna(text, mail=replace(MAIL, sender=name, subject=name)))
        [arrived] = double.arrived
        assert arrived.message["Bcc"] is None
        assert arrived.message["Subject"] == "Lípa Bcc: petr@example.org Hello"
        assert arrived.recipient == "anna@example.org"
        assert arrived.text.startswith("Anna")

    async def test_the_page_says_the_same_and_runs_nothing(
        self, double: SmtpDouble, email: Email
    ) -> None:
        await email.send(to_anna("Anna <script>\n.\n3 & 4\n\nhttps://lipa.example/x"))
        [arrived] = double.arrived
        assert arrived.text.startswith("Anna <script>\n.\n3 & 4\n\nhttps://lipa.example/x")
        assert "Anna &lt;script&gt;" in arrived.page
        assert 'href="https://lipa.example/x"' in arrived.page
        assert '<html lang="cs">' in arrived.page

    async def test_a_choice_that_leads_somewhere_is_a_link(
        self, double: SmtpDouble, email: Email
    ) -> None:
        await email.send(to_anna())
        [(label, link)] = MAIL.links
        [arrived] = double.arrived
        assert f"{label}:\n{link}" in arrived.text
        assert re.search(rf'<a href="{link}"[^>]*>{label}</a>', arrived.page)

    async def test_the_picture_stands_in_the_page(self, double: SmtpDouble, email: Email) -> None:
        await email.send(to_anna(picture=png()))
        [arrived] = double.arrived
        [picture] = arrived.pictures
        assert picture.get_content() == png()
        assert picture["Content-Disposition"].content_disposition == "inline"
        assert f'src="cid:{picture["Content-ID"].strip("<>")}"' in arrived.page

    async def test_half_of_a_sign_is_no_reason_not_to_write(
        self, double: SmtpDouble, email: Email
    ) -> None:
        await email.send(to_anna("Anna \ud83d"))
        assert double.arrived[0].text.startswith("Anna ?")

    async def test_a_name_of_the_settings_wins(self, double: SmtpDouble) -> None:
        email = email_at(double, "Péťa z Lípy <karta@lipa.example>")
        await email.send(to_anna())
        await email.close()
        assert double.arrived[0].message["From"] == "Péťa z Lípy <karta@lipa.example>"


class TestMessageId:
    """S31: a repeat is the same message to whoever keeps mail apart."""

    async def test_s31_a_repeat_has_the_same(self, double: SmtpDouble, email: Email) -> None:
        double.fails.append(("data", "hang up"))
        with pytest.raises(SendError):
            await email.send(to_anna(reference="7"))
        await email.send(to_anna(reference="7"))
        first, second = (arrived.message["Message-ID"] for arrived in double.arrived)
        assert first == second

    async def test_s31_another_message_has_another(self, email: Email) -> None:
        other = Address("email", "petr@example.org")
        sent = [
            await email.send(to_anna(reference="7")),
            await email.send(to_anna(reference="8")),
            await email.send(to_anna("Another database's seventh.", reference="7")),
            await email.send(replace(to_anna(reference="7"), address=other)),
            await email.send(to_anna()),
            await email.send(to_anna()),
        ]
        assert len(set(sent)) == len(sent)
        assert all(re.fullmatch(r"<[0-9a-f]{32}@lipa\.example>", each) for each in sent)


class TestRefusals:
    """What the server says, and what that means for the message and the address."""

    @pytest.mark.parametrize(
        ("stage", "reply", "kind", "reason"),
        [
            ("connect", "554 5.3.2 no", "refused", "554 5.3.2"),
            ("connect", "421 4.3.2 busy", "later", "421 4.3.2"),
            ("mail", "451 4.3.0 later", "later", "451 4.3.0"),
            ("mail", "550 5.1.8 bad sender", "refused", "550 5.1.8"),
            ("mail", "530 5.7.0 log in first", "later", "530 5.7.0 credentials"),
            ("rcpt", "450 4.2.0 greylisted", "later", "450 4.2.0"),
            ("rcpt", "452 4.2.2 <anna@example.org> is full", "later", "452 4.2.2"),
            ("rcpt", "550 5.1.1 <anna@example.org>: nobody", "blocked", "550 5.1.1"),
            ("rcpt", "550 no such user anna@example.org", "blocked", "550"),
            ("rcpt", "553 anna@example.org?", "blocked", "553"),
            ("rcpt", "550 5.2.1 disabled", "blocked", "550 5.2.1"),
            ("rcpt", "556 5.1.10 null MX", "blocked", "556 5.1.10"),
            ("rcpt", "550 5.7.1 relaying denied", "refused", "550 5.7.1"),
            ("rcpt", "552 5.2.2 full", "refused", "552 5.2.2"),
            ("rcpt", "554 no", "refused", "554"),
            ("begin", "451 4.7.1 not now", "later", "451 4.7.1"),
            ("data", "451 4.7.0 try later", "later", "451 4.7.0"),
            ("data", "550 5.7.26 not authenticated", "refused", "550 5.7.26"),
            ("data", "550 5.1.1 nobody after all", "blocked", "550 5.1.1"),
            ("data", "554 5.7.1 spam", "refused", "554 5.7.1"),
        ],
    )
    async def test_s32_a_reply_is_understood(
        self, double: SmtpDouble, email: Email, stage: str, reply: str, kind: str, reason: str
    ) -> None:
        double.fails.append((stage, reply))
        assert await refused(email, kind=kind) == reason
        await email.send(to_anna())
        assert len(double.arrived) == 1

    @pytest.mark.parametrize("stage", ["connect", "mail", "rcpt"])
    @pytest.mark.parametrize("fate", ["hang", "hang up"])
    async def test_s31_what_did_not_begin_is_tried_again(
        self, double: SmtpDouble, email: Email, stage: str, fate: str
    ) -> None:
        double.fails.append((stage, fate))
        await refused(email, kind="later")
        assert double.arrived == []
        await email.send(to_anna())
        assert len(double.arrived) == 1

    @pytest.mark.parametrize("fate", ["hang", "hang up"])
    async def test_s31_what_may_have_arrived_is_not_known(
        self, double: SmtpDouble, email: Email, fate: str
    ) -> None:
        double.fails.append(("data", fate))
        await refused(email, kind="unknown")
        assert len(double.arrived) == 1

    async def test_no_server_is_later(self, double: SmtpDouble) -> None:
        async with SmtpDouble() as gone:
            email = email_at(gone)
        await refused(email, kind="later")

    @pytest.mark.parametrize(
        "value",
        [
            "anna",
            "anna@",
            "@example.org",
            "Anna@example.org",
            "anna@example.org\r\nRCPT TO:<petr@example.org>",
            "anna@example.org> SIZE=1",
            "anna@localhost",
            "",
        ],
    )
    async def test_what_is_no_address_never_leaves(
        self, double: SmtpDouble, email: Email, value: str
    ) -> None:
        with pytest.raises(SendError) as raised:
            await email.send(replace(to_anna(), address=Address("email", value)))
        assert (raised.value.kind, double.connections) == ("refused", 0)


class TestConnections:
    """How mail gets there: one way kept for many, encrypted, logged in."""

    async def test_one_is_kept_for_the_next(self, double: SmtpDouble, email: Email) -> None:
        for _ in range(3):
            await email.send(to_anna())
        assert (len(double.arrived), double.connections) == (3, 1)

    async def test_a_refused_address_does_not_cost_it(
        self, double: SmtpDouble, email: Email
    ) -> None:
        double.fails.append(("rcpt", "550 5.1.1 nobody"))
        await refused(email, kind="blocked")
        await email.send(to_anna())
        assert (len(double.arrived), double.connections) == (1, 1)

    async def test_one_the_server_ended_meanwhile_is_replaced(
        self, double: SmtpDouble, email: Email
    ) -> None:
        await email.send(to_anna())
        double.hangs_up()
        await email.send(to_anna())
        assert (len(double.arrived), double.connections) == (2, 2)

    async def test_there_are_few_at_once(self, double: SmtpDouble, email: Email) -> None:
        await asyncio.gather(*(email.send(to_anna(reference=str(n))) for n in range(30)))
        assert len(double.arrived) == 30
        assert double.connections == CONNECTIONS

    @pytest.mark.parametrize("at_once", [True, False])
    async def test_it_is_encrypted_and_logged_in(self, tmp_path: Path, at_once: bool) -> None:
        shows, trusts = certificates(tmp_path)
        async with SmtpDouble(shows, at_once, login=True) as double:
            way: Encryption = "at once" if at_once else "required"
            email = email_at(double, encryption=way, login=LOGIN, context=trusts)
            await email.send(to_anna())
            await email.close()
        [arrived] = double.arrived
        assert (arrived.session["tls"], arrived.session["login"]) == (True, True)

    async def test_a_wrong_password_is_tried_again_when_it_is_put_right(
        self, tmp_path: Path
    ) -> None:
        shows, trusts = certificates(tmp_path)
        async with SmtpDouble(shows, login=True) as double:
            login = LOGIN.replace("karta", "petr")
            email = email_at(double, encryption="required", login=login, context=trusts)
            reason = await refused(email, kind="later")
        assert reason.endswith("credentials")
        assert double.arrived == []

    async def test_s38_who_can_not_prove_who_they_are_gets_nothing(self, tmp_path: Path) -> None:
        shows, _ = certificates(tmp_path)
        async with SmtpDouble(shows) as double:
            await refused(email_at(double, encryption="required"), kind="later")
        assert double.arrived == []

    async def test_s38_no_login_goes_in_the_clear(self, double: SmtpDouble) -> None:
        email = email_at(double, encryption="required", login=LOGIN)
        await refused(email, kind="later")
        assert double.arrived == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 587, "offered")),
        ("smtp://mail.example:25", Server("mail.example", 25, "offered")),
        (
            "smtp://a%40b.example:p%2Fw@mail.example",
            Server("mail.example", 587, "required", "a@b.example", "p/w"),
        ),
        ("smtps://me:pw@mail.example", Server("mail.example", 465, "at once", "me", "pw")),
        ("smtp://127.0.0.1:1025", Server("127.0.0.1", 1025, "never")),
        ("smtp://localhost:25", Server("localhost", 25, "never")),
    ],
)
def test_the_setting_says_how_to_get_there(url: str, server: Server) -> None:
    assert Server.of(url) == server
    assert "pw" not in repr(Server.of("smtps://me:pw@mail.example"))


def test_a_mail_takes_less_than_its_sender_waits() -> None:
    whole = Patience()
    assert whole.wait_s + whole.begin_s + whole.accept_s < SENDING_SECONDS
