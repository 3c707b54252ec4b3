"""What the campaigns' messages have in common: the shop's own wording, gifts, what is near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from bot.domain.campaign_rules import CampaignRules, Giving
from bot.domain.messages import Button, Filled, Phrase, Reply, Value, Wording, phrase
from bot.domain.occasions import Occasion
from bot.domain.programme import Programme
from bot.services import gifts
from bot.services.campaigns import Case
from bot.services.gifts import GiftGiven
from bot.services.news import card_button, last_day, redeem_button
from bot.services.units import worth
from bot.services.wallets import Offer


def said(
    campaign: str,
    case: Case,
    rules: CampaignRules,
    ours: Sequence[Phrase],
    values: Mapping[str, Value],
    gift: GiftGiven | None = None,
    redeem: Button | None = None,
) -> Reply:
    """A campaign's message: the shop's own wording where all its places can be filled, else ours.

    A gift is named when the ledger has it, and then only.
    """
    shop = case.programme.shop.name
    given = worth(case.programme, gift.unit, gift.amount) if gift else None
    values = {"name": case.member.name, "shop": shop, **values}
    values |= {"gift": given} if given else {}
    own = _own(rules, case.variant)
    if own and own.places <= values.keys() and bool(given) == _promised(rules, case.variant):
        ours = (phrase("campaign.own", text=Filled(own, values)),)
    elif given and gift:
        ours = (*ours, _gift(case.programme, given, gift))
    template = f"template.campaign_{campaign}_gift" if given else f"template.campaign_{campaign}"
    return Reply(
        tuple(ours),
        ((redeem, card_button()) if redeem else (card_button(),),),
        numbered=False,
        template=Phrase(template, values),
    )


async def gift_of(occasion: Occasion, case: Case) -> GiftGiven | None:
    """What the ledger gave for an occasion, whoever its member has become by merging."""
    members = (occasion.member_id, case.member.id)
    return await gifts.given(case.reader, occasion.campaign, occasion.occurrence, members)


def nearest(case: Case) -> Offer | None:
    """The reward that can be had now, else the one of which the least is missing."""
    return next(iter(case.wallet.offers()), None)


def near(offer: Offer) -> Phrase:
    """How near a reward is, or that it is there."""
    if offer.available:
        return phrase("balance.reward", n=offer.available, reward=offer.reward.name)
    return phrase(f"balance.next.{offer.unit}", n=offer.missing, reward=offer.reward.name)


def redeem_for(occasion: Occasion, offer: Offer | None) -> Button | None:
    """The button that redeems a reward which can be had now."""
    if offer is None or not offer.available:
        return None
    return redeem_button(offer.reward.code, f"o{occasion.id}")


def _own(rules: CampaignRules, variant: str) -> Wording | None:
    chosen = rules.variants.get(variant)
    return (chosen.text if chosen else None) or rules.text


def _promised(rules: CampaignRules, variant: str) -> bool:
    """Whether the shop wrote its wording with a gift in mind."""
    return isinstance(rules, Giving) and gifts.gift_of(rules, variant) is not None


def _gift(programme: Programme, given: Value, gift: GiftGiven) -> Phrase:
    if gift.ends_at is None:
        return phrase("campaign.gift", gift=given)
    return phrase("campaign.gift_until", gift=given, until=last_day(programme, gift.ends_at))
