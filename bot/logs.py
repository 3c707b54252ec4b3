"""Logging: one line an event on standard error, for people or for machines, without personal data.

Whoever logs leaves personal data and tokens out (S36). What slips through all the same, such as in
the text of a library's exception, is taken out here by its shape.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, Literal

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

REDACTED = "[redacted]"

_SHAPES = (
    # A Telegram bot's token, on its own or in an address: https://core.telegram.org/bots/api
    re.compile(r"\d{6,}:[A-Za-z0-9_-]{30,}"),
    # A number as people and providers write it. An offset such as +02:00 is none.
    re.compile(r"(?:\+|%2B)[1-9](?:[ ().-]{0,2}\d){6,14}", re.IGNORECASE),
    # Payloads of cards and invitations, and the page of a card.
    re.compile(r"(?<![A-Za-z0-9])[cs]_[A-Za-z0-9_-]{12,}"),
    re.compile(r"(?<=/c/)[A-Za-z0-9_-]{12,}"),
    # Credentials in a header or in an address.
    re.compile(r"(?<=authorization)[\"']?\s*[:=,]\s*[\"']?(?:\w+ +)?[^\s\"',]+", re.IGNORECASE),
    re.compile(r"\b(?:bearer|basic) +[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
    re.compile(r"(?<=://)[^/\s:@]*:[^/\s@]+(?=@)"),
    # An e-mail address.
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+"),
)


def set_up(log_format: Literal["console", "json"], log_level: str) -> None:
    """Log from `log_level` up; of libraries only warnings and worse, through the same way."""
    structlog.configure(
        processors=_processors(log_format),
        wrapper_class=structlog.make_filtering_bound_logger(log_level),
        # Asked for each line: the stream may be another one by then, as under a test runner.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    if not any(isinstance(handler, _Forward) for handler in root.handlers):
        root.addHandler(_Forward())


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: takes what looks like a token, a number or an address out."""
    return {key: _clean(key, value) for key, value in event.items()}


def _clean(key: str, value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if key.lower() == "authorization":
        return REDACTED
    if isinstance(value, Mapping):
        return {_text(str(name)): _clean(str(name), inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_clean(key, inner) for inner in value]
    return _text(value if isinstance(value, str) else str(value))


def _text(value: str) -> str:
    for shape in _SHAPES:
        value = shape.sub(REDACTED, value)
    return value


def _processors(log_format: str) -> list[Processor]:
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        redact,
    ]
    if log_format == "json":
        return [*shared, structlog.processors.JSONRenderer(ensure_ascii=False)]
    renderer = structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        # The traceback is a text by now; a prettier one would show variables.
        exception_formatter=structlog.dev.plain_traceback,
    )
    return [*shared, renderer]


class _Forward(logging.Handler):
    """Hands what libraries log to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        log = structlog.get_logger()
        log.log(record.levelno, _message(record), logger=record.name, exc_info=record.exc_info)


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that don't fit the text are a library's mistake
        return str(record.msg)
