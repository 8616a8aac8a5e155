"""Playing a drill: its county, its steps, and what it expects of them (演练)."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import groupby

from huiyin.drills.acting import Names, Players
from huiyin.drills.checking import check as check_drill
from huiyin.drills.evidence import Evidence, gather
from huiyin.drills.expecting import Checked
from huiyin.drills.expecting import check as check_expectation
from huiyin.drills.refusals import Taken
from huiyin.drills.rulebook import Loaded, load
from huiyin.drills.script import Drill, LoadRefusal, Step
from huiyin.drills.settling import check_nothing_parked
from huiyin.drills.stage import Marks, Stage, staged
from huiyin.host.evidence import rebuilt
from shared.documents import Unreadable

SAME_AS = "same_as"


@dataclass(frozen=True)
class Outcome:
    """What came of a drill: every step, every expectation, and what is on record."""

    drill: Drill
    pack: str
    taken: Sequence[Taken]
    checked: Sequence[Checked]
    evidence: Evidence | None
    seconds: float = 0.0
    failures: Sequence[str] = field(default_factory=tuple)

    @property
    def holds(self) -> bool:
        """Whether everything came out as the drill says."""
        return not self.failures


async def play(drill: Drill, *, loaded: Loaded | None = None) -> Outcome:
    """Play a drill and check what it expects; ``loaded`` is another pack than its own.

    Raises Unreadable or Invalid, before anything is run, for a drill that cannot be.
    """
    begun = time.monotonic()
    loaded = loaded or load(drill)
    if drill.load_refused is not None:
        return _refused(drill, loaded, drill.load_refused)
    if loaded.pack is None or loaded.complaints:
        raise Unreadable([each.as_error(drill.file) for each in loaded.complaints])
    if not drill.lenient:
        check_drill(drill, loaded.pack)
    if not drill.steps:
        evidence = _unplayed(drill, loaded)
        return _outcome(drill, loaded, [], evidence, [], begun)
    async with staged(drill, loaded) as stage:
        taken, evidence = await _played(stage, drill, loaded)
        replay = await _replayed(stage)
    return _outcome(drill, loaded, taken, evidence, replay, begun)


async def _played(stage: Stage, drill: Drill, loaded: Loaded) -> tuple[list[Taken], Evidence]:
    assert loaded.pack is not None
    players = Players(stage, loaded.pack)
    taken: list[Taken] = []
    for _, same in groupby(drill.steps, _together):
        taken += await players.take_all(list(same))
    await stage.settled()
    check_nothing_parked(stage.system)
    return taken, gather(stage, loaded.pack, players.names)


def _together(step: Step) -> object:
    """Repetitions of a step at one moment can be taken together; everything else in turn."""
    return (step.place, step.moment) if step.turn else id(step)


async def _replayed(stage: Stage) -> list[Checked]:
    """Every read model made afresh from the log must be what it is: always expected."""
    different = [
        each for each in await asyncio.to_thread(rebuilt, stage.system.recorders) if not each.holds
    ]
    said = "；".join(f"{each.service}.{each.table} {each.difference}" for each in different)
    return [Checked("重放与实况一致", "", not different, "每一行都相同", said or "每一行都相同")]


def _outcome(
    drill: Drill,
    loaded: Loaded,
    taken: Sequence[Taken],
    evidence: Evidence,
    more: Sequence[Checked],
    begun: float,
) -> Outcome:
    checked = [
        check_expectation(each, evidence)
        for each in drill.expectations
        if each.kind != SAME_AS  # asked for where drills are compared
    ]
    checked += more
    wrong = [f"{each.step.place}：{each.wrong}" for each in taken if each.wrong]
    unmet = [failure(each) for each in checked if not each.holds]
    failures = unmet if drill.lenient else [*wrong, *unmet]
    assert loaded.pack is not None
    took = time.monotonic() - begun
    return Outcome(drill, loaded.pack.pin, taken, checked, evidence, took, failures)


def failure(checked: Checked) -> str:
    """An expectation that does not hold, expected and actual side by side."""
    if not checked.place:
        return f"{checked.said}：{checked.actual}"
    return f"{checked.place}：期望 {checked.expected}，实际 {checked.actual}"


def _unplayed(drill: Drill, loaded: Loaded) -> Evidence:
    """What can be asked of a pack alone."""
    assert loaded.pack is not None
    return Evidence(drill, loaded.pack, [], {}, Names(), Marks())


def _refused(drill: Drill, loaded: Loaded, wanted: LoadRefusal) -> Outcome:
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
    checked = Checked(said, str(wanted.place), bool(fitting), expected, actual)
    failures = [] if fitting else [f"{wanted.place}：期望 {expected}，实际 {actual}"]
    return Outcome(drill, "", [], [checked], None, 0.0, failures)
