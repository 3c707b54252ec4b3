"""What commands ask the mail server; its library is loaded only when it is asked."""

from __future__ import annotations

from bot.settings import PREFIX, Settings


class NoMail(Exception):
    """The mail server did not answer, or not take the login; says why and what to do."""


async def try_login(settings: Settings) -> None:
    """Connect, encrypt and log in as for a message, without sending one. Raises NoMail."""
    from bot.app import connect_email
    from bot.channels.base import SendError

    email = connect_email(settings)
    if email is None:
        raise NoMail(f"{PREFIX}SMTP_URL: is not set")
    try:
        await email.check()
    except SendError as error:
        if error.reason.endswith("credentials"):
            raise NoMail(
                f"{PREFIX}SMTP_URL: the mail server did not take the login ({error.reason}): check "
                "name and password; some want a password made for programs"
            ) from None
        raise NoMail(
            f"{PREFIX}SMTP_URL: the mail server could not be used ({error.reason}): check host, "
            "port and whether it is smtp:// or smtps://"
        ) from None
    finally:
        await email.close()
