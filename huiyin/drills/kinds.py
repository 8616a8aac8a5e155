"""What can be expected in a drill: every kind of expectation with its keys and what they hold."""

from collections.abc import Mapping

_WHICH = {"incident": "incident", "unit": "unit", "period": "text"}
_WHEN = {"at": "moment", "known_at": "moment"}
_NONE = {"none": "truth"}

KINDS: Mapping[str, Mapping[str, str]] = {
    "duty": {
        **_WHICH,
        **_WHEN,
        **_NONE,
        "recipient": "text",
        "assignee": "unit",
        "turn": "number",
        "start": "moment",
        "due": "moment",
        "state": "text",
        "late_by": "span",
        "spare": "span",
        "took": "span",
        "done_at": "moment",
        "because": "text",
        "provisional": "truth",
        "count": "number",
        "shortfall": "number",
        "duties": "number",
        "gap": "span",
        "leaderless": "span",
    },
    "ledger": {**_WHEN, "has": "words", "missing": "texts"},
    "trail": {"order": "texts", "has": "texts", "not": "texts"},
    "finding": {
        **_NONE,
        "incident": "incident",
        "unit": "unit",
        "evidence": "texts",
        "of": "text",
        "good": "truth",
    },
    "breach": {**_NONE, "incident": "incident", "unit": "unit", "rule": "text", "act": "text"},
    "figure": {"unit": "unit", "is": "amount", "from": "day", "to": "day", "of": "number"},
    "paper": {
        **_NONE,
        "unit": "unit",
        "incident": "incident",
        "period": "text",
        "has": "texts",
        "not": "texts",
    },
    "due_in": {"duty": "text", "unit": "unit", "dates": "texts", "conflicts": "texts"},
    "warning": {**_NONE, "reason": "text"},
    "same_as": {},
}
"""Kinds by the key that makes an expectation one of them."""

STATES: Mapping[str, tuple[str, ...]] = {
    "running": ("running",),
    "met": ("met", "superseded", "settled_in_time"),
    "missed": ("missed", "met_late", "settled_late"),
    "late": ("met_late", "settled_late"),
    "overdue": ("missed",),
    "measured": ("measured", "ended"),
    "settled": ("settled_in_time", "settled_late"),
}
"""States of a duty as drills say them, and the verdicts that they mean; others are named as is."""

STATE_WORDS = (
    *dict.fromkeys(
        [*STATES, "open", "provisional", "unarmed", "recorded_late", "cancelled"]
        + [verdict for verdicts in STATES.values() for verdict in verdicts]
    ),
)
"""Every word for a state that a drill may use."""

PAPERS = {"daily_summary": "summarise", "zero_report": "zero_report", "shift_report": "shift"}
"""Papers by the names that people have for them, and which acts make them."""
