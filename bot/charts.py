"""Figures as a picture: visits and revenue by day, a bar each, for whoever runs the shop."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image, ImageDraw

from bot.pictures import Weight, typeface

#: Colours with enough contrast on white for shapes and text (WCAG 2, 1.4.3 and 1.4.11).
_PAPER, _INK, _LINE, _GREY = "#ffffff", "#1d2a23", "#d9dedb", "#5b6660"
_FIRST, _SECOND = "#2f6b4f", "#c98a1b"
_WIDTH, _HEIGHT, _MARGIN, _LEFT = 1600, 1000, 48, 150
_TITLE, _LABEL = 40, 26
#: More bars than this are too thin to be told apart.
MOST_BARS = 120


@dataclass(frozen=True, slots=True)
class Series:
    """Bars of one colour, and what they are."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Panel:
    """Bars over the same days, one or two on top of each other."""

    title: str
    series: Sequence[Series]


def png(title: str, panels: Sequence[Panel], first: str, last: str) -> bytes:
    """A chart as a PNG: panels below each other, from the first day to the last."""
    picture = Image.new("RGB", (_WIDTH, _HEIGHT), _PAPER)
    pen = ImageDraw.Draw(picture)
    _say(pen, (_MARGIN, _MARGIN), title, "ExtraBold", _TITLE, _INK)
    top = _MARGIN + _TITLE + 36
    height = (_HEIGHT - top - _MARGIN) // len(panels)
    for number, panel in enumerate(panels):
        _panel(pen, panel, top + number * height, height, (first, last))
    packed = BytesIO()
    picture.save(packed, "PNG", optimize=True)
    return packed.getvalue()


def _panel(
    pen: ImageDraw.ImageDraw, panel: Panel, top: int, height: int, days: tuple[str, str]
) -> None:
    _say(pen, (_MARGIN, top), panel.title, "SemiBold", _LABEL + 4, _INK)
    _legend(pen, panel, top)
    begins, ends = top + _LABEL + 34, top + height - _LABEL - 40
    most = nice(max(map(sum, zip(*(s.values for s in panel.series), strict=True)), default=0))
    for part in range(5):
        y = ends - (ends - begins) * part // 4
        pen.line((_LEFT, y, _WIDTH - _MARGIN, y), _LINE, 2)
        _say(pen, (_LEFT - 14, y), f"{most * part / 4:,.{_places(most)}f}", "SemiBold", _LABEL,
             _GREY, "rm")  # fmt: skip
    _bars(pen, panel, (begins, ends), most)
    _say(pen, (_LEFT, ends + 12), days[0], "SemiBold", _LABEL, _GREY)
    _say(pen, (_WIDTH - _MARGIN, ends + 12), days[1], "SemiBold", _LABEL, _GREY, "ra")


def _bars(pen: ImageDraw.ImageDraw, panel: Panel, span: tuple[int, int], most: float) -> None:
    begins, ends = span
    count = len(panel.series[0].values)
    pitch = (_WIDTH - _MARGIN - _LEFT) / max(count, 1)
    for number in range(count):
        x, y = _LEFT + number * pitch, float(ends)
        for series, colour in zip(panel.series, (_FIRST, _SECOND), strict=False):
            high = (ends - begins) * max(series.values[number], 0) / most
            if high:
                pen.rectangle((x + pitch * 0.12, y - high, x + pitch * 0.88, y), colour)
            y -= high


def _legend(pen: ImageDraw.ImageDraw, panel: Panel, top: int) -> None:
    if len(panel.series) < 2:
        return
    x = _WIDTH - _MARGIN
    for series, colour in reversed(list(zip(panel.series, (_FIRST, _SECOND), strict=False))):
        _say(pen, (x, top), series.name, "SemiBold", _LABEL, _INK, "ra")
        x -= round(typeface("SemiBold", _LABEL).getlength(series.name)) + 34
        pen.rectangle((x, top + 6, x + 22, top + 28), colour)
        x -= 30


def _say(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    weight: Weight,
    size: int,
    colour: str,
    anchor: str = "la",
) -> None:
    pen.text(at, text, colour, typeface(weight, size), anchor=anchor)


def nice(most: float) -> float:
    """The end of a scale that reads well: 1, 2, 4, 5 or 8 times a power of ten."""
    scale = 4.0
    while scale < most:
        power = 10 ** (len(str(int(scale))) - 1)
        steps = [step * power for step in (1, 2, 4, 5, 8, 10)]
        scale = next(step for step in steps if step > scale)
    return scale


def _places(most: float) -> int:
    return 0 if most % 4 == 0 else 2
