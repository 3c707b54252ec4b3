"""Encryption at rest and keyed look-up hashes (S36).

Random data and look-up keys live in the database, wrapped by `SECRET_KEY`. Values are sealed with
AES-256-GCM, bound to the column they belong to. Hashes are HMAC-SHA-256, so that a copy of the
database without the secret gives no phone number away by trying them all.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_NONCE_BYTES = 12


class Vault:
    """Seals, opens, hashes and signs with one installation's keys; the newest data key seals."""

    def __init__(self, data: Sequence[tuple[int, bytes]], lookup: bytes, signing: bytes) -> None:
        self._ciphers = {number: AESGCM(key) for number, key in data}
        self._newest = max(self._ciphers)
        self._lookup = lookup
        self._signing = signing

    def seal(self, column: str, text: str) -> str:
        """`text` as ciphertext that opens for this `column` ("member.name") alone."""
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._newest].encrypt(nonce, _bytes(text), column.encode())
        return f"{self._newest}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, column: str, sealed: str) -> str:
        """The text `seal` was given; raises ValueError when it was altered or moved."""
        number, _, packed = sealed.partition(".")
        raw = urlsafe_b64decode(packed)
        try:
            cipher = self._ciphers[int(number)]
            opened = cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], column.encode())
        except (InvalidTag, KeyError) as error:
            raise ValueError(f"a stored value of {column} does not open") from error
        return opened.decode("utf-8", "surrogatepass")

    def hash(self, kind: str, value: str) -> str:
        """A keyed hash to look `value` up by; equal for equal values of one kind."""
        message = _bytes(f"{kind}\0{value}")
        return hmac.new(self._lookup, message, hashlib.sha256).hexdigest()[:32]

    def sign(self, purpose: str, text: str) -> str:
        """What proves that we wrote `text` for this `purpose` ("media"); letters and digits."""
        message = _bytes(f"{purpose}\0{text}")
        return hmac.new(self._signing, message, hashlib.sha256).hexdigest()[:32]

    def word_hashes(self, name: str) -> set[str]:
        """Hashes of each word of a name, blind to case and accents, to find it by whole word."""
        return {self.hash("word", word) for word in plain_words(name)}


def _bytes(text: str) -> bytes:
    # JSON from outside can hold half of a surrogate pair.
    return text.encode("utf-8", "surrogatepass")


def plain_words(text: str) -> Iterable[str]:
    """The words of a text in lower case and without accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).split()
