"""Inviting friends, and what members say of the shop, as people see it."""

from __future__ import annotations

from bot.domain.members import Role
from tests.acceptance.cafe import Cafe, preset
from tests.acceptance.conftest import OpenCafe, everywhere, on
from tests.chat import Person
from tests.doubles.twilio import WHATSAPP_FROM

FRIENDS = """
[[earn]]
rule = "referral"
unit = "stamps"
amount = 2

[[earn]]
rule = "referred"
unit = "stamps"
amount = 1

[referrals]
a_week = 1
"""

OPINIONS = """
[[earn]]
rule = "survey"
unit = "stamps"
amount = 1

[[earn]]
rule = "review"
unit = "stamps"
amount = 2
per_member = 1

[[earn]]
rule = "follow"
unit = "stamps"
amount = 1

[[earn]]
rule = "profile"
unit = "stamps"
amount = 3

[survey]
question = "How was your coffee?"

[follow]
name = "Instagram"
link = "https://instagram.example/lipa"
"""


async def payload_of(cafe: Cafe, person: Person) -> str:
    """What a member's invitation makes a friend's phone send."""
    await person.says("refer")
    [row] = await cafe.rows(
        "SELECT i.code FROM invite i JOIN member m ON m.id = i.member_id ORDER BY i.member_id DESC"
    )
    return f"r_{row['code']}"


async def befriended(cafe: Cafe, payload: str, name: str = "Ben") -> Person:
    """Somebody who joins by an invitation."""
    friend = cafe.guest(name)
    await friend.opens(payload)
    await friend.presses(cafe.label("button.join"))
    await cafe.introduces(friend)
    for no in ("button.no_thanks", "button.skip"):
        if cafe.label(no) in friend.buttons:
            await friend.presses(cafe.label(no))
    return friend


@everywhere()
async def test_s16_a_friend_joins_by_a_link_and_both_get_theirs(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=FRIENDS))
    till, anna = await cafe.colleague(), await cafe.member("Anna")
    await anna.says("refer")
    invitation = anna.message.text.split("\n")
    assert invitation[0].startswith("Pass this link on to a friend: ")
    assert invitation[1:] == [
        "After their first purchase they get: 1 stamp",
        "For each friend's first purchase you get: 2 stamps",
        "Friends you can still bring: 20",
    ]
    payload = await payload_of(cafe, anna)
    assert invitation[0].endswith(payload)
    ben = cafe.guest("Ben")
    await ben.opens(payload)
    said = "\n".join(message.text for message in ben.news)
    assert said.startswith("A friend invites you.\nAfter your first purchase you get: 1 stamp\n")
    await ben.presses("Join")
    await cafe.introduces(ben)
    await ben.presses("No, thanks")
    if "Skip" in ben.buttons:
        await ben.presses("Skip")
    code = await cafe.code_of(ben)
    await till.says(f"/stamp {code}")
    assert ben.sees()[1:] == ["This is for coming by a friend's invitation.\n+1 stamp. 2 of 10."]
    assert anna.sees() == [
        "Thank you for bringing a friend: they've made their first purchase.\n+2 stamps. 2 of 10."
    ]


@on("telegram", "simulator-text")
async def test_s16_a_member_who_opens_a_link_stays_who_they_are(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=FRIENDS))
    anna = await cafe.member("Anna")
    payload = await payload_of(cafe, anna)
    already = ["You're a member already. Invitations are for friends who aren't yet."]
    assert await anna.opens(payload) == already
    ben = await cafe.member("Ben")
    assert await ben.opens(payload) == already


@on("telegram", "simulator-text")
async def test_s16_the_owner_decides_on_what_is_suspicious(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=FRIENDS))
    till, owner = await cafe.colleague(), await cafe.colleague("Petr", Role.OWNER)
    anna = await cafe.member("Anna")
    payload = await payload_of(cafe, anna)
    for name in ("Ben", "Eva"):
        friend = await befriended(cafe, payload, name)
        await till.says(f"/stamp {await cafe.code_of(friend)}")
    assert owner.sees() == [
        "An invitation waits for your decision. More friends in a week than usual."
    ]
    name = "Eva"
    assert await owner.presses("Invitations") == [
        f"From Anna to {name}. More friends in a week than usual."
    ]
    await owner.presses("Reward them")
    assert anna.sees() == [
        "Thank you for bringing a friend: they've made their first purchase.\n+2 stamps. 4 of 10."
    ]
    assert await owner.says("referrals") == ["No invitation waits for a decision."]
    assert await till.says("/referrals") != ["No invitation waits for a decision."]


@on("telegram", "simulator-text")
async def test_nothing_is_offered_that_the_programme_does_not_have(cafe: Cafe) -> None:
    anna = await cafe.member("Anna")
    await anna.says("more")
    assert anna.buttons == ["Vouchers", "History", "Settings", "Help", "Ask the shop", "Menu"]
    assert await anna.says("refer") == ["Inviting friends isn't part of our programme."]
    assert await anna.says("rate") == ["There is no question to answer at the moment."]
    assert await anna.says("review") == ["Reviews aren't part of our programme."]
    assert await anna.says("follow") == ["There's no place to follow us yet."]


@everywhere()
async def test_s13_a_rating_earns_and_a_poor_one_reaches_the_managers(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=OPINIONS))
    owner, anna = await cafe.colleague("Petr", Role.OWNER), await cafe.member("Anna")
    assert await anna.says("rate") == ["How was your coffee?\n1 is the worst, 5 the best."]
    assert await anna.says("six") == [
        "A number from 1 to 5, please.\nHow was your coffee?\n1 is the worst, 5 the best."
    ]
    assert await anna.presses("2") == [
        "Noted, thank you.\n+1 stamp. 1 of 10.\nAnything to add? Write it here; a person reads it."
    ]
    assert await anna.says("It was cold.") == ["Thank you."]
    assert owner.sees() == ["Anna: 2 of 5. It was cold."]
    await owner.presses("Answer")
    await owner.says("The next one is on us.")
    assert anna.sees() == ["Kavárna Lípa: The next one is on us."]
    assert await anna.says("rate") == [
        "We have your rating, thank you. The next one can come from 1 April 2026."
    ]
    [row] = await cafe.rows("SELECT rating, text_sealed FROM survey_answer")
    assert (row["rating"], cafe.opened("survey_answer.text", row["text_sealed"])) == (
        2,
        "It was cold.",
    )


@on("telegram", "simulator-text")
async def test_the_survey_is_offered_under_a_receipt_once_a_while(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=OPINIONS))
    till, anna = await cafe.colleague(), await cafe.member("Anna")
    code = await cafe.code_of(anna)
    await till.says(f"/stamp {code}")
    assert anna.buttons == ["Card", "Rate us"]
    await anna.presses("Rate us")
    await anna.presses("5")
    await anna.presses("Skip")
    await cafe.passes(days=29)
    await till.says(f"/stamp {code}")
    assert anna.buttons == ["Card"]
    await cafe.passes(days=1)
    await till.says(f"/stamp {code}")
    assert anna.buttons == ["Card", "Rate us"]


@on("telegram", "simulator-text")
async def test_s13_a_review_earns_once_a_colleague_accepts_it(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=OPINIONS))
    manager, anna = await cafe.colleague("Jana", Role.MANAGER), await cafe.member("Anna")
    assert await anna.says("review") == [
        "What was it like here? Write a few words or send a photo. Good or bad counts the same; "
        "a colleague takes a look first.\nWhatever it says, it brings: 2 stamps"
    ]
    assert await anna.sends_voice() == [
        "Write a few words or send a photo; a review can't be anything else.\n"
        "What was it like here? Write a few words or send a photo. Good or bad counts the same; "
        "a colleague takes a look first.\nWhatever it says, it brings: 2 stamps"
    ]
    kept = ["Thank you. A colleague takes a look, then we'll write to you."]
    assert await anna.says("Too loud.") == kept
    assert manager.sees() == ["New review from Anna."]
    await anna.says("review")
    assert await anna.says("Nice.") == [
        "A colleague hasn't read your last review yet. After that you can write another."
    ]
    assert await manager.presses("Reviews") == ["Anna: Too loud."]
    accepted = "Accepted; the member has been told.\nNo review waits."
    assert await manager.presses("Accept") == [accepted]
    assert anna.sees() == ["Your review is accepted. Thank you for it.\n+2 stamps. 2 of 10."]
    await anna.says("review")
    await anna.says("Nice.")
    await manager.says("reviews")
    await manager.presses("Refuse")
    assert anna.sees() == ["We couldn't accept your review. If you'd like to know why, ask us."]


@on("telegram")
async def test_a_review_may_be_a_photo_that_the_colleague_sees(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=OPINIONS))
    manager, anna = await cafe.colleague("Jana", Role.MANAGER), await cafe.member("Anna")
    await anna.says("review")
    await anna.sends_photo("Look!")
    shown = await manager.presses("Reviews")
    assert shown == ["Photo from Anna", "Anna: Look!"]


@on("telegram", "simulator-text")
async def test_s13_following_earns_once_on_the_members_word(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=OPINIONS))
    anna = await cafe.member("Anna")
    assert await anna.says("follow") == [
        "Here we are: Instagram, https://instagram.example/lipa\nFollowing us brings: 1 stamp"
    ]
    thanks = "Thank you for following us."
    assert await anna.presses("I follow") == [f"{thanks}\n+1 stamp. 1 of 10."]
    await anna.says("follow")
    assert await anna.presses("I follow") == [thanks]


@on("telegram", "simulator-text")
async def test_s13_complete_details_earn_once(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=OPINIONS))
    anna = await cafe.member("Anna")
    await anna.says("settings")
    await anna.presses("Birthday")
    assert await anna.says("14 March") == [
        "Noted: 14 March\nThat makes your details complete, thank you.\n+3 stamps. 3 of 10."
    ]
    await anna.says("settings")
    await anna.presses("Name")
    [renamed] = await anna.says("Anička")
    assert "complete" not in renamed


@on("whatsapp")
async def test_s16_where_people_write_on_whatsapp_the_link_opens_that(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset(more=FRIENDS))
    anna = await cafe.member("Anna")
    payload = await payload_of(cafe, anna)
    number = WHATSAPP_FROM.partition("+")[2]
    link = f"https://wa.me/{number}?text={payload}"
    assert anna.message.text.split("\n")[0] == f"Pass this link on to a friend: {link}"
