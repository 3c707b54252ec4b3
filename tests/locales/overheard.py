"""Cafés where everything is said that can be said over SMS, to be overheard."""

from __future__ import annotations

from bot.domain.members import Role
from bot.domain.messages import Action
from bot.services import preferences, proving
from bot.services.joining import decide_marketing
from bot.storage import conversations
from tests.acceptance.cafe import Cafe, preset
from tests.chat import Person
from tests.locales.befriending import befriending
from tests.locales.broadcasting import broadcasting
from tests.locales.itemising import itemising
from tests.locales.ranking import ranking
from tests.locales.reminded import reminding
from tests.locales.rewarded import rewarding
from tests.locales.righting import righting
from tests.locales.texting import (
    ALL_RULES,
    GIFT,
    NAME,
    PURCHASE,
    STAMPS_GIFT,
    STAMPS_TOO,
    VISIT,
    Listener,
    Texter,
    programme,
)

#: Limits at the till that stop nobody.
OFTEN = "member_stamps_a_day = 1000\ncolleague_stamps_a_day = 1000\nundo_minutes = 60"
FEW = "minutes_between = 5\nmember_stamps_a_day = 10\ncolleague_stamps_a_day = 15"


async def play(listener: Listener) -> None:
    """Everything, in one café after the other."""
    for act in (
        joining,
        other_joinings,
        visiting,
        redeeming,
        settling,
        leaving,
        choosing,
        stamping,
        selling,
        itemising,
        handing_over,
        refusing,
        working,
        asking,
        befriending,
        reminding,
        rewarding,
        ranking,
        righting,
        broadcasting,
    ):
        await act(listener)


async def says(person: Person, *texts: str) -> None:
    """Write these, one after the other."""
    for text in texts:
        await person.says(text)


async def joins(cafe: Cafe) -> Texter:
    """Somebody with the longest name joins, and leaves the rest out."""
    person = texter(cafe)
    await says(person, "join", "1", NAME, "2", "1")
    return person


async def works(cafe: Cafe, role: Role = Role.CASHIER) -> Person:
    """A colleague with the longest name, in the first shop."""
    return await cafe.colleague(NAME, role, "place0")


def texter(cafe: Cafe) -> Texter:
    """Somebody who has not texted yet."""
    person = cafe.guest(NAME)
    assert isinstance(person, Texter)
    return person


async def code_of(cafe: Cafe, number: int = 1) -> str:
    """The code of the member who joined as the first, or later."""
    [row] = await cafe.rows("SELECT code FROM member ORDER BY id LIMIT 1 OFFSET $1", number - 1)
    return str(row["code"])


async def newest_voucher(cafe: Cafe) -> str:
    """The code of the voucher that was made last."""
    [row] = await cafe.rows("SELECT code FROM voucher ORDER BY id DESC LIMIT 1")
    return str(row["code"])


async def claimable(till: Person) -> str:
    """The code for a purchase without a card."""
    [answer] = await till.says("sale - 149,50")
    return answer.split()[-1]


async def joining(listener: Listener) -> None:
    """Joining with all its wrong turns, and looking around as a stranger."""
    async with listener.cafe(programme(VISIT, PURCHASE, GIFT)) as cafe:
        till, eve, anna = await works(cafe), texter(cafe), texter(cafe)
        bought = await claimable(till)
        await says(eve, "what?", "help", "privacy", "stop", "card", "cancel", "/feedback hi")
        await says(anna, "x_ABCDEFGHKL", bought, "hm?", "help", "2", "1", "privacy")
        await anna.sends_photo()
        await says(anna, "1", "!", "rewards", NAME, "balance", "hm?", "1")
        await says(anna, "card", "31 June", "June", "14 March", "join", bought)
        await eve.says(bought)
        late = await claimable(till)
        await cafe.passes(days=10)
        await says(anna, late)
        await says(eve, late, "/stamp ABCDEF", "c_abcdefghijklmnop")
        # One whose card a colleague began.
        ivan = texter(cafe)
        await till.says(f"enroll {ivan.address}")
        await says(ivan, "hello", "stop", "hello", "1", NAME, "2", "1")


async def other_joinings(listener: Listener) -> None:
    """With other gifts and other questions."""
    rules = (STAMPS_TOO, PURCHASE, STAMPS_GIFT)
    async with listener.cafe(programme(*rules, joining="minimum_age = 0")) as cafe:
        await joins(cafe)
        await says(texter(cafe), "join", "1", "1")
    async with listener.cafe(preset("cafe-stamps")) as cafe:
        await says(texter(cafe), "join", "2", "1", NAME, "1")


async def visiting(listener: Listener) -> None:
    """All a member can look at, with rewards waiting that end at different times."""
    async with listener.cafe(programme(VISIT, PURCHASE)) as cafe:
        anna, till = await joins(cafe), await works(cafe)
        await says(anna, "balance", "rewards", "redeem", "history", "vouchers", "invite")
        code = await code_of(cafe)
        for _ in range(3):
            await till.says(f"stamp {code} 10")
            await cafe.passes(days=1)
        await says(anna, "redeem", "2")
        for amount in ("2345,50", "21", "1022"):
            await says(till, f"sale {code} {amount}", f"stamp {code} 7")
            await cafe.passes(days=27)
        await says(anna, "card", "balance", "1", "1", "rewards", "4", "menu", "5")
        await says(anna, "thanks", "hm?", "hm?", "privacy", "help", "cancel", "c_abcdefghijklmnop")
        await anna.sends_photo()
        for asked in (("refer", "stop_whether"), ("settings", "privacy"), ("history", "language")):
            await anna.means(Action("which", asked))
        for asked in ("stop_whether", "pass_on", "thanks", "refer", "unknown", "unknown"):
            await anna.means(Action(asked))


async def redeeming(listener: Listener) -> None:
    """Vouchers: made, given back, run out; and a page of rewards to choose from."""
    async with listener.cafe(programme(*ALL_RULES, limits=OFTEN)) as cafe:
        anna, till = await joins(cafe), await works(cafe)
        code = await code_of(cafe)
        await till.says(f"sale {code} 1200")
        await anna.says("redeem")
        await till.says("undo")
        await anna.says("1")
        await says(till, f"stamp {code} 30", f"sale {code} 12345")
        await says(anna, "rewards", "1", "1", "rewards", "4", "redeem", "5", "1", "vouchers")
        await says(anna, "redeem", "6", "menu", "redeem", "1")
        await cafe.passes(minutes=20)
        await says(anna, "vouchers", "redeem")
        await says(till, code, "4", "1")
        await says(anna, "1", "rewards")
        await says(till, f"sale {code} 3000", "undo")
        await anna.says("3")
        await cafe.passes(days=400)
        await says(anna, "balance", "rewards", "redeem", "history", "1", "1", "1", *["2"] * 7)


async def settling(listener: Listener) -> None:
    """Settings, the language, offers, and what the network's words do."""
    async with listener.cafe(programme(VISIT, PURCHASE)) as cafe:
        anna = await joins(cafe)
        await says(anna, "settings", "2", "!", NAME, "settings", "4", "June", "15 March")
        await cafe.passes(days=2)
        await says(anna, "settings", "4", "16 March", "settings", "3", "settings", "3", "1")
        await says(anna, "stop", "1", "feedback", "cancel", "language", "nothing", "5", "menu")
        await says(anna, "language", "1")
        for person in (anna, texter(cafe)):
            for word in ("stop", "start", "help"):
                await person.tells_the_network(word)
        async with cafe.work.unit_of_work() as uow:
            chat = await conversations.get(uow.tx, 1)
            assert chat is not None
            await proving.send_code(uow, chat, "+420777123123", cafe.clock.now())


async def choosing(listener: Listener) -> None:
    """How many messages, where, by whose clock; stops in a sentence, and their undoing."""
    far = '[[locations]]\ncode = "far"\nname = "Far"\nzone = "Europe/London"'
    async with listener.cafe(programme(VISIT, PURCHASE, more=far), "whatsapp") as cafe:
        anna = await joins(cafe)
        await says(anna, "messages", "resume", "fewer", "only gifts", "pause", "settings")
        await says(anna, "messages", "1", "stop", "messages", "resume")
        for said in ("stop_how", "stop_whether", "stop_said"):
            await anna.means(Action(said))
        await anna.says("1")
        await anna.means(Action("undo_stop", ("1",)))
        await says(anna, "stop", "menu", "zone", "?", "New York", "zone", "1", "resume")
        async with cafe.work.unit_of_work() as uow:
            await decide_marketing(uow, 1, "whatsapp", False, "", cafe.clock.now())
        await says(
            anna, "messages", "5", "2", "1", "2", "1", "1", "messages", "fewer", "only gifts"
        )
        async with cafe.work.unit_of_work() as uow:
            await conversations.opt_out(uow.tx, 1, cafe.clock.now())
            await preferences.prefer(uow, 1, "sms")
        await says(anna, "messages", "1", "1")
    weekly = programme(VISIT, PURCHASE, more="[caps]\nmember = { week = 1 }")
    async with listener.cafe(weekly) as cafe:
        await says(await joins(cafe), "resume", "messages")


async def leaving(listener: Listener) -> None:
    """What is kept, and being erased."""
    source = programme(VISIT, PURCHASE)
    for each in (source, source.replace("contact = ", "# ")):
        async with listener.cafe(each) as cafe:
            anna, eve = await joins(cafe), await joins(cafe)
            await says(anna, "privacy", "1", "privacy", "2", "no")
            await says(eve, "privacy", "2", "erase")


async def stamping(listener: Listener) -> None:
    """Stamps, full cards, paper cards and undoing, with a receipt for each."""
    source = programme(*ALL_RULES, limits=OFTEN, more="[sms]\nreceipts = true")
    async with listener.cafe(source) as cafe:
        anna, till = await joins(cafe), await works(cafe)
        code = await code_of(cafe)
        await says(till, "undo", code, "4", "many", "40", "29", "1", "2", "1", "undo")
        await says(till, f"stamp {code} 30", "3", f"stamp {code} 29", "stamp", f"stamp {code} ?")
        await says(till, "stamp AAAAAA 1", "AAAAAA", "menu", "help", "what is this", "/card")
        await till.sends_photo()
        await says(till, f"stamp {code} 60", "2")
        await anna.says("history")
        await cafe.passes(minutes=70)
        await says(till, "undo", f"stamp {code} 30")
        await says(anna, "redeem", "1")
        await says(till, "undo", "undo")


async def selling(listener: Listener) -> None:
    """Sales, with a card and without."""
    source = programme(*ALL_RULES, limits=OFTEN, more="[sms]\nreceipts = true")
    async with listener.cafe(source) as cafe:
        anna, till = await joins(cafe), await works(cafe)
        code = await code_of(cafe)
        for written in ("0,40", "12345 4711", "12345 4711", "123456,78", "-1", "0", "1e9", "1,234"):
            await till.says(f"sale {code} {written}")
        for written in ("99999999999", "1,2345", "5 USD", "1 234,50"):
            await till.says(f"sale {code} {written}")
        await says(till, "sale", "sale AAAAAA 1", code, "3", "?", "cancel", "3", "1,20", "2")
        await says(till, f"sale {code} 5000")
        await says(anna, "rewards", "4", "redeem", "1", "redeem", "2", "redeem", "3", "history")
        await till.says("undo")


async def handing_over(listener: Listener) -> None:
    """Vouchers and rewards at the till, in every state."""
    source = programme(*ALL_RULES, limits=OFTEN).replace(' = "90 days"', ' = "never"')
    async with listener.cafe(source) as cafe:
        anna, till = await joins(cafe), await works(cafe)
        code = await code_of(cafe)
        await till.says(f"stamp {code} 30")
        await anna.says("rewards")
        await says(till, f"sale {code} 12345", code, "4", "5", "1", "1")
        await says(anna, "redeem", "1")
        await says(till, code, "5", "1", await newest_voucher(cafe), "use AAAAAA", "use")
        await says(till, f"use {await newest_voucher(cafe)}")
        for minutes in (20, 90):
            await says(anna, "redeem", "1")
            await cafe.passes(minutes=minutes)
            await till.says(await newest_voucher(cafe))
        await says(anna, "redeem", "1")
        await till.says(code)
        await anna.says("1")
        await says(till, "5", await newest_voucher(cafe), "v_AAAAAA", "c_abcdefghijklmnop")


async def refusing(listener: Listener) -> None:
    """What limits stop at the till, and who hears of it."""
    async with listener.cafe(programme(VISIT, PURCHASE, limits=FEW)) as cafe:
        for _ in range(2):
            await joins(cafe)
        till, _owner = await works(cafe), await works(cafe, Role.OWNER)
        code, other = await code_of(cafe), await code_of(cafe, 2)
        await says(till, f"stamp {code}", f"stamp {code}", f"stamp {other} 10")
        await cafe.passes(minutes=6)
        await says(till, f"stamp {other}", f"stamp {code} 9")
        await says(till, "join", "1", NAME, "2", "1", "menu")
        await till.says(f"stamp {await code_of(cafe, 3)}")
    for name, said in (("cafe-stamps", "sale {} 100"), ("points-shop", "stamp {}")):
        async with listener.cafe(preset(name)) as cafe:
            await joins(cafe)
            till = await works(cafe)
            await says(till, said.format(await code_of(cafe)), "shift", "help", "undo")


async def working(listener: Listener) -> None:
    """Invitations, shifts, finding, enrolling."""
    async with listener.cafe(programme(VISIT, PURCHASE)) as cafe:
        for _ in range(8):
            await joins(cafe)
        token, late = await cafe.invites(NAME), await cafe.invites(NAME)
        till, eve, eva = texter(cafe), texter(cafe), texter(cafe)
        for person in (till, till, eve):
            await person.opens(f"s_{token}")
        await till.opens(f"s_{await cafe.invites(NAME)}")
        await eve.opens("s_abcdefghijklmnop")
        await cafe.passes(days=8)
        await eve.opens(f"s_{late}")
        code = await code_of(cafe)
        await says(till, f"stamp {code}", "5", "1", "shift nowhere", "shift", "2", "help", "menu")
        await says(till, "find Magdalena", "5", "1", "find nobody", "find", "enroll", "enroll 12")
        await says(till, "enroll +420777888999", "enroll +420777888999")
        await eva.says("hello")
        [theirs] = await cafe.rows("SELECT MAX(id) AS id FROM conversation")
        async with cafe.database.transaction() as tx:
            await conversations.opt_out(tx, theirs["id"], cafe.clock.now())
        await till.says(f"enroll {eva.address}")


async def asking(listener: Listener) -> None:
    """Questions to the shop, and its answers."""
    async with listener.cafe(programme(VISIT, PURCHASE)) as cafe:
        anna = await joins(cafe)
        await anna.says("/feedback Hello?")
        owner, other = await works(cafe, Role.OWNER), await works(cafe, Role.MANAGER)
        await says(anna, "feedback", "Is there oat milk?")
        for colleague in (owner, other):
            await colleague.presses("Answer")
        await says(owner, "Yes.")
        await says(other, "No.")
        await says(anna, "feedback", "1", *(f"/feedback {number}" for number in range(5)))
        await texter(cafe).says("/feedback Are you open?")
    async with listener.cafe(programme(VISIT, PURCHASE).replace("contact", "#")) as cafe:
        anna = await joins(cafe)
        await says(anna, "/feedback Hello?", "help", "hm?", "hm?")
