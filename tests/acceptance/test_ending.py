"""S11: a programme that ends says so, takes nobody new, and lets people redeem until its date."""

from __future__ import annotations

from tests.acceptance.cafe import preset
from tests.acceptance.conftest import OpenCafe, on

#: The café's clock stands in March 2026.
ENDS = "[ending]\nlast_earning = 2026-03-31\nlast_redeeming = 2026-05-31\n"


@on("simulator", "simulator-text")
async def test_s11_the_story_of_an_end(open_cafe: OpenCafe) -> None:
    cafe = await open_cafe(preset("cafe-stamps", more=ENDS))
    till, anna = await cafe.colleague(), await cafe.member()
    code = await cafe.code_of(anna)
    await till.says(f"/stamp {code} 10")
    anna.look_away()
    await cafe.passes(hours=1)
    assert anna.sees() == [
        "Our programme is ending. You can collect until 31 March 2026 and redeem what you have "
        "until 31 May 2026; anything left after that is lost. "
        "Thank you for being with us. Kavárna Lípa"
    ]
    await cafe.passes(hours=1)
    assert anna.sees() == []
    soon = "The programme is ending: collect until 31 March 2026, redeem until 31 May 2026."
    assert soon in (await anna.says("balance"))[0]

    await cafe.passes(days=40)
    assert (await till.says(f"/stamp {code}"))[0].startswith(
        "Collecting ended on 31 March 2026. What is on the card can still be redeemed."
    )
    stranger = cafe.guest("Petr")
    closed = (
        "Thank you for asking. The programme of Kavárna Lípa is ending and takes no new members."
    )
    assert await stranger.opens("join") == [closed]
    assert await stranger.says("join") == [closed]
    [voucher, *_] = await anna.says("redeem")
    assert voucher

    await cafe.passes(days=60)
    anna.look_away()
    assert "The programme ended on 31 May 2026." in (await anna.says("balance"))[0]
    assert await cafe.rows("SELECT id FROM lot WHERE remaining > 0") == []
