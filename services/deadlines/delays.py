"""What may be done about a delay (延期、说明、催办、通报、裁定): rules over the docket; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.deadlines.docket import Docket, DocketEntry
from shared.acts.body import DelayBody, SettleBody
from shared.acts.check import Attempt, Record, require
from shared.acts.decide import Rules
from shared.acts.deed import each_of, rule_of
from shared.calendar.working import Limit
from shared.clock import shown_limit
from shared.contracts import deadlines as facts
from shared.contracts.catalogue import Fact
from shared.errors import Invalid, Refused, Unknown
from shared.policy.engine.deeds import Deed, fits, in_order, is_party
from shared.policy.engine.holding import HANDLERS
from shared.policy.engine.limits import ceiling_of
from shared.policy.engine.outlook import Outlook
from shared.policy.language.pack import Pack
from shared.policy.language.rules import Duty, Extension
from shared.policy.language.speaking import parties


@dataclass(frozen=True, slots=True)
class Delay:
    """What an act about a delay is decided on: the docket, and the one duty that is meant.

    ``outlook`` is what the rules make of the matter: for more time, without any that was granted.
    ``rule`` is the number of the one that is meant, also where it is named by an item it states.
    """

    docket: Docket
    duty: DocketEntry | None = None
    outlook: Sequence[Outlook] = ()
    rule: str | None = None

    @property
    def each(self) -> str:
        """For whom or to whom the duty is owed that is meant."""
        return each_of(self.duty.id if self.duty else "")


def meant(docket: Docket, pack: Pack, body: DelayBody) -> tuple[str | None, DocketEntry | None]:
    """The rule and the duty that are meant; a rule with one running duty means that.

    A rule can be named by any item of its source that it states. Raises Unknown ``duty.unknown``
    or ``rule.unknown``.
    """
    if body.duty is not None:
        duty = docket.get(body.duty)
        if duty is None:
            raise unknown_duty(body.duty)
        return rule_of(body.duty), duty
    if body.rule is None:
        return None, None
    numbers = {body.rule} if body.rule in pack.rules else pack.stated_by(body.rule)
    if not numbers:
        said = f"规则包中没有编号为“{body.rule}”的规则。"
        raise Unknown("rule.unknown", said, "请用 huiyin duties 查看。", "rule")
    stated = [each for each in docket.values() if rule_of(each.id) in numbers]
    running = [each for each in stated if each.state == "running"] or stated
    rules = {rule_of(each.id) for each in running} or numbers
    return min(rules) if len(rules) == 1 else None, running[0] if len(running) == 1 else None


def to_settle(docket: Docket, pack: Pack, duty: str) -> str:
    """The one duty that can be meant, where a rule is named instead."""
    if duty in docket:
        return duty
    numbers = pack.stated_by(duty)
    stated = [each for each in docket.values() if rule_of(each.id) in numbers]
    late = [each for each in stated if each.state == "recorded_late"] or stated
    return late[0].id if len(late) == 1 else duty


def judged(delay: Delay, record: Record, body: DelayBody | SettleBody) -> tuple[str, ...]:
    """The units that are judged: those named, else the one whose duty it is or that has the matter.

    Raises Unknown ``duty.unknown``.
    """
    duty = delay.duty
    if isinstance(body, SettleBody):
        duty = delay.docket.get(to_settle(delay.docket, record.pack, body.duty))
        if duty is None:
            raise unknown_duty(body.duty)
    each = record.matter.unit if record.matter.kind == "unit" else each_of(duty.id if duty else "")
    named = tuple(dict.fromkeys(filter(_is_code, (each, *getattr(body, "to", ())))))
    return named or (_owing(record, duty),)


def _is_code(to: str) -> bool:
    """Whether a unit is meant, and no party of the pack, whose names are in small letters."""
    return bool(to) and not to[0].islower()


def _owing(record: Record, duty: DocketEntry | None) -> str:
    """Whose duty it is: of whoever was known to lead at its limit, else of who registered it.

    What an office of the institution owes stays with that, whoever leads.
    """
    rule = record.pack.rules.get(rule_of(duty.id)) if duty else None
    who = rule.who if isinstance(rule, Duty) else HANDLERS
    leads = [each for each in record.deeds if each.act == "assign" and each.units]
    if duty is not None and duty.due is not None:
        leads = [each for each in leads if max(each.at, each.recorded_at) <= duty.due]
    if not leads or not any((record.pack.canon(each) or each) in HANDLERS for each in who):
        return record.matter.unit
    return in_order(leads)[-1].units[0]


def settle(delay: Delay, attempt: Attempt[facts.LateRecordSettled]) -> Fact:
    """A person decides, with grounds, on what was recorded late; once.

    Raises Unknown ``duty.unknown``, Invalid ``grounds.missing``, Refused ``settle.not-open``.
    """
    fact = attempt.fact
    duty = delay.docket.get(fact.duty)
    if duty is None:
        raise unknown_duty(fact.duty)
    require(fact.grounds, "grounds", "裁定依据")
    if duty.state != "recorded_late":
        said = "这项义务没有待裁定的迟录。"
        raise Refused("settle.not-open", said, "只有“迟录待裁定”的才需要裁定。", "duty")
    return fact


def extend(delay: Delay, attempt: Attempt[facts.DutyExtended]) -> Fact:
    """Grant more time within what the rule allows, all of that where no moment is named.

    Raises Invalid ``duty.missing``, ``reason.missing``, ``approver.*`` or ``extend.not-later``,
    Refused ``extend.not-provided``, ``extend.too-late`` or ``extend.beyond-ceiling``.
    """
    duty = delay.duty
    if duty is None:
        raise missing_duty()
    found = next((each for each in delay.outlook if str(each.key) == duty.id), None)
    extension = found.rule.extension if found else None
    if found is None or found.limit is None or extension is None:
        said = f"规则没有规定“{rule_of(duty.id)}”可以延期。"
        raise Refused("extend.not-provided", said, "请按原时限办理；逾期的, 请说明原因。", "duty")
    _check_running(duty, attempt.now)
    _check_granted(extension, attempt)
    ceiling = ceiling_of(extension, found.start, found.limit)
    until = _within(ceiling, attempt.fact.until or ceiling.due, duty)
    return attempt.fact.model_copy(update={"until": until})


def tell(_: Delay, attempt: Attempt[Fact]) -> Fact:
    """Explain, urge or supervise: of itself nothing stands in the way."""
    return attempt.fact


def circulate(delay: Delay, attempt: Attempt[facts.UnitCirculated]) -> Fact:
    """Make a delay known, unless it was explained; what was made known all the same is a breach.

    Raises Refused ``circulate.explained``.
    """
    rules = excusing(delay.outlook, attempt.pack, attempt.deed)
    if rules and not attempt.happened:
        said = f"按规则 {'、'.join(rules)}, 已作说明或已办理的不予通报。"
        remedy = "请查看已有的说明；确已通报的, 可注明“已发生”据实补录。"
        raise Refused("circulate.explained", said, remedy, rules[0])
    return attempt.fact.model_copy(update={"breaches": rules})


RULES: Rules[Delay] = Rules(
    {
        facts.DutyExtended: extend,
        facts.DelayExplained: tell,
        facts.UnitUrged: tell,
        facts.UnitSupervised: tell,
        facts.UnitCirculated: circulate,
        facts.LateRecordSettled: settle,
    }
)


def excusing(found: Sequence[Outlook], pack: Pack, deed: Deed) -> tuple[str, ...]:
    """The rules by which a circulation is needless: an explanation is on record.

    Empty where some rule still asks for it, or none ever did.
    """
    asking = [each for each in found if _asks_for(pack, each, deed)]
    excused = [each for each in asking if each.gone is not None and each.gone[0] == "unless"]
    if not excused or len(excused) < len(asking):
        return ()
    return tuple(dict.fromkeys(each.key.rule for each in excused))


def unknown_duty(duty: str) -> Unknown:
    """The error for a duty that is not in the docket."""
    return Unknown("duty.unknown", f"没有“{duty}”这项义务。", "请用 huiyin duties 查看。", "duty")


def missing_duty() -> Invalid:
    """The error for an act that must say which duty it is about."""
    said = "没有写明是哪一项义务。"
    return Invalid("duty.missing", said, "请填写义务（见 huiyin duties 的“义务”列）。", "duty")


def _asks_for(pack: Pack, each: Outlook, deed: Deed) -> bool:
    if not any(start.startswith("missed:") for start in each.rule.start):
        return False
    about = {each.key.rule, *(start.removeprefix("missed:") for start in each.rule.start)}
    units = [to for to in deed.to if not to[:1].islower()]
    of_unit = not units or not each.key.each or each.key.each in units
    of_rule = deed.of is None or deed.of in about
    return of_unit and of_rule and any(fits(pack, stop, deed) for stop in each.rule.stop.patterns())


def _check_running(duty: DocketEntry, now: datetime) -> None:
    if duty.state != "running" or (duty.due is not None and now > duty.due):
        said = "这项义务已有结论或已过时限, 不能再延期。"
        raise Refused("extend.too-late", said, "延期须在时限之内申请；逾期的, 请说明原因。", "duty")


def _check_granted(extension: Extension, attempt: Attempt[facts.DutyExtended]) -> None:
    pack, approver = attempt.pack, attempt.fact.approver
    if not (getattr(attempt.body, "text", None) or "").strip():
        raise Invalid("reason.missing", "没有写明延期理由。", "请在 text 中写明理由。", "text")
    if approver is not None and approver not in pack.parties:
        choices = parties(pack, extension.approver or tuple(pack.parties))
        said = f"规则包中没有“{approver}”这个当事方。"
        raise Invalid("approver.unknown", said, f"可以由这些当事方批准：{choices}。", "approver")
    if extension.needs != "approval":
        return
    named = approver or ""
    allowed = extension.approver
    if not named or (allowed and not any(is_party(pack, each, named) for each in allowed)):
        by = f"须经 {parties(pack, allowed)} 批准" if allowed else "须写明由谁批准"
        raise Invalid("approver.missing", f"延期{by}。", "请填写批准的当事方。", "approver")


def _within(ceiling: Limit, until: datetime, duty: DocketEntry) -> datetime:
    if until > ceiling.due:
        said = f"最迟只能延至 {shown_limit(ceiling.due)}。"
        raise Refused("extend.beyond-ceiling", said, "请改为不晚于该时间。", "until")
    if duty.due is not None and until <= duty.due:
        said = f"现在的时限是 {shown_limit(duty.due)}, 所填时间并不更晚。"
        remedy = "请填写更晚的时间；按规则已不能再延的, 请按现在的时限办理。"
        raise Invalid("extend.not-later", said, remedy, "until")
    return until
