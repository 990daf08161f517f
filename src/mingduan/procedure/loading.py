"""Reading a rulebook: what the schema can't see, and a branch's own version of another's procedure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from .branches import whole
from .expressions import ExpressionError, Expressions
from .figured import figure_faults
from .personal import request_faults
from .post import post_faults
from .reading import MAX_BYTES, Fault, Mistake, Path_, RulebookError, meant, parse, read_model
from .registering import EFFECT_VALUES, Registers
from .rulebook import Action, Alert, Deadline, Fact, Guard, Quiet, Rulebook
from .text import Text
from .ticket import ticket_faults
from .wording import known_places, places, standing_places


def load(path: Path) -> Rulebook:
    """The rulebook in the file at `path`. Raises RulebookError with every mistake found."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RulebookError(
            [Mistake(str(path), 1, 1, Text(zh=f"读不到文件：{error}", en=f"cannot read: {error}"))]
        ) from error
    return loads(whole(data, path), str(path))


def loads(data: bytes, file: str = "<rulebook>") -> Rulebook:
    """The rulebook in `data` (YAML, UTF-8), which is whole: no branch's file. Raises RulebookError with every mistake found."""
    return read_model(Rulebook, data, file, _faults)


_WORDS = {
    "action": "步骤", "role": "角色", "fact": "事实", "state": "状态", "stage": "阶段", "account": "账户",
    "deadline": "期限", "parameter": "参数", "clause": "条款", "place": "填空", "input": "输入项",
}  # fmt: skip


def _faults(book: Rulebook) -> Iterator[Fault]:
    """What the schema can't see: names that lead nowhere, expressions that don't type-check, impossible mixes."""

    def known(kind: str, name: str, names: Iterable[str], path: Path_) -> Iterator[Fault]:
        if name not in (listed := list(names)):
            yield (
                path,
                Text(zh=f"没有名为“{name}”的{_WORDS[kind]}", en=f"there is no {kind} “{name}”"),
                meant(name, listed),
            )

    if not book.opening:
        yield (
            ("actions",),
            Text(zh="没有立案的步骤", en="no action opens a case"),
            Text(zh="给一个步骤加 opens: true", en="give an action opens: true"),
        )
    if not any(s.end for s in book.states.values()):
        yield (
            ("states",),
            Text(zh="没有终结状态", en="no state is an end"),
            Text(zh="给终结状态加 end: true", en="give the last state end: true"),
        )
    for name, state in book.states.items():
        yield from known("stage", state.stage, book.stages, ("states", name, "stage"))
    for name, parameter in book.parameters.items():
        try:
            _ = parameter.constant
        except ValueError as error:
            yield (
                ("parameters", name, "value"),
                Text(zh=f"参数值不对：{error}", en=f"the value is not right: {error}"),
                None,
            )
            return
        if parameter.until:
            yield from known("deadline", parameter.until, book.deadlines, ("parameters", name, "until"))
    for name, fact in book.facts.items():
        for member, part in fact.of.items():
            if part.among:
                yield from known("role", part.among, book.roles, ("facts", name, "of", member, "among"))
    for name, fact in book.facts.items():
        for stands in fact.told.states if fact.told else ():
            yield from known("state", stands, book.states, ("facts", name, "register", "states"))
        for role in fact.asked_of:
            yield from known("role", role, book.roles, ("facts", name, "asked_of"))
    for n, matter in enumerate(book.matters):
        form = book.actions[book.filing[0]] if book.filing else None
        asked = [f for f in (*form.asks, *form.may_ask) if f in book.facts] if form else []
        offered = [f for f in asked if book.facts[f].type == "choice"]
        for given, answer in matter.answers.items():
            yield from known("fact", given, offered, ("matters", n, "answers"))
            if given in offered:
                yield from known("fact", answer, book.facts[given].choices, ("matters", n, "answers", given))
    for name, fact in book.facts.items():
        for other, values in fact.only_for.items():
            choices = book.facts[other].choices if other in book.facts else {}
            yield from known(
                "fact", other, [n for n, f in book.facts.items() if f.type == "choice"], ("facts", name, "only_for")
            )
            for value in values if choices else ():
                yield from known("fact", value, choices, ("facts", name, "only_for", other))
    yield from _role_faults(book, known)
    yield from _field_faults(book, known)
    for role in book.override.by if book.override else ():
        yield from known("role", role, book.roles, ("override", "by"))
    yield from _fact_faults(book.facts, ("facts",))
    lists = [n for n, f in book.facts.items() if f.type == "records"]
    for name in lists:
        for field, fact in book.facts[name].of.items():
            if fact.answers:
                yield from known("fact", fact.answers, lists, ("facts", name, "of", field, "answers"))
    for name, fact in book.facts.items():
        if fact.lasts:
            whole = [n for n, f in book.facts.items() if f.type == "integer"] if fact.type == "instant" else []
            yield from known("fact", fact.lasts, whole, ("facts", name, "lasts"))
    if book.outcome:
        able = [n for n, f in book.facts.items() if f.type == "choice"]
        yield from known("fact", book.outcome, able, ("outcome",))
    for key, taken in (book.reports or {}).items():
        form = book.actions[book.filing[0]] if book.filing else None
        asked = [n for n in (*form.asks, *form.may_ask) if n in book.facts] if form else []
        yield from known("fact", taken, [n for n in asked if book.facts[n].type == "text"], ("reports", key))
    yield from ticket_faults(book, known)
    yield from post_faults(book, known)
    yield from figure_faults(book, known)
    yield from request_faults(book, known)
    yield from _clause_faults(book)
    expressions = Expressions(book)
    for name, action in book.actions.items():
        yield from _action_faults(book, name, action, expressions, known)
    for name, deadline in book.deadlines.items():
        yield from _deadline_faults(book, name, deadline, expressions, known)
    showable = {*book.facts, *(f"{n}.{m}" for n, f in book.facts.items() for m in f.of)}
    for i, rule in enumerate(book.shows_personal):
        for kind, member, said, there in (
            ("role", "to", rule.to, book.roles), ("fact", "facts", rule.facts, showable),
            ("state", "during", rule.during, book.states),
        ):  # fmt: skip
            for position, named in enumerate(said):
                yield from known(kind, named, there, ("shows_personal", i, member, position))
    yield from _hours_faults(book, known)
    for i, quiet in enumerate(book.quiet):
        yield from _quiet_faults(book, quiet, ("quiet", i), expressions, known)


def _role_faults(book: Rulebook, known: Any) -> Iterator[Fault]:
    """A role is within a party, and is named by a text."""
    for name, role in book.roles.items():
        if role.within:
            yield from known("role", role.within, book.roles, ("roles", name, "within"))
        if role.named:
            texts = [n for n, f in book.facts.items() if f.type == "text"]
            yield from known("fact", role.named, texts, ("roles", name, "named"))


def _hours_faults(book: Rulebook, known: Any) -> Iterator[Fault]:
    """The hours of whole-day alerts begin before they end."""
    times, at = [n for n, p in book.parameters.items() if p.type == "time"], ("hours",)
    written = (
        (key, value) for key, value in (("from", book.hours.since), ("until", book.hours.until)) if ":" not in value
    )
    faults = [f for key, value in written for f in known("parameter", value, times, (*at, key))]
    yield from faults
    if not faults and book.time_of_day(book.hours.since) >= book.time_of_day(book.hours.until):
        yield at, Text(zh="from 须早于 until", en="`from` must come before `until`"), None


def _quiet_faults(book: Rulebook, quiet: Quiet, at: Path_, expressions: Expressions, known: Any) -> Iterator[Fault]:
    for i, role in enumerate(quiet.roles):
        yield from known("role", role, book.roles, (*at, "for", i))
    times = [n for n, p in book.parameters.items() if p.type == "time"]
    for key, value in (("from", quiet.since), ("until", quiet.until)):
        if not value[0].isdigit():
            yield from known("parameter", value, times, (*at, key))
    if quiet.unless:
        yield from _typed(expressions, quiet.unless, {"BOOL"}, (*at, "unless"))


def _fact_faults(facts: Mapping[str, Fact], path: Path_) -> Iterator[Fault]:
    for name, fact in facts.items():
        if (fact.type == "choice") != bool(fact.choices):
            yield (*path, name), Text(zh="“choice”类型才有且必须有 choices", en="choices go with type choice"), None
        if (fact.type == "records") != bool(fact.of):
            yield (*path, name), Text(zh="“records”类型才有且必须有 of", en="of goes with type records"), None
        if fact.personal and fact.type not in ("text", "long_text", "files"):
            yield (
                (*path, name),
                Text(zh="只有文字和文件可标为个人信息", en="only texts and files can be marked as personal"),
                None,
            )
        yield from _fact_faults(fact.of, (*path, name, "of"))


def _clause_faults(book: Rulebook) -> Iterator[Fault]:
    """Every clause quoted is one the source has."""
    for path, clause in clauses_quoted(book):
        if clause not in book.source.quotable:
            yield (
                path,
                Text(zh=f"来源没有条款“{clause}”", en=f"the source has no clause “{clause}”"),
                meant(clause, book.source.quotable),
            )


def clauses_quoted(book: Rulebook) -> Iterator[tuple[Path_, str]]:
    """Every place of a rulebook that quotes a clause, and the clause."""

    def walk(value: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
        if isinstance(value, dict):
            for key, child in value.items():
                if key == "clause" and isinstance(child, str):
                    yield (*path, key), child
                elif key != "source":
                    yield from walk(child, (*path, key))
        elif isinstance(value, list | tuple):
            for i, child in enumerate(value):
                yield from walk(child, (*path, i))

    yield from walk(book.model_dump(by_alias=True, mode="python"), ())


def _action_faults(book: Rulebook, name: str, action: Action, expressions: Expressions, known: Any) -> Iterator[Fault]:
    at: Path_ = ("actions", name)
    for key, roles in (("by", action.by), ("tells", action.tells)):
        for i, role in enumerate(roles):
            yield from known("role", role, book.roles, (*at, key, i))
    for key, one in (("appoints", action.appoints), ("releases", action.releases), ("engages", action.engages)):
        if one:
            yield from known("role", one, book.roles, (*at, key))
    for i, role in enumerate(action.vacates):
        yield from known("role", role, book.roles, (*at, "vacates", i))
    if action.engages and (left := sorted(set(book.within(action.engages)) - set(action.vacates))):
        yield (
            (*at, "engages"),
            Text(
                zh=f"换了单位，原单位的人须退出：{'、'.join(left)}",
                en=f"another organisation’s people must leave: {', '.join(left)}",
            ),
            Text(zh=f"写 vacates: [{', '.join(left)}]", en=f"write vacates: [{', '.join(left)}]"),
        )
    for i, state in enumerate(action.since):
        yield from known("state", state, book.states, (*at, "from", i))
    if action.to:
        yield from known("state", action.to, book.states, (*at, "to"))
    if action.opens and (action.since or not action.to):
        yield at, Text(zh="立案的步骤须有 to 而无 from", en="an action that opens has to and no from"), None
    if not action.opens and not action.since:
        yield (
            at,
            Text(zh="没有写明可在哪些状态办理", en="from which states is missing"),
            Text(zh="写 from: […]", en="write from: […]"),
        )
    for i, other in enumerate(action.apart.others if action.apart else ()):
        yield from known("action", other, book.actions, (*at, "apart", "from", i))
    if action.signed and (action.opens or any(book.roles[r].side == "system" for r in action.by if r in book.roles)):
        text = Text(
            zh="立案的步骤和系统办理的步骤不能要求签署",
            en="an action that opens a case, or that the system does, can't be signed",
        )
        yield (*at, "signed"), text, Text(zh="去掉 signed", en="remove signed")
    for key, asked in (("asks", action.asks), ("may_ask", action.may_ask)):
        for i, fact in enumerate(asked):
            yield from known("fact", fact, book.facts, (*at, key, i))
    for i, step in enumerate(action.steps):
        for j, fact in enumerate(step.asks):
            yield from known("fact", fact, (*action.asks, *action.may_ask), (*at, "steps", i, "asks", j))
    if action.adds:
        records = [n for n, f in book.facts.items() if f.type == "records"]
        yield from known("fact", action.adds, records, (*at, "adds"))
    if action.extends:
        yield from known("deadline", action.extends, book.deadlines, (*at, "extends"))
    for line_no, line in enumerate(action.money):
        for account in (line.debit, line.credit):
            yield from known("account", account, book.accounts, (*at, "money", line_no))
        if line.debit == line.credit:
            yield (*at, "money", line_no), Text(zh="借贷为同一账户", en="debit and credit are one account"), None
        yield from _typed(expressions, line.amount, {"INT"}, (*at, "money", line_no, "amount"))
    for i, guard in enumerate(action.when):
        yield from _typed(expressions, guard.that, {"BOOL"}, (*at, "when", i, "that"))
        if guard.when:
            yield from _typed(expressions, guard.when, {"BOOL"}, (*at, "when", i, "when"))
        yield from _guard_words(book, guard, known, (*at, "when", i))
        for other in guard.remedied_by:
            yield from known("action", other, book.actions, (*at, "when", i, "remedied_by"))
    for fact, source in action.suggests.items():
        yield from known("fact", fact, (*action.asks, *action.may_ask), (*at, "suggests", fact))
        if fact in book.facts:
            yield from _typed(expressions, source, _CEL_OF[book.facts[fact].type], (*at, "suggests", fact))
    if action.when_read:
        yield from known("action", action.when_read, book.actions, (*at, "when_read"))
    for fact, source in action.sets.items():
        if fact not in book.facts:
            yield from known("fact", fact, book.facts, (*at, "sets", fact))
        else:
            yield from _typed(expressions, source, _CEL_OF[book.facts[fact].type], (*at, "sets", fact))
    if action.mirrored_by:
        yield from known("action", action.mirrored_by, book.actions, (*at, "mirrored_by"))
        if not action.links or not (mirror := book.actions.get(action.mirrored_by)) or not mirror.links:
            yield (
                (*at, "mirrored_by"),
                Text(zh="互相记录的两个步骤都须有 links", en="both actions that mirror each other need links"),
                None,
            )
    if action.opens_case:
        for fact in action.opens_case.carries:
            yield from known("fact", fact, book.facts, (*at, "opens_case", "carries"))
        for fact, role in action.opens_case.remembers.items():
            people = [n for n, f in book.facts.items() if f.type == "people"]
            yield from known("fact", fact, people, (*at, "opens_case", "remembers", fact))
            yield from known("role", role, book.roles, (*at, "opens_case", "remembers", fact))
        for role in (action.opens_case.parties or {}).values():
            yield from known("role", role, book.roles, (*at, "opens_case", "parties"))
        if (taken := action.opens_case.takes_over) is not None and action.opens_case.rulebook in (None, book.id):
            yield from known("state", taken.state, book.states, (*at, "opens_case", "takes_over", "state"))
            lists = [n for n, f in book.facts.items() if f.type == "records"]
            for fact in taken.records:
                yield from known("fact", fact, lists, (*at, "opens_case", "takes_over", "records"))
    if action.supersedes:
        yield from known("state", action.supersedes.state, book.states, (*at, "supersedes", "state"))
        own = [n for n, a in book.actions.items() if action.supersedes.state in a.since]
        yield from known("action", action.supersedes.by, own, (*at, "supersedes", "by"))
    yield from _record_faults(book, action, expressions, known, at)
    yield from _notice_faults(book, action, known, at)
    yield from _register_faults(book, name, action, expressions, known)


def _notice_faults(book: Rulebook, action: Action, known: Any, at: Path_) -> Iterator[Fault]:
    """Every {place} of a notice's words is something the case knows."""
    if action.notice is None:
        return
    for key, text in (
        ("title", action.notice.title),
        ("body", action.notice.body),
        ("remedies", action.notice.remedies),
    ):
        for place in sorted(places(text)) if text else ():
            names = known_places(book, action.adds or action.completes)
            yield from known("place", place, names, (*at, "notice", key))


def _guard_words(book: Rulebook, guard: Guard, known: Any, at: Path_) -> Iterator[Fault]:
    """A guard's words name what the case knows; where they do, it says itself as it should be in words of its own."""
    for key, text in (("else", guard.otherwise), ("remedy", guard.remedy)):
        for place in sorted(places(text)) if text else ():
            yield from known("fact", place, standing_places(book), (*at, key))
    if guard.rule is None and places(guard.otherwise):
        yield (
            (*at, "else"),
            Text(zh="else 中有{…}的，须另写 rule", en="an else with {places} needs a rule beside it"),
            None,
        )


def _record_faults(book: Rulebook, action: Action, expressions: Expressions, known: Any, at: Path_) -> Iterator[Fault]:
    """What an action adds to or completes is a list, with fields left for it; what it computes is one of them."""
    if action.completes:
        records = [n for n, f in book.facts.items() if f.type == "records" and any(x.later for x in f.of.values())]
        yield from known("fact", action.completes, records, (*at, "completes"))
        if action.adds:
            yield at, Text(zh="adds 与 completes 不能并用", en="adds and completes exclude each other"), None
    fields = book.facts[n].of if (n := action.adds or action.completes or "") in book.facts else {}
    for name, source in action.fills.items():
        yield from known("fact", name, fields, (*at, "fills", name))
        if name in fields:
            yield from _typed(expressions, source, _CEL_OF[fields[name].type], (*at, "fills", name))


def _register_faults(
    book: Rulebook, name: str, action: Action, expressions: Expressions, known: Any
) -> Iterator[Fault]:
    """What an action reads from the register, draws, and writes there."""
    at: Path_ = ("actions", name)
    told = {n for n, f in book.facts.items() if f.told}
    for i, fact in enumerate(action.reads):
        yield from known("fact", fact, told, (*at, "reads", i))
    for fact in action.draws:
        whole = [n for n, f in book.facts.items() if f.type == "integer"]
        yield from known("fact", fact, whole, (*at, "draws", fact))
    for fact in sorted({*action.asks, *action.may_ask} & (told | set(action.draws))):
        yield (
            at,
            Text(zh=f"“{fact}”由登记簿给出，不能再填写", en=f"“{fact}” comes from the register: nobody enters it"),
            Text(zh="放进 reads", en="put it under reads"),
        )
    for i, reached in enumerate(action.reaches):
        texts = [n for n in (*action.asks, *action.may_ask) if n in book.facts and book.facts[n].type == "text"]
        yield from known("fact", reached.of, texts, (*at, "reaches", i))
    if action.scheduled:
        texts = [n for n, f in book.facts.items() if f.type == "text"]
        yield from known("fact", action.scheduled.gives, texts, (*at, "scheduled", "gives"))
        if isinstance(action.scheduled.at_least, str):
            periods = [n for n, p in book.parameters.items() if p.type == "period"]
            yield from known("parameter", action.scheduled.at_least, periods, (*at, "scheduled", "at_least"))
        if action.scheduled.ends:
            timed = [
                n
                for n, a in book.actions.items()
                if any(book.roles[r].side == "system" for r in a.by if r in book.roles)
            ]
            yield from known("action", action.scheduled.ends, timed, (*at, "scheduled", "ends"))
    for i, change in enumerate(action.registers):
        yield from _change_faults(book, change, (*at, "registers", i), expressions, known)


def _change_faults(
    book: Rulebook, change: Registers, at: Path_, expressions: Expressions, known: Any
) -> Iterator[Fault]:
    """A change of the register writes exactly the values its effect has, each of the right type."""
    needed, optional = EFFECT_VALUES[change.effect]
    for role in (change.holder, change.audited_by):
        if role is not None:
            yield from known("role", role, book.roles, at)
    if change.effect in ("issue", "transfer") and change.holder is None:
        text = Text(
            zh=f"{change.effect} 须写明 for：证书属于哪一方", en=f"{change.effect} needs for: whose certificate it is"
        )
        yield at, text, None
    for value in sorted(set(needed) - set(change.values)):
        yield at, Text(zh=f"{change.effect} 缺少“{value}”", en=f"{change.effect} lacks “{value}”"), None
    for value, source in change.values.items():
        kind = needed.get(value) or optional.get(value)
        if kind is None:
            text = Text(zh=f"{change.effect} 不收“{value}”", en=f"{change.effect} has no “{value}”")
            yield (*at, "with", value), text, meant(value, [*needed, *optional])
        else:
            yield from _typed(expressions, source, _CEL_OF[kind], (*at, "with", value))
    if change.when:
        yield from _typed(expressions, change.when, {"BOOL"}, (*at, "when"))


_CEL_OF: Mapping[str, set[str]] = {
    "text": {"STRING"}, "long_text": {"STRING"}, "choice": {"STRING"}, "date": {"TIMESTAMP"}, "instant": {"TIMESTAMP"},
    "bool": {"BOOL"}, "integer": {"INT"}, "money": {"INT"}, "person": {"MAP"}, "organisation": {"MAP"}, "people": {"LIST"}, "files": {"LIST"},
    "records": set(),
}  # fmt: skip


def _field_faults(book: Rulebook, known: Any) -> Iterator[Fault]:
    """Field work names a role that is held within a party, and facts of the kinds it needs."""
    if (work := book.field_work) is not None:
        inside = [n for n, r in book.roles.items() if r.within not in (None, n)]
        yield from known("role", work.by, inside, ("field_work", "by"))
        theirs = [n for n, a in book.actions.items() if work.by in a.by]
        yield from known("action", work.done, theirs, ("field_work", "done"))
        texts = ("text", "long_text")
        for member, kinds in (
            ("address", texts), ("position", ("text",)), ("area", texts), ("skill", ("choice",)), ("agreed", ("instant",)), ("first", ("bool",)),
        ):  # fmt: skip
            if name := getattr(work, member):
                of_kind = [n for n, f in book.facts.items() if f.type in kinds]
                yield from known("fact", name, of_kind, ("field_work", member))
        for name in work.shows:
            yield from known("fact", name, book.facts, ("field_work", "shows"))
    for name, fact in book.facts.items():
        if fact.consent:
            yes_or_no = [n for n, f in book.facts.items() if f.type == "bool"]
            yield from known("fact", fact.consent, yes_or_no, ("facts", name, "consent"))


def _typed(expressions: Expressions, source: str, wanted: set[str], path: Path_) -> Iterator[Fault]:
    try:
        got = expressions.result_type(source)
    except ExpressionError as error:
        word = str(error).split("'")[1] if "undeclared reference" in str(error) else ""
        yield path, Text(zh=f"表达式第{error.column}列：{error}", en=f"expression, column {error.column}: {error}"), (
            meant(word, expressions.names) if word else None)  # fmt: skip
        return
    if got not in wanted:
        need = "/".join(sorted(wanted)) or "—"
        yield path, Text(zh=f"表达式的结果是{got}，应为{need}", en=f"the expression gives {got}, not {need}"), None


def _deadline_faults(
    book: Rulebook, name: str, spec: Deadline, expressions: Expressions, known: Any
) -> Iterator[Fault]:
    at: Path_ = ("deadlines", name)
    if sum(p is not None for p in (spec.within, spec.at_least, spec.not_before)) != 1:
        yield (
            at,
            Text(
                zh="须在 within、at_least、not_before 中恰选其一", en="give exactly one of within, at_least, not_before"
            ),
            None,
        )
        return
    if (spec.at_least is not None) != (spec.before is not None) or bool(spec.after) == bool(spec.before):
        yield (
            at,
            Text(
                zh="within、not_before 配 after，at_least 配 before",
                en="within and not_before go with after, at_least with before",
            ),
            None,
        )
        return
    for period in (spec.within, spec.at_least, spec.not_before):
        if isinstance(period, str):
            yield from known("parameter", period, [n for n, p in book.parameters.items() if p.type == "period"], at)
    anchor = spec.after or spec.before or ""
    times = [n for n, f in book.facts.items() if f.type in ("date", "instant")]
    yield from known("fact" if "." in anchor else "action", anchor, [*book.actions, *times], at)
    if spec.owner:
        yield from known("role", spec.owner, book.roles, (*at, "owner"))
    if spec.each and spec.after not in book.actions:
        yield at, Text(zh="each 只用于从步骤起算的期限", en="each goes with a deadline that runs from an action"), None
    for i, alert in enumerate(spec.alerts):
        yield from _alert_faults(book, spec, alert, (*at, "alerts", i), known)
    for action in (*spec.met_by, *spec.limits, *((spec.when_missed,) if spec.when_missed else ())):
        yield from known("action", action, book.actions, at)
    if spec.when:
        yield from _typed(expressions, spec.when, {"BOOL"}, (*at, "when"))


def _alert_faults(book: Rulebook, spec: Deadline, alert: Alert, at: Path_, known: Any) -> Iterator[Fault]:
    """An alert is the system's, before or after the end of a deadline that somebody must meet."""
    yield from known("action", alert.does, book.actions, (*at, "does"))
    if (alert.before is None) == (alert.after is None):
        yield at, Text(zh="须在 before、after 中恰选其一", en="give exactly one of before and after"), None
    if spec.within is None or not spec.met_by:
        yield (
            at,
            Text(zh="alerts 只用于须按时办理的期限（within、met_by）", en="alerts go with within and met_by"),
            None,
        )
    for period in (alert.before, alert.after):
        if isinstance(period, str):
            yield from known("parameter", period, [n for n, p in book.parameters.items() if p.type == "period"], at)
    action = book.actions.get(alert.does)
    if action and not any(r in book.roles and book.roles[r].side == "system" for r in action.by):
        yield (*at, "does"), Text(zh="须由系统办理的步骤", en="an action done by the system is needed"), None


__all__ = ["MAX_BYTES", "Fault", "Mistake", "RulebookError", "clauses_quoted", "load", "loads", "parse", "read_model"]
