"""`templates`: the sentences Meta has to approve before WhatsApp may carry them out of the blue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Literal

import typer

from bot import programmes
from bot.cli.opening import load_settings, usable_programme
from bot.cli.output import Json, note, say, say_json
from bot.domain.campaign_rules import Giving
from bot.domain.lasting import UNITS
from bot.domain.messages import Day, Phrase, Value, phrase
from bot.domain.programme import Programme
from bot.services import units
from locales import Catalogues

#: What fills a place in the example that Meta wants to see.
_EXAMPLES: Mapping[str, Value] = {
    "have": "7",
    "total": "10",
    "code": "483920",
    "text": "OK, 10:00",
    "reached": phrase("amount.visits", n=50),
    "years": phrase("amount.years", n=5),
    "days": phrase("amount.days", n=30),
    "until": Day(date(2026, 6, 30)),
}
#: The same of stamps, or of points where there are none.
_AMOUNTS = {"missing": 2, "what": 3, "gift": 2, "earned": 3, "balance": 7}

#: https://developers.facebook.com/documentation/business-messaging/whatsapp/templates/template-categorization
Category = Literal["UTILITY", "AUTHENTICATION", "MARKETING"]
_CAMPAIGN, _GIFT = "campaign_", "_gift"


@dataclass(frozen=True, slots=True)
class Template:
    """One sentence in one language, as it is submitted; `samples` by the number of the place."""

    name: str
    language: str
    category: Category
    body: str
    samples: dict[str, str]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(templates)


def templates(as_json: Json = False) -> None:
    """Print what to submit to Meta, so that WhatsApp reaches people after 24 hours too."""
    settings = load_settings()
    words = Catalogues.load()
    source = usable_programme(settings.programme, words.languages)
    programme, _ = programmes.read(source, words.languages)
    assert programme is not None  # noqa: S101 - it is usable
    found = list(wanted(programme, words))
    if as_json:
        say_json([asdict(template) for template in found])
        return
    for template in found:
        say(f"{template.name} · {template.language} · {template.category}")
        say(f"  {template.body}")
        samples = (f"{{{{{number}}}}} = {text}" for number, text in template.samples.items())
        say(f"  {', '.join(samples)}")
        say()
    note(
        "Create each in Twilio's console (Messaging, Content Template Builder) as text, submit it "
        "for WhatsApp, and write its ContentSid into the programme file:"
    )
    note('[whatsapp.templates.stamps]\nen = "HX…"')


def wanted(programme: Programme, words: Catalogues) -> Iterator[Template]:
    """Every sentence in each of the shop's languages, worded as the shop speaks."""
    shop = programme.shop
    for key, places in words.approvable().items():
        name = key.partition(".")[2]
        if not _may_be_said(name, programme):
            continue
        for language in shop.languages:
            voice = words.voice(language, friendly=shop.friendly)
            numbered = {place: f"{{{{{n}}}}}" for n, place in enumerate(places, 1)}
            yield Template(
                name,
                language,
                _category(name, places),
                words.render(Phrase(key, numbered), voice),
                {
                    str(n): words.render(_example(place, programme), voice)
                    for n, place in enumerate(places, 1)
                },
            )


def missing(programme: Programme, words: Catalogues) -> Iterator[Template]:
    """Those without a ContentSid in the programme file."""
    contents = programme.whatsapp.templates
    for template in wanted(programme, words):
        if template.language not in contents.get(template.name, {}):
            yield template


def _may_be_said(name: str, programme: Programme) -> bool:
    """Whether the programme has what a sentence is about: the unit, the campaign, its gift."""
    if name in UNITS:
        return getattr(programme.units, name) is not None
    if not name.startswith(_CAMPAIGN):
        return True
    campaign = name.removeprefix(_CAMPAIGN).removesuffix(_GIFT)
    found = getattr(programme.campaigns, "seasons" if campaign == "season" else campaign, None)
    if found is None:  # broadcasts, which a programme has no rules for
        return True
    on = [rules for rules in (found if isinstance(found, tuple) else (found,)) if rules.on]
    if name.endswith(_GIFT):
        on = [rules for rules in on if isinstance(rules, Giving) and rules.gives]
    return bool(on)


def _category(name: str, places: Sequence[str]) -> Category:
    if name.startswith(_CAMPAIGN):
        return "MARKETING"
    return "AUTHENTICATION" if "code" in places else "UTILITY"


def _example(place: str, programme: Programme) -> Value:
    if place == "shop":
        return programme.shop.name
    if place == "reward" and programme.rewards:
        return programme.rewards[0].name
    if place in _AMOUNTS:
        unit = next(unit for unit in UNITS if getattr(programme.units, unit))
        amount = _AMOUNTS[place] * (100 if unit == units.CREDIT else 1)
        return units.said(programme, f"amount.{unit}", unit, amount)
    return _EXAMPLES.get(place, "Anna")
