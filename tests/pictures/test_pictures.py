"""What the pictures promise: codes that scan anywhere, text that can be read, stamps that count."""

from __future__ import annotations

import random
import string
from io import BytesIO
from itertools import cycle, pairwise

import pytest
import zxingcpp
from PIL import Image, ImageColor

from bot.pictures import MOST_STAMPS, Box, Colours, card, contrast, stamp_boxes, voucher

GREEN: Colours = ("#2f4a3c", "#ffffff", "#e8b04a")
COLOURS: list[Colours] = [
    GREEN,
    ("#f5ecd9", "#3b2a20", "#b5532c"),
    ("#ffffff", "#ffffff", "#ffffff"),
    ("#ffffff", "#ffff00", "#ffff00"),
    ("#000000", "#000000", "#000000"),
    ("#ffff00", "#ffffff", "#00ff00"),
    ("#ff0000", "#00ff00", "#0000ff"),
    ("#808080", "#7f7f7f", "#818181"),
]
LINKS = [
    "https://t.me/some_cafe_bot?start=c_{}",
    "https://loyalty.example-cafe.com/s/c_{}",
    "https://wa.me/420777123456?text=v_{}",
    "https://the-longest-address-a-cafe-would-want.loyalty.example.com/prague/s/c_{}",
]
NAMES = [
    "Anna",
    "",
    "Bořivoj Příšerně-Žluťoučký z Lipníku nad Bečvou",
    "Wawrzyniec Brzęczyszczykiewicz-Gżegżółka",
    "Ștefania Țurcanu-Bălănescu din Târgu Mureș",
    "Достоевская-Щербакова Александра Константиновна",
    "😀🎉",
    "Zoë 👩‍👩‍👧 & co.",
    "שלום עולם",
    "محمد Adam",
    "山田太郎",
    "ㅤ",
    "W" * 500,
    "x " * 500,
    "a\u0301\u0302\u0303" * 50,
    "tab\tand\nnew\r\nline \x00\x1b[31m\u202e\ud800\U0010ffff",
]


def picture(png: bytes) -> Image.Image:
    return Image.open(BytesIO(png)).convert("RGB")


def member_card(heading: str = "Anna", *, colours: Colours = GREEN, **other: object) -> bytes:
    """A card with nothing on it but what a test is about, and its code."""
    values = {"link": "https://t.me/b?start=c_x", "shop": "", "footer": "", "filled": 0, "total": 0}
    return card(colours=colours, heading=heading, **values | other)  # type: ignore[arg-type]


def narrow(image: Image.Image) -> Image.Image:
    return image.resize((200, 200 * image.height // image.width), Image.Resampling.LANCZOS)


def as_jpeg(image: Image.Image) -> Image.Image:
    file = BytesIO()
    image.save(file, "JPEG", quality=50)
    return Image.open(file)


def scanned(image: Image.Image) -> list[str]:
    return [code.text for code in zxingcpp.read_barcodes(image)]


def hostile_cards() -> list[tuple[str, Colours, str, int]]:
    """Every pair of colours and links with two of the names, and a token unlike any other."""
    tokens, names = random.Random(4), cycle(NAMES)
    return [
        (
            link.format("".join(tokens.choices(string.ascii_letters + string.digits, k=16))),
            colours,
            next(names),
            number,
        )
        for number, link in enumerate(LINKS * 2)
        for colours in COLOURS
    ]


@pytest.mark.parametrize(
    ("link", "colours", "name", "number"), hostile_cards(), ids=map(str, range(64))
)
def test_the_code_scans_at_every_size_and_quality(
    link: str, colours: Colours, name: str, number: int
) -> None:
    pictures = [
        card(
            link=link,
            shop=name,
            colours=colours,
            heading=name,
            footer=name,
            filled=number,
            total=(None, 7, 10, 30)[number % 4],
        ),
        voucher(link=link, shop=name, colours=colours, heading=name, code="W8MQ2X", footer=name),
    ]
    for image in map(picture, pictures):
        small = narrow(image)
        for sent in (image, small, as_jpeg(image), as_jpeg(small), narrow(as_jpeg(image))):
            assert scanned(sent) == [link]


@pytest.mark.parametrize("link", [LINKS[0].format("9fK2mQx7TzYv4LwB"), "x" * 90, "x" * 300])
def test_four_white_modules_surround_the_code(link: str) -> None:
    image = picture(member_card("", link=link))
    left, top, right, bottom = code_box(image)
    edge = [image.getpixel((x, top)) for x in range(left, right)]
    # The code begins with the upper edge of a finder, seven modules long.
    quiet = edge.index((255, 255, 255)) * 4 // 7
    around = image.crop((left - quiet, top - quiet, right + quiet, bottom + quiet))
    light = around.convert("L").point([0 if shade == 255 else 255 for shade in range(256)])
    assert light.getbbox() == (quiet, quiet, quiet + right - left, quiet + bottom - top)
    assert right - left + 2 * quiet >= 480


@pytest.mark.parametrize("link", [link.format("9fK2mQx7TzYv4LwB") for link in LINKS])
def test_a_code_scans_with_a_sixteenth_of_it_blotted_out(link: str) -> None:
    image = picture(member_card(link=link))
    left, top, right, _ = code_box(image)
    side = (right - left) // 4
    image.paste("white", (right - side * 2, top + side, right - side, top + side * 2))
    assert scanned(image) == [link]


def code_box(image: Image.Image) -> Box:
    """Where the code is: all that is black on a card in other colours."""
    black = image.convert("L").point([255 if shade == 0 else 0 for shade in range(256)])
    return black.getbbox() or (0, 0, 0, 0)


@pytest.mark.parametrize("total", range(1, MOST_STAMPS + 1))
def test_as_many_stamps_are_painted_as_the_member_has(total: int) -> None:
    # High up in a place, in the middle: inside the disc or its ring, above the tick.
    spots = [
        ((box[0] + box[2]) // 2, box[1] + (box[3] - box[1]) // 6) for box in stamp_boxes(total)
    ]
    for filled in {0, 1, total // 2, total - 1, total}:
        image = picture(member_card(filled=filled, total=total))
        stamped, empty = ImageColor.getrgb(GREEN[2]), ImageColor.getrgb(GREEN[0])
        seen = [image.getpixel(spot) for spot in spots]
        assert seen == [stamped] * filled + [empty] * (total - filled)


def test_stamps_beyond_the_card_fill_it_and_no_more() -> None:
    full = member_card(filled=10, total=10)
    assert member_card(filled=13, total=10) == full
    assert member_card(filled=9, total=10) != full
    assert member_card(filled=-2, total=10) == member_card(filled=None, total=10)


@pytest.mark.parametrize("total", range(1, MOST_STAMPS + 1))
def test_stamps_keep_apart_and_stay_large_enough_to_count(total: int) -> None:
    boxes = stamp_boxes(total)
    assert len(boxes) == total
    for (left, top, right, bottom), after in pairwise([*boxes, (0, 10_000, 0, 0)]):
        assert 40 <= left < right <= 600
        assert right - left == bottom - top >= 44
        assert after[0] > right or after[1] > bottom


def test_a_card_without_stamps_shows_its_points_large() -> None:
    assert stamp_boxes(0) == stamp_boxes(MOST_STAMPS + 1) == []
    points = member_card(footer="240 points")
    assert points == member_card(footer="240 points", total=0, filled=3)
    assert ink_height(points) > 1.5 * ink_height(member_card(footer="240 points", total=10))


def ink_height(png: bytes) -> int:
    """How high the tallest thing in the ink's white is, between the name and the code."""
    rows = ink_rows(picture(png).crop((40, 200, 600, 444)))
    return max(map(len, "".join("x" if row else " " for row in rows).split()))


def ink_rows(image: Image.Image) -> list[bool]:
    white = image.convert("L").point([255 if shade == 255 else 0 for shade in range(256)])
    return [
        white.crop((0, y, white.width, y + 1)).getbbox() is not None for y in range(white.height)
    ]


@pytest.mark.parametrize("colours", COLOURS)
def test_text_can_be_read_whatever_the_colours(colours: Colours) -> None:
    assert strongest(member_card("Anna", colours=colours), (40, 36, 600, 430), colours) >= 4.5
    footer = member_card("", colours=colours, footer="3 of 10", total=10)
    assert strongest(footer, (40, 380, 600, 440), colours) >= 4.5


@pytest.mark.parametrize("colours", COLOURS)
def test_stamps_are_seen_whatever_the_colours(colours: Colours) -> None:
    stamps = member_card("", colours=colours, filled=10, total=10)
    for box in stamp_boxes(10):
        assert strongest(stamps, box, colours) >= 3


def strongest(png: bytes, box: Box, colours: Colours) -> float:
    """The contrast with the background of whatever differs from it most."""
    found = picture(png).crop(box).getcolors(100_000) or []
    return max(contrast("#{:02x}{:02x}{:02x}".format(*rgb), colours[0]) for _, rgb in found)  # type: ignore[misc]


def test_the_shops_ink_stays_where_it_can_be_read() -> None:
    assert inks("#767676", on="#ffffff") == {"#767676"}  # 4.54 to 1
    assert inks("#777777", on="#ffffff") == {"#000000"}  # 4.48 to 1
    assert inks("#444444", on="#000000") == {"#ffffff"}
    assert inks("#fafafa", on="#ff0000") == {"#000000"}


def inks(ink: str, *, on: str) -> set[str]:
    """Which of the inks that could be meant a name is written in."""
    image = picture(member_card("Anna", colours=(on, ink, on))).crop((40, 100, 600, 200))
    colours = {"#{:02x}{:02x}{:02x}".format(*rgb) for _, rgb in image.getcolors(10_000) or []}  # type: ignore[misc]
    return ({ink, "#000000", "#ffffff"} & colours) - {on}


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21),
        ("#777777", "#ffffff", 4.48),
        ("#0000ff", "#ffffff", 8.59),
        ("#123456", "#123456", 1),
    ],
)
def test_contrast_is_what_wcag_says(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == contrast(other, one) == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize(
    "alphabet",
    [
        "AÁBCČDĎEÉĚFGHIÍJKLMNŇOÓPQRŘSŠTŤUÚŮVWXYÝZŽaábcčdďeéěfghiíjklmnňoópqrřsštťuúůvwxyýzž",
        "ĄĆĘŁŃÓŚŹŻąćęłńóśźż",
        "ĂÂÎȘȚăâîșț",
        "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯабвгдеёжзийклмнопрстуфхцчшщъыьэюяҐЄІЇґєії",
        "ÄÖÜẞäöüßŐŰőűÅåØøÆæÑñÇçĞğİıŞşÐðÞþ",
        "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩαβγδεζηθικλμνξοπρσςτυφχψω",
        "0123456789",
    ],
)
@pytest.mark.parametrize("line", ["heading", "footer"])
def test_every_letter_of_an_alphabet_has_a_look_of_its_own(alphabet: str, line: str) -> None:
    # One missing from the fonts would look like nothing at all, or like the next one missing.
    looks = {with_line(line, char) for char in ["", *alphabet]}
    assert len(looks) == len(alphabet) + 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Anna 😀", "Anna"),
        ("👩‍👩‍👧 Zoë ❤️", "Zoë"),
        ("محمد Adam", "Adam"),
        ("𝓐𝓷𝓷𝓪", "Anna"),
        ("Ｅｖａ", "Eva"),
        ("Dvor\u030ca\u0301k", "Dvořák"),
        ("Q\u0301", "Q"),
        ("1\u00a0234,50\u202fKč", "1 234,50 Kč"),
        (" Anna\t\n Marie\x00\u202e ", "Anna Marie"),
        ("An\u00adna\ud800\U0010ffff", "Anna"),
        ("山田太郎", ""),
        ("ㅤ", ""),
        ("★ – ☆ !", ""),
        ("W" * 500, "W" * 80),
    ],
)
@pytest.mark.parametrize("line", ["shop", "heading", "footer"])
def test_what_the_fonts_lack_is_left_out(name: str, shown: str, line: str) -> None:
    assert with_line(line, name) == with_line(line, shown)


def with_line(line: str, text: str) -> bytes:
    return member_card(**{"heading": "", line: text}, total=10)  # type: ignore[arg-type]


def test_the_shop_stands_in_for_a_name_that_cannot_be_shown() -> None:
    alone, above = member_card("😀", shop="LIPA"), member_card("ANNA", shop="LIPA")
    largest = [
        sum(ink_rows(picture(png).crop(box)))
        for png, box in ((alone, (40, 36, 600, 200)), (above, (40, 36, 600, 90)))
    ]
    assert largest[0] > 1.5 * largest[1] > 0


@pytest.mark.parametrize("name", ["W" * 30, "WWW " * 30, NAMES[2], NAMES[5]])
def test_a_long_text_stays_within_its_margins(name: str) -> None:
    image = picture(
        card(link="x", shop=name, colours=GREEN, heading=name, footer=name, filled=None, total=None)
    )
    for margin in ((0, 0, 40, 448), (600, 0, 640, 448), (0, 0, 640, 36), (0, 434, 640, 448)):
        assert not any(ink_rows(image.crop(margin)))


def test_a_name_is_made_smaller_before_it_is_cut() -> None:
    name = "Brzęczyszczykiewiczówna"
    assert member_card(name) != member_card(f"{name[:-1]}y")


def test_a_long_name_takes_two_lines_and_a_longer_one_is_cut() -> None:
    two = "ALEXANDRA MARIA VON KONSTANTINOPEL"
    assert bands(member_card("ALEXANDRA MARIA")) == 1
    assert bands(member_card(two)) == 2
    cut = f"{two} {'X' * 60}"
    assert member_card(cut) == member_card(f"{cut}YZ") != member_card(two)


def bands(png: bytes) -> int:
    """How many lines of capitals the heading has."""
    rows = ink_rows(picture(png).crop((40, 100, 600, 208)))
    return sum(below and not above for above, below in pairwise([False, *rows]))


@pytest.mark.parametrize("colours", COLOURS)
def test_a_vouchers_code_is_large_and_black_on_white(colours: Colours) -> None:
    image = picture(
        voucher(link="x", shop="", colours=colours, heading="", code="HHHHHH", footer="")
    ).crop((72, 294, 568, 426))
    colours_seen = sorted(image.getcolors(10_000) or [], reverse=True)
    assert {rgb for _, rgb in colours_seen[:2]} == {(255, 255, 255), (0, 0, 0)}
    black = image.convert("L").point([255 if shade < 128 else 0 for shade in range(256)])
    _, top, _, bottom = black.getbbox() or (0, 0, 0, 0)
    assert bottom - top >= 50
    columns = [black.crop((x, 0, x + 1, black.height)).getbbox() is not None for x in range(496)]
    gaps = "".join("x" if column else " " for column in columns).strip().split("x")
    assert [len(gap) >= 20 for gap in gaps if gap] == [True] * 5


def test_a_voucher_says_what_for_which_code_and_until_when() -> None:
    values = {"shop": "Lípa", "heading": "Coffee", "code": "K7MQ2X", "footer": "until 14:35"}
    plain = voucher(link="x", colours=GREEN, **values)
    assert plain == voucher(link="x", colours=GREEN, **values)
    others = [values | {key: "W8N4ZR"} for key in values]
    assert len({plain, *(voucher(link="x", colours=GREEN, **other) for other in others)}) == 5
