"""The whole story: joining, ten stamps, a reward, a voucher, the receipt; on every channel."""

from __future__ import annotations

import re

from tests.acceptance.cafe import TWO_SHOPS, Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere
from tests.chat import Person

MENU = ["Card", "Balance", "Rewards", "Redeem", "More"]
MENU_CS = ["Karta", "Stav", "Odměny", "Uplatnit", "Více"]


def payload(link: str | None) -> str:
    """What a code's link hands over, such as `c_9fK2mQx7TzYv4LwB`."""
    assert link is not None
    found = re.search(r"(?:\?start=|/s/)([A-Za-z0-9_-]+)$", link)
    assert found is not None, link
    return found[1]


async def ten_stamps(till: Person, *, member: str) -> None:
    """Stamp nine of ten, two at a time, each time from the member's panel."""
    for count in ("+2", "+2", "+2", "+2", "+1"):
        await till.presses(count)
        await till.presses(member)


@everywhere()
async def test_ten_coffees_and_one_on_us(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=TWO_SHOPS))
    till = await cafe.colleague("Jana", location="vinohrady")
    anna = cafe.guest("Anna")

    assert await anna.opens("join_vinohrady") == [
        "Welcome to Kavárna Lípa.\n"
        "Collect 10 stamps and it's yours: Coffee of your choice\n"
        "To run your card we keep your name and this chat.\n"
        "By joining you confirm you are 16 or over and accept the terms."
    ]
    assert anna.buttons == ["Join", "Čeština", "Terms and privacy"]
    if cafe.asks_name:
        assert await anna.presses("Join") == [
            "What should we call you? Our staff see it at the till."
        ]
        assert anna.buttons == ["Skip"]
        await anna.says("Anna")
    else:
        await anna.presses("Join")
    assert anna.sees() == [
        "You're in, Anna.\n0 of 10 stamps\nShow this card when you pay.",
        "May we also write to you about gifts and offers? At most 6 a month, stop any time. "
        "Your card works either way.",
    ]
    assert anna.buttons == ["Yes, please", "No, thanks"]
    card = anna.picture
    assert payload(card).startswith("c_")
    assert await anna.presses("Yes, please") == [
        "Thank you. Say STOP any time.\nAll set. Show your card when you pay."
    ]
    assert anna.buttons == MENU

    [member] = await cafe.rows("SELECT code, home_location FROM member")
    assert member["home_location"] == "vinohrady"
    assert await till.scans(card) == [f"Anna · {member['code']}\n0 of 10 stamps\nFirst visit"]
    assert till.buttons == ["+1", "+2", "Paper card…"]
    await ten_stamps(till, member="Member")
    assert anna.sees() == []
    assert await till.presses("+1") == [
        "+1 stamp\nAnna\nCard full: 10 of 10\nEarned: Coffee of your choice"
    ]
    assert till.buttons == ["Give it now", "Member", "Undo"]
    assert anna.sees() == [
        "+1 stamp. 10 of 10.\n"
        "Your card is full, this is on us until 31 May 2026: Coffee of your choice"
    ]
    assert anna.buttons == ["Redeem now", "Keep it"]

    [voucher] = await cafe.rows("SELECT COUNT(*) AS n FROM voucher")
    assert voucher["n"] == 0
    [shown] = await anna.presses("Redeem now")
    [voucher] = await cafe.rows("SELECT code FROM voucher")
    assert shown == (
        "Coffee of your choice. Show this at the till by 10:15. Code: " + voucher["code"]
    )
    assert re.fullmatch("[2-9A-Z]{6}", voucher["code"])
    assert anna.buttons == ["Give it back", "Menu"]
    assert payload(anna.picture) == f"v_{voucher['code']}"

    assert await till.scans(anna.picture) == [f"Coffee of your choice · Anna · {voucher['code']}"]
    assert till.buttons == ["Confirm", "Member"]
    assert await till.presses("Confirm") == [
        "Handed over: Coffee of your choice. Anna\n0 of 10 stamps"
    ]
    assert anna.sees() == ["Handed over: Coffee of your choice. Thank you for coming."]
    assert await till.says(voucher["code"]) == [
        f"Coffee of your choice · Anna · {voucher['code']}\n"
        "This voucher was used already: 2 March 2026, 10:00"
    ]
    assert await cafe.differences() == []


@everywhere()
async def test_deset_kav_a_jedna_od_nas(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=TWO_SHOPS))
    pokladna = await cafe.colleague("Jana", location="vinohrady", language="cs")
    assert pokladna.sees() == [
        "Přihlášení proběhlo: Jana, obsluha.\n"
        "Namiřte fotoaparát telefonu na kartu zákazníka a otevře se tady. "
        "Zbytek vypíše NÁPOVĚDA."
    ]
    anna = cafe.guest("Anna", "cs")

    assert await anna.opens("join_vinohrady") == [
        "Kavárna Lípa vás vítá.\n"
        "Nasbírejte 10 razítek a je to vaše: Káva podle výběru\n"
        "Kvůli kartě si uložíme vaše jméno a tento chat.\n"
        "Když se přidáte, potvrzujete, že je vám aspoň 16 let, a přijímáte podmínky."
    ]
    assert anna.buttons == ["Přidat se", "English", "Podmínky a soukromí"]
    await anna.presses("Přidat se")
    if cafe.asks_name:
        assert anna.sees() == ["Jak vám máme říkat? Jméno uvidí obsluha u pokladny."]
        await anna.says("Anna")
    assert anna.sees() == [
        "Karta na jméno Anna je vaše.\nRazítka: 0 z 10\nPři placení ukažte tuto kartu.",
        "Smíme vám psát i o dárcích a nabídkách? Nejvýš 6× za měsíc, kdykoli to můžete zastavit. "
        "Karta funguje tak i tak.",
    ]
    assert anna.buttons == ["Ano, prosím", "Ne, děkuji"]
    card = anna.picture
    assert await anna.presses("Ne, děkuji") == [
        "Dobře, bez nabídek. Karta funguje stejně.\nVše je připraveno. Při placení ukažte kartu."
    ]
    assert anna.buttons == MENU_CS

    [member] = await cafe.rows("SELECT code FROM member")
    assert await pokladna.scans(card) == [
        f"Anna · {member['code']}\nRazítka: 0 z 10\nPrvní návštěva"
    ]
    assert pokladna.buttons == ["+1", "+2", "Papírová karta…"]
    await pokladna.presses("+2")
    assert anna.sees() == ["+2 razítka. Máte 2 z 10."]
    await pokladna.presses("Karta člena")
    assert pokladna.sees() == [f"Anna · {member['code']}\nRazítka: 2 z 10\nNaposledy dnes, 10:00"]
    assert await pokladna.says(f"razítko {member['code']} 7") == [
        "+7 razítek\nAnna\nRazítka: 9 z 10"
    ]
    assert anna.sees() == ["+7 razítek. Máte 9 z 10."]
    assert await pokladna.says(f"razítko {member['code']}") == [
        "+1 razítko\nAnna\nPlná karta: 10 z 10\nZískáno: Káva podle výběru"
    ]
    assert anna.sees() == [
        "+1 razítko. Máte 10 z 10.\n"
        "Máte plnou kartu, tohle je do 31. května 2026 na nás: Káva podle výběru"
    ]
    assert anna.buttons == ["Uplatnit hned", "Nechat si"]

    [shown] = await anna.presses("Uplatnit hned")
    [voucher] = await cafe.rows("SELECT code FROM voucher")
    assert shown == f"Káva podle výběru. Ukažte obsluze do 10:15. Kód: {voucher['code']}"
    assert anna.buttons == ["Vrátit na kartu", "Menu"]
    assert await pokladna.scans(anna.picture) == [f"Káva podle výběru · Anna · {voucher['code']}"]
    assert await pokladna.presses("Potvrdit") == [
        "Vydáno: Káva podle výběru. Anna\nRazítka: 0 z 10"
    ]
    assert anna.sees() == ["Předáno: Káva podle výběru. Děkujeme za návštěvu."]
    assert await cafe.differences() == []


async def test_a_colleague_gives_the_reward_with_the_card_in_hand(cafe: Cafe) -> None:
    """S19: an earned reward may be given directly; the member gets the receipt."""
    till = await cafe.colleague()
    anna = await cafe.member()
    code = await cafe.code_of(anna)
    await till.says(f"stamp {code} 10")

    assert await till.presses("Give it now") == [
        "Handed over: Coffee of your choice. Anna\n0 of 10 stamps"
    ]
    assert anna.sees() == ["Handed over: Coffee of your choice. Thank you for coming."]


async def test_a_card_that_runs_over_starts_the_next(cafe: Cafe) -> None:
    """S15: 9 + 5 at 10 is one reward and four stamps."""
    till = await cafe.colleague()
    anna = await cafe.member()
    code = await cafe.code_of(anna)
    await till.says(f"stamp {code} 9")
    await cafe.passes(days=1)

    assert await till.says(f"stamp {code} 5") == [
        "+5 stamps\nAnna\nCard full: 10 of 10\n4 of 10 stamps\nEarned: Coffee of your choice"
    ]
    assert anna.sees() == [
        "+5 stamps. 10 of 10.\n"
        "Your card is full, this is on us until 1 June 2026: Coffee of your choice\n"
        "4 of 10 stamps"
    ]
    assert await anna.says("balance") == [
        "4 of 10 stamps\n●●●●○○○○○○\nReward ready: Coffee of your choice\n"
        "Coffee of your choice: use it by 1 June 2026\n4 stamps last until 3 March 2027"
    ]
