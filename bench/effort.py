"""How much a run measures."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Effort:
    """Sizes of each measurement. A round of ``latency`` lasts ``latency_seconds``."""

    rounds: int = 5
    append_incidents: int = 1_500
    yardstick_events: int = 3_000
    latency_rounds: int = 3
    latency_rate: int = 500
    latency_seconds: float = 10.0
    rebuild_events: int = 100_000
    import_messages: int = 1_600

    def once(self) -> "Effort":
        """A single round, to be looked at closely; a shorter log shows as much of a rebuild."""
        events = min(self.rebuild_events, 20_000)
        return replace(self, rounds=1, latency_rounds=1, rebuild_events=events)
