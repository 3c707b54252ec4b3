"""`templates`, and what `check` says of Twilio: credentials, and sentences nobody approved yet."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.check import Finding, findings
from bot.domain.messages import Phrase
from locales import Catalogues
from tests.cli.conftest import CAFE, Ran
from tests.doubles.twilio import ACCOUNT, TOKEN, TwilioDouble

WORDS = Catalogues.load()


@pytest.fixture
def programme(tmp_path: Path) -> Callable[[str], None]:
    """Writes the programme file, with more at its end."""

    def write(more: str = "") -> None:
        (tmp_path / "programme.toml").write_text(f"{CAFE}\n{more}", "utf-8")

    return write


@pytest.fixture
def twilio(monkeypatch: pytest.MonkeyPatch) -> None:
    """WhatsApp is on."""
    for name, value in {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "TWILIO_WHATSAPP_FROM": "whatsapp:+420777999000",
        "PUBLIC_URL": "https://lipa.example",
    }.items():
        monkeypatch.setenv(f"REGULARS_{name}", value)


@pytest.mark.parametrize("key", WORDS.approvable())
@pytest.mark.parametrize("language", WORDS.languages)
def test_meta_takes_the_form_of_every_sentence(key: str, language: str) -> None:
    """No place first, last or beside another, and several words for each.

    https://developers.facebook.com/docs/whatsapp/message-templates/guidelines
    """
    places = WORDS.approvable()[key]
    numbers = {place: f"{{{{{n}}}}}" for n, place in enumerate(places, 1)}
    body = WORDS.render(Phrase(key, numbers), language)
    assert {f"{{{{{n}}}}}" for n in range(1, len(places) + 1)} == set(re.findall(r"{{\d}}", body))
    assert re.fullmatch(r"\w.*\w\W*", body)
    assert not re.search(r"^\W*{{|}}\W*$|}}\W*{{", body)
    assert len(body.split()) > 3 * len(places)
    assert len(body) <= 1024


def test_prints_what_to_submit(programme: Callable[[str], None], run: Callable[..., Ran]) -> None:
    programme("")
    found = json.loads("\n".join(run("templates", "--json").out))
    assert next(t for t in found if (t["name"], t["language"]) == ("stamps", "cs")) == {
        "name": "stamps",
        "language": "cs",
        "category": "UTILITY",
        "body": "Dobrý den, tady {{1}}. Razítka na kartě: {{2}} z {{3}}. Děkujeme za návštěvu.",
        "samples": {"1": "Kavárna Lípa", "2": "7", "3": "10"},
    }
    assert {t["language"] for t in found} == {"en", "cs"}
    assert "points" not in {t["name"] for t in found}


def test_a_campaign_has_its_sentence_when_it_is_on_and_one_for_a_gift_when_it_gives(
    programme: Callable[[str], None], run: Callable[..., Ran]
) -> None:
    programme(
        "[campaigns.expiry]\non = false\n[campaigns.birthday]\ngift = { stamps = 1 }\n"
        "[campaigns.statement]\non = true"
    )
    found = {
        template["name"]: template
        for template in json.loads("\n".join(run("templates", "--json").out))
        if template["language"] == "en"
    }
    assert {name for name in found if name.startswith("campaign_")} >= {
        *("campaign_birthday", "campaign_birthday_gift", "campaign_winback"),
        *("campaign_almost_there", "campaign_statement"),
    }
    assert not found.keys() & {"campaign_expiry", "campaign_winback_gift", "campaign_milestone"}
    assert found["campaign_birthday_gift"] == {
        "name": "campaign_birthday_gift",
        "language": "en",
        "category": "MARKETING",
        "body": (
            "Hello, this is {{1}}. Happy birthday from all of us. Our gift is on your card: {{2}}. "
            "Reply STOP to end these messages."
        ),
        "samples": {"1": "Kavárna Lípa", "2": "2 stamps"},
    }


def test_prints_the_same_for_people(
    programme: Callable[[str], None], run: Callable[..., Ran]
) -> None:
    programme("")
    ran = run("templates")
    assert "used · en · UTILITY" in ran.out
    assert "  {{1}} = Kavárna Lípa, {{2}} = Coffee of your choice" in ran.out
    assert "[whatsapp.templates.stamps]" in ran.err


async def test_check_names_each_that_is_missing(
    programme: Callable[[str], None], twilio: None
) -> None:
    sid = "HX0123456789abcdef0123456789abcdef"
    programme(f'[whatsapp.templates.stamps]\nen = "{sid}"\n')
    said = [f.message for f in await findings(online=False) if f.key == "whatsapp.templates"]
    english, czech = (line.partition(":")[0] for line in said)
    assert english.startswith("no ContentSid in en for ")
    assert "used" in english
    assert "stamps" not in english
    assert czech.startswith("no ContentSid in cs for ")
    assert "stamps" in czech


async def test_check_names_what_nothing_says(
    programme: Callable[[str], None], twilio: None
) -> None:
    programme('[whatsapp.templates.rewrd]\nen = "HX0123456789abcdef0123456789abcdef"\n')
    [found] = [f for f in await findings(online=False) if f.key == "whatsapp.templates.rewrd"]
    assert found.message == 'nothing is said by this name. Did you mean "reward"?'


async def test_online_asks_twilio(
    programme: Callable[[str], None], twilio: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme("")

    async def said() -> Finding:
        return next(f for f in await findings(online=True) if "TWILIO" in f.place)

    async with TwilioDouble() as double:
        monkeypatch.setenv("REGULARS_TWILIO_API_URL", double.url)
        assert await said() == Finding(
            "info", "REGULARS_TWILIO_ACCOUNT_SID", "is the account Café double"
        )
        monkeypatch.setenv("REGULARS_TWILIO_AUTH_TOKEN", "0" * 32)
        refused = await said()
    unreachable = await said()
    assert (refused.level, refused.place) == ("error", "REGULARS_TWILIO_AUTH_TOKEN")
    assert refused.message.startswith("Twilio did not take the credentials")
    assert (unreachable.level, unreachable.place) == ("error", "REGULARS_TWILIO_API_URL")
    assert unreachable.message.startswith("Twilio could not be asked (not reached")
