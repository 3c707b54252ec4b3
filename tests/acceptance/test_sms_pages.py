"""Over SMS long lists come in pages, and what was asked meanwhile is a message of its own."""

from __future__ import annotations

from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, on

MORE_REWARDS = "".join(
    f'\n[[rewards]]\ncode = "extra{n}"\nname = "Extra {n}"\npoints = {100 + n}\n'
    for n in range(1, 4)
)
SHOPS = "".join(f'\n[[locations]]\ncode = "shop{n}"\nname = "Shop {n}"\n' for n in range(1, 6))


@on("sms")
async def test_s3_every_end_is_on_a_page_of_the_balance(cafe: Cafe) -> None:
    till, anna = await cafe.colleague(), await cafe.member()
    code = await cafe.code_of(anna)
    for _ in range(4):
        await till.says(f"stamp {code} 2")
        await cafe.passes(days=1)
    assert await anna.says("balance") == [
        "8 of 10 stamps\n2 more stamps and it's yours: Coffee of your choice\n"
        "2 stamps last until 2 Mar 2027\n2 stamps last until 3 Mar 2027"
    ]
    assert anna.buttons == ["Next"]
    assert await anna.says("1") == [
        "2 stamps last until 4 Mar 2027\n2 stamps last until 5 Mar 2027"
    ]
    assert anna.buttons == []


@on("sms")
async def test_the_line_of_a_reward_that_is_ready_redeems_it(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset("points-shop", more=MORE_REWARDS))
    till, anna = await cafe.colleague(), await cafe.member()
    await till.says(f"sale {await cafe.code_of(anna)} 52")
    assert await anna.says("rewards") == ["Rewards:"]
    assert anna.buttons == [
        "Coffee and cake: ready, for 100 points",
        "A piece of cheese: ready, for 100 points",
        "Extra 1: ready, for 101 points",
        "Next",
    ]
    assert await anna.presses("Next") == [
        "Rewards:\nExtra 3: 1 more point\nPicnic hamper: 148 more points"
    ]
    assert anna.buttons == ["Extra 2: ready, for 102 points"]
    [voucher] = await anna.says("1")
    assert voucher.startswith("Extra 2. Show this at the till by ")


@on("sms")
async def test_a_number_after_redeem_never_takes_a_reward_of_another_page(
    open_cafe: OpenCafe,
) -> None:
    cafe = await open_cafe(preset("points-shop", more=MORE_REWARDS))
    till, anna = await cafe.colleague(), await cafe.member()
    await till.says(f"sale {await cafe.code_of(anna)} 1000")
    await anna.says("redeem")
    first = ["Coffee and cake", "A piece of cheese", "Picnic hamper", "Extra 1", "Next"]
    assert anna.buttons == first
    await anna.presses("Next")
    assert anna.buttons == ["Extra 2", "Extra 3"]
    assert await anna.says("redeem 2") == ["Which reward would you like now?"]
    assert anna.buttons == first
    [voucher] = await anna.presses("Extra 1")
    assert voucher.startswith("Extra 1. ")


@on("sms")
async def test_of_many_found_the_next_page_is_found_again(cafe: Cafe) -> None:
    till = await cafe.colleague()
    for _ in range(6):
        await cafe.member("Anna")
    assert await till.says("find anna") == ["6 members found:"]
    first = till.buttons
    assert first[4:] == ["Next"]
    assert await till.presses("Next") == ["6 members found:"]
    second = till.buttons
    assert len({*first[:4], *second}) == 6
    [panel] = await till.says("2")
    assert panel.startswith(f"{second[1]}\n")


@on("sms")
async def test_a_shift_begins_on_the_second_page_of_shops_for_who_stands_there(
    open_cafe: OpenCafe,
) -> None:
    cafe = await open_cafe(preset(more=SHOPS))
    till, anna = await cafe.colleague(), await cafe.member()
    code = await cafe.code_of(anna)
    assert await till.says(f"stamp {code}") == ["Start your shift first: which shop are you in?"]
    await till.presses("Next")
    assert await till.presses("Shop 5") == [f"Your shift: Shop 5\nAnna - {code}"]
    assert till.buttons == ["+1", "+2", "Paper card..."]


@on("sms")
async def test_the_open_question_follows_in_a_message_of_its_own(cafe: Cafe) -> None:
    anna = cafe.guest("Anna")
    for said in ("join", "1", "Anna"):
        await anna.says(said)
    balance, question = await anna.says("balance")
    assert balance.startswith("0 of 10 stamps\n")
    assert question.startswith("May we also write to you about gifts and offers?")
    assert anna.buttons == ["Yes, please", "No, thanks"]


@on("sms")
async def test_what_is_kept_is_a_page_to_open(cafe: Cafe) -> None:
    anna = await cafe.member()
    page = f"http://127.0.0.1:{cafe.house.settings.port}/privacy"
    assert await anna.says("privacy") == [f"What Kavarna Lipa keeps for your card, and why: {page}"]


@on("sms")
async def test_russian_is_offered_in_letters_that_cost_nothing_more(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset("cafe-stamps", ('["en", "cs"]', '["en", "cs", "ru"]')))
    anna = await cafe.member()
    await anna.says("language")
    assert anna.buttons == ["English", "Cestina", "Russkij"]
    assert await anna.presses("Russkij") == ["По-русски."]
    await anna.says("язык")
    assert anna.buttons == ["English", "Cestina", "Русский"]
