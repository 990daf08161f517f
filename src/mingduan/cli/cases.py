"""Cases on the command line: listed, shown, acted in, taken out in an open format."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .base import Json, emit, err, group, misuse, out, progress, read_json, start_django
from .rulebooks import STATUS, reasons, tell_refusal

if TYPE_CHECKING:
    from mingduan.cases.files import FileRefusal
    from mingduan.cases.models import Case
    from mingduan.people.models import User
    from mingduan.procedure.engine import Engine

case_app = group("case", "案件 / cases")
Number = Annotated[str, typer.Argument(help="案件编号 / the case's number")]


@case_app.command("list")
def case_list(
    state: Annotated[str, typer.Option(help="状态的名称 / a state's name")] = "",
    rulebook: Annotated[str, typer.Option(help="规则书，如 cace/appeal")] = "",
    as_json: Json = False,
) -> None:
    """全部案件，新的在前 / all cases, newest first."""
    start_django()
    from rich.table import Table

    from mingduan.cases import catalogue
    from mingduan.cases.models import Case

    asked = {name: value for name, value in (("state", state), ("rulebook", rulebook)) if value}
    cases = Case.objects.filter(**asked).order_by("-opened_at", "-id")
    if as_json:
        emit([
            {"number": c.number, "rulebook": c.rulebook, "state": c.state, "title": c.title, "opened_at": c.opened_at.isoformat()}
            for c in cases
        ])  # fmt: skip
        return
    table = Table("编号", "程序", "状态", "案件", "立案")
    for c in cases:
        book = catalogue.kept(c.digest).rulebook
        table.add_row(c.number, book.title.zh, book.states[c.state].zh, c.title, f"{c.opened_at:%Y-%m-%d}")
    out.print(table)


@case_app.command("show")
def case_show(number: Number, as_json: Json = False) -> None:
    """一个案件：记录、期限、账目 / one case: its events, duties and ledger."""
    start_django()
    from rich.table import Table

    from mingduan.cases import catalogue
    from mingduan.procedure import words

    found = _case(number)
    if as_json:
        emit(_as_json(found))
        return
    book = catalogue.kept(found.digest).rulebook
    out.print(f"{found.number} {found.title}：{book.states[found.state].zh}", markup=False)
    events = Table("记录", "时间", "步骤", "经办")
    for row in found.events.all():
        action = book.actions.get(row.stored.get("action", ""))
        at, who = row.stored.get("at", ""), row.body.get("actor_name", "")
        events.add_row(str(row.seq), words.moment(at) if at else "", action.zh if action else "—", who)
    out.print(events)
    duties = Table("期限", "责任人", "最迟", "情况", "条款")
    for d in found.duties.order_by("due"):
        due = words.moment(d.due) + ("（暂定）" if d.provisional else "")
        duties.add_row(book.deadlines[d.deadline].zh, book.roles[d.owner].zh, due, STATUS[d.status], d.clause)
    out.print(duties)
    for line in found.ledger.all():
        debit, credit = book.accounts[line.debit].zh, book.accounts[line.credit].zh
        out.print(f"#{line.seq} 借 {debit} 贷 {credit} {words.yuan(line.amount)}")


@case_app.command("act")
def case_act(
    number: Number,
    action: Annotated[str, typer.Argument(help="步骤的名称，如 accept / the action's name")],
    as_: Annotated[str, typer.Option("--as", help="以哪个账号办理 / the account that acts")],
    fact: Annotated[list[str] | None, typer.Option(help="名称=值，写法与网页表单相同；文件写路径 / name=value, as on the form")] = None,
    facts: Annotated[Path | None, typer.Option(help="JSON 文件，写法与接口相同 / a JSON file, as the API has it")] = None,
    reason: Annotated[str, typer.Option(help="理由 / the reason")] = "",
    legal_basis: Annotated[str, typer.Option(help="依法变通的法律依据 / for an override")] = "",
    code: Annotated[str, typer.Option(help="须签署的步骤：该账号的动态码或恢复码 / for an act that is signed")] = "",
    seen: Annotated[int | None, typer.Option(help="所见记录条数，其后有变则拒绝 / refuse if the case has moved on")] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """以某账号的身份办理一步；被拒时给出条款，退出码 1 / do a step as an account; a refusal exits with 1."""
    start_django()

    from mingduan.cases import catalogue
    from mingduan.cases.access import access
    from mingduan.cases.act import Done, act
    from mingduan.cases.signing import done_signed
    from mingduan.config import clock
    from mingduan.people.models import User
    from mingduan.procedure.case import Refusal, Signature

    found, now = _case(number), clock.now()
    user: User | None = User.objects.filter(username=as_, is_active=True).first()
    if user is None:
        raise misuse(f"没有账号“{as_}” / no account {as_}")
    got = access(user, found, now)
    if not got.reads:
        raise misuse(f"{as_} 无权查看 {number} / may not see this case")
    engine = catalogue.kept(found.digest)
    if action not in engine.rulebook.actions:
        known = "、".join(n for n, a in engine.rulebook.actions.items() if got.actor.roles & set(a.by))
        raise misuse(f"没有“{action}”这一步骤；{as_} 可办：{known} / no such action")
    given = read_json(facts) if facts else {}
    if not isinstance(given, dict):
        raise misuse(f"{facts} 应是一个对象：名称 → 值 / must hold an object")
    try:
        told = {**given, **_typed(engine, action, fact or ())}
    except _NotTaken as error:
        err.print(str(error), markup=False, style="red", soft_wrap=True)
        if as_json:
            emit({"refused": True, "action": action, "reasons": [error.reason()]})
        raise typer.Exit(1) from None

    def doing(signature: Signature | None) -> Done | Refusal:
        return act(
            number=number, action=action, actor=got.actor, at=now, facts=told, reason=reason, legal_basis=legal_basis,
            seen=seen, signature=signature,
        )  # fmt: skip

    done = done_signed(doing, user, code, now)
    if isinstance(done, Refusal):
        if as_json:
            emit({"refused": True, "action": action, "reasons": reasons(done)})
        else:
            tell_refusal(done)
        raise typer.Exit(1)
    if as_json:
        emit(_as_json(_case(number)))
    else:
        out.print(f"{number} #{done.seq} {engine.rulebook.actions[action].zh}：已办理 / done", style="green")


@case_app.command("export")
def case_export(
    number: Annotated[list[str], typer.Argument(help="案件编号；全部案件用 ALL / case numbers, or ALL")],
    to: Annotated[Path, typer.Option("--to", help="放在哪个文件夹 / into which folder")] = Path(),
    as_json: Json = False,
) -> None:
    """导出案件：events.jsonl（每行一条记录及其散列）和 case.json / export cases as JSON Lines and JSON."""
    start_django()
    from mingduan.cases.models import Case
    from mingduan.cases.sealing import MEMBER

    cases = list(Case.objects.order_by("id")) if number == ["ALL"] else [_case(n) for n in number]
    made = []
    with progress("导出 / export", len(cases)) as step:
        for found in cases:
            folder = to / found.number
            folder.mkdir(parents=True, exist_ok=True)
            told = _as_json(found)
            told.pop("events")
            (folder / "case.json").write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
            with (folder / "events.jsonl").open("w", encoding="utf-8") as lines:
                for row in found.events.all():
                    line = {"seq": row.seq, "before": row.before, "hash": row.hash, "event": row.stored}
                    if MEMBER in row.stored:
                        line["told"] = row.body
                    lines.write(json.dumps(line, ensure_ascii=False) + "\n")
            made.append(str(folder))
            step()
    emit(made) if as_json else out.print(f"{len(made)} 个案件 → {to.resolve()}", markup=False)


def _case(number: str) -> Case:
    from mingduan.cases.models import Case

    found = Case.objects.prefetch_related("parties").filter(number=number).first()
    if found is None:
        raise misuse(f"没有编号为 {number} 的案件 / no case {number}")
    return found


def _as_json(found: Case) -> dict[str, Any]:
    return {
        "number": found.number, "rulebook": found.rulebook, "digest": found.digest, "state": found.state, "title": found.title,
        "opened_at": found.opened_at.isoformat(), "length": found.length, "head": found.head, "facts": found.facts, "balances": found.balances,
        "parties": [{"role": p.role, "name": p.name} for p in found.parties.all()],
        "events": [e.body for e in found.events.all()],
        "duties": [
            {"deadline": d.deadline, "owner": d.owner, "due": d.due.isoformat(), "status": d.status, "provisional": d.provisional, "clause": d.clause}
            for d in found.duties.order_by("due")
        ],
        "ledger": [{"seq": x.seq, "debit": x.debit, "credit": x.credit, "amount": x.amount} for x in found.ledger.all()],
    }  # fmt: skip


def _typed(engine: Engine, action: str, given: Iterable[str]) -> dict[str, Any]:
    """Facts written as on a form; files are taken from their paths, people named by their account's number."""
    from mingduan.web.forms import Field
    from mingduan.web.forms import facts as read

    inputs = {i.name: i for i in engine.inputs(action)}
    lists: dict[str, list[Any]] = {}
    found: dict[str, Any] = {}
    for one in given:
        name, equals, value = one.partition("=")
        if not equals or name not in inputs:
            raise misuse(f"“{one}”应写作 名称=值；此步骤收：{'、'.join(inputs) or '无'} / write name=value")
        kind = inputs[name].fact.type
        if kind == "files":
            lists.setdefault(name, []).append(_file(Path(value)))
        elif kind == "people":
            lists.setdefault(name, []).append(value)
        elif kind == "person":
            found[name] = value
        else:
            found |= read([Field(inputs[name], value=value)])
    return found | lists


class _NotTaken(Exception):
    """A file whose content is refused."""

    def __init__(self, path: Path, why: FileRefusal) -> None:
        self.why = why
        super().__init__(f"{path}：{why.text.zh} → {why.remedy.zh} / {why.text.en}")

    def reason(self) -> dict[str, Any]:
        """It as one of the reasons of a refusal."""
        return {
            "clause": None,
            "zh": self.why.text.zh,
            "en": self.why.text.en,
            "input": None,
            "remedy": self.why.remedy.zh,
        }


def _file(path: Path) -> dict[str, str | int]:
    from mingduan.cases.files import FileRefusal, receive
    from mingduan.config import clock

    try:
        kept = receive(path.name, path.read_bytes(), clock.now())
    except OSError as error:
        raise misuse(f"读不到 {path}：{error} / can't read it") from None
    if isinstance(kept, FileRefusal):
        raise _NotTaken(path, kept)
    return kept.as_fact()
