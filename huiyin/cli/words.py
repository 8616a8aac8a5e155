"""The words of a pack (用词): the keys that acts, conditions and drills use, with their names."""

from collections.abc import Iterator, Mapping

from shared.acts.vocabulary import ACTS
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Form

WORD_COLUMNS = {"of": "用词", "named": "代称（名称）"}


def words(pack: Pack) -> list[dict[str, str]]:
    """Every word of a pack that somebody has to write, by what it is a word for."""
    return [{"of": of, "named": _named(known)} for of, known in _known(pack) if known]


def _known(pack: Pack) -> Iterator[tuple[str, Mapping[str, str]]]:
    files = [each.file for each in reversed(pack.lineage)]
    yield "当事方", {key: each.zh for file in files for key, each in file.party.items()}
    for key, axis in pack.axes.items():
        yield f"分类维度 {key}（{axis.zh}）", axis.values
    for on, where in (("matter", "事项"), ("unit", "单位")):
        yield f"{where}的状态", {key: s.zh for key, s in pack.states.items() if s.on == on}
    yield "渠道", pack.channels
    yield "方式", {key: zh for file in files for key, zh in file.medium.items()}
    for act, known in ACTS.items():
        kinds = {key: zh for key, zh in pack.kinds_of(act).items() if key not in pack.states}
        yield f"{act}（{known.title}）的种类", kinds
    for number, form in pack.of(Form).items():
        yield f"{number} 的栏目", {key: field.zh for key, field in form.fields.items()}
    yield (
        "参数",
        {key: f"{each.zh}；默认 {each.default}" for key, each in pack.file.params.items()},
    )


def _named(known: Mapping[str, str]) -> str:
    return "、".join(f"{key}（{zh}）" for key, zh in known.items())
