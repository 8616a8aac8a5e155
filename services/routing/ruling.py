"""May this be done? What every decision of a case asks first, and the words in which it says no."""

import json
from dataclasses import replace
from typing import Any

from services.routing.commands import Asked, IncidentStanding
from services.routing.state import Case
from shared.acts.check import Record, Told, check_forms, check_gates, check_words
from shared.contracts.acts import Judged
from shared.contracts.sealed import Sealed
from shared.errors import Invalid, Refused
from shared.policy.engine.applying import holds_now
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty

AFTER_CLOSING = ("report", "feedback", "review")
"""What is still done when a matter is closed: what remains to be told, and what was learned."""


def allowed(asked: Asked, **deed: Any) -> tuple[str, ...]:
    """The gates that the act breaks, recorded with it; ``deed`` is what it turns out to be.

    Raises what check_words, check_gates and check_forms say. A form takes from the act itself what
    that says anyway.
    """
    attempted = replace(asked.attempted, **deed)
    check_words(asked.record.pack, attempted.act, asked.told, attempted.sets)
    return judged(replace(asked, attempted=attempted))


def judged(asked: Asked) -> tuple[str, ...]:
    """Gates and forms alone, for an act whose words were checked."""
    breaches = check_gates(asked.record, asked.attempted, asked.told)
    fields = {**asked.known, **asked.told.fields}
    check_forms(asked.record, asked.attempted, replace(asked.told, fields=fields))
    return breaches


def check_open(case: Case, standing: IncidentStanding, act: str = "") -> None:
    """Raises Refused ``incident.*`` for what is voided, linked or closed."""
    check_standing(standing)
    if case.closed and act not in AFTER_CLOSING:
        raise Refused(
            "incident.closed",
            "事件已办结。",
            "出现新情况的, 请先重启（huiyin reopen）, 或另行登记。",
        )


def check_standing(standing: IncidentStanding) -> None:
    """Raises Refused ``incident.voided`` or ``incident.linked``."""
    if standing == "voided":
        raise Refused("incident.voided", "事件已作废。", "请另行登记。")
    if standing == "linked":
        raise Refused("incident.linked", "事件已并入另一事件。", "请办理所并入的事件。")


def check_values(pack: Pack, sets: Judged) -> None:
    """Raises Invalid ``act.several-values`` where an axis takes one value only."""
    for key, values in sets.items():
        axis = pack.axes.get(key)
        if axis is not None and not axis.several and len(values) != 1:
            raise Invalid(
                "act.several-values",
                f"“{axis.zh}”只能取一个值。",
                f"可以填写：{'、'.join(axis.values)}。",
                f"sets.{key}",
            )


def said_already(asked: Asked) -> bool:
    """The same act at the same claimed moment, and no words or form of its own: nothing new."""
    if asked.told.text or asked.told.fields:
        return False
    return any(_clear(deed) == _clear(asked.attempted) for deed in asked.record.deeds)


def _clear(deed: Any) -> tuple[Any, ...]:
    told = (deed.act, deed.kind, deed.to, deed.medium, deed.of, deed.unit, deed.by, deed.at)
    return (*told, deed.units, dict(deed.sets))


def asks_for_reply(record: Record) -> bool:
    """Whether the rules want the public answered.

    They do where the matter is an incident, and a duty in force on it asks for something to be
    published. The county baseline has one for every incident.
    """
    if record.matter.kind != "incident":
        return False
    return any(
        not duty.optional
        and any(pattern.act == "publish" for pattern in duty.stop.patterns())
        and holds_now(record.pack, duty.when, record.matter, record.deeds)
        for duty in record.pack.of(Duty).values()
    )


def form_of(told: Told) -> dict[str, Any]:
    """What a fact keeps of a form: the fields that have a value, sealed, and which those are."""
    filled = {key: value for key, value in told.fields.items() if value.strip()}
    if not filled:
        return {}
    words = json.dumps(filled, ensure_ascii=False)
    return {"fields": Sealed.of(words, subject="matter"), "filled": tuple(filled)}
