"""A café where people chat by an app with buttons, or text: both channels in one house."""

from __future__ import annotations

from bot import demo
from bot.channels.twilio import Sms
from tests.acceptance.cafe import ByTwilio, Cafe
from tests.chat import InLines, OnSimulator, OnSms, Person
from tests.doubles.twilio import TwilioDouble


class AppAndSms(ByTwilio):
    """An app, with buttons that can share a number or with neither, and Twilio's SMS.

    People are on the app, unless they are asked to text.
    """

    def __init__(self, double: TwilioDouble, app: str) -> None:
        super().__init__(double, "sms")
        self._app = demo.channels()[app]
        self._beside = {self._app.name: self._app}

    def person(self, name: str, language: str) -> Person:
        kind = OnSimulator if self._app.limits.buttons else InLines
        return kind(self.company, self._dispatcher, lambda: self._app, name, language)

    def texter(self, name: str, language: str = "en") -> OnSms:
        """Somebody with any phone at all."""
        return OnSms(self.company, self._dispatcher, Sms.limits, self.double, name, language)


def texter(cafe: Cafe, name: str = "Anna", language: str = "en") -> OnSms:
    """Somebody who texts with this café."""
    assert isinstance(cafe.world, AppAndSms)
    return cafe.world.texter(name, language)
