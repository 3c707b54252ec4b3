"""Time zones by what people call them: a city, a country that has one, the zone's own name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from zoneinfo import available_timezones

from babel.core import get_global

from locales.formats import locale_of
from locales.words import loose

#: The parts of the world that zones of places are named by; the others are offsets and old names.
_REGIONS = {
    *("Africa", "America", "Antarctica", "Asia", "Atlantic"),
    *("Australia", "Europe", "Indian", "Pacific"),
}


def zone_named(text: str, languages: Iterable[str]) -> str | None:
    """The time zone somebody named in one of the languages; None where it is unclear."""
    wanted = loose(text)
    found = set().union(*(_named(language).get(wanted, ()) for language in languages))
    return found.pop() if len(found) == 1 else None


@cache
def _named(language: str) -> dict[str, frozenset[str]]:
    names: dict[str, set[str]] = {}
    for name, zone in _names(language):
        names.setdefault(loose(name), set()).add(_of_today(zone))
    return {name: frozenset(zones) for name, zones in names.items()}


def _names(language: str) -> Iterator[tuple[str, str]]:
    locale = locale_of(language)
    zones = [zone for zone in _zones() if zone.split("/")[0] in _REGIONS]
    for zone in zones:
        yield zone, zone
        yield zone.rpartition("/")[2].replace("_", " "), zone
        if city := locale.time_zones.get(zone, {}).get("city"):
            yield city, zone
    for territory, its_zones in get_global("territory_zones").items():
        known = {_of_today(zone) for zone in its_zones} & set(zones)
        if len(known) == 1 and (country := locale.territories.get(territory)):
            yield country, known.pop()


def _of_today(zone: str) -> str:
    """The name a zone has today, of those it had, where this machine knows it."""
    today = str(get_global("zone_aliases").get(zone, zone))
    return today if today in _zones() else zone


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())
