"""Settings: what each may be, and that what is wrong is named and never repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.settings import EXAMPLE_TOKEN, PREFIX, BadSettings, Settings

KEY = "k" * 16
TOKEN = "123456:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQ"


def load(**settings: str) -> Settings:
    return Settings.load({PREFIX + name: value for name, value in settings.items()})


def findings(**settings: str) -> list[str]:
    with pytest.raises(BadSettings) as wrong:
        load(**settings)
    return wrong.value.findings


def test_nothing_set_gives_the_promised_defaults() -> None:
    assert load().model_dump() == {
        "database_url": "sqlite://data/regulars.db",
        "programme": Path("programme.toml"),
        "secret_key": (),
        "public_url": None,
        "host": "127.0.0.1",
        "port": 8080,
        "telegram_token": None,
        "telegram_api_url": "https://api.telegram.org",
        "telegram_mode": "polling",
        "telegram_webhook_secret": None,
        "telegram_rate": 30.0,
        "twilio_account_sid": None,
        "twilio_auth_token": None,
        "twilio_api_url": "https://api.twilio.com",
        "twilio_sms_from": None,
        "twilio_sms_rate": 1.0,
        "twilio_sms_keywords": "twilio",
        "twilio_whatsapp_from": None,
        "twilio_whatsapp_rate": 80.0,
        "smtp_url": None,
        "email_from": None,
        "email_rate": 10.0,
        "log_format": "console",
        "log_level": "info",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE_URL", "mysql://localhost/shop"),
        ("DATABASE_URL", "sqlite://:memory:"),
        ("DATABASE_URL", "postgres://user:pw-to-hide@localhost"),
        ("SECRET_KEY", "fifteen-letters"),
        ("SECRET_KEY", f"{KEY},too-short"),
        ("PUBLIC_URL", "shop.example"),
        ("PUBLIC_URL", "ftp://loyalty.example.com"),
        ("PUBLIC_URL", "https://loyalty.example.com/?a=b"),
        ("PORT", "eighty"),
        ("PORT", "65536"),
        ("TELEGRAM_TOKEN", "no-colon-in-here"),
        ("TELEGRAM_API_URL", "bots.example"),
        ("TELEGRAM_MODE", "push"),
        ("TELEGRAM_WEBHOOK_SECRET", "no spaces"),
        ("TELEGRAM_WEBHOOK_SECRET", "x" * 257),
        ("TELEGRAM_RATE", "-7"),
        ("TELEGRAM_RATE", "nan"),
        ("TWILIO_ACCOUNT_SID", "AC-my-account"),
        ("TWILIO_AUTH_TOKEN", "short"),
        ("TWILIO_SMS_FROM", "0777123456"),
        ("TWILIO_SMS_RATE", "0"),
        ("TWILIO_SMS_KEYWORDS", "nobody"),
        ("TWILIO_WHATSAPP_FROM", "+420777000000"),
        ("SMTP_URL", "mail.lipa.example"),
        ("SMTP_URL", "http://mail.example.com"),
        ("SMTP_URL", "smtp://:587"),
        ("SMTP_URL", "smtp://mail.example.com:http"),
        ("SMTP_URL", "smtp://me@mail.example.com"),
        ("SMTP_URL", "smtp://me:pw-to-hide@mail.example.com/inbox"),
        ("SMTP_URL", "smtp://me:p#w-to-hide@mail.example.com"),
        ("EMAIL_FROM", "Lípa"),
        ("EMAIL_FROM", "Lípa <lipa>"),
        ("EMAIL_FROM", "one@lipa.example, two@lipa.example"),
        ("EMAIL_RATE", "-7"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
    ],
)
def test_a_bad_value_is_named_and_not_repeated(name: str, value: str) -> None:
    (finding,) = findings(**{name: value})
    assert finding.startswith(f"{PREFIX}{name}: ")
    assert value not in finding


def test_every_bad_setting_is_found_at_once() -> None:
    found = findings(PORT="x", LOG_LEVEL="x", PUBLIC_URL="x")
    assert [finding.partition(":")[0] for finding in found] == [
        f"{PREFIX}PUBLIC_URL",
        f"{PREFIX}PORT",
        f"{PREFIX}LOG_LEVEL",
    ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [("TELEGRAM_TOKN", f"Did you mean {PREFIX}TELEGRAM_TOKEN?"), ("QZ", "Remove it.")],
)
def test_an_unknown_setting_is_a_finding(name: str, hint: str) -> None:
    assert findings(**{name: "x"}) == [f"{PREFIX}{name}: there is no such setting. {hint}"]


def test_an_empty_setting_is_not_set_and_others_are_not_ours() -> None:
    assert load(PORT="", SECRET_KEY=" ") == load()
    assert Settings.load({"PORT": "x", "REGULARLY": "x"}) == load()


def test_secrets_are_split_and_never_shown() -> None:
    settings = load(
        SECRET_KEY=f"{KEY}, other{KEY}",
        TELEGRAM_TOKEN=TOKEN,
        TELEGRAM_WEBHOOK_SECRET="hook-to-hide",
        DATABASE_URL="postgres://user:pw-to-hide@localhost/shop",
    )
    assert [secret.get_secret_value() for secret in settings.secret_key] == [KEY, f"other{KEY}"]
    for secret in (KEY, TOKEN, "hook-to-hide", "pw-to-hide"):
        assert secret not in f"{settings!r} {settings}"


def test_postgres_needs_a_secret() -> None:
    (finding,) = findings(DATABASE_URL="postgres://user@localhost/shop")
    assert finding.startswith(f"{PREFIX}SECRET_KEY: PostgreSQL needs one")
    assert load(DATABASE_URL="postgres://u@h/shop", SECRET_KEY=KEY).sqlite_file is None
    assert load(DATABASE_URL="sqlite:///srv/shop.db").sqlite_file == Path("/srv/shop.db")


def test_updates_come_by_webhook_where_there_is_an_address() -> None:
    assert load(PUBLIC_URL="https://shop.example/").public_url == "https://shop.example"
    assert load(PUBLIC_URL="https://shop.example").telegram_mode == "webhook"
    assert load(PUBLIC_URL="https://shop.example", TELEGRAM_MODE="Polling").telegram_mode == (
        "polling"
    )


def test_a_webhook_needs_an_address_telegram_delivers_to() -> None:
    (missing,) = findings(TELEGRAM_TOKEN=TOKEN, TELEGRAM_MODE="webhook")
    assert missing.startswith(f"{PREFIX}PUBLIC_URL: a webhook needs one")
    (insecure,) = findings(TELEGRAM_TOKEN=TOKEN, PUBLIC_URL="http://shop.example")
    assert insecure.startswith(f"{PREFIX}PUBLIC_URL: Telegram delivers to https:// alone")
    double = load(
        TELEGRAM_TOKEN=TOKEN, PUBLIC_URL="http://localhost", TELEGRAM_API_URL="http://localhost:81"
    )
    assert double.telegram_mode == "webhook"


def test_the_readmes_example_of_a_token_is_none() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert f"REGULARS_TELEGRAM_TOKEN={EXAMPLE_TOKEN}'" in readme
    (finding,) = findings(TELEGRAM_TOKEN=EXAMPLE_TOKEN)
    assert finding == (
        "REGULARS_TELEGRAM_TOKEN: this is the example's: paste the token that @BotFather gave you "
        "in its place"
    )


def test_the_file_is_read_and_the_environment_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "\ufeffREGULARS_HOST=0.0.0.0\nREGULARS_PORT=81 # a note\nOTHER=1\nREGULARS_LOG_LEVEL=\n"
    (tmp_path / ".env").write_text(text, "utf-8")
    monkeypatch.setenv("REGULARS_PORT", "82")
    settings = Settings.load()
    assert (settings.host, settings.port, settings.log_level) == ("0.0.0.0", 82, "info")


def test_a_file_that_can_not_be_read_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"REGULARS_HOST=caf\xe9\n")
    with pytest.raises(BadSettings) as wrong:
        Settings.load()
    assert wrong.value.findings == [".env: the file is not UTF-8: save it as such"]


ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "1" * 32}


def test_twilio_needs_a_sender_an_account_and_an_address() -> None:
    sender = {"TWILIO_SMS_FROM": "+12025550123"}
    assert [finding.partition(":")[0] for finding in findings(**sender)] == [
        f"{PREFIX}TWILIO_ACCOUNT_SID",
        f"{PREFIX}TWILIO_AUTH_TOKEN",
        f"{PREFIX}PUBLIC_URL",
    ]
    (senderless,) = findings(**ACCOUNT, PUBLIC_URL="https://shop.example")
    assert senderless.startswith(f"{PREFIX}TWILIO_SMS_FROM: Twilio needs a sender")
    whole = load(**sender, **ACCOUNT, PUBLIC_URL="https://shop.example")
    assert whole.twilio
    assert ACCOUNT["TWILIO_AUTH_TOKEN"] not in f"{whole!r}"
    assert not load().twilio


MAIL = {"SMTP_URL": "smtp://me:pw-to-hide@mail.lipa.example", "EMAIL_FROM": "karta@lipa.example"}


def test_email_needs_a_server_a_sender_and_an_address() -> None:
    (senderless,) = findings(SMTP_URL=MAIL["SMTP_URL"], PUBLIC_URL="https://shop.example")
    assert senderless.startswith(f"{PREFIX}EMAIL_FROM: e-mail needs it")
    (serverless,) = findings(EMAIL_FROM=MAIL["EMAIL_FROM"], PUBLIC_URL="https://shop.example")
    assert serverless.startswith(f"{PREFIX}SMTP_URL: e-mail needs it")
    (nowhere,) = findings(**MAIL)
    assert nowhere.startswith(f"{PREFIX}PUBLIC_URL: links that stop e-mails lead there")
    whole = load(**MAIL, PUBLIC_URL="https://shop.example")
    assert "pw-to-hide" not in f"{whole!r} {whole}"


@pytest.mark.parametrize(
    "sender", ["karta@lipa.example", "Karta@Lipa.example", "Kavárna Lípa <karta@lipa.example>"]
)
def test_email_is_sent_in_a_name_or_without(sender: str) -> None:
    given = load(**{**MAIL, "EMAIL_FROM": sender}, PUBLIC_URL="https://shop.example")
    assert given.email_from == sender
