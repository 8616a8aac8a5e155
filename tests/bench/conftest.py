"""Measurements so small that their figures mean nothing; what they say must still fit together."""

import pytest

from bench.effort import Effort


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def tiny() -> Effort:
    """As little as can be measured."""
    return Effort(
        rounds=1,
        append_incidents=20,
        yardstick_events=60,
        latency_rounds=1,
        latency_rate=100,
        latency_seconds=0.5,
        rebuild_events=300,
        import_messages=40,
    )
