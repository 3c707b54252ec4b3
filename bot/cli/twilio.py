"""What commands ask Twilio; its SDK is loaded only when it is asked."""

from __future__ import annotations

from bot.settings import PREFIX, Settings

#: https://www.twilio.com/docs/api/errors/20003
BAD_CREDENTIALS = "20003"


class NoTwilio(Exception):
    """Twilio did not answer, or not take the credentials; the message says why and what to do."""


async def account_name(settings: Settings) -> str:
    """The name of Twilio's account. Raises NoTwilio."""
    from bot.app import connect_twilio
    from bot.channels.base import SendError

    account, _ = connect_twilio(settings)
    if account is None:
        raise NoTwilio(f"{PREFIX}TWILIO_ACCOUNT_SID: is not set")
    try:
        return await account.name()
    except SendError as error:
        if error.reason.startswith(BAD_CREDENTIALS):
            raise NoTwilio(
                f"{PREFIX}TWILIO_AUTH_TOKEN: Twilio did not take the credentials: copy "
                "both from its console again"
            ) from None
        raise NoTwilio(
            f"{PREFIX}TWILIO_API_URL: Twilio could not be asked ({error.reason}): check this "
            "machine's network and the address"
        ) from None
    finally:
        await account.close()
