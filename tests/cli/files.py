"""Files of members, and what the commands make of them."""

from __future__ import annotations

import json
from typing import Any

from tests.cli.conftest import Ran, Shop

HEADER = (
    "code,phone,name,email,language,birthday,joined,location,tags,consent,consent_at,"
    "consent_source,stamps,reward:coffee"
)
#: Everybody as an export writes them, so that bringing them in and out again changes nothing.
PEOPLE = f"""{HEADER}
ANNA-1,+420777123456,Anna Nová,,cs,02-29,2024-05-05T00:00:00+02:00,,regular nut-free,\
sms whatsapp,2025-01-02T10:30:00+01:00,paper form,3,2
M2,,"'=Eva ""the Cup"", née Ilves",eva@example.com,en,,2023-07-01T08:00:00+02:00,,,,,,0,0
M3,+447911123456,,,en,12-31,2025-02-03T04:05:06+01:00,,,email,2025-02-03T00:00:00+01:00,till,9,0
"""


def bring_in(shop: Shop, text: str, name: str = "people.csv") -> Ran:
    """What an import of this text answers, without the lines about how far it is."""
    file = shop.folder / name
    file.write_text(text, "utf-8")
    ran = shop.run("members", "import", str(file))
    return Ran(ran.code, ran.out, [line for line in ran.err if line.startswith("error")])


def bad(shop: Shop, text: str) -> list[str]:
    """The objections to a file, of which nothing was kept."""
    ran = bring_in(shop, text)
    assert (ran.code, ran.out) == (1, [])
    assert (
        ran.err.pop() == "error: Nothing was imported: put these right and import the file again."
    )
    assert exported(shop) == HEADER + "\n"
    return [line.removeprefix(f"error: {shop.folder}/people.csv:") for line in ran.err]


def exported(shop: Shop) -> str:
    ran = shop.run("members", "export")
    assert ran.code == 0
    return "\n".join([*ran.out, ""])


def shown(shop: Shop, code: str) -> Any:
    ran = shop.run("members", "show", code, "--json")
    assert ran.code == 0
    return json.loads("\n".join(ran.out))
