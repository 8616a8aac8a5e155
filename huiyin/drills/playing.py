"""Playing a drill: its county, its steps, and what it expects of them (演练)."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from huiyin.drills.acting import Names, Players
from huiyin.drills.checking import check as check_drill
from huiyin.drills.comparing import Fate, Pair, pairs, translated
from huiyin.drills.evidence import DrillEvidence, gather
from huiyin.drills.expecting import Checked
from huiyin.drills.expecting import check as check_expectation
from huiyin.drills.refusals import StepTaken
from huiyin.drills.rulebook import Loaded, load, load_named
from huiyin.drills.script import Drill, DrillStep, Expectation, LoadRefusal
from huiyin.drills.stage import DrillStage, check_nothing_parked, staged
from huiyin.host.offline import rebuilt
from shared.documents import Unreadable
from shared.policy.language.pack import Pack

SAME_AS = "same_as"


@dataclass(frozen=True)
class Played:
    """What came of a drill: every step, every expectation, and what is on record."""

    drill: Drill
    pack: str
    taken: Sequence[StepTaken]
    checked: Sequence[Checked]
    evidence: DrillEvidence | None
    seconds: float = 0.0
    failures: Sequence[str] = field(default_factory=tuple)

    @property
    def holds(self) -> bool:
        """Whether everything came out as the drill says."""
        return not self.failures


@dataclass(frozen=True)
class Comparison:
    """Both outcomes and the duties of both, side by side."""

    here: Played
    there: Played
    pairs: Sequence[Pair]

    def totals(self) -> dict[str, Counter[Fate]]:
        """How many duties came to what, under each pack."""
        return {
            "here": Counter(pair.here.fate for pair in self.pairs if pair.here),
            "there": Counter(pair.there.fate for pair in self.pairs if pair.there),
        }


async def run(drill: Drill) -> Played:
    """Play a drill and check all that it expects.

    Raises Unreadable or Invalid, before anything is run, for a drill that cannot be.
    """
    outcome = await play(drill)
    more = [await _same_as(outcome, each) for each in drill.expectations if each.kind == SAME_AS]
    unmet = [failure(each) for each in more if not each.holds]
    return replace(outcome, checked=[*outcome.checked, *more], failures=[*outcome.failures, *unmet])


async def _same_as(here: Played, expectation: Expectation) -> Checked:
    """Under another pack, the same must have come of every duty."""
    compared = await _beside(here, expectation.about)
    different = [pair for pair in compared.pairs if not pair.same]
    actual = "；".join(map(_fates, different)) or "相同"
    place = str(expectation.place)
    expected = f"与 {expectation.about} 之下相同"
    return Checked(expectation.said, place, expected, actual, not different)


def _fates(pair: Pair) -> str:
    sides = [f"{each.rule} {each.fate}" if each else "没有" for each in (pair.here, pair.there)]
    return " 对 ".join(sides)


async def compare(drill: Drill, other: str) -> Comparison:
    """Play the drill under its own pack and, without its expectations, under another."""
    return await _beside(await play(drill), other)


async def _beside(here: Played, other: str) -> Comparison:
    """The drill's course of events under another pack too; what that pack refuses, it refuses."""
    assert here.evidence is not None
    pack = load_named(other)
    there = await play(translated(here.drill, here.evidence.pack, pack), under=pack)
    assert there.evidence is not None
    return Comparison(here, there, pairs(here.evidence, there.evidence))


async def play(drill: Drill, *, under: Pack | None = None) -> Played:
    """Play a drill and check what it expects; ``under`` is another pack than its own.

    Raises Unreadable or Invalid, before anything is run, for a drill that cannot be.
    """
    begun = time.monotonic()
    loaded = Loaded(under, [], None) if under else load(drill)
    if drill.load_refused is not None:
        return _refused(drill, loaded, drill.load_refused)
    if (pack := loaded.pack) is None or loaded.complaints:
        raise Unreadable([each.as_error(drill.file) for each in loaded.complaints])
    if not drill.lenient:
        check_drill(drill, pack)
    if not drill.steps:  # only what can be asked of a pack alone
        return _outcome([], DrillEvidence(drill, pack, [], {}, Names(), {}), [], begun)
    async with staged(drill, pack) as stage:
        taken, evidence = await _played(stage, pack)
        replay = await _replayed(stage)
    return _outcome(taken, evidence, replay, begun)


async def _played(stage: DrillStage, pack: Pack) -> tuple[list[StepTaken], DrillEvidence]:
    players = Players(stage, pack)
    taken: list[StepTaken] = []
    for _, same in groupby(stage.drill.steps, _together):
        taken += await players.take_all(list(same))
    await stage.settled()
    check_nothing_parked(stage.system)
    return taken, gather(stage, pack, players.names)


def _together(step: DrillStep) -> object:
    """Repetitions of a step at one moment can be taken together; everything else in turn."""
    return (step.place, step.moment) if step.turn else id(step)


async def _replayed(stage: DrillStage) -> list[Checked]:
    """Every read model made afresh from the log must be what it is: always expected."""
    different = [
        each for each in await asyncio.to_thread(rebuilt, stage.system.recorders) if not each.holds
    ]
    said = "；".join(f"{each.service}.{each.table} {each.difference}" for each in different)
    return [Checked("重放与实况一致", "", "每一行都相同", said or "每一行都相同", not different)]


def _outcome(
    taken: Sequence[StepTaken], evidence: DrillEvidence, more: Sequence[Checked], begun: float
) -> Played:
    drill = evidence.drill
    checked = [
        check_expectation(each, evidence)
        for each in drill.expectations
        if each.kind != SAME_AS  # asked for where drills are compared
    ]
    checked += more
    wrong = [f"{each.step.place}：{each.wrong}" for each in taken if each.wrong]
    unmet = [failure(each) for each in checked if not each.holds]
    failures = unmet if drill.lenient else [*wrong, *unmet]
    took = time.monotonic() - begun
    return Played(drill, evidence.pack.pin, taken, checked, evidence, took, failures)


def failure(checked: Checked) -> str:
    """An expectation that does not hold, expected and actual side by side."""
    if not checked.place:
        return f"{checked.said}：{checked.actual}"
    return f"{checked.place}：期望 {checked.expected}，实际 {checked.actual}"


def _refused(drill: Drill, loaded: Loaded, wanted: LoadRefusal) -> Played:
    """The pack must not load, for that reason."""
    found = loaded.complaints
    fitting = [
        each
        for each in found
        if wanted.code in (None, each.code)
        and (wanted.reason is None or wanted.reason in each.message + each.remedy)
    ]
    expected = " ".join(filter(None, (wanted.code, wanted.reason))) or "装载被拒绝"
    actual = "；".join(f"{each.code}（{each.message}）" for each in found) or "装载成功"
    said = f"规则包装载被拒绝：{expected}"
    checked = Checked(said, str(wanted.place), expected, actual, bool(fitting))
    return Played(drill, "", [], [checked], None, 0.0, [] if fitting else [failure(checked)])
