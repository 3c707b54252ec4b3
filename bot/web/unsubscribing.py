"""The page that stops offers by e-mail, by one press or by the mail program's own button (S33).

https://www.rfc-editor.org/rfc/rfc8058: a POST stops at once, with no cookies, and is answered
here; a GET changes nothing, since programs open links before people do.
"""

from __future__ import annotations

from aiohttp import web

from bot.clock import Clock
from bot.domain.messages import phrase
from bot.services import unsubscribing
from bot.services.unit_of_work import Work
from bot.services.unsubscribing import Subscription
from bot.web.pages import page, wanted_language
from locales import Catalogues

#: What the buttons of our own pages send.
HERE, EVERYWHERE = "here", "everywhere"


class Unsubscribing:
    """`/unsubscribe/{token}`: asks, stops, and offers to stop everywhere."""

    def __init__(self, work: Work, words: Catalogues, clock: Clock) -> None:
        self._work = work
        self._words = words
        self._clock = clock

    def add_to(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/unsubscribe/{token}", self.asked)
        app.router.add_post("/unsubscribe/{token}", self.stopped)

    async def asked(self, request: web.Request) -> web.StreamResponse:
        """Show what pressing the button stops."""
        found = await unsubscribing.of(self._work, request.match_info["token"])
        if found is None:
            return await self._unknown(request)
        if found.here:
            return await self._page(request, found, "unsubscribe.ask", HERE)
        return await self._done(request, found)

    async def stopped(self, request: web.Request) -> web.StreamResponse:
        """Stop, and say so."""
        everywhere = await _pressed(request) == EVERYWHERE
        async with self._work.unit_of_work() as uow:
            found = await unsubscribing.take(
                uow, request.match_info["token"], self._clock.now(), everywhere=everywhere
            )
        if found is None:
            return await self._unknown(request)
        if everywhere:
            return await self._page(request, found, "stop.done", "")
        return await self._done(request, found)

    async def _done(self, request: web.Request, found: Subscription) -> web.Response:
        stop = EVERYWHERE if found.elsewhere else ""
        return await self._page(request, found, "unsubscribe.done", stop)

    async def _page(
        self, request: web.Request, found: Subscription, text: str, stop: str
    ) -> web.Response:
        shop = (await self._work.programme()).shop
        voice = self._words.voice(found.member.language, friendly=shop.friendly)
        label = phrase("button.stop_everywhere" if stop == EVERYWHERE else "button.stop_emails")
        context = {
            "language": found.member.language,
            "shop": self._words.render(shop.name, voice),
            "title": self._words.render(phrase("unsubscribe.title"), voice),
            "text": self._words.render(phrase(text), voice),
            "button": self._words.label(label, voice) if stop else "",
            "stop": stop,
        }
        return page("unsubscribe.html", request, context, forms=True)

    async def _unknown(self, request: web.Request) -> web.Response:
        language = wanted_language(request.headers.get("Accept-Language", ""), self._words)
        shop = (await self._work.programme()).shop
        voice = self._words.voice(language, friendly=shop.friendly)
        context = {
            "language": language,
            "title": self._words.render(phrase("unsubscribe.unknown.title"), voice),
            "text": self._words.render(phrase("unsubscribe.unknown.text"), voice),
        }
        return page("notice.html", request, context, status=404)


async def _pressed(request: web.Request) -> str:
    """What was pressed on our page; whatever else is sent stops these e-mails too."""
    try:
        return str((await request.post()).get("stop", HERE))
    except (ValueError, LookupError, web.RequestPayloadError):
        return HERE
