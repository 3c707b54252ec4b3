"""What people say and what is answered: one file per intent, listed here in order."""

from __future__ import annotations

from bot.conversation import Router
from handlers import fallback, general
from handlers.customer import (
    card,
    email,
    feedback,
    history,
    joining,
    membership,
    messages,
    moving,
    numbers,
    opinions,
    presents,
    privacy,
    redeeming,
    referring,
    rewards,
    settings,
    stopping,
)
from handlers.owner import broadcast, campaigns, referrals, stats
from handlers.staff import corrections, items, panel, people, questions, reviews, till
from handlers.staff import membership as till_membership
from handlers.staff import moving as till_moving
from handlers.staff import rewards as till_rewards

#: The routers in order; of two that answer the same, the first does.
ROUTERS: tuple[Router, ...] = (
    general.router,
    joining.router,
    numbers.router,
    moving.router,
    email.router,
    card.router,
    rewards.router,
    redeeming.router,
    presents.router,
    history.router,
    membership.router,
    settings.router,
    messages.router,
    privacy.router,
    stopping.router,
    feedback.router,
    referring.router,
    opinions.router,
    panel.router,
    till.router,
    items.router,
    till_rewards.router,
    till_membership.router,
    corrections.router,
    till_moving.router,
    people.router,
    questions.router,
    reviews.router,
    broadcast.router,
    campaigns.router,
    stats.router,
    referrals.router,
    fallback.router,
)

#: Commands that take words after them without a slash, too.
WITH_ARGUMENTS = frozenset(
    {
        "stamp",
        "sale",
        "use",
        "find",
        "enroll",
        "shift",
        "redeem",
        "language",
        "undo",
        "reverse",
        "adjust",
        "membership",
    }
)
