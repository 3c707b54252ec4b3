"""The installation's keys: random ones in the database, wrapped by `SECRET_KEY` (S36)."""

from __future__ import annotations

import os
import secrets
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bot.storage.database import Database
from bot.storage.models import VaultKey
from bot.storage.vault import Vault

_NONCE_BYTES = 12
#: In characters; what is made is longer, what is shorter was cut or emptied.
SHORTEST_KEPT = 16


class WrongSecret(Exception):
    """No SECRET_KEY given opens the stored keys; the message says what to do."""


def _wrapping_key(secret: str) -> AESGCM:
    derived = HKDF(SHA256(), 32, salt=None, info=b"regulars key wrapping").derive(secret.encode())
    return AESGCM(derived)


def _wrap(secret: str, purpose: str, key: bytes) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    sealed = _wrapping_key(secret).encrypt(nonce, key, purpose.encode())
    return urlsafe_b64encode(nonce + sealed).decode()


def _unwrap(secret_list: Sequence[str], purpose: str, wrapped: str) -> bytes:
    raw = urlsafe_b64decode(wrapped)
    for secret in secret_list:
        try:
            cipher = _wrapping_key(secret)
            return cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode())
        except InvalidTag:
            continue
    raise WrongSecret(
        "REGULARS_SECRET_KEY does not open this database. Give the secret it was made with "
        "(for SQLite it is kept in the file secret.key beside the database)."
    )


async def open_vault(database: Database, secrets_given: Sequence[str], now: datetime) -> None:
    """Give the database its vault; keys are made the first time. Raises WrongSecret."""
    async with database.transaction() as tx:
        await tx.alone("keys")
        rows = await VaultKey.all(using_db=tx.client).order_by("id")
        for purpose in ("data", "lookup", "signing"):
            if not any(row.purpose == purpose for row in rows):
                wrapped = _wrap(secrets_given[0], purpose, secrets.token_bytes(32))
                rows.append(
                    await VaultKey.create(
                        using_db=tx.client, purpose=purpose, wrapped=wrapped, created_at=now
                    )
                )
        # Inside: with a wrong secret the keys just made are rolled back.
        keys = [(row, _unwrap(secrets_given, row.purpose, row.wrapped)) for row in rows]
    data = [(row.id, key) for row, key in keys if row.purpose == "data"]
    lookup, signing = (
        next(key for row, key in keys if row.purpose == purpose)
        for purpose in ("lookup", "signing")
    )
    database.vault = Vault(data, lookup, signing)


async def check_secrets(database: Database, secrets_given: Sequence[str]) -> bool:
    """Whether the database has keys yet; makes none. Raises WrongSecret when they don't open."""
    async with database.reading() as reader:
        rows = await VaultKey.all(using_db=reader.client).order_by("id")
    for row in rows:
        _unwrap(secrets_given, row.purpose, row.wrapped)
    return bool(rows)


def kept_secret(folder: Path) -> str:
    """The secret kept beside a SQLite database, made the first time (readable by its owner alone).

    Raises OSError when it can't be written, WrongSecret when what is kept is no secret.
    """
    path = folder / "secret.key"
    if not path.exists():
        # Written aside and linked: it appears whole or not at all, and of two processes that
        # start together both read the same one.
        descriptor, aside = tempfile.mkstemp(dir=folder, prefix=".secret")
        try:
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32) + "\n")
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(aside, path)
        finally:
            Path(aside).unlink()
    kept = path.read_text("utf-8").strip()
    if len(kept) < SHORTEST_KEPT:
        raise WrongSecret(
            f"{path} holds no secret: put the one back that this database was made with"
        )
    return kept
