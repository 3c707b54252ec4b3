"""What a member hears unasked: how many, where, by whose clock (S28, S33, S33a).

The page says in a sentence what holds now; its choices are what can be changed.
"""

from __future__ import annotations

from bot.conversation import Router, Step, Turn, choice, option
from bot.domain.messages import Button, Moment, Phrase, Reply, phrase
from bot.domain.preferences import Pace
from bot.services import joining, preferences
from bot.services.preferences import Standing
from handlers.menu import Rows
from locales import zone_named

router = Router()

#: What is kept as the wording of a decision on a channel's own page.
ASKED = "messages.on"

_PACES: tuple[Pace, ...] = ("all", "fewer", "gifts")


@router.command("messages", member=True)
async def messages(turn: Turn) -> Reply:
    """What holds now, and what to change."""
    return await _page(turn)


async def standing(turn: Turn) -> Standing:
    """What holds for the member who wrote."""
    return await preferences.standing(turn.uow, turn.customer, turn.channels, turn.now)


def channel_name(channel: str) -> Phrase:
    """What a channel is called."""
    key = channel.replace("-", "_")
    return phrase(f"channel.{key}")


async def in_short(turn: Turn) -> Phrase:
    """Whether gifts and offers come, for the page of all settings."""
    now = await standing(turn)
    if now.first is None:
        return phrase("settings.offers_off")
    if now.preference.paused_until is not None:
        return phrase("settings.offers_paused", on=_again(now))
    return phrase("settings.offers_on")


def _again(now: Standing) -> Moment:
    """The first day after a pause, by the member's clock."""
    assert now.preference.paused_until is not None  # noqa: S101 - asked before
    return Moment(now.preference.paused_until, now.zone.key, "day")


async def _page(turn: Turn) -> Reply:
    now = await standing(turn)
    return Reply((state(turn, now),), _choices(turn, now), edits=True)


def state(turn: Turn, now: Standing) -> Phrase:
    """What holds now in a sentence."""
    if now.closed is not None:
        return phrase("messages.on.closed", channel=channel_name(now.closed))
    if now.first is None:
        return phrase("stop.already")
    channel, kept = channel_name(now.first), now.preference
    if kept.paused_until is not None:
        return phrase("messages.paused", on=_again(now))
    if kept.pace == "gifts":
        return phrase("messages.gifts", channel=channel)
    most = preferences.most_a_month(turn.programme, kept.pace)
    if most is None:
        return phrase("messages.all", channel=channel)
    return phrase("messages.at_most", n=most, channel=channel)


def _choices(turn: Turn, now: Standing) -> Rows:
    """What can be changed from here, two in a row."""
    buttons = _how_many(turn, now)
    if now.first is not None:
        buttons.append(option(phrase("button.offers_off"), "stop"))
        if _several_zones(turn) or now.preference.zone is not None:
            buttons.append(option(phrase("button.zone"), "zone"))
    elif now.closed is None:
        buttons.append(option(phrase("button.offers_on"), "resume"))
    if len(now.channels) > 1:
        buttons.append(option(phrase("button.channels"), "channels"))
    buttons.append(option(phrase("button.menu"), "menu"))
    return tuple(tuple(buttons[at : at + 2]) for at in range(0, len(buttons), 2))


def _how_many(turn: Turn, now: Standing) -> list[Button]:
    """The ways of hearing more or less; "fewer" only where it is."""
    if now.first is None:
        return []
    if now.preference.paused_until is not None:
        return [option(phrase("button.end_pause"), "end_pause")]
    most, fewer = (preferences.most_a_month(turn.programme, pace) for pace in ("all", "fewer"))
    idle = {now.preference.pace, *(["fewer"] if most == fewer else [])}
    paces = [pace for pace in _PACES if pace not in idle]
    buttons = [option(phrase(f"button.{pace}_messages"), "pace", pace) for pace in paces]
    return [*buttons, option(phrase("button.pause"), "pause")]


def _several_zones(turn: Turn) -> bool:
    places = [None, *(place.code for place in turn.programme.locations)]
    return len({turn.programme.zone(place).key for place in places}) > 1


# --- how many ---


@router.action("pace", member=True)
async def pace(turn: Turn) -> Reply:
    """Change how many messages come."""
    asked = next((pace for pace in _PACES if pace in turn.args), None)
    return await _paced(turn, asked)


@router.command("fewer", member=True)
async def fewer(turn: Turn) -> Reply:
    """At most two messages a month."""
    return await _paced(turn, "fewer")


@router.command("only_gifts", member=True)
async def only_gifts(turn: Turn) -> Reply:
    """Only messages that bring something."""
    return await _paced(turn, "gifts")


async def _paced(turn: Turn, asked: Pace | None) -> Reply:
    if asked is not None and (await standing(turn)).first is not None:
        await preferences.set_pace(turn.uow, turn.customer.id, asked)
    return await _page(turn)


@router.command("pause", member=True)
async def pause(turn: Turn) -> Reply:
    """No messages for a month."""
    if (await standing(turn)).first is not None:
        await preferences.pause(turn.uow, turn.customer, turn.now)
    return await _page(turn)


@router.action("end_pause", member=True)
async def end_pause(turn: Turn) -> Reply:
    """Messages again, as before the pause."""
    await preferences.end_pause(turn.uow, turn.customer.id)
    return await _page(turn)


# --- where ---


@router.action("channels", member=True)
async def channels(turn: Turn) -> Reply:
    """Where gifts and offers may come, a line a channel."""
    return await _all_channels(turn)


async def _all_channels(turn: Turn) -> Reply:
    now = await standing(turn)
    lines = [phrase(f"messages.on.{it}", channel=channel_name(n)) for n, it in now.channels.items()]
    rows = [(option(channel_name(name), "channel", name),) for name in now.channels]
    return Reply(tuple(lines), (*rows, (option(phrase("button.back"), "messages"),)), edits=True)


@router.action("channel", member=True)
async def channel(turn: Turn) -> Reply:
    """What holds on one channel, and what to change there."""
    now = await standing(turn)
    name = _named(turn, now)
    if name is None:
        return await _page(turn)
    it, buttons = now.channels[name], []
    if it in ("first", "allowed"):
        if now.preference.channel != name:
            buttons.append(option(phrase("button.channel_first"), "prefer", name))
        buttons.append(option(phrase("button.channel_off"), "refuse", name))
    elif it == "refused":
        buttons.append(option(phrase("button.channel_on"), "allow", name))
    rows = tuple((button,) for button in (*buttons, option(phrase("button.back"), "channels")))
    return Reply((phrase(f"messages.on.{it}", channel=channel_name(name)),), rows, edits=True)


def _named(turn: Turn, now: Standing) -> str | None:
    return next((name for name in now.channels if name in turn.args), None)


@router.action("prefer", member=True)
async def prefer(turn: Turn) -> Reply:
    """Gifts and offers come on this channel first (S33a)."""
    name = _named(turn, await standing(turn))
    if name is not None:
        await preferences.prefer(turn.uow, turn.customer.id, name)
    return await _all_channels(turn)


@router.action("allow", member=True)
async def allow(turn: Turn) -> Reply:
    """Allow messages on a channel, this one or another."""
    return await _decide(turn, granted=True)


@router.action("refuse", member=True)
async def refuse(turn: Turn) -> Reply:
    """No more messages on one channel; the others stay as they are."""
    return await _decide(turn, granted=False)


async def _decide(turn: Turn, *, granted: bool) -> Reply:
    name = _named(turn, await standing(turn))
    if name is not None:
        member = turn.customer.id
        await joining.decide_marketing(turn.uow, member, name, granted, ASKED, turn.now)
        if not granted and (await preferences.of(turn.uow, member)).channel == name:
            # The page shows where they come instead, which no stop would do.
            await preferences.prefer(turn.uow, member, None)
    return await _all_channels(turn)


# --- by whose clock ---


@router.command("zone", member=True)
async def zone(_turn: Turn) -> Reply:
    """Begin choosing the own time zone."""
    return Reply(then="messages.zone")


async def ask_zone(turn: Turn) -> Reply:
    """Where the member lives; what time we think it is there."""
    kept = (await standing(turn)).zone.key
    buttons = [choice("messages.zone", "keep", phrase("button.back"))]
    if (await preferences.of(turn.uow, turn.customer.id)).zone is not None:
        buttons.insert(0, choice("messages.zone", "shop", phrase("button.zone_of_shop")))
    return Reply((phrase("messages.zone", time=Moment(turn.now, kept, "time")),), (tuple(buttons),))


async def answer_zone(turn: Turn) -> Reply:
    """Take a city or a zone's name; what is not clear is asked again."""
    if turn.answer == "keep":
        return await _page(turn)
    found = None if turn.answer == "shop" else zone_named(turn.text, _languages(turn))
    if found is None and turn.answer != "shop":
        return Reply((phrase("messages.zone_unclear"),), then="messages.zone")
    await preferences.live_by(turn.uow, turn.customer.id, found)
    by = (await standing(turn)).zone.key
    kept = phrase("messages.zone_kept", time=Moment(turn.now, by, "time"))
    return Reply((kept,), ((to_page(), option(phrase("button.menu"), "menu")),), edits=True)


def _languages(turn: Turn) -> tuple[str, ...]:
    return tuple(dict.fromkeys((turn.language, *turn.programme.shop.languages, "en")))


def to_page() -> Button:
    """The button that opens the page of messages."""
    return option(phrase("button.messages"), "messages")


router.step(Step("messages.zone", ask_zone, answer_zone))
