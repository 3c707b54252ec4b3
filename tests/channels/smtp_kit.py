"""What the tests of e-mail share: certificates of our own making, a channel at the double."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.channels.email import Email
from bot.channels.smtp import Encryption, Patience, Server
from bot.domain.messages import Address, Mail, OutboundMessage
from tests.doubles.smtp import SmtpDouble

ANNA = "anna@example.org"
FROM = "karta@lipa.example"
QUICK = Patience(reply_s=0.5, wait_s=2.0, begin_s=1.0, accept_s=0.5)
AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAIL = Mail(
    subject="Kavárna Lípa: něco pro vás",
    sender="Kavárna Lípa",
    language="cs",
    footer="Tento e-mail posílá Kavárna Lípa.",
    links=(("Moje karta", "https://lipa.example/c/9fK2mQx7TzYv4LwB"),),
    unsubscribe="https://lipa.example/unsubscribe/" + "7f" * 24,
    stop="Už žádné takové e-maily",
    colours=("#2f4a3c", "#ffffff", "#e8b04a"),
)


def email_at(
    double: SmtpDouble,
    sender: str = FROM,
    encryption: Encryption | None = None,
    login: str = "",
    **settings: Any,
) -> Email:
    """A channel that hands its mail to the double."""
    server = Server.of(double.url(login))
    if encryption:
        server = replace(server, encryption=encryption)
    given = {"patience": QUICK, "now": lambda: AT, **settings}
    return Email(server, sender, **given)


def to_anna(text: str = "Dobrý den, Anno.", **fields: Any) -> OutboundMessage:
    """A message to Anna's address."""
    return OutboundMessage(Address("email", ANNA), text, **{"mail": MAIL, **fields})


def certificates(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """What a server on this machine shows, and who trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    shows = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    shows.load_cert_chain(file)
    trusts = ssl.create_default_context(cafile=str(file))
    return shows, trusts
