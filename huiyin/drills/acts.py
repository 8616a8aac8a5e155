"""Every act of a drill (演练): its address, what it can be given, and what is given otherwise.

Acts are those of the vocabulary; what the county's administrator does comes besides.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_origin

from shared.acts.body import ActBody, Dated, DelayBody, is_moment, plain
from shared.acts.vocabulary import ACTS, AGREE, BASES, NEW, Act, Target

Kinds = Mapping[str, str]
"""What the fields of an act hold, by their name: one of the notations of ``kinds``."""


@dataclass(frozen=True, slots=True)
class Way:
    """How an act is done over HTTP.

    ``takes`` are its fields; ``told`` says that it also takes what every act in a pack's words
    does, ``judges`` that axes of the pack may stand beside the fields. ``renamed`` are fields that
    the body calls otherwise, ``standard`` what is said where the drill says nothing. ``timed``
    acts carry the moment at which they happened.
    """

    path: str
    on: Target = "matter"
    takes: Kinds = field(default_factory=dict)
    standard: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    on_unit: str | None = None
    told: bool = False
    judges: bool = False
    timed: bool = True
    by_administrator: bool = False

    def fields(self) -> Kinds:
        """Every field by the name that a drill uses."""
        judged = {"sets": "judged"} if self.judges else {}
        return {**(TOLD if self.told else {}), **judged, **self.takes}


TOLD: Kinds = dict.fromkeys(("kind", "to", "medium", "of", "text"), "text") | {
    "to": "texts",
    "fields": "words",
}
"""What every act in a pack's words can be given."""

STANDARD: Mapping[str, Mapping[str, Any]] = {
    "note": {"text": "演练记录"},
    "correct": {"grounds": "演练更正"},
    "link": {"grounds": "反映同一事项"},
    "void": {"reason": "误登记"},
    "grade": {"grounds": "演练定级"},
    "reject": {"reason": "需要修改"},
    "return": {"text": "不属本单位职责"},
    "refer": {"ground": "演练移送依据"},
    "reopen": {"grounds": "出现新情况"},
    "feedback": {"satisfied": True},
    "settle": {"grounds": "演练裁定"},
    "find": {"text": "演练认定"},
}
"""What is said where the drill says nothing, besides what is usual anyway."""

RENAMED: Mapping[str, Mapping[str, str]] = {
    "register": {"occurred_at": "happened_at"},
    "publish": {"medium": "channel"},
}

UNSAID = ("sets", "happened", "evidence")
"""Fields that a drill says otherwise, or cannot say."""

KINDS: Kinds = {
    **{key: key for key in ("until", "unit", "units", "draft")},
    "promised": "until",
    "lead": "unit",
    "co_handling": "units",
    "order": "units",
    "items": "incidents",
    "fields": "words",
}
"""What a field holds that says more than its type does."""

PARTICULAR: Mapping[str, Kinds] = {
    "register": {"category": "texts", "occurred_at": "moment"},
    "link": {"to": "incident"},
    "publish": {"medium": "text"},
    "approve": {"to": "texts", "text": "text", "fields": "words"},
}
"""What the fields of one act hold, or what a drill says of it in another way."""


def way_of(act: Act) -> Way:
    """How a drill takes an act of the vocabulary."""
    dated = issubclass(act.body, Dated)
    unsaid = {*UNSAID, *(("occurred_at",) if dated else ())}
    fields = act.body.model_fields.items()
    takes = {key: _kind(act, key, field.annotation) for key, field in fields if key not in unsaid}
    on_matter, on_unit = (f"/{act.room}{base}/{act.address}" for base in BASES.values())
    return Way(
        path={"new": f"/{act.room}{NEW}", "unit": ""}.get(act.on, on_matter),
        on=act.on,
        takes={**takes, **PARTICULAR.get(act.name, {})},
        standard={**(act.usual if act.on != "new" else {}), **STANDARD.get(act.name, {})},
        renamed=RENAMED.get(act.name, {}),
        on_unit=on_unit if act.on in ("unit", "either") else None,
        told=issubclass(act.body, ActBody),
        judges="sets" in act.body.model_fields,
        timed=dated,
    )


def _kind(act: Act, key: str, annotation: Any) -> str:
    if key == "to" and issubclass(act.body, DelayBody):
        return "parties"
    if key in KINDS:
        return KINDS[key]
    of = plain(annotation)
    if get_origin(of) is list:
        return "texts"
    if is_moment(annotation):
        return "moment"
    return "truth" if of is bool else "text"


def _seen_to(path: str, takes: Kinds, on: Target = "county", **standard: Any) -> Way:
    """What the county's administrator does."""
    address = f"/routing/{path}"
    return Way(address, on, takes, standard, timed=False, by_administrator=True)


PACK = {"pack": "text"}
REASON = {"reason": "text"}
UNIT = {"unit": "unit"}

WAYS: Mapping[str, Way] = {
    **{act.name: way_of(act) for act in ACTS.values() if act.on != "county"},
    "adopt": _seen_to("packs/adopt", UNIT | PACK | {"params": "words"} | REASON, reason="演练采用"),
    "withdraw": _seen_to("packs/withdraw", UNIT | REASON, reason="演练停用"),
    "repin": _seen_to("incidents/{incident}/repin", PACK | REASON, "matter", reason="演练改用"),
    "publish_calendar": _seen_to(
        "calendar",
        {"year": "number", "notice": "text", "off_days": "days", "makeup_days": "days"},
        notice="演练公布",
        off_days=[],
        makeup_days=[],
    ),
    "set_terms": _seen_to("terms", {"name": "text", "begins": "day", "ends": "day"}, name="学期"),
    "appoint": _seen_to("officers", {"who": "text", "post": "text"} | UNIT),
}
"""Every act by the name that a drill uses."""

NO_DRAFT = "none"
"""``of: none`` says that what is approved is no draft of a reply."""

APPROVE_ACT = way_of(AGREE)
"""Agreeing to something that is no draft of a reply."""
