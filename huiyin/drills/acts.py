"""Every act of a drill: the address it goes to, what it can be given, and what is given otherwise.

The one place that says which HTTP interface an act of the vocabulary has.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "text",
    "texts",
    "number",
    "truth",
    "moment",
    "until",
    "day",
    "days",
    "unit",
    "units",
    "incident",
    "incidents",
    "draft",
    "judged",
    "parties",
    "words",
]
"""What a field holds: ``until`` a moment or the end of a day,
``judged`` axes with their values, ``parties`` those of the pack or units,
``words`` texts by key."""

Target = Literal["new", "incident", "unit", "either", "county"]
"""What an act is done on: a new incident, one that is there, a unit, one of both, the county."""


@dataclass(frozen=True, slots=True)
class Way:
    """How an act is done over HTTP.

    ``takes`` are its fields; ``told`` says that it also takes what every act in a pack's words
    does, ``judges`` that axes of the pack may stand beside the fields. ``renamed`` are fields that
    the body calls otherwise, ``standard`` what is said where the drill says nothing. ``timed``
    acts carry the moment at which they happened.
    """

    path: str
    on: Target = "incident"
    takes: Mapping[str, Kind] = field(default_factory=dict)
    standard: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    on_unit: str | None = None
    told: bool = False
    judges: bool = False
    timed: bool = True
    by_administrator: bool = False

    def fields(self) -> Mapping[str, Kind]:
        """Every field by the name that a drill uses."""
        judged: Mapping[str, Kind] = {"sets": "judged"} if self.judges else {}
        return {**(TOLD if self.told else {}), **judged, **self.takes}


TOLD: Mapping[str, Kind] = {
    "kind": "text",
    "to": "texts",
    "medium": "text",
    "of": "text",
    "text": "text",
    "fields": "words",
}
"""What every act in a pack's words can be given."""


def _routing(name: str, judges: bool = False, standard: Any = None, **takes: Kind) -> Way:
    path = f"/routing/incidents/{{incident}}/acts/{name}"
    return Way(path, takes=takes, told=True, judges=judges, standard=standard or {})


def _daily(name: str, *, matter: bool = False, **takes: Kind) -> Way:
    """An act of a unit's own day; some can be done on a matter too."""
    return Way(
        f"/intake/incidents/{{incident}}/acts/{name}" if matter else "",
        "either" if matter else "unit",
        {"period": "text", **takes},
        on_unit=f"/intake/units/{{unit}}/acts/{name}",
        told=True,
    )


def _deadlines(name: str, **takes: Kind) -> Way:
    return Way(
        f"/deadlines/incidents/{{incident}}/acts/{name}",
        "either",
        {"duty": "text", "rule": "text", "to": "parties", **takes},
        on_unit=f"/deadlines/units/{{unit}}/acts/{name}",
        told=True,
    )


_REGISTRATION: Mapping[str, Kind] = {
    "title": "text",
    "body": "text",
    "contact": "text",
    "link": "text",
    "channel": "text",
    "category": "texts",
    "matter": "text",
    "unit": "unit",
    "posted_at": "moment",
    "discovered_at": "moment",
    "happened_at": "moment",
    "occurred_at": "moment",
    "planned_at": "moment",
    "state_secret": "truth",
}

_MOMENTS: Mapping[str, Kind] = {
    "occurred_at": "moment",
    "posted_at": "moment",
    "discovered_at": "moment",
    "planned_at": "moment",
}

WAYS: Mapping[str, Way] = {
    "register": Way(
        "/intake/incidents",
        "new",
        _REGISTRATION,
        judges=True,
        renamed={"occurred_at": "happened_at"},
    ),
    "note": Way(
        "/intake/incidents/{incident}/acts/note",
        takes={"worse": "truth"},
        standard={"text": "演练记录"},
        told=True,
    ),
    "correct": Way(
        "/intake/incidents/{incident}/correct",
        takes={**_MOMENTS, "grounds": "text"},
        standard={"grounds": "演练更正"},
        judges=True,
        timed=False,
    ),
    "link": Way(
        "/intake/incidents/{incident}/link",
        takes={"to": "incident", "grounds": "text"},
        standard={"grounds": "反映同一事项"},
        timed=False,
    ),
    "void": Way(
        "/intake/incidents/{incident}/void",
        takes={"reason": "text"},
        standard={"reason": "误登记"},
        timed=False,
    ),
    "browse": _daily("browse", channels="texts"),
    "summarise": _daily("summarise", items="incidents"),
    "zero_report": _daily("zero_report"),
    "shift": _daily("shift", begins="moment", ends="moment", leader="text"),
    "file_return": _daily("file_return", matter=True),
    "inspect": _daily("inspect", matter=True),
    "drill": _daily("drill", matter=True),
    "conduct": _daily("conduct", matter=True),
    "grade": Way(
        "/routing/incidents/{incident}/grade",
        takes={"grade": "text", "grounds": "text"},
        standard={"grounds": "演练定级"},
        judges=True,
    ),
    "assign": Way(
        "/routing/incidents/{incident}/assign",
        takes={
            "lead": "unit",
            "co_handling": "units",
            "instruction": "text",
            "kind": "text",
            "fields": "words",
        },
    ),
    "draft": Way(
        "/routing/incidents/{incident}/draft",
        takes={"kind": "text", "text": "text", "fields": "words"},
        standard={"kind": "result"},
    ),
    "approve": Way(
        "/routing/incidents/{incident}/approve",
        takes={"draft": "draft", "kind": "text", "to": "texts", "text": "text", "fields": "words"},
    ),
    "reject": Way(
        "/routing/incidents/{incident}/reject",
        takes={"draft": "draft", "reason": "text"},
        standard={"reason": "需要修改"},
    ),
    "publish": Way(
        "/routing/incidents/{incident}/publish",
        takes={
            "draft": "draft",
            "text": "text",
            "kind": "text",
            "channel": "text",
            "medium": "text",
            "promised": "until",
            "fields": "words",
        },
        standard={"channel": "原渠道"},
        renamed={"medium": "channel"},
    ),
    "close": Way(
        "/routing/incidents/{incident}/close",
        takes={"note": "text", "fields": "words"},
    ),
    "assess": _routing("assess", judges=True, units="units"),
    "report": _routing("report"),
    "instruct": _routing("instruct"),
    "accept": _routing("accept", unit="unit"),
    "return": _routing("return", unit="unit", standard={"text": "不属本单位职责"}),
    "escalate": _routing("escalate", judges=True),
    "refer": _routing("refer", ground="text", standard={"ground": "演练移送依据"}),
    "verify": _routing("verify", unit="unit"),
    "handle": _routing("handle", unit="unit"),
    "declare": Way(
        "/routing/incidents/{incident}/acts/declare",
        "either",
        {"state": "text", "on": "truth"},
        on_unit="/routing/units/{unit}/acts/declare",
        standard={"on": True},
        told=True,
    ),
    "calm": _routing("calm"),
    "reopen": _routing("reopen", grounds="text", standard={"grounds": "出现新情况"}),
    "feedback": _routing("feedback", satisfied="truth", standard={"satisfied": True}),
    "review": _routing("review"),
    "extend": _deadlines("extend", until="until", approver="text"),
    "explain": _deadlines("explain"),
    "urge": _deadlines("urge"),
    "supervise": _deadlines("supervise"),
    "circulate": _deadlines("circulate"),
    "settle": Way(
        "/deadlines/incidents/{incident}/settle",
        "either",
        {"duty": "text", "in_time": "truth", "grounds": "text"},
        on_unit="/deadlines/units/{unit}/settle",
        standard={"grounds": "演练裁定"},
        timed=False,
    ),
    "archive": Way("/reporting/incidents/{incident}/acts/archive", told=True),
    "find": Way(
        "/reporting/incidents/{incident}/acts/find",
        "either",
        {"unit": "unit", "good": "truth"},
        {"text": "演练认定"},
        on_unit="/reporting/units/{unit}/acts/find",
        told=True,
    ),
    "rank": Way(
        "",
        "unit",
        {"period": "text", "order": "units"},
        on_unit="/reporting/units/{unit}/acts/rank",
        told=True,
    ),
    "adopt": Way(
        "/routing/packs/adopt",
        "county",
        {"unit": "unit", "pack": "text", "params": "words", "reason": "text"},
        {"reason": "演练采用"},
        timed=False,
        by_administrator=True,
    ),
    "withdraw": Way(
        "/routing/packs/withdraw",
        "county",
        {"unit": "unit", "reason": "text"},
        {"reason": "演练停用"},
        timed=False,
        by_administrator=True,
    ),
    "repin": Way(
        "/routing/incidents/{incident}/repin",
        takes={"pack": "text", "reason": "text"},
        standard={"reason": "演练改用"},
        timed=False,
        by_administrator=True,
    ),
    "publish_calendar": Way(
        "/routing/calendar",
        "county",
        {"year": "number", "notice": "text", "off_days": "days", "makeup_days": "days"},
        {"notice": "演练公布", "off_days": [], "makeup_days": []},
        timed=False,
        by_administrator=True,
    ),
    "set_terms": Way(
        "/routing/terms",
        "county",
        {"name": "text", "begins": "day", "ends": "day"},
        {"name": "学期"},
        timed=False,
        by_administrator=True,
    ),
    "appoint": Way(
        "/routing/officers",
        "county",
        {"who": "text", "post": "text", "unit": "unit"},
        timed=False,
        by_administrator=True,
    ),
}
"""Every act by the name that a drill uses."""


NO_DRAFT = "none"
"""``of: none`` says that what is approved is no draft of a reply."""

APPROVE_ACT = _routing("approve")
"""Agreeing to something that is no draft of a reply."""
