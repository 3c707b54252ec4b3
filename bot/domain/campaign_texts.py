"""What is wrong with the shop's own wording of unasked messages: places, length, promises."""

from __future__ import annotations

import re
from collections.abc import Iterator
from string import Formatter

from bot.domain.campaign_rules import PLACES, CampaignRules, Giving
from bot.domain.campaign_tables import every_campaign, texts
from bot.domain.messages import Wording
from bot.domain.problems import Path, Problem
from bot.domain.programme import Programme, Sms
from bot.domain.programme_values import did_you_mean, listed

#: In characters: with names and a gift put in, it still fits a message of 1,024 over WhatsApp.
#: https://www.twilio.com/docs/content/twiliotext
TEXT_LIMIT = 800
#: In characters: a name or an amount that is put in, and what stands below the first SMS.
_PUT_IN, _BELOW = 12, 60
#: Characters of a segment where there are several: in plain letters, in all others.
#: https://www.twilio.com/docs/glossary/what-sms-character-limit
_PLAIN_SEGMENT, _OTHER_SEGMENT = 153, 67

_PLACE = re.compile(r"\{\w+\}")
_CYRILLIC = re.compile("[\u0400-\u04ff]")

#: A place in a text of the shop's own, as the owner writes it.
_PLAIN = (
    "a place is a plain name in braces, such as {name}, and a brace of your own is written twice"
)


def check(programme: Programme) -> Iterator[Problem]:
    """Everything wrong with the texts of campaigns; missing languages are not looked for here."""
    for path, rules in every_campaign(programme.campaigns):
        yield from _promised(path, rules)
    for path, wording in texts(programme.campaigns):
        yield from _text(path, wording)
        if programme.sms.price is not None:
            yield from _segments(path, wording, programme.sms)


def _promised(path: Path, rules: CampaignRules) -> Iterator[Problem]:
    """Texts that name a gift nobody gets, and so are never said."""
    gift = rules.gift if isinstance(rules, Giving) else None
    written = [((*path, "text"), rules.text, gift)]
    for code, variant in rules.variants.items():
        written.append(((*path, "variants", code, "text"), variant.text, variant.gift or gift))
    for place, wording, given in written:
        if wording and not given and any("{gift}" in text for _, text in wording.texts):
            yield Problem(
                place,
                "error",
                "there is no gift to put in {gift}: write `gift = { stamps = 1 }`, say, or leave "
                "{gift} out",
            )


def _text(path: Path, wording: Wording) -> Iterator[Problem]:
    campaign = "season" if path[1] == "seasons" else str(path[1])
    for language, text in wording.texts:
        place = (*path, language) if language else path
        if not text:
            yield Problem(place, "error", "this text is empty: write it, or remove it for ours")
        if len(text) > TEXT_LIMIT:
            yield Problem(
                place,
                "error",
                f"this is too long for one message: write at most {TEXT_LIMIT} characters, "
                f"not {len(text)}",
            )
        try:
            pieces = list(Formatter().parse(text))
        except ValueError:
            yield Problem(place, "error", f"there is a brace too many or too few: {_PLAIN}")
            continue
        known = sorted(PLACES[campaign])
        for _, name, spec, conversion in pieces:
            if name is None or (name in known and not spec and not conversion):
                continue
            written = f"{{{name}}}"
            if not name.isidentifier() or spec or conversion:
                yield Problem(place, "error", f"{written} can't be filled: {_PLAIN}")
            else:
                hint = did_you_mean(name, known) or f" There are {listed(known)}."
                yield Problem(place, "error", f"there is nothing to put in {written} here.{hint}")


def _segments(path: Path, wording: Wording, sms: Sms) -> Iterator[Problem]:
    """Texts that, as far as can be told without the names, are too long for one SMS."""
    for language, text in wording.texts:
        marked = sms.accents and not text.isascii()
        a_segment = _OTHER_SEGMENT if marked or _CYRILLIC.search(text) else _PLAIN_SEGMENT
        length = len(_PLACE.sub("x" * _PUT_IN, text))
        if (over := length + _BELOW - a_segment * sms.segments) > 0:
            yield Problem(
                (*path, language) if language else path,
                "warning",
                "by SMS this would come as several messages, each to be paid; characters to leave "
                f"out: about {over}",
            )
