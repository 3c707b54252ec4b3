"""E-mail addresses in one form, however somebody typed them."""

from __future__ import annotations

import re

#: RFC 5321, 4.5.3.1: what a server has to take, in characters.
LONGEST = 254
LONGEST_LOCAL = 64

_LOCAL = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*", re.ASCII)
_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"({_LABEL}\.)+(?!\d+$){_LABEL}", re.ASCII)


def canonical(text: str) -> str | None:
    """An address in small letters, its domain as the network knows it; None if it is no address.

    What people type or copy around one is forgiven. Quoted and non-Latin names before the @ are
    left out: hardly anybody has one, and many servers refuse them.
    """
    bare = text.strip().rstrip(">.,;:\"') ").lstrip("<\"'( ").lower().removeprefix("mailto:")
    local, _, domain = bare.rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    if not (_LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        return None
    address = f"{local}@{domain}"
    return address if len(local) <= LONGEST_LOCAL and len(address) <= LONGEST else None
