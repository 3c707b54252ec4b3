"""S12: two members who are one person become one; nothing is lost, whatever each of them had."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.domain.ledger import binding_order
from bot.domain.members import Member, Role, Staff
from bot.domain.preferences import Preference
from bot.services import expiry, exporting, joining, profiles, staffing
from bot.services.claims import Claimable
from bot.services.merging import Merged
from bot.services.results import Earned, Repeated, Undone, Used
from bot.storage import members, preferences
from tests.services.shop import COFFEE, DAY, MINUTE, NOW, Shop, cafe, deli, values, why

YEAR = timedelta(days=365)
GIFT = """[[earn]]
rule = "joining"
unit = "stamps"
amount = 2

[[rewards]]"""
BELOW_ZERO = ('when_spent = "stop_at_zero"', 'when_spent = "go_below_zero"')


@pytest.fixture
async def bara(shop: Shop) -> Staff:
    return await shop.colleague()


@pytest.fixture
async def anna(shop: Shop) -> Member:
    """The elder."""
    return await shop.member("Anna", await shop.chat("anna"), now=NOW - DAY)


@pytest.fixture
async def other(shop: Shop) -> Member:
    return await shop.member("Anička", await shop.chat("+420777123456", channel="sms"))


async def rows(shop: Shop, sql: str, *given: Any) -> list[dict[str, Any]]:
    async with shop.work.reading() as reader:
        return await reader.rows(sql, *given)


async def card_of(shop: Shop, member: Member) -> str:
    async with shop.work.reading() as reader:
        return await members.card_token(reader, member.id)


async def found(shop: Shop, reference: str) -> int | None:
    async with shop.uow() as uow:
        member = await staffing.member_by_reference(uow, reference)
        return member.id if member else None


# What there is


async def test_s15_seven_and_five_at_ten_is_a_reward_and_two_stamps(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 7)
    await shop.stamp(other, bara, 5)
    merged = await shop.merge(other, anna)
    assert isinstance(merged, Merged)
    assert (merged.member.id, merged.rewards) == (anna.id, ("coffee",))
    assert await shop.has(anna) == (2, 1)
    # Whoever still asks for the other means the one that was kept.
    assert await shop.stored_member(other) == merged.member
    assert await shop.verify() == []


async def test_lots_keep_their_rules_times_and_ends(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 2, now=NOW)
    await shop.stamp(other, bara, 3, now=NOW - 10 * DAY)
    await shop.paper(other, bara, 4, now=NOW)
    before = await _lots(shop, anna, other)
    await shop.merge(anna, other, now=NOW + MINUTE)
    assert await _lots(shop, anna) == before
    assert await _lots(shop, other) == await _lots(shop, anna)
    assert sorted(rule for rule, *_ in before) == ["paper", "visit", "visit"]


async def _lots(shop: Shop, *people: Member) -> list[tuple[str, datetime, datetime | None, int]]:
    family = [await shop.lots(await shop.stored_member(m)) for m in people]
    lots = sorted((lot for found in family for lot in found), key=binding_order)
    return sorted((lot.rule, lot.earned_at, lot.ends_at, lot.remaining) for lot in lots)


async def test_s1_what_moves_is_written_on_both_sides_and_history_shows_what_happened(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 1)
    for count in (2, 3):
        await shop.stamp(other, bara, count)
    await shop.merge(anna, other)
    moved = await rows(shop, "SELECT member_id, amount FROM entry WHERE kind = 'merge' ORDER BY id")
    assert [(row["member_id"], row["amount"]) for row in moved] == [
        (other.id, -5),
        (anna.id, 2),
        (anna.id, 3),
    ]
    assert await shop.lines(anna) == [("earn", "stamps", count) for count in (1, 2, 3)]
    assert await shop.verify() == []


async def test_s4_what_has_ended_expires_and_does_not_move(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(other, bara, 3, now=NOW - 2 * YEAR)
    await shop.stamp(other, bara, 4)
    await shop.merge(anna, other)
    assert await shop.has(anna) == (4, 0)
    assert ("expire", "stamps", -3) in await shop.lines(anna)
    assert await expiry.expire_lots(shop.work, NOW) == 0


async def test_s7_what_is_owed_is_owed_by_both_and_recovered_from_the_next_earning(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.work.adopt(deli(BELOW_ZERO), NOW)
    await shop.sale(other, bara, 10000)
    await shop.give(other, bara)
    await shop.undo(bara, operation=await _last_sale(shop))
    assert await shop.has(other, "points") == (-100,)
    await shop.sale(anna, bara, 3000)
    await shop.merge(anna, other)
    assert await shop.has(anna, "points") == (-70,)
    await shop.sale(anna, bara, 9000)
    assert await shop.has(anna, "points") == (20,)
    assert await shop.verify() == []


async def _last_sale(shop: Shop) -> int:
    [row] = await rows(shop, "SELECT MAX(id) AS id FROM operation WHERE kind = 'sale'")
    return int(row["id"])


async def test_s7_what_the_elder_owes_is_settled_from_what_comes(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.work.adopt(deli(BELOW_ZERO), NOW)
    await shop.sale(anna, bara, 10000)
    await shop.give(anna, bara)
    await shop.undo(bara, operation=await _last_sale(shop))
    await shop.sale(other, bara, 13000)
    await shop.merge(anna, other)
    assert await shop.has(anna, "points") == (30,)
    assert [lot.remaining for lot in await shop.lots(anna)] == [30]


# Vouchers


@pytest.fixture
async def rich(shop: Shop, other: Member, bara: Staff) -> Member:
    """The other one, with an earned coffee."""
    await shop.stamp(other, bara, 10)
    return other


async def test_s19_an_open_voucher_keeps_its_code_and_end_and_is_handed_over_once(
    shop: Shop, anna: Member, rich: Member, bara: Staff
) -> None:
    voucher = await shop.voucher(rich)
    await shop.merge(anna, rich, now=NOW + MINUTE)
    assert await shop.has(anna) == (0, 0)
    used = await shop.use(voucher.code, bara, now=voucher.ends_at - MINUTE)
    assert isinstance(used, Used)
    assert (used.member.id, used.voucher.id, used.voucher.ends_at) == (
        anna.id,
        voucher.id,
        voucher.ends_at,
    )
    assert why(await shop.use(voucher.code, bara)) == "voucher.used"
    assert await shop.verify() == []


async def test_s19_a_voucher_given_back_after_a_merge_has_its_old_validity(
    shop: Shop, anna: Member, rich: Member
) -> None:
    before = (await shop.wallet(rich)).endings()
    voucher = await shop.voucher(rich)
    await shop.merge(anna, rich)
    # Pressed under a message that named the other member.
    await shop.cancel(rich, voucher.id)
    assert (await shop.wallet(anna)).endings() == before
    assert (await shop.lines(anna))[-2:] == [("reserve", COFFEE, -1), ("release", COFFEE, 1)]
    assert await shop.verify() == []


async def test_s19_a_reward_that_ended_while_a_voucher_holds_it_is_still_to_be_had(
    shop: Shop, anna: Member, rich: Member, bara: Staff
) -> None:
    (end,) = [e.ends_at for e in (await shop.wallet(rich)).endings() if e.unit == COFFEE]
    voucher = await shop.voucher(rich, now=end - MINUTE)
    await shop.merge(anna, rich, now=end + MINUTE)
    assert isinstance(await shop.use(voucher.code, bara, now=end + 2 * MINUTE), Used)
    assert await shop.verify() == []


async def test_s19_a_voucher_whose_time_is_over_ends_before_its_reward_moves(
    shop: Shop, anna: Member, rich: Member
) -> None:
    voucher = await shop.voucher(rich)
    await shop.merge(anna, rich, now=voucher.ends_at)
    assert await shop.has(anna) == (0, 1)
    assert (await shop.told(await shop.chat("+420777123456", channel="sms")))[-1] == (
        "news.voucher_ended"
    )


async def test_s7_points_a_voucher_holds_settle_no_debt(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.work.adopt(deli(BELOW_ZERO), NOW)
    await shop.sale(anna, bara, 10000)
    await shop.give(anna, bara)
    await shop.undo(bara, operation=await _last_sale(shop))
    await shop.sale(other, bara, 12000)
    voucher = await shop.voucher(other)
    await shop.merge(anna, other)
    assert await shop.has(anna, "points") == (-80,)
    assert isinstance(await shop.use(voucher.code, bara), Used)
    assert await shop.verify() == []


# What counts once a person


async def test_a_welcome_gift_counts_once_the_later_one_goes(shop: Shop, bara: Staff) -> None:
    await shop.work.adopt(cafe(("[[rewards]]", GIFT)), NOW)
    anna, other = await shop.member(now=NOW - DAY), await shop.member()
    await shop.stamp(other, bara, 3)
    await shop.merge(anna, other)
    assert await shop.has(anna) == (5, 0)
    assert ("reverse", "stamps", -2) in await shop.lines(anna)
    # Nor does a third one add up.
    await shop.merge(await shop.member(now=NOW + DAY), anna, now=NOW + DAY)
    assert await shop.has(anna) == (5, 0)
    assert await shop.verify() == []


async def test_a_welcome_gift_that_was_used_is_not_owed(shop: Shop, bara: Staff) -> None:
    policy = '[ledger]\nwhen_spent = "go_below_zero"\n\n'
    await shop.work.adopt(cafe(("[[rewards]]", policy + GIFT)), NOW)
    anna, other = await shop.member(now=NOW - DAY), await shop.member()
    await shop.stamp(other, bara, 8)
    await shop.give(other, bara)
    await shop.merge(anna, other)
    assert await shop.has(anna) == (2, 0)


async def test_s17_a_paper_card_is_taken_over_once_by_either(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.paper(other, bara, 6)
    await shop.merge(anna, other)
    assert await shop.paper(anna, bara, 6) == Repeated("takeover", NOW)
    assert await shop.has(anna) == (6, 0)


async def test_s17_the_stamps_of_both_count_for_the_day(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(anna, bara, 6)
    await shop.stamp(other, bara, 4)
    await shop.merge(anna, other)
    assert why(await shop.stamp(anna, bara)) == "staff.member_limit"


# The person


async def test_the_elder_keeps_what_they_said_of_themselves(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(other, bara, now=NOW + DAY)
    async with shop.uow() as uow:
        await joining.set_birthday(uow, other.id, 2, 29, NOW)
        await profiles.set_language(uow, other.id, "cs")
        await uow.tx.execute("UPDATE member SET tags = 'vip early' WHERE id = $1", anna.id)
        await uow.tx.execute("UPDATE member SET tags = 'nut vip' WHERE id = $1", other.id)
    await shop.merge(other, anna, now=NOW + DAY)
    kept = await shop.stored_member(anna)
    assert (kept.name, kept.language, kept.birthday) == ("Anna", "en", (2, 29))
    assert (kept.joined_at, kept.last_visit_at) == (NOW - DAY, NOW + DAY)
    async with shop.work.reading() as reader:
        assert await members.tags(reader, anna.id) == "vip early nut"
    # The birthday came with the day it was set.
    async with shop.uow() as uow:
        refused = await joining.set_birthday(uow, anna.id, 3, 1, NOW + 2 * DAY)
    assert why(refused) == "birthday.once_a_year"


async def test_the_elder_is_who_joined_first_whatever_their_number(
    shop: Shop, anna: Member
) -> None:
    earlier = await shop.member("Earlier", now=NOW - YEAR)
    merged = await shop.merge(anna, earlier)
    assert isinstance(merged, Merged)
    assert merged.member.id == earlier.id


async def test_what_a_colleague_began_takes_name_language_and_terms_from_its_person(
    shop: Shop, bara: Staff
) -> None:
    async with shop.uow() as uow:
        begun = await joining.enrol(uow, "777 123 456", bara, shop.key(), NOW - DAY)
    assert isinstance(begun, joining.Joined)
    anna = await shop.member("Anna")
    async with shop.uow() as uow:
        await profiles.set_language(uow, anna.id, "cs")
    await shop.merge(anna, begun.member)
    kept = await shop.stored_member(anna)
    assert (kept.id, kept.name, kept.language, kept.possessed) == (
        begun.member.id,
        "Anna",
        "cs",
        True,
    )


async def test_s33_the_stricter_decision_holds_on_every_channel(
    shop: Shop, anna: Member, other: Member
) -> None:
    await _decide(shop, anna, telegram=False, sms=True)
    await _decide(shop, other, telegram=True, sms=True, whatsapp=True)
    await shop.merge(anna, other)
    assert await _marketing(shop, anna) == {"telegram": False, "sms": True, "whatsapp": True}
    [brought] = [c for c in await _consents(shop, anna) if c.channel == "whatsapp"]
    assert (brought.source, brought.wording, brought.at) == ("merge", "join.marketing", NOW)


async def test_s33_a_stop_is_meant_for_the_channels_of_both(
    shop: Shop, anna: Member, other: Member
) -> None:
    await _decide(shop, anna, telegram=True)
    async with shop.uow() as uow:
        await joining.stop_marketing(uow, other.id, "sms", NOW - MINUTE)
    # Back again, but there alone.
    await _decide(shop, other, whatsapp=True)
    await shop.merge(anna, other)
    assert await _marketing(shop, anna) == {"telegram": False, "sms": False, "whatsapp": True}


@pytest.mark.parametrize(
    ("kept", "other_wants", "together"),
    [
        (Preference(), Preference(), Preference()),
        (Preference(pace="fewer"), Preference(), Preference(pace="fewer")),
        (Preference(), Preference(pace="gifts"), Preference(pace="gifts")),
        (Preference(pace="gifts"), Preference(pace="fewer"), Preference(pace="gifts")),
        (
            Preference(paused_until=NOW + DAY),
            Preference(paused_until=NOW + MINUTE),
            Preference(paused_until=NOW + DAY),
        ),
        (Preference(), Preference(paused_until=NOW), Preference(paused_until=NOW)),
        (
            Preference("sms", zone="Asia/Tokyo"),
            Preference("telegram", zone="Europe/London"),
            Preference("sms", zone="Asia/Tokyo"),
        ),
        (Preference(), Preference("sms", zone="Asia/Tokyo"), Preference("sms", zone="Asia/Tokyo")),
    ],
)
async def test_s33a_of_two_wishes_the_one_for_fewer_messages_holds(
    shop: Shop,
    anna: Member,
    other: Member,
    kept: Preference,
    other_wants: Preference,
    together: Preference,
) -> None:
    async with shop.uow() as uow:
        await preferences.keep(uow.tx, anna.id, kept)
        await preferences.keep(uow.tx, other.id, other_wants)
    await shop.merge(anna, other)
    async with shop.work.reading() as reader:
        assert await preferences.of(reader, anna.id) == together
        assert await preferences.of(reader, other.id) == Preference()


async def _decide(shop: Shop, member: Member, **channels: bool) -> None:
    async with shop.uow() as uow:
        for channel, granted in channels.items():
            await joining.decide_marketing(uow, member.id, channel, granted, "join.marketing", NOW)


async def _consents(shop: Shop, member: Member) -> list[members.Consent]:
    async with shop.work.reading() as reader:
        return await members.consents(reader, member.id)


async def _marketing(shop: Shop, member: Member) -> dict[str, bool | None]:
    decided = {
        c.channel: c.granted for c in await _consents(shop, member) if c.purpose == "marketing"
    }
    return {channel: decided.get(channel) for channel in ("telegram", "sms", "whatsapp")}


async def test_s40_terms_are_accepted_if_either_did_the_newer_ones(shop: Shop) -> None:
    anna = await shop.member(now=NOW - DAY)
    newer = ('terms_version = "1"', 'terms_version = "2"'), ("minimum_age = 16", "minimum_age = 18")
    await shop.work.adopt(cafe(*newer), NOW)
    other = await shop.member(chat=await shop.chat("+420777123456", channel="sms"))
    await shop.merge(anna, other)
    [row] = await rows(shop, "SELECT terms_version, minimum_age FROM member WHERE id = $1", anna.id)
    assert row == {"terms_version": "2", "minimum_age": 18}
    terms = [(c.channel, c.version) for c in await _consents(shop, anna) if c.purpose == "terms"]
    assert sorted(terms) == [("sms", "2"), ("telegram", "1")]


# How they are found


async def test_cards_codes_and_numbers_of_both_lead_to_the_one(
    shop: Shop, anna: Member, other: Member
) -> None:
    cards = [await card_of(shop, member) for member in (anna, other)]
    await shop.merge(anna, other)
    for reference in (*cards, anna.code, other.code, other.code.lower(), "777 123 456"):
        assert await found(shop, reference) == anna.id, reference
    # The card that is shown stays the elder's.
    assert await card_of(shop, anna) == cards[0]
    async with shop.uow() as uow:
        assert [m.id for m in await staffing.find(uow, "Anna")] == [anna.id]
        assert await staffing.find(uow, "Anička") == []
        assert await members.ids_by_code(uow.tx, [anna.code, other.code]) == {
            anna.code: anna.id,
            other.code: anna.id,
        }
        assert (await members.count(uow.tx), await members.after(uow.tx, 0, 9)) == (
            1,
            [await members.get(uow.tx, anna.id)],
        )
    exported = [line async for page in exporting.lines(shop.work, NOW) for line in page]
    assert [(line["code"], line.get("phone")) for line in exported] == [
        (anna.code, "+420777123456")
    ]


async def test_s38_a_revoked_card_stays_revoked(shop: Shop, anna: Member, other: Member) -> None:
    card = await card_of(shop, other)
    async with shop.uow() as uow:
        await uow.tx.execute("UPDATE card SET revoked_at = $1 WHERE member_id = $2", NOW, other.id)
    await shop.merge(anna, other)
    assert await found(shop, card) is None


async def test_chats_of_both_are_the_members_and_news_go_where_they_wrote_last(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.merge(anna, other)
    for chat in (await shop.chat("anna", now=NOW + MINUTE), await shop.chat("anna")):
        assert chat.member_id == anna.id
    over_sms = await shop.chat("+420777123456", channel="sms", now=NOW + DAY)
    assert over_sms.member_id == anna.id
    await shop.stamp(anna, bara, 10, now=NOW + DAY)
    assert "news.stamps" in await shop.told(over_sms)


async def test_s17_a_colleague_who_turns_out_to_be_the_member_is_still_a_colleague(
    shop: Shop, anna: Member
) -> None:
    chat = await shop.chat("+420777123456", channel="sms")
    other = await shop.member("Anna", chat)
    colleague = await shop.colleague("Anna", Role.CASHIER, chat=chat)
    await shop.merge(anna, other)
    assert (await shop.again(colleague)).role == Role.CASHIER
    assert why(await shop.stamp(anna, colleague)) == "staff.own_card"


# Purchases and corrections


async def test_purchases_of_both_are_the_members(shop: Shop, anna: Member, other: Member) -> None:
    bara = await shop.colleague()
    await shop.work.adopt(deli(), NOW)
    await shop.sale(anna, bara, 1000, "F-1")
    await shop.sale(other, bara, 2000, "F-2")
    await shop.merge(anna, other)
    bought = await rows(shop, "SELECT member_id, amount_minor FROM purchase ORDER BY id")
    assert [tuple(row.values()) for row in bought] == [(anna.id, 1000), (anna.id, 2000)]
    # The receipt counted for who is the same person now.
    assert isinstance(await shop.sale(anna, bara, 2000, "F-2"), Repeated)


async def test_s7_what_was_given_to_a_card_that_was_joined_since_is_not_undone(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(other, bara, 3)
    await shop.merge(anna, other)
    refused = await shop.undo(bara, now=NOW + MINUTE)
    assert (why(refused), values(refused)) == ("staff.undo_merged", {})
    assert await shop.has(anna) == (3, 0)


async def test_s7_what_was_given_to_the_card_that_was_kept_is_undone_as_ever(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(other, bara, 4)
    await shop.stamp(anna, bara, 6)
    await shop.merge(anna, other)
    assert await shop.has(anna) == (0, 1)
    undone = await shop.undo(bara, now=NOW + MINUTE)
    assert isinstance(undone, Undone)
    assert (undone.taken, undone.rewards) == ((("stamps", 6),), ("coffee",))
    assert await shop.has(anna) == (4, 0)
    assert await shop.verify() == []


async def test_a_claim_after_a_merge_counts_for_the_one(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.work.adopt(deli(), NOW)
    kept = await shop.sale_without_card(bara, 2500)
    assert isinstance(kept, Claimable)
    await shop.merge(anna, other)
    assert isinstance(await shop.claim(other, kept.code), Earned)
    assert await shop.has(anna, "points") == (25,)


# Once


async def test_s9_merging_again_or_with_oneself_changes_nothing(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    await shop.stamp(other, bara, 3)
    await shop.merge(anna, other)
    before = (await shop.count("entry"), await shop.count("operation"))
    for one, another in ((anna, other), (other, anna), (anna, anna), (other, other)):
        assert why(await shop.merge(one, another)) == "merge.one_already"
    assert (await shop.count("entry"), await shop.count("operation")) == before


async def test_a_chain_of_three_leads_to_the_last(
    shop: Shop, anna: Member, other: Member, bara: Staff
) -> None:
    eldest = await shop.member("Anna N", now=NOW - YEAR)
    code, card = other.code, await card_of(shop, other)
    await shop.stamp(other, bara, 4)
    await shop.merge(anna, other)
    await shop.stamp(anna, bara, 3, now=NOW + DAY)
    await shop.merge(eldest, anna, now=NOW + DAY)
    for reference in (code, card, anna.code, "777 123 456"):
        assert await found(shop, reference) == eldest.id
    assert await shop.has(eldest, now=NOW + DAY) == (7, 0)
    assert await shop.lines(eldest) == [("earn", "stamps", 4), ("earn", "stamps", 3)]
    async with shop.uow() as uow:
        assert await members.ids_by_code(uow.tx, [code]) == {code: eldest.id}
    assert await shop.verify() == []
