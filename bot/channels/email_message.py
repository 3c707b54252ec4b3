"""An e-mail as bytes: headers, a plain text, the same as a page, the card's picture in it."""

from __future__ import annotations

from datetime import datetime
from email.header import Header
from email.headerregistry import Address as Mailbox
from email.headerregistry import AddressHeader, BaseHeader, HeaderRegistry, UnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import formataddr
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader

from bot.domain.messages import Mail

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True
)
#: How the page names the picture that comes with it.
_PICTURE = "card"
#: What some mail programs fold away as not said by the sender.
_SIGNATURE = "-- "
#: In characters: https://www.rfc-editor.org/rfc/rfc2047#section-2
_LONGEST_WORD = 75


class _Whole(UnstructuredHeader, BaseHeader):
    """A header of addresses that stays on one line.

    The library would encode what is longer than a line, and no program finds the link in that.
    https://github.com/python/cpython/issues/85725
    """

    def fold(self, *, policy: Policy[Any]) -> str:
        """The line."""
        return f"{self.name}: {self}{policy.linesep}"


class _Words(UnstructuredHeader, BaseHeader):
    """A header that people read, encoded by the older part of the library.

    The newer one loses blanks between words: https://github.com/python/cpython/issues/89714
    """

    def fold(self, *, policy: Policy[Any]) -> str:
        """The lines."""
        return f"{self.name}: {_encoded(str(self), self.name)}{policy.linesep}"


class _Sender(AddressHeader, BaseHeader):  # type: ignore[misc]  # as the registry joins them
    """Who writes: a name that people read, and an address."""

    def fold(self, *, policy: Policy[Any]) -> str:
        """The lines."""
        [sender] = self.addresses
        name, address = sender.display_name, sender.addr_spec
        if name.isascii():
            return f"{self.name}: {formataddr((name, address))}{policy.linesep}"
        return (
            f"{self.name}: {_encoded(name, self.name)}{policy.linesep} <{address}>{policy.linesep}"
        )


def _encoded(text: str, header: str) -> str:
    if text.isascii():
        return text
    words = Header(text, "utf-8", maxlinelen=_LONGEST_WORD, header_name=header)
    return words.encode(linesep=SMTP.linesep)


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("list-unsubscribe", _Whole)
_HEADERS.map_to_type("subject", _Words)
_HEADERS.map_to_type("from", _Sender)
#: Seven bits, so that every server on the way takes it as it is.
_POLICY = SMTP.clone(header_factory=_HEADERS, cte_type="7bit")


def build(
    text: str,
    mail: Mail,
    picture: bytes | None,
    *,
    sender: Mailbox,
    recipient: Mailbox,
    message_id: str,
    date: datetime,
) -> bytes:
    """The whole message. `sender` without a name writes in the name that `mail` gives."""
    # A name can hold half of a surrogate pair, which no encoding takes.
    text = text.encode("utf-8", "replace").decode()
    message = EmailMessage(policy=_POLICY)
    name = sender.display_name or _line(mail.sender)
    message["From"] = Mailbox(name, addr_spec=sender.addr_spec)
    message["To"] = recipient
    message["Subject"] = _line(mail.subject)
    message["Date"] = date
    message["Message-ID"] = message_id
    # https://www.rfc-editor.org/rfc/rfc3834#section-5: so that no holiday notice answers.
    message["Auto-Submitted"] = "auto-generated"
    if mail.unsubscribe:
        # https://www.rfc-editor.org/rfc/rfc8058
        message["List-Unsubscribe"] = f"<{mail.unsubscribe}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(_plain(text, mail))
    message.add_alternative(_page(text, mail, shown=picture is not None), subtype="html")
    if picture is not None:
        *_, page = message.iter_parts()
        page.add_related(
            picture,
            "image",
            "png",
            cid=f"<{_PICTURE}>",
            disposition="inline",
            filename=f"{_PICTURE}.png",
        )
    # Last, since the library moves what is said of contents to the parts.
    message["Content-Language"] = mail.language
    return message.as_bytes()


def _line(text: str) -> str:
    """A text as one line of a header, whatever it holds."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())


def _plain(text: str, mail: Mail) -> str:
    parts = [text, *(f"{label}:\n{link}" for label, link in mail.links)]
    foot = [_SIGNATURE, mail.footer]
    if mail.unsubscribe:
        foot += [f"{mail.stop}:", mail.unsubscribe]
    return "\n\n".join(part for part in [*parts, "\n".join(filter(None, foot))] if part) + "\n"


def _page(text: str, mail: Mail, *, shown: bool) -> str:
    background, ink, _ = mail.colours
    page: str = _PAGES.get_template("email.html").render(
        mail=mail,
        lines=[line for line in text.splitlines() if line.strip()],
        picture=_PICTURE if shown else "",
        background=background,
        ink=ink,
    )
    return page
