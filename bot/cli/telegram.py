"""What commands ask Telegram; its SDK takes long to import and is loaded only when it is asked."""

from __future__ import annotations

from bot.settings import PREFIX, Settings


class NoTelegram(Exception):
    """Telegram did not say who the bot is; the message says why and what to do."""


async def bot_name(settings: Settings) -> str | None:
    """The bot's name at Telegram, without the @; None without a token. Raises NoTelegram."""
    if settings.telegram_token is None:
        return None
    from bot.channels.base import SendError
    from bot.channels.telegram import Telegram

    telegram = Telegram(settings.telegram_token.get_secret_value(), "", settings.telegram_api_url)
    try:
        await telegram.start()
    except SendError as error:
        raise NoTelegram(
            f"{PREFIX}TELEGRAM_TOKEN: Telegram did not say who the bot is ({error.reason}): check "
            f"the token, {PREFIX}TELEGRAM_API_URL and this machine's network"
        ) from None
    finally:
        await telegram.close()
    return telegram.username
