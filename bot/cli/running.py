"""`run`, `demo` and `chat`: everything that keeps going until it is stopped."""

from __future__ import annotations

import typer


def register(app: typer.Typer) -> None:
    """Add the commands."""
