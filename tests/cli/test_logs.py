"""What is logged, as people and as machines read it, without personal data (S36)."""

from __future__ import annotations

import json
import logging

import pytest
import structlog

from bot import logs

TOKEN = "123456789:AAbbCCddEEffGGhhIIjjKKllMMnnOOppQQ"


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    for line in lines:
        del line["timestamp"]
    return lines


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (
            f"https://api.telegram.org/bot{TOKEN}/getMe",
            "https://api.telegram.org/bot[redacted]/getMe",
        ),
        ("called +420777123456 twice", "called [redacted] twice"),
        ("+420 777 123 456", "[redacted]"),
        ("From=whatsapp%3A%2B420777123456&x", "From=whatsapp%3A[redacted]&x"),
        ("/start c_9fK2mQx7TzYv4LwB", "/start [redacted]"),
        ("t.me/cafe?start=s_6XWa8jYeb2uLUo77CP0sMg", "t.me/cafe?start=[redacted]"),
        ("GET /c/9fK2mQx7TzYv4LwB 200", "GET /c/[redacted] 200"),
        ("Authorization: Bearer abc.def", "Authorization[redacted]"),
        ("{'authorization': 'Basic dXNlcjpwYXNz'}", "{'authorization[redacted]'}"),
        ("postgres://user:hidden@host/shop", "postgres://[redacted]@host/shop"),
        ("wrote to anna.nova@example.com", "wrote to [redacted]"),
    ],
)
def test_what_has_the_shape_of_a_secret_or_a_person_is_taken_out(value: str, shown: str) -> None:
    assert logs.redact(None, "info", {"event": value}) == {"event": shown}


@pytest.mark.parametrize(
    "value",
    [
        "2026-03-02T10:00:00+02:00",
        "entry 1234567890, member K7Q2PX",
        "exec_something_quite_long",
        "/telegram/webhook",
        "12:30",
    ],
)
def test_what_is_neither_stays(value: str) -> None:
    assert logs.redact(None, "info", {"event": value}) == {"event": value}


def test_values_within_values_are_cleaned_and_numbers_stay() -> None:
    event = {
        "event": "x",
        "n": 3,
        "ok": True,
        "none": None,
        "headers": {"Authorization": "anything", "to": ["+420777123456", 7]},
        "error": ValueError(TOKEN),
    }
    assert logs.redact(None, "info", event) == {
        "event": "x",
        "n": 3,
        "ok": True,
        "none": None,
        "headers": {"Authorization": "[redacted]", "to": ["[redacted]", 7]},
        "error": "[redacted]",
    }


def test_machines_read_json(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info")
    structlog.get_logger().debug("not this")
    structlog.get_logger().info("café open", to="+420777123456")
    assert logged(capsys) == [{"event": "café open", "level": "info", "to": "[redacted]"}]


def test_people_read_lines(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("console", "warning")
    structlog.get_logger().info("not this")
    structlog.get_logger().warning("slow", seconds=3)
    _, _, line = capsys.readouterr().err.partition("Z ")
    assert line.split() == ["[warning", "]", "slow", "seconds=3"]


def test_libraries_speak_from_warnings_up_in_the_same_form(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.set_up("json", "debug")
    logs.set_up("json", "debug")  # again: each line comes once all the same
    logging.getLogger("aiohttp.access").info("not this")
    logging.getLogger("apscheduler").warning("missed by %s", "2 s")
    assert logged(capsys) == [
        {"event": "missed by 2 s", "level": "warning", "logger": "apscheduler"},
    ]


def test_a_library_that_logs_wrongly_is_heard(capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json", "info")
    (ours,) = (h for h in logging.getLogger().handlers if type(h).__module__ == "bot.logs")
    ours.handle(logging.LogRecord("aiohttp", logging.ERROR, "", 1, "%d people", ("two",), None))
    assert logged(capsys) == [{"event": "%d people", "level": "error", "logger": "aiohttp"}]


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_is_cleaned_too(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    logs.set_up("json" if form == "json" else "console", "info")
    number = "+420" + "777123456"
    try:
        raise ValueError(f"no chat with {number}")
    except ValueError:
        logging.getLogger("telegram").exception("failed")
    printed = capsys.readouterr().err
    assert "ValueError: no chat with [redacted]" in printed
    assert number not in printed
