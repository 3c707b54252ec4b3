"""`check`, `new` and `migrate`: what is wrong before anything starts, and what to do about it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import programmes
from bot.cli import main
from bot.cli.check import Finding, findings
from bot.cli.opening import OLDER, CannotOpen
from bot.services.unit_of_work import Work
from bot.settings import PREFIX
from tests.cli.conftest import CAFE, Ran, Shop
from tests.conftest import SECRET
from tests.doubles.smtp import SmtpDouble
from tests.doubles.telegram import TOKEN, TelegramDouble

SCHEMA = "info database has the current schema"
OFF = "info Telegram is off: put REGULARS_TELEGRAM_TOKEN=… into .env"


def python(*arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """A process of its own, started in a folder."""
    return subprocess.run(
        [sys.executable, *arguments],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )


def line_of(text: str, what: str) -> int:
    return next(n for n, line in enumerate(text.splitlines(), 1) if line.startswith(what))


def write(folder: Path, text: str) -> None:
    (folder / "programme.toml").write_text(text, "utf-8")


def test_all_is_well(shop: Shop) -> None:
    lines = ["info programme.toml is in order", SCHEMA]
    will = "info programme.toml will be in force from the next start on"
    assert shop.run("check") == Ran(0, [*lines, will, OFF])
    shop.run("staff", "add", "Anna", "--role", "owner")
    assert shop.run("check") == Ran(0, [*lines, OFF])


def test_json_holds_the_same(shop: Shop) -> None:
    write(shop.folder, CAFE.replace("card = 10", "card = 1"))
    ran = shop.run("check", "--json")
    first, second, _ = json.loads("\n".join(ran.out))
    assert (ran.code, first) == (
        1,
        {
            "level": "error",
            "place": "programme.toml",
            "message": "write at least 2, not 1",
            "line": line_of(CAFE, "card = 10"),
            "key": "units.stamps.card",
        },
    )
    assert second["place"] == "database"


def test_every_mistake_in_the_programme_is_a_line(shop: Shop) -> None:
    text = CAFE.replace("card = 10", "card = 1").replace('currency = "CZK"', 'currency = "Kc"')
    write(shop.folder, text)
    ran = shop.run("check")
    assert (ran.code, ran.out[1:]) == (
        1,
        [
            f"error programme.toml:{line_of(text, 'card = 1')} units.stamps.card "
            "write at least 2, not 1",
            SCHEMA,
            OFF,
        ],
    )
    assert ran.out[0].startswith(f"error programme.toml:{line_of(text, 'currency')} shop.currency ")


def test_a_warning_is_no_error(shop: Shop) -> None:
    text = CAFE.replace('validity = "90 days"', 'validity = "2 days"')
    write(shop.folder, text)
    ran = shop.run("check")
    assert (ran.code, ran.out[0]) == (
        0,
        f"warning programme.toml:{line_of(text, 'validity')} rewards[1].validity "
        "an earned reward can end within a week: consider a longer time",
    )


def test_a_file_that_is_not_utf8_names_the_line(shop: Shop) -> None:
    shop.programme.write_bytes("[shop]\nname = 'Kavárna'\n".encode("cp1250"))
    finding = "programme.toml{} line 2 has a character that is not UTF-8: save the file as UTF-8"
    assert shop.run("check") == Ran(1, [f"error {finding.format('')}", SCHEMA, OFF])
    assert shop.run("staff", "add", "Anna", "--role", "owner") == Ran(
        1, [], [f"error: {finding.format(':')}"]
    )


def test_a_missing_programme_says_how_to_write_one(shop: Shop) -> None:
    shop.programme.unlink()
    why = (
        "there is no file programme.toml: write one with `regulars new cafe-stamps "
        "programme.toml`, or name yours"
    )
    assert shop.run("check") == Ran(1, [f"error {PREFIX}PROGRAMME {why}", SCHEMA, OFF])
    assert shop.run("staff", "add", "Anna", "--role", "owner") == Ran(
        1, [], [f"error: {PREFIX}PROGRAMME: {why}"]
    )


def test_an_older_programme_comes_back_by_itself_on_sqlite_alone(shop: Shop) -> None:
    """On PostgreSQL, where each process may have a file, `check` says how to bring it back."""

    async def card(work: Work) -> int:
        stamps = (await work.programme()).units.stamps
        assert stamps
        return stamps.card

    add = ("staff", "add", "Anna", "--role", "owner")
    in_order = ["info programme.toml is in order", SCHEMA]
    shop.run(*add)
    write(shop.folder, CAFE.replace("card = 10", "card = 8"))
    shop.run(*add)
    write(shop.folder, CAFE)
    if shop.dialect == "sqlite":
        will = "info programme.toml will be in force from the next start on"
        assert shop.run("check") == Ran(0, [*in_order, will, OFF])
        assert not any(OLDER in line for line in shop.run(*add).err)
    else:
        assert shop.run("check") == Ran(1, [*in_order, f"error programme.toml {OLDER}", OFF])
        assert sum(OLDER in line for line in shop.run(*add).err) == 1
        assert shop.ask(card) == 8
        write(shop.folder, f"{CAFE}\n# back again\n")
        shop.run(*add)
    assert shop.run("check") == Ran(0, [*in_order, OFF])
    assert shop.ask(card) == 10


def test_lines_of_the_env_file_that_do_nothing_are_named(shop: Shop) -> None:
    (shop.folder / ".env").write_text(
        "# ours\n\nTELEGRAM_TOKEN=123:secret\nexport port=81\nOTHER=1\n"
        "HOST=elsewhere\nREGULARS_HOST=127.0.0.1\n",
        "utf-8",
    )
    ran = shop.run("check")
    assert (ran.code, ran.out[:2], ran.err) == (
        0,
        [
            "warning .env:3 TELEGRAM_TOKEN has no effect: did you mean REGULARS_TELEGRAM_TOKEN?",
            "warning .env:4 port has no effect: did you mean REGULARS_PORT?",
        ],
        [],
    )
    assert ran.out[2].startswith("info programme.toml ")


def test_lines_of_the_env_file_that_can_not_be_read_are_errors(
    tmp_path: Path, run: Callable[..., Ran]
) -> None:
    (tmp_path / ".env").write_text('123:secret\n\nmy secret\nA="secret\n', "utf-8")
    no_sign = 'there is no "=" here: write NAME=value, such as REGULARS_PORT=8080'
    no_quote = "this can't be read: write NAME=value, and close the quotes"
    assert run("check") == Ran(
        1, [f"error .env:1 {no_sign}", f"error .env:3 {no_sign}", f"error .env:4 {no_quote}"]
    )
    (first, *_) = json.loads("\n".join(run("check", "--json").out))
    assert (first["place"], first["line"]) == (".env", 1)
    assert run("migrate").err[0] == f"error: .env:1: {no_sign}"


def test_bad_settings_end_it(run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REGULARS_PORT", "x")
    finding = "write a port number from 0 to 65535; 0 takes a free one"
    assert run("check") == Ran(1, [f"error REGULARS_PORT {finding}"])
    assert run("migrate") == Ran(1, [], [f"error: REGULARS_PORT: {finding}"])


def test_a_database_not_migrated_yet(
    bare_database_url: str,
    dialect: str,
    tmp_path: Path,
    run: Callable[..., Ran],
    use: Callable[[str], None],
) -> None:
    use(bare_database_url)
    write(tmp_path, CAFE)
    database = tmp_path / "data" / "regulars.db"
    if dialect == "sqlite":
        expected = Ran(0, [f"info database {database} is not made yet: `regulars run` makes it"])
    else:
        expected = Ran(
            1,
            [
                "error database lacks 0001_initial, 0002_channels, 0003_unasked, 0004_engine: "
                "run `regulars migrate`"
            ],
        )
        refusal = "error: the database does not have the current schema: run `regulars migrate`"
        assert run("staff", "add", "Anna", "--role", "owner") == Ran(1, [], [refusal])
    checked = run("check")
    assert Ran(checked.code, checked.out[1:-1]) == expected
    assert not database.exists()
    names = ("0001_initial", "0002_channels", "0003_unasked", "0004_engine")
    assert run("migrate") == Ran(0, [f"applied {name}" for name in names])
    assert run("migrate") == Ran(0, ["The schema is current: nothing to do."])
    assert run("check").code == 0


def test_sqlite_is_brought_up_by_itself(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, CAFE)
    assert run("ledger", "verify").err == [
        "error: REGULARS_DATABASE_URL: there is no database at data/regulars.db yet: start "
        "Regulars with `regulars run`, or bring members in with `regulars members import`"
    ]
    assert run("staff", "add", "Anna", "--role", "owner").code == 0
    assert run("ledger", "verify") == Ran(
        0,
        ["0 entries, 0 differences."],
        # A line for every tenth.
        [f"Checks: {n} of 12" for n in (2, 3, 4, 5, 6, 8, 9, 10, 11, 12)],
    )


def test_a_wrong_secret_is_an_error(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.run("staff", "add", "Anna", "--role", "owner")
    monkeypatch.setenv("REGULARS_SECRET_KEY", "another secret than before")
    why = (
        "REGULARS_SECRET_KEY does not open this database. Give the secret it was made with "
        "(for SQLite it is kept in the file secret.key beside the database)."
    )
    checked = shop.run("check")
    assert (checked.code, checked.out[-2:]) == (1, [f"error database {why}", OFF])
    assert shop.run("ledger", "verify") == Ran(1, [], [f"error: {why}"])


def test_a_lost_secret_is_not_made_anew(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, CAFE)
    run("staff", "add", "Anna", "--role", "owner")
    (tmp_path / "data" / "secret.key").unlink()
    for command in (("check",), ("ledger", "verify"), ("staff", "add", "Eva", "--role", "owner")):
        assert run(*command).code == 1
    assert not (tmp_path / "data" / "secret.key").exists()


def test_a_database_that_does_not_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, CAFE)
    monkeypatch.setenv("REGULARS_SECRET_KEY", SECRET)
    monkeypatch.setenv("REGULARS_DATABASE_URL", "postgres://shop:hidden@127.0.0.1:1/shop")
    ran = python("-m", "bot", "check", folder=tmp_path)
    (_, finding, _) = ran.stdout.splitlines()
    assert (ran.returncode, ran.stderr) == (1, "")
    assert finding.startswith("error REGULARS_DATABASE_URL the database at postgres://127.0.0.1")
    assert "hidden" not in finding


async def test_online_asks_telegram(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, CAFE)
    async with TelegramDouble() as double:
        monkeypatch.setenv("REGULARS_TELEGRAM_API_URL", double.url)
        monkeypatch.setenv("REGULARS_TELEGRAM_TOKEN", TOKEN)
        assert (await findings(online=True))[-1] == Finding(
            "info", "REGULARS_TELEGRAM_TOKEN", "is the token of @cafe_double_bot"
        )
        monkeypatch.setenv("REGULARS_TELEGRAM_TOKEN", "999:another")
        refused = (await findings(online=True))[-1]
    unreachable = (await findings(online=True))[-1]
    for finding, reason in ((refused, "Telegram knows no bot by this token"), (unreachable, "not")):
        assert (finding.level, finding.place) == ("error", "REGULARS_TELEGRAM_TOKEN")
        assert finding.message.startswith(f"Telegram did not say who the bot is ({reason}")


async def test_online_asks_the_mail_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, CAFE)
    monkeypatch.setenv("REGULARS_EMAIL_FROM", "karta@lipa.example")
    monkeypatch.setenv("REGULARS_PUBLIC_URL", "https://lipa.example")
    async with SmtpDouble() as double:
        monkeypatch.setenv("REGULARS_SMTP_URL", double.url())
        assert (await findings(online=True))[-2:] == [
            Finding("info", "E-mail", "is on: sent as karta@lipa.example"),
            Finding("info", "REGULARS_SMTP_URL", "the mail server takes the login"),
        ]
        double.fails.append(("connect", "535 5.7.8 no"))
        refused = (await findings(online=True))[-1]
        assert (refused.level, refused.place) == ("error", "REGULARS_SMTP_URL")
        assert refused.message.startswith("the mail server did not take the login (535 5.7.8")
    gone = (await findings(online=True))[-1]
    assert (gone.level, gone.place) == ("error", "REGULARS_SMTP_URL")
    assert gone.message.startswith("the mail server could not be used (SMTPConnectError)")
    assert double.arrived == []


async def test_one_click_wants_a_safe_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, CAFE)
    monkeypatch.setenv("REGULARS_EMAIL_FROM", "karta@lipa.example")
    monkeypatch.setenv("REGULARS_SMTP_URL", "smtp://mail.lipa.example")
    monkeypatch.setenv("REGULARS_PUBLIC_URL", "http://lipa.example")
    warning = (await findings(online=False))[-1]
    assert (warning.level, warning.place) == ("warning", "REGULARS_PUBLIC_URL")
    assert "https://" in warning.message


def test_new_writes_a_programme_that_passes_and_never_over_another(
    tmp_path: Path, run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in programmes.presets():
        file = tmp_path / f"{name}.toml"
        assert run("new", name, str(file)) == Ran(
            0, [f"Wrote {file}. Change what you like, then run `regulars check`."]
        )
        assert file.read_text("utf-8") == programmes.preset(name)
        monkeypatch.setenv("REGULARS_PROGRAMME", str(file))
        warning = run("check").out[0]
        assert warning.startswith(f"warning {file}:")
        assert warning.endswith(" shop.contact still the example's: write how people reach you")
    assert run("new", "points-shop") == Ran(
        0, ["Wrote programme.toml. Change what you like, then run `regulars check`."]
    )
    assert run("new", "cafe-stamps") == Ran(
        1, [], ["error: programme.toml is there already: name another file, or move it away"]
    )
    assert (tmp_path / "programme.toml").read_text("utf-8") == programmes.preset("points-shop")


def test_new_names_what_there_is(run: Callable[..., Ran]) -> None:
    names = [f"{name}  {about}" for name, about in programmes.presets().items()]
    assert run("new", "--list") == Ran(0, names)
    assert run("new", "cafe-stmps") == Ran(
        1, [], ['error: there is no ready-made programme "cafe-stmps". Did you mean "cafe-stamps"?']
    )
    assert run("new").code == 2


def test_a_command_that_does_not_exist_is_a_usage_error(run: Callable[..., Ran]) -> None:
    assert run("chek").code == 2
    assert run("staff", "add", "Anna", "--role", "boss").code == 2


def test_errors_come_without_a_traceback_unless_asked(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_name: str) -> str:
        raise ZeroDivisionError("on purpose")

    monkeypatch.setattr(programmes, "preset", broken)
    assert run("new", "cafe-stamps") == Ran(
        1,
        [],
        [
            "error: ZeroDivisionError: on purpose",
            "This should not happen: run it again as `regulars --debug …` to see where, "
            "and report it.",
        ],
    )
    with pytest.raises(ZeroDivisionError):
        main(["--debug", "new", "cafe-stamps"])
    with pytest.raises(CannotOpen):
        main(["--debug", "new", "cafe"])


def test_the_module_is_the_program_and_loads_no_sdk() -> None:
    listed = python("-m", "bot", "new", "--list").stdout.splitlines()
    assert [line.partition("  ")[0] for line in listed] == list(programmes.presets())
    loaded = python("-c", "import sys, bot.cli; print('telegram' in sys.modules)")
    assert loaded.stdout == "False\n"
