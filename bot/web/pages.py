"""What a member, a stranger or a provider opens: cards, pictures, the shop's texts, codes."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import aiohttp_jinja2
from aiohttp import web

from bot.domain.messages import Phrase, phrase
from bot.domain.programme import Programme, Shop
from locales import Catalogues

#: Scripts, styles, pictures and sockets of our own, nothing inline and nobody else's.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; "
    "connect-src 'self'; form-action {forms}; base-uri 'none'; frame-ancestors 'none'"
)
#: Where the browser wants no language we have.
DEFAULT_LANGUAGE = "en"


@dataclass(frozen=True, slots=True)
class CardPage:
    """What a member's card page shows; colours are `#rrggbb`, the picture is a PNG."""

    shop: str
    heading: str
    progress: str
    language: str
    background: str
    ink: str
    accent: str
    picture: bytes


#: The card a token opens, or None where the token is unknown or was revoked.
FindCard = Callable[[str], Awaitable[CardPage | None]]
#: The PNG that a signed address opens, or None where it is not ours, or past.
FindPicture = Callable[[str], Awaitable[bytes | None]]
#: The programme in force.
FindProgramme = Callable[[], Awaitable[Programme]]


@dataclass(frozen=True, slots=True)
class Found:
    """Where the pages get what they show."""

    card: FindCard
    picture: FindPicture
    programme: FindProgramme


def add_pages(app: web.Application, catalogues: Catalogues, found: Found) -> None:
    """Add `/s/{payload}`, `/c/{token}`, `/media/{signed}`, `/terms` and `/privacy`."""
    pages = _Pages(catalogues, found)
    app.router.add_get("/s/{payload}", pages.scanned)
    app.router.add_get("/c/{token}", pages.card)
    app.router.add_get("/media/{signed}", pages.media)
    app.router.add_get("/terms", pages.terms)
    app.router.add_get("/privacy", pages.privacy)


class _Pages:
    def __init__(self, catalogues: Catalogues, found: Found) -> None:
        self._words = catalogues
        self._found = found

    async def scanned(self, request: web.Request) -> web.StreamResponse:
        # The payload is not even looked at: a stranger must not learn which codes exist.
        return self._notice(request, "page.scan.title", "page.scan.text", 200)

    async def card(self, request: web.Request) -> web.StreamResponse:
        shown = await self._found.card(request.match_info["token"])
        if shown is None:
            return self._notice(request, "page.missing.title", "page.missing.text", 404)
        context = {
            "language": shown.language,
            "card": shown,
            "picture": b64encode(shown.picture).decode(),
            "hint": self._words.render(phrase("page.card.hint"), shown.language),
            "alt": self._words.render(phrase("page.card.alt"), shown.language),
            "nonce": secrets.token_urlsafe(16),
        }
        return page("card.html", request, context)

    async def media(self, request: web.Request) -> web.StreamResponse:
        picture = await self._found.picture(request.match_info["signed"])
        if picture is None:
            return self._notice(request, "page.missing.title", "page.missing.text", 404)
        return web.Response(body=picture, content_type="image/png")

    async def terms(self, request: web.Request) -> web.StreamResponse:
        programme = await self._found.programme()
        text = phrase("terms.text", text=programme.joining.terms)
        return self._text(request, programme.shop, "page.terms.title", [text])

    async def privacy(self, request: web.Request) -> web.StreamResponse:
        shop = (await self._found.programme()).shop
        lines = [phrase("privacy.kept", shop=shop.name)]
        if shop.contact:
            lines.append(phrase("privacy.contact", contact=shop.contact))
        return self._text(request, shop, "page.privacy.title", lines)

    def _text(
        self, request: web.Request, shop: Shop, title: str, texts: Sequence[Phrase]
    ) -> web.Response:
        """A text of the shop's in the browser's language, a paragraph a line."""
        language = self._language(request)
        voice = self._words.voice(language, friendly=shop.friendly)
        lines = "\n".join(self._words.render(text, voice) for text in texts).splitlines()
        context = {
            "language": language,
            "shop": self._words.render(shop.name, voice),
            "title": self._words.render(phrase(title), voice),
            "lines": [line for line in lines if line.strip()],
        }
        return _varying(page("text.html", request, context))

    def _notice(self, request: web.Request, title: str, text: str, status: int) -> web.Response:
        language = self._language(request)
        context = {
            "language": language,
            "title": self._words.render(phrase(title), language),
            "text": self._words.render(phrase(text), language),
        }
        return _varying(page("notice.html", request, context, status=status))

    def _language(self, request: web.Request) -> str:
        return wanted_language(request.headers.get("Accept-Language", ""), self._words)


def _varying(response: web.Response) -> web.Response:
    response.headers["Vary"] = "Accept-Language"
    return response


def page(
    template: str,
    request: web.Request,
    context: Mapping[str, object],
    *,
    status: int = 200,
    forms: bool = False,
) -> web.Response:
    """Render a page with its content policy, which may allow `forms` that lead to us.

    `nonce` in the context allows its own `<style>`.
    """
    response = aiohttp_jinja2.render_template(template, request, context, status=status)
    styles = f" 'nonce-{context['nonce']}'" if "nonce" in context else ""
    response.headers["Content-Security-Policy"] = POLICY.format(
        styles=styles, forms="'self'" if forms else "'none'"
    )
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Cache-Control"] = "no-store"
    return response


def wanted_language(header: str, catalogues: Catalogues) -> str:
    """The language of ours that an Accept-Language header likes best."""
    wishes: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, quality = part.replace(" ", "").partition(";q=")
        try:
            liked = float(quality or 1)
        except ValueError:
            continue
        language = catalogues.language_for(tag, catalogues.languages, "")
        if language and liked > 0:
            wishes.append((liked, language))
    # Of two liked the same `max` takes the first, as the header's author meant it.
    return max(wishes, key=lambda wish: wish[0], default=(1.0, DEFAULT_LANGUAGE))[1]
