"""The pages a member or a stranger opens: the card, and what a scanned code leads to."""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import aiohttp_jinja2
from aiohttp import web

from bot.domain.messages import phrase
from locales import Catalogues

#: Scripts, styles, pictures and sockets of our own, nothing inline and nobody else's.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'{styles}; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
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


def add_pages(app: web.Application, catalogues: Catalogues, card_page: FindCard) -> None:
    """Add `/s/{payload}` and `/c/{token}`."""

    def notice(request: web.Request, title: str, text: str, status: int) -> web.Response:
        language = wanted_language(request.headers.get("Accept-Language", ""), catalogues)
        context = {
            "language": language,
            "title": catalogues.render(phrase(title), language),
            "text": catalogues.render(phrase(text), language),
        }
        response = page("notice.html", request, context, status=status)
        response.headers["Vary"] = "Accept-Language"
        return response

    async def scanned(request: web.Request) -> web.StreamResponse:
        # The payload is not even looked at: a stranger must not learn which codes exist.
        return notice(request, "page.scan.title", "page.scan.text", 200)

    async def card(request: web.Request) -> web.StreamResponse:
        found = await card_page(request.match_info["token"])
        if found is None:
            return notice(request, "page.missing.title", "page.missing.text", 404)
        context = {
            "language": found.language,
            "card": found,
            "picture": b64encode(found.picture).decode(),
            "hint": catalogues.render(phrase("page.card.hint"), found.language),
            "alt": catalogues.render(phrase("page.card.alt"), found.language),
            "nonce": secrets.token_urlsafe(16),
        }
        return page("card.html", request, context)

    app.router.add_get("/s/{payload}", scanned)
    app.router.add_get("/c/{token}", card)


def page(
    template: str, request: web.Request, context: Mapping[str, object], *, status: int = 200
) -> web.Response:
    """Render a page with its content policy; `nonce` in the context allows its own `<style>`."""
    response = aiohttp_jinja2.render_template(template, request, context, status=status)
    styles = f" 'nonce-{context['nonce']}'" if "nonce" in context else ""
    response.headers["Content-Security-Policy"] = POLICY.format(styles=styles)
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
