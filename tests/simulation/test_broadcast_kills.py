"""S24, S31: several real processes send one broadcast, and dying in the middle repeats nothing.

`make faults` does it with 20,000 people.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.simulation.broadcast_kills import Broadcast

PEOPLE = 60


@pytest.mark.timeout(400)
async def test_s31_a_broadcast_survives_killed_processes(database_url: str, tmp_path: Path) -> None:
    sent = await Broadcast(database_url, tmp_path, PEOPLE, processes=2, kills=1, seed=11).run()
    assert sent.repeated == []
    # Whom a process was just writing to when it died is known by name, and nobody else is missing.
    assert sum(sent.states.values()) == PEOPLE
    assert sent.missing <= sent.states.get("unknown", 0)
    assert set(sent.states) <= {"accepted", "unknown"}
