"""How a step of a drill was refused, and by which names a drill may call that (被拒绝)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from huiyin.drills.kinds import whole
from huiyin.drills.script import DrillStep
from shared.errors import HuiyinError
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Form, Gate

FORM_FIELD = "fields."
"""What stands before the key of a form's field where a refusal names it."""

WANTING = {
    "publish": ("approve", "publish.not-approved"),
    "close": ("publish", "close.not-answered"),
}
"""What an act lacks, and how it is refused then; a gate that asks for it refuses the same."""


@dataclass(frozen=True, slots=True)
class StepTaken:
    """A step and what came of it: the answer, or how it was refused.

    ``rules`` are the numbers of the rules by which it was refused, if rules of the pack they were,
    and of the items that those state; and the codes that say the same.
    """

    step: DrillStep
    answer: Mapping[str, Any] | None = None
    problem: HuiyinError | None = None
    rules: frozenset[str] = frozenset()

    @property
    def wrong(self) -> str | None:
        """How it came out otherwise than the drill says, or none."""
        wanted, problem = self.step.refused, self.problem
        match wanted, problem:
            case None, None:
                return None
            case None, HuiyinError():
                return f"应办成, 实际被拒绝 {said(problem)}"
            case str(), None:
                return f"应被拒绝 {wanted}, 实际办成了"
            case _:
                assert problem is not None
                key = (problem.field or "").removeprefix(FORM_FIELD)
                fits = wanted in (problem.code, problem.field, key, *self.rules)
                return None if fits else f"应被拒绝 {wanted}, 实际被拒绝 {said(problem)}"


def _codes(pack: Pack, step: DrillStep, problem: HuiyinError) -> set[str]:
    """By what codes a refusal goes besides its own, as gates are closed to the act."""
    lacking, code = WANTING.get(step.act or "", ("", ""))
    gates = [gate for number, gate in pack.of(Gate).items() if number in problem.rules]
    asked = {each.act for gate in gates if gate.needs for each in gate.needs.patterns()}
    return ({"gate.closed"} if gates else set()) | ({code} if lacking in asked else set())


def refused_by(pack: Pack, step: DrillStep, problem: HuiyinError) -> frozenset[str]:
    """The gates that say no, or the forms that ask for the field; with the items they state.

    A form that is not filled in is refused for the first field that it lacks, which goes for the
    others that the drill leaves out too.
    """
    asked = problem.field or ""
    named = {asked, *problem.rules}
    key = asked.removeprefix(FORM_FIELD) if asked.startswith(FORM_FIELD) else None
    asking = {
        number
        for number, form in pack.of(Form).items()
        if key in form.fields and any(on.act == step.act for on in form.on)
    }
    found = {number: rule for number, rule in pack.rules.items() if number in named | asking}
    numbers = {
        name for number, rule in found.items() for name in (number, whole(number), *rule.also)
    }
    forms = [rule for rule in found.values() if isinstance(rule, Form)]
    lacking = (_left_out(form, step) for form in forms)
    return frozenset(numbers.union(_codes(pack, step, problem), *lacking))


def _left_out(form: Form, step: DrillStep) -> set[str]:
    """The fields that a form asks for and the drill says nothing of."""
    filled = step.given.get("fields")
    given = filled.value if filled is not None and isinstance(filled.value, Mapping) else {}
    return {
        name
        for key, spec in form.fields.items()
        if not spec.optional and key not in given and key not in step.given
        for name in (key, FORM_FIELD + key)
    }


def said(problem: HuiyinError) -> str:
    """A refusal in short: its code, the rule or field it names, and its sentence."""
    about = f" {problem.field}" if problem.field else ""
    return f"{problem.code}{about}（{problem.message}）"
