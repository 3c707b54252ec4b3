"""Figures for Prometheus; none holds anything about a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Histogram

REGISTRY = CollectorRegistry()

INBOUND = Counter(
    "regulars_inbound_messages_total",
    "Messages people sent, by what became of them.",
    ["channel", "outcome"],
    registry=REGISTRY,
)
FAILURES = Counter(
    "regulars_inbound_failures_total",
    "Messages that could not be handled and were kept.",
    ["channel"],
    registry=REGISTRY,
)
OUTBOUND = Counter(
    "regulars_outbound_messages_total",
    "Messages sent, by outcome.",
    ["channel", "message_class", "outcome"],
    registry=REGISTRY,
)
SENDING = Histogram(
    "regulars_send_seconds",
    "How long a provider takes to accept a message, in seconds.",
    ["channel"],
    registry=REGISTRY,
)
