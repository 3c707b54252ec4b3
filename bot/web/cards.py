"""A member's card as a page, found by its token; a message's picture, by its signed address."""

from __future__ import annotations

import asyncio

from bot.clock import Clock
from bot.domain.messages import Picture
from bot.rendering import Renderer
from bot.services import cards, media, units
from bot.services.unit_of_work import Work
from bot.web.pages import CardPage, FindCard, FindPicture
from locales import Catalogues


def card_finder(work: Work, renderer: Renderer, words: Catalogues, clock: Clock) -> FindCard:
    """Looks up and draws the card a token opens."""

    async def find(token: str) -> CardPage | None:
        programme = await work.programme()
        found = await cards.by_token(work, programme, token, clock.now())
        if found is None:
            return None
        member, purse = found
        language = member.language
        stamps = programme.units.stamps
        progress = units.balances(purse)[0]
        picture = Picture(
            kind="card",
            payload=f"c_{token}",
            heading=member.name or member.code,
            footer=progress,
            filled=max(purse.balance("stamps"), 0) if stamps else None,
            total=stamps.card if stamps else None,
        )
        return CardPage(
            shop=programme.shop.name.in_language(language),
            heading=member.name or member.code,
            progress=words.render(progress, language),
            language=language,
            background=programme.look.background,
            ink=programme.look.ink,
            accent=programme.look.accent,
            picture=await asyncio.to_thread(renderer.draw, picture, language, programme),
        )

    return find


def picture_finder(work: Work, renderer: Renderer, clock: Clock) -> FindPicture:
    """Draws the picture of the message that a signed address names."""

    async def find(signed: str) -> bytes | None:
        opened = await media.opened(work, signed, clock.real_now())
        if opened is None:
            return None
        picture, language = opened
        programme = await work.programme()
        return await asyncio.to_thread(renderer.draw, picture, language, programme)

    return find
