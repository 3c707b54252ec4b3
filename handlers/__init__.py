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
    messages,
    numbers,
    privacy,
    rewards,
    settings,
    stopping,
)
from handlers.owner import broadcast, campaigns
from handlers.staff import panel, people, questions, till

#: The routers in order; of two that answer the same, the first does.
ROUTERS: tuple[Router, ...] = (
    general.router,
    joining.router,
    numbers.router,
    email.router,
    card.router,
    rewards.router,
    history.router,
    settings.router,
    messages.router,
    privacy.router,
    stopping.router,
    feedback.router,
    panel.router,
    till.router,
    people.router,
    questions.router,
    broadcast.router,
    campaigns.router,
    fallback.router,
)

#: Commands that take words after them without a slash, too.
WITH_ARGUMENTS = frozenset(
    {"stamp", "sale", "use", "find", "enroll", "shift", "redeem", "language", "undo"}
)
