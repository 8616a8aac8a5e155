"""An invented town's pack and what was done there, to try rules on."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from shared.calendar.working import state_council
from shared.clock import SHANGHAI
from shared.policy.engine.deeds import Deed, Matter
from shared.policy.engine.outlook import Outlook, outlook
from shared.policy.language.loading import load_pack
from shared.policy.language.pack import Pack

NAMES = UUID(int=7)
CALENDAR = state_council()
HEADING = """
[pack]
id = "qinghe-town"
version = "2026.1"
zh = "青禾镇"
[axis.severity]
zh = "级别"
values = {major = "重大", larger = "较大", ordinary = "一般"}
[state.outbreak]
zh = "疫情期间"
[kinds.report]
factual = "客观报告"
[kinds.accept]
copy_notice = "抄告单"
[party.police]
zh = "公安机关"
[party.opinion_officer]
zh = "舆情专管员"
canon = "info_officer"
"""


def pack_of(directory: Path, rules: str, **params: str | int) -> Pack:
    """A pack with those rules."""
    path = directory / "qinghe-town.toml"
    path.write_text(HEADING + rules, encoding="utf-8")
    return load_pack(path, params)


def at(text: str) -> datetime:
    """A moment of 2026 in Shanghai: ``03-02 14:10``, as an aware one; 24:00 is the day's end."""
    day, _, clock = text.partition(" ")
    hour, minute = map(int, clock.split(":"))
    midnight = datetime.strptime(f"2026-{day}", "%Y-%m-%d").replace(tzinfo=SHANGHAI)
    return midnight + timedelta(hours=hour, minutes=minute)


def deed(act: str, when: str, *, recorded: str | None = None, **told: object) -> Deed:
    """Something done at a moment and recorded then, or later."""
    known = at(recorded or when)
    name = f"{act}{when}{recorded}{sorted(told.items())!r}"
    return Deed(uuid5(NAMES, name), act, at(when), known, **told)  # type: ignore[arg-type]


def graded(severity: str, when: str, *, recorded: str | None = None) -> Deed:
    """A grading."""
    return deed("grade", when, recorded=recorded, sets={"severity": (severity,)})


def heard(discovered: str = "03-02 14:10", **told: object) -> Matter:
    """A matter discovered and registered at a moment."""
    moment = at(discovered)
    return Matter("QH-Z", moment, moment, discovered=moment, **told)  # type: ignore[arg-type]


def duties(pack: Pack, matter: Matter, *deeds: Deed) -> dict[str, Outlook]:
    """What the rules make of it, by duty."""
    return {str(each.key): each for each in outlook(pack, CALENDAR, matter, deeds)}
