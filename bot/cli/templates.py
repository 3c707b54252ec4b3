"""`templates`: the sentences Meta has to approve before WhatsApp may carry them out of the blue."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import typer

from bot import programmes
from bot.cli.opening import load_settings, usable_programme
from bot.cli.output import Json, note, say, say_json
from bot.domain.messages import Phrase
from bot.domain.programme import Programme
from locales import Catalogues

#: What fills a place in the example that Meta wants to see.
_EXAMPLES = {"have": "7", "total": "10", "code": "483920", "text": "OK, 10:00"}


@dataclass(frozen=True, slots=True)
class Template:
    """One sentence in one language, as it is submitted; `samples` by the number of the place."""

    name: str
    language: str
    category: Literal["UTILITY", "AUTHENTICATION"]
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
        if name in ("stamps", "points") and getattr(programme.units, name) is None:
            continue
        for language in shop.languages:
            voice = words.voice(language, friendly=shop.friendly)
            numbered = {place: f"{{{{{n}}}}}" for n, place in enumerate(places, 1)}
            yield Template(
                name,
                language,
                "AUTHENTICATION" if "code" in places else "UTILITY",
                words.render(Phrase(key, numbered), voice),
                {str(n): _example(place, programme, language) for n, place in enumerate(places, 1)},
            )


def missing(programme: Programme, words: Catalogues) -> Iterator[Template]:
    """Those without a ContentSid in the programme file."""
    contents = programme.whatsapp.templates
    for template in wanted(programme, words):
        if template.language not in contents.get(template.name, {}):
            yield template


def _example(place: str, programme: Programme, language: str) -> str:
    if place == "shop":
        return programme.shop.name.in_language(language)
    if place == "reward" and programme.rewards:
        return programme.rewards[0].name.in_language(language)
    return _EXAMPLES.get(place, "Anna")
