"""The demo in a real browser: the whole story by pressing and tapping, as a visitor would.

Run by `make test-browser`; it needs Chromium (Debian: `apt-get install chromium`). With
REGULARS_PICTURES=1 the pictures of the README are taken anew.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"
#: Without these Chromium looks for its maker's hosts.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

#: When a phone's messages came, and what they say.
_MESSAGES = """all => all.map(message => [
    message.querySelector("time").dateTime, message.querySelector(".words").innerText])"""


@pytest.fixture
def demo() -> Iterator[str]:
    """A demo of its own on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "bot", "demo", "--port", str(port)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, line
        yield address[0]
        process.terminate()
        assert process.wait(30) == 0


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "no Chromium found: install it (Debian: apt-get install chromium)"
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield await browser.new_page(viewport={"width": 1400, "height": 950})
        await browser.close()


def phone(page: Page, number: int) -> Locator:
    return page.locator(".phone").nth(number)


async def press(page: Page, number: int, label: str) -> None:
    await phone(page, number).get_by_role("button", name=label, exact=True).last.click()


async def write(page: Page, number: int, text: str) -> None:
    box = phone(page, number).locator("textarea, input").first
    await box.fill(text)
    await box.press("Enter")


async def sees(page: Page, number: int, text: str) -> None:
    await expect(phone(page, number).get_by_text(text).last).to_be_visible()


async def test_join_card_stamps_redeem_used(demo: str, page: Page) -> None:
    """A visitor plays customer and colleague: ten stamps, a voucher, and it is used."""
    await page.goto(demo)
    await sees(page, 2, "Signed in: Jana")
    await press(page, 0, "Start")
    await press(page, 0, "Join")
    await sees(page, 0, "You're in, Anna.")
    await press(page, 0, "Yes, please")
    await phone(page, 0).locator("img").last.click()
    await sees(page, 2, "0 of 10 stamps")
    await press(page, 2, "+2")
    await sees(page, 0, "+2 stamps. 2 of 10.")
    await write(page, 1, "JOIN")
    await write(page, 1, "1")
    await sees(page, 1, "Karta na jméno Petr je vaše.")
    await write(page, 1, "1")
    await sees(page, 1, "Vše je připraveno.")
    if os.environ.get("REGULARS_PICTURES"):
        await code_of(page, "Anna")
        await press(page, 0, "Card")
        await sees(page, 0, "Show this card when you pay.")
        await page.wait_for_timeout(900)
        await page.screenshot(path=PICTURES / "simulator.png")
    await write(page, 2, f"stamp {await code_of(page, 'Anna')} 8")
    await sees(page, 0, "Coffee of your choice")
    await press(page, 0, "Redeem now")
    await sees(page, 0, "Show this at the till")
    await phone(page, 0).locator("img").last.click()
    await press(page, 2, "Confirm")
    await sees(page, 2, "Handed over: Coffee of your choice.")
    await sees(page, 0, "Thank you for coming.")


async def test_a_month_later(demo: str, page: Page) -> None:
    """Eight stamps, a month passes: what came unasked stands under its day, never at night."""
    await page.goto(demo)
    await sees(page, 2, "Signed in: Jana")
    await press(page, 0, "Start")
    await press(page, 0, "Join")
    await press(page, 0, "Yes, please")
    await write(page, 1, "JOIN")
    await write(page, 1, "1")
    await sees(page, 1, "Karta na jméno Petr je vaše.")
    await write(page, 1, "2")
    await sees(page, 1, "Vše je připraveno.")
    code = await code_of(page, "Anna")
    await write(page, 2, f"stamp {code} 8")
    await sees(page, 0, "8 of 10")
    await write(page, 2, f"stamp {await code_of(page, 'Petr')} 8")
    await sees(page, 1, "8 z 10")
    began = await today(page)
    before = [await messages(page, number) for number in (0, 1)]

    later = page.get_by_role("button", name="A month later")
    await later.focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".clock [aria-disabled=true]")).to_have_count(3)
    await expect(page.locator(".clock [aria-disabled=true]")).to_have_count(0, timeout=20_000)
    await expect(later).to_be_focused()

    assert await today(page) == began + timedelta(days=31)
    came = (await messages(page, 0))[len(before[0]) :]
    assert [at.date() - began for at, _ in came] == [timedelta(days=3), timedelta(days=30)]
    assert [at.strftime("%H:%M") for at, _ in came] == ["10:00", "10:00"]
    assert await days(page, 0) == [began, *(at.date() for at, _ in came)]
    assert await messages(page, 1) == before[1]
    if os.environ.get("REGULARS_PICTURES"):
        await later.blur()
        await page.wait_for_timeout(900)
        await page.screenshot(path=PICTURES / "month-later.png")


async def today(page: Page) -> date:
    """The café's day, as the page shows it."""
    shown = await page.locator(".clock .day").inner_text()
    return datetime.strptime(shown, "%A, %d %B %Y").date()


async def days(page: Page, number: int) -> list[date]:
    """The days between a phone's messages."""
    shown = await phone(page, number).locator(".messages .day").all_inner_texts()
    return [datetime.strptime(day, "%A, %d %B %Y").date() for day in shown]


async def messages(page: Page, number: int) -> list[tuple[datetime, str]]:
    """What the bot said on a phone, with the café's local time."""
    zone = ZoneInfo(await phone(page, number).get_attribute("data-zone") or "")
    found = await phone(page, number).locator(".message.bot").evaluate_all(_MESSAGES)
    return [(datetime.fromisoformat(at).astimezone(zone), text) for at, text in found]


async def code_of(page: Page, name: str) -> str:
    await write(page, 2, f"find {name}")
    line = phone(page, 2).get_by_text(re.compile(rf"{name} · \w{{6}}")).last
    found = re.search(rf"{name} · (\w{{6}})", await line.inner_text())
    assert found
    return found[1]


async def test_a_small_screen_shows_one_phone_at_a_time(demo: str, page: Page) -> None:
    """On a phone nothing is cut off at the side."""
    await page.set_viewport_size({"width": 390, "height": 844})
    await page.goto(demo)
    await sees(page, 2, "Signed in: Jana")
    width = await page.evaluate("document.documentElement.scrollWidth")
    assert width == 390
