"""The installation's settings: environment variables, or a `.env` file, that start with REGULARS_.

What is wrong with one is said in a sentence that names it and what to write, and never repeats the
value, which may be a secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from email.utils import getaddresses
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.domain import emails

PREFIX = "REGULARS_"
#: Beside where Regulars is started.
ENV_FILE = ".env"
#: In characters.
SECRET_LENGTH = 16
TELEGRAM = "https://api.telegram.org"
TWILIO = "https://api.twilio.com"
#: What the README writes where the owner's own token goes.
EXAMPLE_TOKEN = "123456:your-token"  # noqa: S105 - nobody's
#: What to do where nobody can write to the shop yet.
PUT_TOKEN = f"put {PREFIX}TELEGRAM_TOKEN=… into {ENV_FILE}"


class BadSettings(Exception):
    """Some settings can't be used; each finding names one and says what to do."""

    def __init__(self, findings: list[str]) -> None:
        super().__init__("\n".join(findings))
        self.findings = findings


def _split(value: Any) -> Any:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


def _database(value: str) -> str:
    if value.startswith("sqlite://"):
        if value.removeprefix("sqlite://").strip("/") in ("", ":memory:"):
            raise ValueError("no file")
        return value
    parts = urlsplit(value)
    if parts.scheme not in ("postgres", "postgresql") or not parts.path.strip("/"):
        raise ValueError("no database")
    return value


def _address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("no address")
    if parts.query or parts.fragment or "@" in parts.netloc or re.search(r"\s", value):
        raise ValueError("more than an address")
    return value.rstrip("/")


def _smtp(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname or parts.port == 0:
        raise ValueError("no mail server")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("more than a server")
    if bool(parts.username) != bool(parts.password):
        raise ValueError("half of a login")
    return value


def _sender(value: str) -> str:
    [(name, address)] = getaddresses([value])  # of several there is a ValueError
    plain = emails.canonical(address)
    if plain is None or plain != address.lower() or not name.isprintable():
        raise ValueError("no e-mail address")
    return value


def _secret(pattern: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        if not re.fullmatch(pattern, value.get_secret_value(), re.ASCII):
            raise ValueError("not of this form")
        return value

    return AfterValidator(check)


def _form(pattern: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError("not of this form")
        return value

    return AfterValidator(check)


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


Address = Annotated[str, AfterValidator(_address)]
LogFormat = Annotated[Literal["console", "json"], BeforeValidator(_lower)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]
#: How many a second.
Rate = Annotated[float, Field(gt=0, le=10_000, allow_inf_nan=False)]
TwilioKeywords = Annotated[Literal["twilio", "regulars"], BeforeValidator(_lower)]
TelegramMode = Annotated[Literal["polling", "webhook"], BeforeValidator(_lower)]

#: What to write, by setting, where what stands there can't be used.
_ADVICE = {
    "database_url": "write sqlite://path/to/file.db or postgres://user:pass@host:5432/db",
    "programme": "write the path of the programme file",
    "secret_key": f"write a secret of at least {SECRET_LENGTH} characters, such as "
    "`openssl rand -hex 32` prints; several by commas, the first is used for what is new",
    "public_url": "write the address the outside reaches this server at, such as "
    "https://loyalty.example.com",
    "host": "write the address to listen at, such as 127.0.0.1, or 0.0.0.0 for every network",
    "port": "write a port number from 0 to 65535; 0 takes a free one",
    "telegram_token": "write the token as @BotFather gave it: digits, a colon, letters",
    "telegram_api_url": f"write an address such as {TELEGRAM}, or leave it out",
    "telegram_mode": "write polling or webhook, or leave it out",
    "telegram_webhook_secret": "write 1 to 256 letters, digits, _ and -, or leave it out",
    "telegram_rate": "write how many messages a second, such as 30",
    "twilio_account_sid": "write the Account SID of Twilio's console: AC and 32 hex digits",
    "twilio_auth_token": "write the Auth Token of Twilio's console: 32 hex digits",
    "twilio_api_url": f"write an address such as {TWILIO}, or leave it out",
    "twilio_sms_from": "write a number of yours such as +12025550123, or a messaging service's SID "
    "that begins with MG",
    "twilio_sms_rate": "write how many segments a second your sender may send, such as 1",
    "twilio_sms_keywords": "write twilio where Twilio answers STOP, START and HELP (its default), "
    "or regulars where that is switched off for your number",
    "twilio_whatsapp_from": "write whatsapp: and your sender's number, such as "
    "whatsapp:+12025550123",
    "twilio_whatsapp_rate": "write how many messages a second, such as 80",
    "smtp_url": "write your mail server as smtp://user:password@mail.example.com:587, or smtps://… "
    "where it speaks TLS at once; in a name or password write %40 for @, %3A for :, %2F for /",
    "email_from": "write an address of yours such as card@example.com, or Name <card@example.com>",
    "email_rate": "write how many messages a second your mail server may get, such as 10",
    "log_format": "write console or json",
    "log_level": "write debug, info, warning or error",
}


class Settings(BaseSettings):
    """Every setting, checked; made by `load()`. Secrets show as stars wherever it is printed."""

    model_config = SettingsConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: Annotated[str, AfterValidator(_database)] = Field(
        "sqlite://data/regulars.db", repr=False
    )
    programme: Path = Path("programme.toml")
    secret_key: Annotated[
        tuple[Annotated[SecretStr, Field(min_length=SECRET_LENGTH)], ...], BeforeValidator(_split)
    ] = ()
    public_url: Address | None = None
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65_535)] = 8080
    telegram_token: Annotated[SecretStr, _secret(r"\d+:[A-Za-z0-9_-]+")] | None = None
    telegram_api_url: Address = TELEGRAM
    telegram_mode: TelegramMode = Field(
        default_factory=lambda given: "webhook" if given.get("public_url") else "polling"
    )
    telegram_webhook_secret: Annotated[SecretStr, _secret("[A-Za-z0-9_-]{1,256}")] | None = None
    telegram_rate: Rate = 30.0
    twilio_account_sid: Annotated[str, _form(r"AC[0-9a-fA-F]{32}")] | None = None
    twilio_auth_token: Annotated[SecretStr, _secret("[0-9a-zA-Z]{32,64}")] | None = None
    twilio_api_url: Address = TWILIO
    twilio_sms_from: Annotated[str, _form(r"\+[1-9]\d{4,14}|MG[0-9a-fA-F]{32}")] | None = None
    twilio_sms_rate: Rate = 1.0
    twilio_sms_keywords: TwilioKeywords = "twilio"
    twilio_whatsapp_from: Annotated[str, _form(r"whatsapp:\+[1-9]\d{4,14}")] | None = None
    twilio_whatsapp_rate: Rate = 80.0
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp)] | None = None
    email_from: Annotated[str, AfterValidator(_sender)] | None = None
    email_rate: Rate = 10.0
    log_format: LogFormat = "console"
    log_level: LogLevel = "info"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library names them all
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `load` hands over: the sources of the library pass over unknown names."""
        return (init_settings,)

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None) -> Self:
        """The settings of this process, or of `environ` alone; an empty one is one not set.

        Raises BadSettings.
        """
        given = _surroundings() if environ is None else environ
        values: dict[str, Any] = {
            name[len(PREFIX) :].lower(): value.strip()
            for name, value in given.items()
            if name.upper().startswith(PREFIX) and value.strip()
        }
        try:
            settings = cls(**values)
        except ValidationError as error:
            raise BadSettings(_findings(error)) from None
        if conflicts := list(settings._conflicts()):
            raise BadSettings(conflicts)
        return settings

    @property
    def sqlite_file(self) -> Path | None:
        """The file of a SQLite database; None on PostgreSQL."""
        file = self.database_url.removeprefix("sqlite://")
        return None if file == self.database_url else Path(file)

    @property
    def twilio(self) -> bool:
        """Whether people can be reached through Twilio."""
        return bool(self.twilio_sms_from or self.twilio_whatsapp_from)

    @property
    def channels(self) -> frozenset[str]:
        """The channels that are switched on."""
        on = {
            "telegram": self.telegram_token,
            "whatsapp": self.twilio_whatsapp_from,
            "sms": self.twilio_sms_from,
            "email": self.email_from,
        }
        return frozenset(name for name, setting in on.items() if setting)

    def _conflicts(self) -> Iterator[str]:
        if not self.secret_key and self.sqlite_file is None:
            yield f"{PREFIX}SECRET_KEY: PostgreSQL needs one: {_ADVICE['secret_key']}"
        yield from self._telegram_conflicts()
        yield from self._twilio_conflicts()
        yield from self._email_conflicts()

    def _twilio_conflicts(self) -> Iterator[str]:
        needed = ("twilio_account_sid", "twilio_auth_token")
        given = [name for name in needed if getattr(self, name) is not None]
        if not self.twilio:
            if given:
                yield (
                    f"{PREFIX}TWILIO_SMS_FROM: Twilio needs a sender: "
                    f"{_ADVICE['twilio_sms_from']}; or set {PREFIX}TWILIO_WHATSAPP_FROM"
                )
            return
        for name in needed:
            if name not in given:
                yield f"{PREFIX}{name.upper()}: Twilio needs it: {_ADVICE[name]}"
        if self.public_url is None:
            yield (
                f"{PREFIX}PUBLIC_URL: Twilio calls us at it, and its signatures cover it: "
                f"{_ADVICE['public_url']}"
            )

    def _email_conflicts(self) -> Iterator[str]:
        if self.smtp_url is None and self.email_from is None:
            return
        for name in ("smtp_url", "email_from"):
            if getattr(self, name) is None:
                yield f"{PREFIX}{name.upper()}: e-mail needs it: {_ADVICE[name]}"
        if self.public_url is None:
            yield (
                f"{PREFIX}PUBLIC_URL: links that stop e-mails lead there: {_ADVICE['public_url']}"
            )

    def _telegram_conflicts(self) -> Iterator[str]:
        if self.telegram_token is None:
            return
        if self.telegram_token.get_secret_value() == EXAMPLE_TOKEN:
            yield (
                f"{PREFIX}TELEGRAM_TOKEN: this is the example's: paste the token that @BotFather "
                "gave you in its place"
            )
        if self.telegram_mode == "polling":
            return
        if self.public_url is None:
            yield (
                f"{PREFIX}PUBLIC_URL: a webhook needs one: {_ADVICE['public_url']}, "
                f"or set {PREFIX}TELEGRAM_MODE=polling"
            )
        elif self.telegram_api_url == TELEGRAM and not self.public_url.startswith("https://"):
            # https://core.telegram.org/bots/webhooks
            yield (
                f"{PREFIX}PUBLIC_URL: Telegram delivers to https:// alone: write such an address, "
                f"or set {PREFIX}TELEGRAM_MODE=polling"
            )


def without_prefix() -> list[tuple[int, str]]:
    """The settings that the `.env` file gives without REGULARS_ alone, each with its line.

    Raises BadSettings.
    """
    named = [
        (_line(binding), binding.key)
        for binding in parse_stream(StringIO(_env_text()))
        if binding.key is not None
    ]
    given = {name.upper() for _, name in named} | set(os.environ)
    return [
        (line, name)
        for line, name in named
        if name.lower() in Settings.model_fields and PREFIX + name.upper() not in given
    ]


def _surroundings() -> Mapping[str, str]:
    """The `.env` file's variables, and over them the environment's."""
    text = _env_text()
    if wrong := [why for line in parse_stream(StringIO(text)) if (why := _objection(line))]:
        raise BadSettings(wrong)
    written = dotenv_values(stream=StringIO(text))
    return {
        **{name.upper(): value for name, value in written.items() if value is not None},
        **os.environ,
    }


def _env_text() -> str:
    """What the `.env` file holds; nothing where there is none."""
    file = Path(ENV_FILE)
    try:
        return file.read_text("utf-8-sig") if file.is_file() else ""
    except UnicodeDecodeError:
        raise BadSettings([f"{ENV_FILE}: the file is not UTF-8: save it as such"]) from None
    except OSError as error:
        raise BadSettings([f"{ENV_FILE}: the file can't be read: {error.strerror}"]) from None


def _objection(binding: Binding) -> str:
    """What is wrong with a line of the `.env` file, without repeating it."""
    place = f"{ENV_FILE}:{_line(binding)}"
    if binding.error and "=" in binding.original.string:
        return f"{place}: this can't be read: write NAME=value, and close the quotes"
    if binding.error or (binding.key is not None and binding.value is None):
        return f'{place}: there is no "=" here: write NAME=value, such as {PREFIX}PORT=8080'
    return ""


def _line(binding: Binding) -> int:
    """The line a binding is on; the library counts the empty ones above it as its own."""
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")


def _findings(error: ValidationError) -> list[str]:
    wrong = dict.fromkeys(
        str(found["loc"][0])
        for found in error.errors()
        # What follows from another setting can't be told while that one is wrong.
        if found["type"] != "default_factory_not_called"
    )
    return [_finding(field) for field in wrong]


def _finding(field: str) -> str:
    name = f"{PREFIX}{field.upper()}"
    if field in _ADVICE:
        return f"{name}: {_ADVICE[field]}"
    near = get_close_matches(field, _ADVICE, n=1)
    hint = f" Did you mean {PREFIX}{near[0].upper()}?" if near else " Remove it."
    return f"{name}: there is no such setting.{hint}"
