"""The pictures a conversation sends: a member's card and a reward's voucher, each with a QR code.

A picture has few colours, so it is drawn as bytes that index a palette: four ramps of 64 shades,
each from a flat colour to the one that stands on it. That keeps edges smooth, files small and
writing them quick.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import lru_cache
from io import BytesIO
from itertools import chain
from math import ceil
from pathlib import Path
from typing import Literal
from unicodedata import category, normalize

from PIL import Image, ImageDraw, ImageFont
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

#: Left, top, right, bottom in pixels; right and bottom are the first ones outside.
Box = tuple[int, int, int, int]
#: Background, ink and accent, each `#rrggbb`.
Colours = tuple[str, str, str]
#: The fonts there are.
Weight = Literal["SemiBold", "ExtraBold"]

#: More stamps than this are not drawn.
MOST_STAMPS = 30
#: What WCAG 2 asks of text and of shapes: https://www.w3.org/TR/WCAG22/#contrast-minimum
TEXT_CONTRAST = 4.5
SHAPE_CONTRAST = 3.0

_FONTS = Path(__file__).with_name("fonts")
_SMALLEST_TEXT = 24
#: How high the fonts' capitals are, as a share of the size.
_CAPITALS = 0.7
#: A longer text is cut before any work is done for it; no line has room for as much.
_LONGEST_TEXT = 120

_SHADES = 64
_INK, _ACCENT, _PANEL, _PRINT = range(4)
#: From how much of a pixel is covered (0 to 255) to an index in the palette, for each ramp.
_RAMPS = [[ramp * _SHADES + cover // 4 for cover in range(256)] for ramp in range(4)]

# Where things are, in pixels. Both QR panels are 576 wide, nine tenths of the picture: a code of
# 41 modules and its quiet zone still has 3 pixels a module when the picture is 200 wide.
_SIZE = (640, 1056)
_SHOP: Box = (40, 36, 600, 84)
_RULE: Box = (292, 92, 348, 97)
_HEADING: Box = (40, 108, 600, 200)
_STAMPS: Box = (40, 216, 600, 376)
_CARD_FOOTER: Box = (40, 382, 600, 434)
_CARD_PANEL: Box = (32, 448, 608, 1024)
_VOUCHER_FOOTER: Box = (40, 210, 600, 262)
_VOUCHER_PANEL: Box = (32, 284, 608, 1024)
_TEAR = 436
_CODE: Box = (72, 294, 568, 426)
# Of the eight masks of a QR code, the one whose codes are the most even for links like ours;
# having it fixed spares drawing each code eight times.
_QR_MASK = 2


def card(
    *,
    link: str,
    shop: str,
    colours: Colours,
    heading: str,
    footer: str,
    filled: int | None,
    total: int | None,
) -> bytes:
    """A member's card as a PNG of 640 by 1056 pixels, its QR code holding `link`.

    A link of up to 90 characters can be scanned even when the picture is 200 pixels wide.
    `heading` is the member's name; `filled` of `total` stamps are drawn, and where there are none
    the footer takes their place, as for "240 points".
    """
    canvas = _blank(_CARD_PANEL).copy()
    _write_headline(canvas, shop, heading)
    boxes = stamp_boxes(total or 0)
    for number, box in enumerate(boxes):
        stamped = number < (filled or 0)
        _paint(canvas, _stamp(box[2] - box[0], stamped), box, _ACCENT if stamped else _INK)
    if boxes:
        _write(canvas, footer, _CARD_FOOTER, "SemiBold", 34)
    else:
        _write(canvas, footer, (*_STAMPS[:2], *_CARD_FOOTER[2:]), "ExtraBold", 84)
    _paint_code(canvas, link, _CARD_PANEL)
    return _png(canvas, colours)


def voucher(
    *, link: str, shop: str, colours: Colours, heading: str, code: str, footer: str
) -> bytes:
    """A reward's voucher as a PNG of 640 by 1056 pixels, its QR code holding `link`.

    `heading` is the reward's name, `code` the six characters a colleague can type instead of
    scanning, `footer` until when it can be used.
    """
    canvas = _blank(_VOUCHER_PANEL, tear=_TEAR).copy()
    _write_headline(canvas, shop, heading)
    _write(canvas, footer, _VOUCHER_FOOTER, "SemiBold", 34)
    _write_code(canvas, code, _CODE)
    _paint_code(canvas, link, (_VOUCHER_PANEL[0], _TEAR, *_VOUCHER_PANEL[2:]))
    return _png(canvas, colours)


def stamp_boxes(total: int) -> list[Box]:
    """Where a card of `total` stamps has them, in order; nowhere for 0 or over `MOST_STAMPS`."""
    if not 0 < total <= MOST_STAMPS:
        return []
    left, top, right, bottom = _STAMPS
    width, height = right - left, bottom - top
    rows = max(range(1, 4), key=lambda rows: min(width // ceil(total / rows), height // rows))
    columns = ceil(total / rows)
    pitch = min(width // columns, height // rows, 80)
    size = pitch * 7 // 8
    left += (width - (columns - 1) * pitch - size) // 2
    top += (height - (rows - 1) * pitch - size) // 2
    places = (divmod(number, columns) for number in range(total))
    corners = ((left + column * pitch, top + row * pitch) for row, column in places)
    return [(x, y, x + size, y + size) for x, y in corners]


def contrast(one: str, other: str) -> float:
    """How far apart two `#rrggbb` colours are as WCAG 2 measures it, from 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    """Relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    shares = (part / 255 for part in _rgb(colour))
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _rgb(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))


@lru_cache(maxsize=64)
def _palette(colours: Colours) -> bytes:
    """The four ramps; what would be hard to see in the shop's own colours gets a plainer one."""
    background, ink, accent = colours
    if contrast(ink, background) < TEXT_CONTRAST:
        ink = max("#000000", "#ffffff", key=lambda plain: contrast(plain, background))
    if contrast(accent, background) < SHAPE_CONTRAST:
        accent = ink
    white, black = "#ffffff", "#000000"
    ramps = ((background, ink), (background, accent), (background, white), (white, black))
    return bytes(
        start + round((end - start) * shade / (_SHADES - 1))
        for first, last in ramps
        for shade in range(_SHADES)
        for start, end in zip(_rgb(first), _rgb(last), strict=True)
    )


@lru_cache(maxsize=4)
def _blank(panel: Box, tear: int = 0) -> Image.Image:
    """The background with the white panel; `tear` makes a ticket of it, perforated at that line."""
    canvas = Image.new("L", _SIZE, _RAMPS[_PANEL][0])
    # Four times too large and then reduced, which smooths the corners.
    mask = Image.new("L", (_SIZE[0] * 4, _SIZE[1] * 4))
    pen = ImageDraw.Draw(mask)
    pen.rounded_rectangle([edge * 4 for edge in panel], 36 * 4, 255)
    if tear:
        for edge in (panel[0], panel[2]):
            pen.circle((edge * 4, tear * 4), 18 * 4, 0)
    _paint(canvas, mask.reduce(4), (0, 0), _PANEL)
    if tear:
        for left in range(panel[0] + 36, panel[2] - 36, 18):
            grey = _RAMPS[_PRINT][64]
            ImageDraw.Draw(canvas).rectangle((left, tear - 1, left + 8, tear + 1), grey)
    return canvas


@lru_cache(maxsize=64)
def _stamp(size: int, stamped: bool) -> Image.Image:
    """The shape of one place on the card: a disc with a tick cut out of it, or a faint ring."""
    mask = Image.new("L", (size * 4, size * 4))
    pen = ImageDraw.Draw(mask)
    middle, radius = size * 2, size * 2 - 2
    if stamped:
        pen.circle((middle, middle), radius, 255)
        tick = [(size * x / 25, size * y / 25) for x, y in ((30, 51), (44, 65), (71, 37))]
        pen.line(tick, 0, size * 2 // 5, "curve")
        for end in (tick[0], tick[-1]):
            pen.circle(end, size / 5, 0)
    else:
        pen.circle((middle, middle), radius, 0, 150, max(8, size // 4))
    return mask.reduce(4)


def _paint(canvas: Image.Image, mask: Image.Image, box: tuple[int, ...], ramp: int) -> None:
    """Puts a shape on the flat colour that `ramp` begins with; `box` begins with its corner."""
    canvas.paste(mask.point(_RAMPS[ramp]), (box[0], box[1]))


def _paint_code(canvas: Image.Image, link: str, panel: Box) -> None:
    """The QR code in the middle of a white panel, its quiet zone of four modules well inside."""
    code = QRCode(error_correction=ERROR_CORRECT_M, mask_pattern=_QR_MASK, border=0)
    code.add_data(link, optimize=0)
    code.make(fit=True)
    modules = len(code.modules)
    image = Image.frombytes("L", (modules, modules), bytes(chain.from_iterable(code.modules)))
    left, top, right, bottom = panel
    # The rounded corners of the panel must not reach into the quiet zone.
    size = (right - left - 22) // (modules + 8) * modules
    corner = ((left + right - size) // 2, (top + bottom - size) // 2)
    image = image.resize((size, size), Image.Resampling.NEAREST)
    canvas.paste(image.point([_RAMPS[_PRINT][255 if dark else 0] for dark in range(256)]), corner)


def _write_headline(canvas: Image.Image, shop: str, heading: str) -> None:
    """The shop above the heading; where nothing of that can be shown, the shop in its place."""
    if _clean(heading):
        _write(canvas, shop, _SHOP, "SemiBold", 30)
        canvas.paste(_RAMPS[_ACCENT][255], _RULE)
        _write(canvas, heading, _HEADING, "ExtraBold", 58)
    else:
        _write(canvas, shop, (*_SHOP[:2], *_HEADING[2:]), "ExtraBold", 58)


def _write(canvas: Image.Image, text: str, box: Box, weight: Weight, size: int) -> None:
    """Writes a text in the middle of a box, in the ink's colour and at most `size` large."""
    left, top, right, bottom = box
    _paint(canvas, _text(_clean(text), weight, size, right - left, bottom - top), box, _INK)


@lru_cache(maxsize=64)
def _text(text: str, weight: Weight, size: int, width: int, height: int) -> Image.Image:
    """A text's shape; kept, because a shop's name and "3 of 10" are on many cards."""
    lines, font = _fit(text, weight, size, width, height)
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    leading = font.size * 1.2
    baseline = (height + font.size * _CAPITALS - leading * (len(lines) - 1)) / 2
    for number, line in enumerate(lines):
        pen.text((width / 2, baseline + number * leading), line, 255, font, anchor="ms")
    return mask


def _write_code(canvas: Image.Image, code: str, box: Box) -> None:
    """Writes a code on the white panel with even gaps between its characters."""
    left, top, right, bottom = box
    width, height = right - left, bottom - top
    mask = Image.new("L", (width, height))
    pen = ImageDraw.Draw(mask)
    font = typeface("ExtraBold", 80)
    widths = [font.getlength(char) for char in code]
    gap = min(36, (width - sum(widths)) / len(code))
    x = (width - sum(widths) - gap * (len(code) - 1)) / 2
    for char, advance in zip(code, widths, strict=True):
        pen.text((x, (height + font.size * _CAPITALS) / 2), char, 255, font, anchor="ls")
        x += advance + gap
    _paint(canvas, mask, box, _PRINT)


def _fit(
    text: str, weight: Weight, size: int, width: int, height: int
) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The one or two lines a text is largest on, and their font; cut short if still too long."""
    lines = [text]
    fitting = _fitting_size(lines, weight, size, width)
    half = min(int(height / 2.4), size * 2 // 3)
    if " " in text and fitting < half and half > _SMALLEST_TEXT:
        spaces = (place for place, char in enumerate(text) if char == " ")
        middle = min(spaces, key=lambda place: abs(len(text) - 2 * place))
        lines = [text[:middle], text[middle + 1 :]]
        fitting = _fitting_size(lines, weight, half, width)
    font = typeface(weight, max(fitting, _SMALLEST_TEXT))
    return [_cut(line, font, width) for line in lines], font


def _fitting_size(lines: list[str], weight: Weight, size: int, width: int) -> int:
    """The largest size, up to `size`, at which the longest of the lines fits the width."""
    longest = max(typeface(weight, size).getlength(line) for line in lines)
    # A little less than in proportion, as widths are rounded at each size.
    return size if longest <= width else int(size * (width - 4) / longest)


def _cut(line: str, font: ImageFont.FreeTypeFont, width: int) -> str:
    """A line as it is if it fits, else its beginning with an ellipsis."""
    if font.getlength(line) <= width:
        return line
    lengths = range(len(line))
    kept = bisect_right(lengths, width, key=lambda kept: ceil(font.getlength(f"{line[:kept]}…")))
    return f"{line[: kept - 1].rstrip()}…"


@lru_cache(maxsize=128)
def typeface(weight: Weight, size: int) -> ImageFont.FreeTypeFont:
    """One of our fonts at a size in pixels."""
    return ImageFont.truetype(_FONTS / f"Commissioner-{weight}.ttf", size)


def _clean(text: str) -> str:
    """What the fonts can show of a text, on one line; nothing if no letter or digit is left."""
    shown = "".join(map(_shown, normalize("NFC", text[:_LONGEST_TEXT])))
    return " ".join(shown.split()) if any(map(str.isalnum, shown)) else ""


@lru_cache(maxsize=4096)
def _shown(char: str) -> str:
    """A character as the fonts have it: itself, its plain kin (A for 𝓐), a space or nothing."""
    if char.isspace():
        return " "
    return char if _has_glyph(char) else "".join(filter(_has_glyph, normalize("NFKD", char)))


def _has_glyph(char: str) -> bool:
    """Whether the fonts have a character: it is not drawn as one that no font has."""
    # Marks (M) and controls (C) shape a neighbour, which may be gone; spaces (Z) were dealt with.
    if category(char)[0] in "MCZ":
        return False
    font = typeface("SemiBold", 24)
    return bytes(font.getmask(char)) != bytes(font.getmask("\uffff"))


def _png(canvas: Image.Image, colours: Colours) -> bytes:
    canvas.putpalette(_palette(colours))
    file = BytesIO()
    # The quickest compression: these are sent once, seldom stored.
    canvas.save(file, "PNG", compress_level=1)
    return file.getvalue()
