"""From what is to be said to what a person reads: words, labels, pictures, links."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from bot import pictures, squeezing
from bot.channels.base import Limits
from bot.channels.fit import Rendered, fit
from bot.channels.segments import plain
from bot.domain.messages import (
    Address,
    Approved,
    Button,
    Link,
    Mail,
    OutboundMessage,
    Phrase,
    Picture,
    RenderedButton,
    Reply,
    phrase,
    without_standing,
)
from bot.domain.programme import Programme
from locales import Catalogues


@dataclass
class Links:
    """Where links lead: into Telegram when its bot is on, else to our own pages.

    `sign` makes the part of an address that lets nobody but us name a message's picture, and
    `stopping` that which stops offers in a conversation. `whatsapp` is the number people write to
    there, in digits.
    """

    public_url: str
    telegram: str = ""
    sign: Callable[[int], str] = str
    stopping: Callable[[int], str] = str
    whatsapp: str = ""

    def media(self, outbox_id: int) -> str:
        """Where a provider fetches the picture of a message."""
        return f"{self.public_url}/media/{self.sign(outbox_id)}"

    def scan(self, payload: str) -> str:
        """What a QR code holds for a payload (`c_…`, `v_…`, `s_…`, `join_…`, `x_…`)."""
        if self.telegram:
            return f"https://t.me/{self.telegram}?start={payload}"
        return f"{self.public_url}/s/{payload}"

    def chat(self, payload: str) -> str:
        """Where somebody begins to talk with us by a payload (`r_…`): in an app where one is on.

        https://faq.whatsapp.com/5913398998672934
        """
        if self.whatsapp and not self.telegram:
            return f"https://wa.me/{self.whatsapp}?text={payload}"
        return self.scan(payload)

    def page(self, payload: str) -> str:
        """Where someone whose app shows no pictures sees the QR code of a card."""
        kind, _, token = payload.partition("_")
        return f"{self.public_url}/c/{token}" if kind == "c" else ""

    def unsubscribe(self, conversation_id: int) -> str:
        """Where the person of a conversation stops offers by one click."""
        return f"{self.public_url}/unsubscribe/{self.stopping(conversation_id)}"


class Renderer:
    """Renders replies in a language, with the shop's looks."""

    def __init__(self, words: Catalogues, links: Links) -> None:
        self._words = words
        self._links = links

    def render(
        self, reply: Reply, address: Address, language: str, programme: Programme, limits: Limits
    ) -> Rendered:
        """A reply as its person reads it; drawing a picture takes some milliseconds.

        Over SMS it is in the fewest words and plain letters, without the standing menu, and with
        names shortened as far as it takes to fit (S35). An e-mail has links instead of choices.
        """
        if limits.unsubscribes:
            reply = replace(reply, buttons=())
        if not limits.segments:
            return self._said(reply, address, language, programme, limits)
        reply = without_standing(reply)
        tries = (
            self._over_sms(
                self._said(
                    squeezing.squeezed(reply, longest), address, language, programme, limits
                ),
                language,
                programme,
            )
            for longest in squeezing.LENGTHS
        )
        # The first that is one message, with the longest names; else what makes the fewest.
        found: list[Rendered] = []
        for said in tries:
            found.append(said)
            if len(fit(said, limits)) == 1:
                return said
        return min(found, key=lambda said: len(fit(said, limits)))

    def _said(
        self, reply: Reply, address: Address, language: str, programme: Programme, limits: Limits
    ) -> Rendered:
        friendly = programme.shop.friendly
        voice = self._words.voice(language, friendly=friendly, short=limits.segments)
        shown = reply.picture
        return Rendered(
            address=address,
            text="\n".join(
                self._words.render(self._linked(phrase), voice) for phrase in reply.phrases
            ),
            buttons=tuple(
                tuple(self._button(button, voice) for button in row) for row in reply.buttons
            ),
            numbered=reply.numbered,
            picture=self._drawn(shown, language, programme, limits) if shown else None,
            scan=self._links.scan(shown.payload) if shown else "",
            link=self._links.page(shown.payload) if shown else "",
            opener=self._words.render(phrase("button.choose"), voice) if limits.rows else "",
        )

    def _linked(self, said: Phrase) -> Phrase:
        """A sentence with its deep links as addresses."""
        values = {
            name: self._links.chat(value.payload) if isinstance(value, Link) else value
            for name, value in said.values.items()
        }
        return replace(said, values=values)

    def _drawn(
        self, shown: Picture, language: str, programme: Programme, limits: Limits
    ) -> bytes | None:
        """The picture where it goes along; empty where it will be fetched, None where none goes."""
        if not limits.pictures:
            return None
        return b"" if limits.fetches else self.draw(shown, language, programme)

    def _over_sms(self, said: Rendered, language: str, programme: Programme) -> Rendered:
        said = replace(said, segments=programme.sms.segments)
        if programme.sms.accents:
            return said
        rows = (
            tuple(replace(button, label=plain(button.label, language)) for button in row)
            for row in said.buttons
        )
        return replace(said, text=plain(said.text, language), buttons=tuple(rows))

    def media(self, outbox_id: int) -> str:
        """Where a provider fetches the picture of a message."""
        return self._links.media(outbox_id)

    def mail(
        self,
        reply: Reply,
        language: str,
        programme: Programme,
        *,
        card: str = "",
        unsubscribes: int | None = None,
    ) -> Mail:
        """What stands around a reply in an e-mail.

        `card` is the token of the member's card; `unsubscribes` the conversation in which more of
        such messages can be stopped. Choices that need an answer are left out.
        """
        voice = self._words.voice(language, friendly=programme.shop.friendly)
        shop, look = programme.shop.name, programme.look
        offers = unsubscribes is not None
        subject = reply.subject or phrase(
            f"email.subject.{'news' if offers else 'receipt'}", shop=shop
        )
        footer = phrase(f"email.footer.{'offers' if offers else 'card'}", shop=shop)
        leads = [b for row in reply.buttons for b in row if card and b.action.name == "card"]
        return Mail(
            subject=self._words.render(subject, voice),
            sender=self._words.render(shop, voice),
            language=language,
            footer=self._words.render(footer, voice),
            links=tuple(
                (self._words.label(button.label, voice), self._links.page(f"c_{card}"))
                for button in leads[:1]
            ),
            unsubscribe=self._links.unsubscribe(unsubscribes) if unsubscribes is not None else "",
            stop=self._words.render(phrase("email.stop"), voice) if offers else "",
            colours=(look.background, look.ink, look.accent),
        )

    def approved(
        self, reply: Reply, address: Address, language: str, programme: Programme
    ) -> OutboundMessage | None:
        """What is said instead of a reply where only approved sentences may be sent (S27).

        In the shop's language when the person's has none; None when that has none either.
        """
        if reply.template is None:
            return None
        contents = programme.whatsapp.templates.get(reply.template.key.partition(".")[2], {})
        said_in = language if language in contents else programme.shop.language
        if said_in not in contents:
            return None
        voice = self._words.voice(said_in, friendly=programme.shop.friendly)
        values = self._words.values(reply.template, voice)
        text = self._words.render(reply.template, voice)
        return OutboundMessage(address, text, approved=Approved(contents[said_in], values))

    def draw(self, shown: Picture, language: str, programme: Programme) -> bytes:
        """A QR picture as PNG, in words as the shop speaks."""
        voice = self._words.voice(language, friendly=programme.shop.friendly)
        link = self._links.scan(shown.payload)
        shop = self._words.render(programme.shop.name, voice)
        look = programme.look
        colours = (look.background, look.ink, look.accent)
        heading = self._words.render(shown.heading, voice)
        footer = self._words.render(shown.footer, voice)
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
