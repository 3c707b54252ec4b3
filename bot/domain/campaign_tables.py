"""Where in a programme file campaigns, their texts and their gifts stand."""

from __future__ import annotations

from collections.abc import Iterator

from bot.domain.campaign_rules import CampaignRules, Campaigns, Giving, Season
from bot.domain.messages import Wording
from bot.domain.problems import Path
from bot.domain.programme_values import Gift


def every_campaign(campaigns: Campaigns) -> Iterator[tuple[Path, CampaignRules]]:
    """Every table of a campaign with its place in the file."""
    for name in type(campaigns).model_fields:
        rules = getattr(campaigns, name)
        if isinstance(rules, CampaignRules):
            yield ("campaigns", name), rules
    yield from seasons(campaigns)


def seasons(campaigns: Campaigns) -> Iterator[tuple[Path, Season]]:
    """Every season with its place in the file."""
    for i, season in enumerate(campaigns.seasons):
        yield ("campaigns", "seasons", i), season


def texts(campaigns: Campaigns) -> Iterator[tuple[Path, Wording]]:
    """Every text of the shop's own that members are sent, with its place in the file."""
    for path, rules in every_campaign(campaigns):
        if rules.text is not None:
            yield (*path, "text"), rules.text
        for code, variant in rules.variants.items():
            if variant.text is not None:
                yield (*path, "variants", code, "text"), variant.text


def gifts(campaigns: Campaigns) -> Iterator[tuple[Path, Gift]]:
    """Everything campaigns give, with its place in the file."""
    for path, rules in every_campaign(campaigns):
        if isinstance(rules, Giving) and rules.gift is not None:
            yield (*path, "gift"), rules.gift
        for code, variant in rules.variants.items():
            if variant.gift is not None:
                yield (*path, "variants", code, "gift"), variant.gift
