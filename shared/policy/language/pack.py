"""A policy pack (规则包): the rules of one institution, and those of the pack it adds to."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, TypeVar

from pydantic import Field

from shared.acts.vocabulary import ACTS
from shared.contracts.catalogue import Contract
from shared.policy.language import rules as language

COMMON: Mapping[str, str] = {
    "leading_group": "领导小组",
    "group_head": "组长",
    "deputy_group_head": "副组长",
    "group_members": "领导小组成员",
    "office": "领导小组办公室",
    "office_director": "办公室主任",
    "office_deputy_director": "办公室副主任",
    "superior_authority": "上级主管部门",
    "external_authority": "有关职能机关",
    "principal_leader": "主要领导",
    "supervising_leader": "分管领导",
    "unit_head": "单位负责人",
    "handling_unit": "承办单位",
    "lead_unit": "牵头单位",
    "responsible_unit": "责任单位",
    "publicity_unit": "宣传部门",
    "spokesperson": "新闻发言人",
    "info_officer": "信息员",
    "liaison": "联络员",
    "duty_leader": "带班领导",
    "duty_officer": "值班员",
    "tracking_officer": "跟踪专人",
    "supervision_office": "督查室",
    "supervisor": "督查员",
    "reviewer": "审核责任人",
    "technical_unit": "信息中心",
    "security_unit": "保卫处",
    "work_team": "工作组",
    "class_teacher": "班主任",
    "teacher": "教师",
    "school_doctor": "校医",
    "expert": "专家",
    "any_person": "任何人",
    "public": "公众",
    "administrator": "系统管理员",
}
"""The parties that every pack knows (通用当事方), roles found alike in most institutions, by key.

A pack names its own parties besides, and says with ``canon`` which of these they are.
"""

R = TypeVar("R", bound=language.Rule)
V = TypeVar("V")
Words = Mapping[language.Key, language.Text]


class PackFile(Contract):
    """A pack as its file has it; unknown keys are refused."""

    pack: language.Heading
    params: Mapping[language.Key, language.Parameter] = Field(default_factory=dict)
    party: Mapping[language.Key, language.Party] = Field(default_factory=dict)
    axis: Mapping[language.Key, language.Axis] = Field(default_factory=dict)
    state: Mapping[language.Key, language.Declared] = Field(default_factory=dict)
    channel: Mapping[language.Key, language.Party] = Field(default_factory=dict)
    medium: Words = Field(default_factory=dict)
    kinds: Mapping[Annotated[str, Field(pattern="^[a-z_]+$")], Words] = Field(default_factory=dict)
    duty: Mapping[language.RuleId, language.Duty] = Field(default_factory=dict)
    schedule: Mapping[language.RuleId, language.Schedule] = Field(default_factory=dict)
    shift: Mapping[language.RuleId, language.Shift] = Field(default_factory=dict)
    gate: Mapping[language.RuleId, language.Gate] = Field(default_factory=dict)
    form: Mapping[language.RuleId, language.Form] = Field(default_factory=dict)
    step: Mapping[language.RuleId, language.Step] = Field(default_factory=dict)
    offence: Mapping[language.RuleId, language.Offence] = Field(default_factory=dict)
    archive: Mapping[language.RuleId, language.ArchiveItem] = Field(default_factory=dict)
    statistic: Mapping[language.RuleId, language.Statistic] = Field(default_factory=dict)
    unarmed: Mapping[language.RuleId, language.Unarmed] = Field(default_factory=dict)

    def rules(self) -> Iterator[tuple[str, language.Rule]]:
        """Every rule of the file with its number, section by section."""
        for section in language.SECTIONS:
            yield from getattr(self, section).items()

    def items(self) -> dict[str, language.Standing]:
        """Every item of the source that the file's own rules or ``unarmed`` name.

        An item is a number of the source: that of a table, up to ``/``, or one that a table names
        in ``also``. The strongest standing counts.
        """
        found: dict[str, language.Standing] = dict.fromkeys(self.unarmed, "unarmed")
        return found | dict(sorted(self._named(), key=lambda named: named[1] == "armed"))

    def _named(self) -> Iterator[tuple[str, language.Standing]]:
        for number, rule in self.rules():
            for each in (number, *rule.also):
                yield each.split("/")[0], rule.standing
            if extended := _extended_by(rule):
                yield extended, "armed"

    def declared(self) -> set[str]:
        """Every item that the file's parties, axes and channels stand for."""
        tables: tuple[Mapping[str, language.Party | language.Axis], ...] = (
            self.party,
            self.axis,
            self.channel,
        )
        return {number for table in tables for each in table.values() for number in each.also}


@dataclass(frozen=True, eq=False)
class Pack:
    """A pack as loaded, with the pack it adds to.

    ``texts`` are the texts of its file and of those it adds to, nearest first; ``chosen`` the
    parameters that were given other values than their defaults.
    """

    file: PackFile
    texts: tuple[str, ...]
    parent: "Pack | None" = None
    chosen: Mapping[str, str | int] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return self.file.pack.id

    @property
    def version(self) -> str:
        return self.file.pack.version

    @cached_property
    def digest(self) -> str:
        """The SHA-256 (hex) of all texts and of the parameters chosen."""
        said = [*self.texts, *(f"{key}={self.chosen[key]}" for key in sorted(self.chosen))]
        return hashlib.sha256("\0".join(said).encode()).hexdigest()

    @property
    def pin(self) -> str:
        """What an event says of the rules it was decided under: id, version, start of digest."""
        return f"{self.id}@{self.version}#{self.digest[:12]}"

    @cached_property
    def lineage(self) -> "tuple[Pack, ...]":
        """This pack and those it adds to, nearest first."""
        return (self, *(self.parent.lineage if self.parent else ()))

    @cached_property
    def rules(self) -> Mapping[str, language.Rule]:
        """Every rule in force by number; what is inherited comes first."""
        inherited = self.parent.rules if self.parent else {}
        return {**inherited, **dict(self.file.rules())}

    def of(self, kind: type[R]) -> Mapping[str, R]:
        """The rules of one kind in force, by number."""
        return self._by_kind.get(kind, {})  # type: ignore[return-value]  # what is kept under a kind is of it

    def stated_by(self, item: str) -> frozenset[str]:
        """The rules that state an item of the source: those of its number, with all its parts, and
        those that say with ``also`` that they are about it too, or extend a limit by it.
        """
        return frozenset(
            number
            for number, rule in self.rules.items()
            if item in (number, number.split("/")[0], *rule.also, _extended_by(rule))
        )

    @cached_property
    def _by_kind(self) -> Mapping[type[language.Rule], Mapping[str, language.Rule]]:
        sorted_: dict[type[language.Rule], dict[str, language.Rule]] = {}
        for number, rule in self.rules.items():
            sorted_.setdefault(type(rule), {})[number] = rule
        return sorted_

    def _all(self, section: Callable[[PackFile], Mapping[str, V]]) -> dict[str, V]:
        """What every file of the lineage has in a section; the nearest has the last word."""
        files = [section(each.file) for each in reversed(self.lineage)]
        return {key: value for table in files for key, value in table.items()}

    @cached_property
    def axes(self) -> Mapping[str, language.Axis]:
        """Every axis by its key."""
        return self._all(lambda file: file.axis)

    @cached_property
    def states(self) -> Mapping[str, language.Declared]:
        """Every state that can be declared, by its key."""
        return self._all(lambda file: file.state)

    @cached_property
    def parties(self) -> Mapping[str, str]:
        """Every party by its key, with its Chinese name."""
        own = self._all(lambda file: file.party)
        return {**COMMON, **{key: party.zh for key, party in own.items()}}

    @cached_property
    def channels(self) -> Mapping[str, str]:
        """Every channel by its key, with its Chinese name."""
        return {key: each.zh for key, each in self._all(lambda file: file.channel).items()}

    @cached_property
    def media(self) -> Mapping[str, str]:
        """Every medium that is declared, by its key, with its Chinese name."""
        return self._all(lambda file: file.medium)

    def medium(self, key: str) -> str:
        """The Chinese name of a medium, or the key where none is declared."""
        return self.media.get(key, key)

    def canon(self, role: str) -> str | None:
        """The common party that a party of this pack is, if it is one."""
        party = self._all(lambda file: file.party).get(role)
        return party.canon if party else None

    @cached_property
    def stand_ins(self) -> Mapping[str, str]:
        """Parties of the pack that are common ones by another name, and which.

        A common party that the same file declares too is somebody else: the institution has both.
        """
        return {
            key: party.canon
            for pack in reversed(self.lineage)
            for key, party in pack.file.party.items()
            if party.canon and party.canon not in pack.file.party
        }

    def kinds_of(self, act: str) -> Mapping[str, str]:
        """The kinds of an act, with their Chinese names; the states are kinds of declaring."""
        own = self._all(lambda file: file.kinds.get(act, {}))
        states = {key: each.zh for key, each in self.states.items()} if act == "declare" else {}
        return {**COMMON_KINDS.get(act, {}), **states, **own}

    def counts(self) -> dict[str, int]:
        """How many items of the pack's own file have each standing."""
        found = Counter[str](self.file.items().values())
        return {standing: found[standing] for standing in language.STANDINGS}


def _extended_by(rule: language.Rule) -> str | None:
    """The item of the source by which a duty's limit can be extended."""
    return rule.extension.id if isinstance(rule, language.Duty) and rule.extension else None


COMMON_KINDS: Mapping[str, Mapping[str, str]] = {
    "publish": {
        "interim": "阶段性答复",
        "result": "办理结果",
        "staged": "分阶段信息",
        "press": "新闻发布",
        "acknowledge": "回应",
    },
    "draft": {"interim": "阶段性答复", "result": "办理结果", "staged": "分阶段信息"},
    "report": {"first": "首报", "follow_up": "续报"},
    "approve": {"referral": "移送"},
    "note": {"facts": "情况", "evidence": "证据", "tracking": "跟踪", "worsening": "恶化"},
}
"""Kinds that every pack knows, by act."""

assert set(COMMON_KINDS) <= set(ACTS)
