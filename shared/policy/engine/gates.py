"""Gates and forms (前置条件与表单): what stands in the way of an act, as the record is; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from shared.policy.engine.deeds import Deed, Matter, fits, holds_now, in_order, is_party, met
from shared.policy.language.pack import Pack
from shared.policy.language.rules import FieldSpec, Form, Gate


@dataclass(frozen=True, slots=True)
class Closed:
    """A gate that is closed to an act: which, and whether it refuses or marks a breach."""

    number: str
    gate: Gate
    flagged: bool


@dataclass(frozen=True, slots=True)
class Unfilled:
    """A field that a form asks for and the act does not carry as it should, and why."""

    number: str
    form: Form
    key: str
    spec: FieldSpec
    problem: str


def closed(pack: Pack, matter: Matter, deeds: Sequence[Deed], attempted: Deed) -> list[Closed]:
    """The gates that an act meets closed, on what is on record before it.

    An approval counts for the paper it names; that of a reply opens nothing else. Where it is of
    another paper or of none, or of a kind that the gate asks for by name, it also counts if either
    it or the act names no paper.
    """
    before = in_order(deed for deed in deeds if deed.id != attempted.id)
    return [
        Closed(number, gate, gate.mode == "flag")
        for number, gate in pack.of(Gate).items()
        if any(fits(pack, refused, attempted) for refused in gate.refuse)
        and not any(fits(pack, besides, attempted) for besides in gate.besides)
        and holds_now(pack, gate.when, matter, [*before, attempted])
        and not _open(pack, gate, before, attempted)
    ]


def _open(pack: Pack, gate: Gate, before: Sequence[Deed], attempted: Deed) -> bool:
    if gate.only_by is not None:
        return any(is_party(pack, party, attempted.by) for party in gate.only_by)
    assert gate.needs is not None
    replies = {deed.of for deed in before if deed.act == "draft"}
    kinds = {each.kind for each in gate.needs.patterns() if each.act == "approve" and each.kind}
    counted = [
        deed for deed in before if deed.act != "approve" or _is_for(deed, attempted, replies, kinds)
    ]
    return met(pack, gate.needs, counted) is not None


def _is_for(
    approval: Deed, attempted: Deed, replies: Collection[str | None], kinds: Collection[str]
) -> bool:
    if approval.of == attempted.of:
        return True
    no_reply = attempted.act != "publish" and approval.of not in replies
    return (no_reply or approval.kind in kinds) and None in (approval.of, attempted.of)


def wanting(
    pack: Pack, matter: Matter, deeds: Sequence[Deed], attempted: Deed, given: Mapping[str, str]
) -> list[Unfilled]:
    """What the forms for an act ask for and ``given`` lacks or has wrong.

    An explicit nil (无) is enough where the form says so; an empty field never is. A form that is
    optional asks for nothing until one of its fields is given, be it empty.
    """
    return [
        Unfilled(number, form, key, spec, problem)
        for number, form in pack.of(Form).items()
        if any(fits(pack, on, attempted) for on in form.on)
        and (not form.optional or form.fields.keys() & given.keys())
        and holds_now(pack, form.when, matter, [*in_order(deeds), attempted])
        for key, spec in form.fields.items()
        if (problem := _problem(spec, given.get(key)))
    ]


NIL = "无"
"""How a form says that there is nothing to say."""


def _problem(spec: FieldSpec, value: str | None) -> str | None:
    if value is None or not value.strip():
        return None if spec.optional else "没有填写" + ("（没有的请填“无”）" if spec.nil else "")
    if value.strip() == NIL:
        return None if spec.nil else "不能填“无”"
    if spec.of is not None and value not in spec.of:
        return f"须为 {'、'.join(spec.of)} 之一"
    if spec.type == "number" and not _is_number(value):
        return "须为数字"
    return None


def _is_number(text: str) -> bool:
    return text.strip().replace(".", "", 1).isdecimal()
