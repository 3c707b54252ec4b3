"""`ledger verify`: says that the ledger is right, and finds it when it is not."""

from __future__ import annotations

import json

from bot.storage import verify
from tests.cli.conftest import Shop
from tests.cli.files import PEOPLE, bring_in

#: What is said of how far it is, once all is done.
DONE = f"Checks: {len(verify.CHECKS)} of {len(verify.CHECKS)}"


def test_a_ledger_that_adds_up(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    ran = shop.run("ledger", "verify")
    assert (ran.code, ran.out) == (0, ["3 entries, 0 differences."])
    assert ran.err[-1] == DONE
    assert json.loads("\n".join(shop.run("ledger", "verify", "--json").out)) == {
        "entries": 3,
        "differences": [],
    }


def test_a_difference_is_found_and_named(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    shop.sql("UPDATE lot SET remaining = 1 WHERE unit = 'stamps' AND amount = 9")
    ran = shop.run("ledger", "verify")
    assert (ran.code, ran.out) == (
        1,
        [
            "lot remaining: member M3, stamps: stored 1, the entries say 9",
            "balance: member M3, stamps: stored 1, the entries say 9",
            "3 entries, 2 differences.",
        ],
    )
    assert ran.err[-2:] == [
        DONE,
        "The ledger does not add up: keep a copy of the database and report how it came.",
    ]


def test_a_program_reads_the_differences(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    shop.sql("UPDATE lot SET remaining = 0 WHERE unit = 'reward:coffee'")
    ran = shop.run("ledger", "verify", "--json")
    difference = {"member": "ANNA-1", "unit": "reward:coffee", "stored": 0, "computed": 2}
    assert (ran.code, json.loads("\n".join(ran.out))) == (
        1,
        {
            "entries": 3,
            "differences": [
                {"check": "lot remaining", **difference},
                {"check": "balance", **difference},
            ],
        },
    )


def test_s12_what_a_member_merged_away_still_holds_is_a_difference(shop: Shop) -> None:
    bring_in(shop, PEOPLE)
    shop.sql(
        "UPDATE member SET merged_into_id = (SELECT id FROM member WHERE code = 'M3') "
        "WHERE code = 'ANNA-1'"
    )
    ran = shop.run("ledger", "verify")
    assert (ran.code, sorted(ran.out)) == (
        1,
        [
            "3 entries, 2 differences.",
            "merged away: member M3, reward:coffee: stored 2, the entries say 0",
            "merged away: member M3, stamps: stored 3, the entries say 0",
        ],
    )
