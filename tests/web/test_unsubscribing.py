"""S33, S38: links that stop offers by e-mail, on both databases (RFC 8058)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from bot.clock import Clock
from bot.domain.members import Consent, Member
from bot.domain.messages import Address
from bot.services import joining, mailboxes, unsubscribing
from bot.services.unit_of_work import Work
from bot.storage import conversations, members
from bot.web.pages import Found
from bot.web.server import build_app
from bot.web.unsubscribing import Unsubscribing
from locales import Catalogues
from tests.services.shop import NOW, Shop

WORDS = Catalogues.load()
ANNA = "anna@example.org"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}

Client = TestClient[web.Request, web.Application]


class Standstill(Clock):
    """It is always noon."""

    def now(self) -> datetime:
        return NOW


async def _nothing(_: object) -> None:
    """Nobody asks for it here."""


async def _ready() -> list[str]:
    return []


@pytest.fixture
def shop(work: Work) -> Shop:
    return Shop(work)


@pytest.fixture
async def client(work: Work) -> AsyncIterator[Client]:
    app = build_app(
        handle=_nothing,
        channels={},
        ready=_ready,
        metrics=CollectorRegistry(),
        catalogues=WORDS,
        found=Found(_nothing, _nothing, work.programme),
        unsubscribing=Unsubscribing(work, WORDS, Standstill()),
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def subscriber(
    shop: Shop, *channels: str, name: str = "Anna", address: str = ANNA, language: str = "en"
) -> tuple[Member, str]:
    """A member with an e-mail address who wants offers there, and the token in those e-mails."""
    chat = await shop.chat()
    async with shop.uow() as uow:
        joined = await joining.join(uow, chat, name=name, language=language, location=None, now=NOW)
        member = joined.member
        await members.attach(uow.tx, member.id, "email", address, proven=True, now=NOW)
        to = Address("email", address)
        mailbox = await conversations.open(uow.tx, to, "email", language, NOW)
        for channel in channels or ("email",):
            await joining.decide_marketing(uow, member.id, channel, True, "email.marketing", NOW)
    return member, unsubscribing.token(shop.work, mailbox.id)


async def consents(shop: Shop, member: Member) -> dict[str, bool]:
    """Where a member wants offers now."""
    return {c.channel: c.granted for c in await decided(shop, member)}


async def decided(shop: Shop, member: Member) -> list[Consent]:
    async with shop.work.reading() as reader:
        found = await members.consents(reader, member.id)
    return [consent for consent in found if consent.purpose == "marketing"]


async def rows(shop: Shop) -> int:
    return await shop.count("consent")


async def test_s33_one_click_stops_at_once(shop: Shop, client: Client) -> None:
    anna, token = await subscriber(shop, "email", "telegram")
    answer = await client.post(f"/unsubscribe/{token}", data=ONE_CLICK, allow_redirects=False)
    assert (answer.status, "Set-Cookie" in answer.headers) == (200, False)
    assert await consents(shop, anna) == {"email": False, "telegram": True}
    [email] = [consent for consent in await decided(shop, anna) if consent.channel == "email"]
    assert (email.wording, email.source, email.at) == (
        unsubscribing.WORDING,
        unsubscribing.SOURCE,
        NOW,
    )


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n'
            b"--b--\r\n",
            "multipart/form-data; boundary=b",
        ),
        (b"", "application/x-www-form-urlencoded"),
        (b"\xff\xfe", "application/x-www-form-urlencoded"),
        (b"x", "application/x-www-form-urlencoded; charset=none"),
        (b"x", "multipart/form-data"),
        (b"{}", "application/json"),
    ],
)
async def test_s39_whatever_a_mail_program_sends_it_stops(
    shop: Shop, client: Client, body: bytes, kind: str
) -> None:
    anna, token = await subscriber(shop)
    answer = await client.post(f"/unsubscribe/{token}", data=body, headers={"Content-Type": kind})
    assert answer.status == 200
    assert await consents(shop, anna) == {"email": False}


async def test_looking_changes_nothing(shop: Shop, client: Client) -> None:
    anna, token = await subscriber(shop)
    before = await rows(shop)
    for method in (client.get, client.head):
        assert (await method(f"/unsubscribe/{token}")).status == 200
    assert (await rows(shop), await consents(shop, anna)) == (before, {"email": True})


@pytest.mark.parametrize(
    ("language", "ask", "done"),
    [
        ("en", "Shall we stop them?", "Stopped. We no longer e-mail you"),
        ("cs", "Máme je zastavit?", "Zastaveno. O dárcích a nabídkách"),
    ],
)
async def test_the_page_asks_with_one_button_in_the_members_language(
    shop: Shop, client: Client, language: str, ask: str, done: str
) -> None:
    anna, token = await subscriber(shop, language=language)
    page = await (await client.get(f"/unsubscribe/{token}")).text()
    assert ask in page
    assert f'<html lang="{language}">' in page
    assert page.count("<button") == 1
    [(name, value)] = re.findall(r'<button name="(\w+)" value="(\w+)"', page)
    after = await (await client.post(f"/unsubscribe/{token}", data={name: value})).text()
    assert done in after
    assert await consents(shop, anna) == {"email": False}


async def test_s33_the_page_after_it_stops_everything(shop: Shop, client: Client) -> None:
    anna, token = await subscriber(shop, "email", "telegram")
    page = await (await client.post(f"/unsubscribe/{token}", data=ONE_CLICK)).text()
    [(name, value)] = re.findall(r'<button name="(\w+)" value="(\w+)"', page)
    last = await (await client.post(f"/unsubscribe/{token}", data={name: value})).text()
    assert "Stopped. No more offers from us, on any channel." in last
    assert "<button" not in last
    assert await consents(shop, anna) == {"email": False, "telegram": False}


async def test_who_gets_nothing_elsewhere_is_offered_nothing_more(
    shop: Shop, client: Client
) -> None:
    _, token = await subscriber(shop, "email")
    page = await (await client.post(f"/unsubscribe/{token}", data=ONE_CLICK)).text()
    assert ("Stopped." in page, "<button" in page) == (True, False)


async def test_a_form_may_go_to_us_alone(shop: Shop, client: Client) -> None:
    _, token = await subscriber(shop)
    answer = await client.get(f"/unsubscribe/{token}")
    assert "form-action 'self';" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"


async def test_twice_is_once(shop: Shop, client: Client) -> None:
    _, token = await subscriber(shop)
    await client.post(f"/unsubscribe/{token}", data=ONE_CLICK)
    before = await rows(shop)
    again = await client.post(f"/unsubscribe/{token}", data=ONE_CLICK)
    assert (again.status, await rows(shop)) == (200, before)
    assert "Stopped." in await (await client.get(f"/unsubscribe/{token}")).text()


async def test_who_agreed_again_can_stop_again(shop: Shop, client: Client) -> None:
    anna, token = await subscriber(shop)
    await client.post(f"/unsubscribe/{token}", data=ONE_CLICK)
    async with shop.uow() as uow:
        await joining.decide_marketing(uow, anna.id, "email", True, "messages.on", NOW)
    await client.post(f"/unsubscribe/{token}", data=ONE_CLICK)
    assert await consents(shop, anna) == {"email": False}


async def test_s38_another_link_changes_nothing(shop: Shop, client: Client) -> None:
    anna, token = await subscriber(shop)
    _, petr = await subscriber(shop, name="Petr", address="petr@example.org")
    flipped = f"{int(token[0], 16) ^ 1:x}{token[1:]}"
    before = await rows(shop)
    for wrong in (
        "x",
        token[:-1],
        f"{token}0",
        flipped,
        token[:16] + petr[16:],
        token[16:],
        "0" * 48,
        "f" * 48,
        "ž" * 20,
        token.upper(),
    ):
        for answer in (
            await client.get(f"/unsubscribe/{wrong}"),
            await client.post(f"/unsubscribe/{wrong}", data=ONE_CLICK),
            await client.post(f"/unsubscribe/{wrong}", data={"stop": "everywhere"}),
        ):
            assert answer.status == 404, wrong
            assert "This link no longer works" in await answer.text()
    assert await rows(shop) == before
    assert await consents(shop, anna) == {"email": True}


async def test_s38_a_token_tells_nothing_and_is_always_the_same(shop: Shop, work: Work) -> None:
    tokens = [unsubscribing.token(work, number) for number in range(1, 200)]
    assert tokens == [unsubscribing.token(work, number) for number in range(1, 200)]
    assert len({token[:16] for token in tokens}) == len(tokens)
    assert all(re.fullmatch("[0-9a-f]{48}", token) for token in tokens)
    # Neither the number nor how many there are can be read off it.
    leading = [int(token[:16], 16) for token in tokens]
    assert sorted(leading) != leading
    assert min(leading) > 10**6


async def test_s38_a_removed_address_takes_its_links_along(shop: Shop, client: Client) -> None:
    anna, token = await subscriber(shop, "email", "telegram")
    async with shop.uow() as uow:
        await mailboxes.remove(uow, anna, NOW)
    answer = await client.post(f"/unsubscribe/{token}", data={"stop": "everywhere"})
    assert answer.status == 404
    assert await consents(shop, anna) == {"email": False, "telegram": True}


async def test_s12_after_merging_it_stops_for_whom_was_kept(shop: Shop, client: Client) -> None:
    anna = await shop.member("Anna")
    annie, token = await subscriber(shop)
    await shop.merge(anna, annie)
    await client.post(f"/unsubscribe/{token}", data=ONE_CLICK)
    assert (await consents(shop, anna))["email"] is False


async def test_s36_the_log_names_the_route_alone(shop: Shop, client: Client) -> None:
    _, token = await subscriber(shop)
    with capture_logs() as logs:
        await client.get(f"/unsubscribe/{token}")
        await client.post(f"/unsubscribe/{token}", data=ONE_CLICK)
    assert [line["route"] for line in logs if "route" in line] == ["/unsubscribe/{token}"] * 2
    assert token not in str(logs)
    assert ANNA not in str(logs)
