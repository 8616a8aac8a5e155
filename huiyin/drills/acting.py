"""Taking a step: from the drill's words to a request of the real interface, and what came of it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from huiyin.drills.acts import APPROVE_ACT, NO_DRAFT, WAYS, Way
from huiyin.drills.checking import graded, incident_names
from huiyin.drills.kinds import until_of, value_of
from huiyin.drills.refusals import StepTaken, refused_by
from huiyin.drills.rulebook import load_rules, usual_approval, usual_shift
from huiyin.drills.script import (
    SUPERVISING,
    DrillStep,
    Post,
    Ruleset,
    actor,
    judging,
    read_who,
    resolve,
)
from huiyin.drills.stage import DrillStage
from shared.acts.vocabulary import ACTS
from shared.calendar.days import day_of
from shared.clock import shown
from shared.documents import Node
from shared.errors import HuiyinError, Invalid, Refused, Unavailable
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Offence

AT_ONCE = 50
"""Repetitions of a step that are under way together: they share a commit."""

INTAKE = "/intake/"
"""Where the same act at the same moment, without words of its own, is taken for the same."""

OWN_UNIT = {"assign": "lead", "withdraw": "unit", "adopt": "unit"}
"""Where an act names a unit, which is the actor's if it is left out."""


OWN_CAUSE = ("cause.own", "supervisor.none")
"""Refusals upon which a drill has somebody above judge, unless it is about them."""


WAITS_FOR = {"approve": "draft", "reject": "draft", "publish": "approve"}
"""What was done last with a draft that waits for an act."""


@dataclass(slots=True)
class Names:
    """What the names used in a drill stand for: incidents, drafts and other papers.

    ``drafts`` are those of each incident, each with what was done with it last: draft, approve,
    reject or publish.
    """

    incidents: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    drafts: dict[str, dict[str, str]] = field(default_factory=dict)

    def meant(self, incident: str | None, act: str) -> str | None:
        """The draft that a step means which names none; none where there is none to mean.

        That is the latest, for publishing the latest approved one. Raises Invalid
        ``drill.draft-unclear`` where two wait for it.
        """
        drafts = self.drafts.get(incident or "", {})
        live = [each for each, did in drafts.items() if did != "reject"]
        waiting = [each for each in live if drafts[each] == WAITS_FOR[act]]
        if len(waiting) > 1:
            said = f"{incident} 有 {len(waiting)} 份待办的文稿, 没有写明是哪一份。"
            raise Invalid("drill.draft-unclear", said, "请给文稿 as, 并在这一步写 of。", "draft")
        ready = [each for each in live if drafts[each] in ("approve", "publish")]
        found = (act == "publish" and ready) or live
        return found[-1] if found else None

    def note(self, incident: str, act: str, draft: str) -> None:
        """What was done with a draft."""
        self.drafts.setdefault(incident, {})[draft] = act


class Players:
    """Those who take the steps of a drill, one after another."""

    def __init__(self, stage: DrillStage, pack: Pack) -> None:
        self.names = Names()
        self._stage = stage
        self._pack = pack
        self._room: str | None = None

    async def take_all(self, steps: Sequence[DrillStep]) -> list[StepTaken]:
        """Take steps of one kind at one moment; what one is refused with is what came of it."""
        first = steps[0]
        await self._stage.pass_to(first.moment, exactly=first.act in (None, "register"))
        if first.act is None:
            await self._stage.settled()
            return [StepTaken(step) for step in steps]
        await self._hear_each_other(first.act)
        return [
            taken
            for number in range(0, len(steps), AT_ONCE)
            for taken in await asyncio.gather(*map(self._take, steps[number : number + AT_ONCE]))
        ]

    async def _take(self, step: DrillStep) -> StepTaken:
        try:
            answer = await self._do(step)
        except HuiyinError as problem:
            return StepTaken(step, problem=problem, rules=refused_by(self._pack, step, problem))
        self._learn(step, answer)
        return StepTaken(step, answer)

    async def _hear_each_other(self, act: str) -> None:
        """What another room has to know of the steps before is waited for."""
        room = ACTS[act].room if act in ACTS else "routing"
        if self._room not in (None, room):
            await self._stage.settled()
        self._room = room

    async def _do(self, step: DrillStep) -> Mapping[str, Any]:
        assert step.act is not None
        if step.act == "appoint":
            return await self._appoint(step)
        if self._lacks_a_draft(step):
            await self._drafted(step)
        way = self._way(step)
        path, body, by = self._path(way, step), self._body(way, step), self._actor(step)
        try:
            return await self._stage.post(path, body, by)
        except Refused as problem:
            if problem.code not in OWN_CAUSE or step.refused == problem.code:
                raise
        return await self._stage.post(path, body, (SUPERVISING, by[1]))

    def _actor(self, step: DrillStep) -> Post:
        """Who takes it; a drill that tells of no units has what judges done from above."""
        by = actor(self._stage.drill, step)
        alone = len(self._stage.drill.units) == 1 and judging(step.act or "")
        return (SUPERVISING, by[1]) if alone and step.refused not in OWN_CAUSE else by

    def _lacks_a_draft(self, step: DrillStep) -> bool:
        """Whether something has been published of which there is no draft, and must be recorded."""
        out = step.act == "publish" and step.happened and step.refused is None
        return out and not self._is_of_a_draft(step)

    async def _drafted(self, step: DrillStep) -> None:
        """What was published without a draft is put on record as one first."""
        said = {key: node for key, node in step.given.items() if key in ("kind", "text", "fields")}
        draft = replace(step, act="draft", given=said, happened=False, label=None)
        self._learn(draft, await self._do(draft))

    def _way(self, step: DrillStep) -> Way:
        assert step.act is not None
        if step.act == "approve" and not self._is_of_a_draft(step):
            return APPROVE_ACT
        return WAYS[step.act]

    def _is_of_a_draft(self, step: DrillStep) -> bool:
        """Whether what is approved is a draft: the one named, or else the latest of the matter."""
        chosen = _text(step.given, "draft") or step.of
        if chosen is None:
            return incident_names(step) in self.names.drafts
        return self.names.labels.get(chosen, chosen) != chosen

    def _path(self, way: Way, step: DrillStep) -> str:
        name, known = incident_names(step), self.names.incidents
        if name is not None and way.on in ("matter", "either") and not self._is_of_unit(step):
            named = name if name in known else step.incident or ""
            if named not in known:
                raise _not_there(name)
            return way.path.format(incident=known[named])
        return (way.on_unit or way.path).format(code=self._unit(step))

    def _is_of_unit(self, step: DrillStep) -> bool:
        """Whether what is declared, over whatever incident, is a state of the unit."""
        state = self._pack.states.get(_text(step.given, "state") or "")
        return step.act == "declare" and state is not None and state.on == "unit"

    def _unit(self, step: DrillStep) -> str:
        """The code of the unit that a step is about: the one named, else the actor's."""
        return self._stage.code(step.unit or actor(self._stage.drill, step)[0])

    def _body(self, way: Way, step: DrillStep) -> dict[str, Any]:
        body: dict[str, Any] = dict(way.standard)
        fields = way.fields()
        for key, node in step.given.items():
            axis = graded(self._pack, way, key, node)
            several = key == "category" and isinstance(node.value, list)
            if axis is not None or key not in fields or several:
                body.setdefault("sets", {})[axis or key] = value_of("texts", node)
            elif key == "category":
                body[key] = node.text()
            elif key == "sets":
                body[key] = body.get(key, {}) | self._value(key, fields[key], node)
            elif not (key == "draft" and node.value == NO_DRAFT):
                body[way.renamed.get(key, key)] = self._value(key, fields[key], node)
        usual = {key: each for key, each in self._usual(way, step, body).items() if key not in body}
        body |= usual | _promise(step, body) | self._besides(way, step, body)
        if way.timed:
            body["occurred_at"] = step.at.isoformat()
        return body

    def _value(self, key: str, kind: str, node: Node) -> Any:
        value = value_of(kind, node)
        match kind:
            case "moment" | "until":
                return value.isoformat()
            case "unit":
                return self._stage.code(value) if value else ""
            case "units":
                return [self._stage.code(each) for each in value]
            case "incident":
                return self._registered(self.names.numbers, value)
            case "incidents":
                return [self._registered(self.names.incidents, each) for each in value]
            case "draft":
                return self.names.labels.get(value, value)
            case "parties":
                return [self._whom(each) for each in value]
            case "text" if key == "medium":
                return self._medium(value)
            case "text" if key == "of":
                return self._offence(value)
            case _:
                return value

    def _medium(self, said: str) -> str:
        """A medium of the pack by its key or its Chinese name; any other as it is."""
        return next((key for key, zh in self._pack.media.items() if zh == said), said)

    def _offence(self, said: str) -> str:
        """The offence that a finding is of, by its number or the end of it; else as it is said."""
        numbers = [number for number in self._pack.of(Offence) if number.endswith(f".{said}")]
        return numbers[0] if len(numbers) == 1 else said

    def _registered(self, known: Mapping[str, str], name: str) -> str:
        if name not in known:
            raise _not_there(name)
        return known[name]

    def _whom(self, name: str) -> str:
        """A party of the pack by its name, or a unit of the drill by its code."""
        units = {unit.key for unit in self._stage.drill.units} - set(self._pack.parties)
        return self._stage.code(name) if name in units else name

    def _usual(self, way: Way, step: DrillStep, body: Mapping[str, Any]) -> dict[str, Any]:
        """What goes without saying in a drill, act by act, where it is not said."""
        _, role = actor(self._stage.drill, step)
        match step.act:
            case "register":
                return self._registration(step, body)
            case "draft":
                return {"text": f"演练答复（{step.label or shown(step.at)}）"}
            case "assign" | "withdraw" | "adopt":
                return {OWN_UNIT[step.act]: self._unit(step)}
            case "approve" if way is APPROVE_ACT:
                return usual_approval(self._pack, role)
            case "shift" if not {"begins", "ends"} & body.keys():
                return usual_shift(self._pack, role, body.get("period"))
            case "rank":
                day = day_of(step.at - timedelta(microseconds=1))  # 24:00 is still the day before
                quarter = f"{day.year}-Q{(day.month + 2) // 3}"
                ranked = self._stage.drill.units[1:] or self._stage.drill.units
                return {"period": quarter, "order": [unit.code for unit in ranked]}
            case _:
                return {}

    def _registration(self, step: DrillStep, body: Mapping[str, Any]) -> dict[str, Any]:
        axis = self._pack.axes.get("category")
        judged = "category" in body.get("sets", {})
        usual = {} if judged else {"category": next(iter(axis.values if axis else ()), "other")}
        return usual | {
            "title": f"演练事项 {incident_names(step)}",
            "channel": next(iter(self._pack.channels), "message_board"),
            "discovered_at": step.at.isoformat(),
            "unit": self._unit(step),
        }

    def _besides(self, way: Way, step: DrillStep, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a step says beside its fields, and the rules that it names, as they are told."""
        said: dict[str, Any] = {"happened": True} if step.happened else {}
        if "draft" in way.takes and step.of and step.of != NO_DRAFT:
            said["draft"] = self.names.labels.get(step.of, step.of)
        elif "draft" in way.takes and "draft" not in body and step.act in WAITS_FOR:
            meant = self.names.meant(incident_names(step), step.act)
            said |= {"draft": meant} if meant else {}
        elif way.told and step.of != NO_DRAFT and (label := step.of or step.label):
            said["of"] = self.names.labels.get(label, label)
        if step.turn > 1 and way.told and (way.on_unit or "").startswith(INTAKE):
            said["text"] = body.get("text", f"第 {step.turn} 次")
        if step.act == "adopt" or (step.act == "repin" and "pack" in body):
            said |= self._ruled(step, body)
        return said

    def _ruled(self, step: DrillStep, body: Mapping[str, Any]) -> dict[str, Any]:
        drill, name, params = self._stage.drill, body.get("pack", ""), body.get("params", {})
        place = step.given["pack"].place if "pack" in step.given else step.place
        loaded = load_rules(Ruleset(place, str(name)), params, drill.file.parent)
        if loaded.shipped or step.act == "repin":
            return {"pack": loaded.shipped or name}
        if loaded.pack is None:
            raise loaded.complaints[0].as_error(drill.file)
        return {"pack": None, "text": loaded.pack.texts[0]}

    async def _appoint(self, step: DrillStep) -> Mapping[str, Any]:
        """Give somebody of the cast another post; from then on they act in it."""
        drill = self._stage.drill
        given = {key: str(node.value) for key, node in step.given.items()}
        unit, role = resolve(drill, read_who(given["who"]))
        known = self._stage.cast.get((unit, role))
        to_unit, post = given.get("unit", unit), given.get("post", role)
        body = {
            "name": f"演练 {post}",
            "unit": self._stage.code(to_unit),
            "post": drill.stand_ins.get(post, post),
            "officer": known.officer.id if known else None,
        }
        answer = await self._stage.post("/routing/officers", body, actor(drill, step))
        self._stage.cast[to_unit, post] = self._stage.acting(answer["token"])
        return answer

    def _learn(self, step: DrillStep, answer: Mapping[str, Any]) -> None:
        name = incident_names(step)
        if step.act == "register" and name:
            for each in {name, step.incident or name}:
                self.names.incidents[each] = str(answer["incident"])
                self.names.numbers[each] = str(answer["number"])
        if name and step.act in ("draft", *WAITS_FOR) and answer.get("draft"):
            self.names.note(name, step.act, str(answer["draft"]))
        if step.label:
            self.names.labels[step.label] = str(answer.get("draft") or step.label)


def _promise(step: DrillStep, body: Mapping[str, Any]) -> dict[str, Any]:
    """A date that a reply promises only in a form; what is no moment, the form refuses."""
    told = body.get("fields", {}).get("promised")
    if step.act != "publish" or told is None or "promised" in body:
        return {}
    try:
        return {"promised": until_of(told).isoformat()}
    except ValueError:
        return {}


def _text(given: Mapping[str, Node], key: str) -> str | None:
    node = given.get(key)
    return node.value if node is not None and isinstance(node.value, str) else None


def _not_there(name: str) -> HuiyinError:
    said = f"事件 {name} 没有登记成, 这一步没有办。"
    remedy = "请先看登记那一步为什么被拒绝。"
    return Unavailable("drill.not-registered", said, remedy, "incident")
