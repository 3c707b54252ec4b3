"""From what is to be said to what a person reads: words, labels, pictures, links."""

from __future__ import annotations

from dataclasses import dataclass

from bot import pictures
from bot.channels.fit import Rendered
from bot.domain.messages import Address, Button, Picture, RenderedButton, Reply
from bot.domain.programme import Programme
from locales import Catalogues


@dataclass
class Links:
    """Where links lead: into Telegram when its bot is on, else to our own pages."""

    public_url: str
    telegram: str = ""

    def scan(self, payload: str) -> str:
        """What a QR code holds for a payload (`c_…`, `v_…`, `s_…`, `join_…`, `x_…`)."""
        if self.telegram:
            return f"https://t.me/{self.telegram}?start={payload}"
        return f"{self.public_url}/s/{payload}"

    def page(self, payload: str) -> str:
        """Where someone whose app shows no pictures sees the QR code of a card."""
        kind, _, token = payload.partition("_")
        return f"{self.public_url}/c/{token}" if kind == "c" else ""


class Renderer:
    """Renders replies in a language, with the shop's looks."""

    def __init__(self, words: Catalogues, links: Links) -> None:
        self._words = words
        self._links = links

    def render(
        self, reply: Reply, address: Address, language: str, programme: Programme
    ) -> Rendered:
        """A reply as its person reads it; drawing a picture takes some milliseconds."""
        text = "\n".join(self._words.render(phrase, language) for phrase in reply.phrases)
        shown = reply.picture
        return Rendered(
            address=address,
            text=text,
            buttons=tuple(
                tuple(self._button(button, language) for button in row) for row in reply.buttons
            ),
            numbered=reply.numbered,
            picture=self.draw(shown, language, programme) if shown else None,
            scan=self._links.scan(shown.payload) if shown else "",
            link=self._links.page(shown.payload) if shown else "",
        )

    def draw(self, shown: Picture, language: str, programme: Programme) -> bytes:
        """A QR picture as PNG."""
        link = self._links.scan(shown.payload)
        shop = programme.shop.name.in_language(language)
        look = programme.look
        colours = (look.background, look.ink, look.accent)
        heading = self._words.render(shown.heading, language)
        footer = self._words.render(shown.footer, language)
        if shown.kind == "voucher":
            return pictures.voucher(
                link=link,
                shop=shop,
                colours=colours,
                heading=heading,
                code=shown.payload.partition("_")[2],
                footer=footer,
            )
        return pictures.card(
            link=link,
            shop=shop,
            colours=colours,
            heading=heading,
            footer=footer,
            filled=shown.filled,
            total=shown.total,
        )

    def _button(self, button: Button, language: str) -> RenderedButton:
        label = self._words.label(button.label, language)
        return RenderedButton(label, button.action.pack(), button.contact)
