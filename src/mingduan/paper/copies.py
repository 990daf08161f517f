"""The copy of everything that is held of a person in their cases (PIPL 45): for programs, for reading, with their papers.

What counts as theirs: the case's facts and records that they may read, all that is marked as personal, what was said to them and
by them, their papers, who saw it and for what, to whom it is shown by rule, and until when it is kept. Of whoever saw it the
office and organisation are told, not the name: colleagues are people as well (PIPL 45 is about one's own data).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

from mingduan.cases import catalogue, files
from mingduan.cases.act import events_of, state_of
from mingduan.cases.models import Case, HeldFile, Party
from mingduan.cases.personal import persons
from mingduan.cases.queries import may_see
from mingduan.cases.retention import keeping
from mingduan.people.models import User
from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import RECORD_MEMBERS, Event
from mingduan.procedure.masking import mask
from mingduan.procedure.rulebook import Fact, Rulebook
from mingduan.procedure.words import moment, shown

from .bag import fit
from .models import Delivery
from .notices import organisation_of
from .typeset import typeset

FORMAT = "mingduan/personal-copy/1"
_TOLD: list[tuple[str, Callable[[Case], list[dict[str, Any]]]]] = []
_OWN = "本人"


@dataclass(frozen=True, slots=True)
class Copy:
    """What the copy tells, JSON-like, and the hash of each paper that goes with it by its place in the copy."""

    at: datetime
    told: dict[str, Any]
    papers: tuple[tuple[str, str], ...]

    def write(self, to: IO[bytes]) -> None:
        """Write it as a ZIP: `copy.json`, the same for reading, the papers."""
        with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as out:
            out.writestr("copy.json", json.dumps(self.told, ensure_ascii=False, indent=1) + "\n")
            out.writestr("个人信息副本.pdf", typeset("_copy", self.told | {"printed": _printed(self.told)}, self.at))
            for path, sha256 in self.papers:
                out.writestr(path, files.content(sha256))


def tells(name: str) -> Callable[[Callable[[Case], list[dict[str, Any]]]], Callable[[Case], list[dict[str, Any]]]]:
    """Register what else is held of a person in a case, under a name in the copy."""

    def register(function: Callable[[Case], list[dict[str, Any]]]) -> Callable[[Case], list[dict[str, Any]]]:
        _TOLD.append((name, function))
        return function

    return register


def copy(parties: Sequence[Party], number: str, at: datetime) -> Copy:
    """The copy for somebody who is each of these parties; `number` is the request's."""
    condemned = set(HeldFile.objects.values_list("sha256", flat=True))
    papers: dict[str, str] = {}
    cases = []
    for party in parties:
        told, enclosed = _case(party)
        cases.append(told)
        papers |= {f"files/{party.case.number}/{h[:8]}-{fit(n)}": h for n, h in enclosed if h not in condemned and files.exists(h)}  # fmt: skip
    book = catalogue.kept(parties[0].case.digest).rulebook
    handler = next((o for r, spec in book.roles.items() if spec.side == "body" and (o := organisation_of(book, r))), "")
    told = {
        "format": FORMAT, "title": "个人信息副本", "number": number, "lang": "zh", "letterhead": handler or book.title.zh,
        "made_at": at.isoformat(), "law": "PIPL 45", "handler": handler, "cases": cases,
    }  # fmt: skip
    return Copy(at, told, tuple(sorted(papers.items())))


def _case(party: Party) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    case = party.case
    engine = catalogue.kept(case.digest)
    book, events = engine.rulebook, events_of(case)
    state = state_of(case, events)
    theirs = {n: v for n, v in state.facts.items() if n in book.facts and (may_see(book, n, False) or book.facts[n].personal)}  # fmt: skip
    kept = keeping(engine, state)
    told = {
        "number": case.number, "procedure": book.title.zh, "opened_at": case.opened_at.isoformat(), "state": book.states[case.state].zh,
        "you": {"role": book.roles[party.role].zh, "name": party.name},
        "purpose": {"zh": f"办理{book.title.zh}", "en": f"To handle: {book.title.en}", "basis": book.source.document},
        "facts": list(_facts(book, theirs, events)), "records": list(_records(book, theirs)),
        "messages": list(_messages(party)), "seen": list(_seen(case)), "shown_to": list(_shown_to(book)),
        "handed_to": sorted({p.organisation.name for p in case.parties.select_related("organisation") if p.organisation}),
        "retention": {
            "rule": kept.rule.zh if kept.rule else "", "lasts": kept.lasts.zh if kept.lasts else "",
            "clause": kept.rule.clause if kept.rule else "", "until": kept.until.isoformat() if kept.until else None,
            "ended": kept.ended,
        },
    } | {name: function(case) for name, function in _TOLD}  # fmt: skip
    return _alone(told, case, party), list(attachments(theirs))


def _alone(told: dict[str, Any], case: Case, party: Party) -> dict[str, Any]:
    """Without the names of others whose cases were joined to this one."""
    written = json.dumps(told, ensure_ascii=False)
    for other in persons(case):
        if other.name != party.name and len(other.name) > 1:
            written = written.replace(json.dumps(other.name, ensure_ascii=False)[1:-1], mask("name", other.name))
    alone: dict[str, Any] = json.loads(written)
    return alone


def _facts(book: Rulebook, facts: dict[str, Any], events: Sequence[Event]) -> Iterator[dict[str, Any]]:
    given = {name: event.at for event in events for name in event.facts}
    for name, fact in book.facts.items():
        if name in facts and fact.type != "records" and facts[name] not in (None, "", []):
            yield {
                "name": name, "zh": fact.zh, "en": fact.en, "personal": fact.personal, "value": facts[name], "shown": shown(fact, facts[name]),
                "given_at": given[name].isoformat() if name in given else None,
            }  # fmt: skip


def _records(book: Rulebook, facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, value in facts.items():
        fact = book.facts[name]
        for record in value if fact.type == "records" else ():
            yield {
                "name": name, "zh": fact.zh, "en": fact.en, "at": record["at"],
                "values": {n: v for n, v in record.items() if n not in RECORD_MEMBERS},
                "shown": "；".join(f"{f.zh}：{said}" for n, f in fact.of.items() if (said := _said(f, record.get(n)))),
            }  # fmt: skip


def _said(fact: Fact, value: Any) -> str:
    return shown(fact, value) if fact.type != "records" else ""


def _messages(party: Party) -> Iterator[dict[str, Any]]:
    sent: dict[int, list[Delivery]] = {}
    for delivery in Delivery.objects.filter(notice__case=party.case, notice__role=party.role).order_by("id"):
        sent.setdefault(delivery.notice_id, []).append(delivery)
    for notice in party.case.notices.filter(role=party.role).order_by("at", "id"):
        yield {
            "at": notice.at.isoformat(), "title": notice.title, "body": notice.body, "remedies": notice.remedies,
            "sent": [
                {"by": d.get_channel_display(), "to": d.address, "at": d.sent_at.isoformat() if d.sent_at else None,
                 "opened_at": d.read_at.isoformat() if d.read_at else None}
                for d in sent.get(notice.pk, ())
            ],
        }  # fmt: skip


def _seen(case: Case) -> Iterator[dict[str, Any]]:
    """Who opened it, when, what and what for: by office and organisation, as accounts tell them today."""
    rows = list(case.readings.order_by("at", "id"))
    who = _offices({r.reader_id for r in rows}, case)
    for row in rows:
        showed = row.name.partition("个人信息：")[2] if row.what != row.What.PERSONAL else ""
        why = row.name if row.what == row.What.PERSONAL else ""
        yield {
            "at": row.at.isoformat(), "reader": who.get(row.reader_id, "系统"), "what": row.get_what_display(), "showed": showed,
            "why": why,
        }  # fmt: skip


def _offices(ids: Iterable[str], case: Case) -> dict[str, str]:
    body, roles = case.rulebook.split("/")[0], catalogue.kept(case.digest).rulebook.roles
    own = {str(p.user_id) for p in persons(case) if p.user_id}
    found = {i: _OWN for i in ids if i in own or i.startswith("case:")}
    numbered = [int(i) for i in ids if i.isdigit() and i not in own]
    for user in User.objects.filter(pk__in=numbered).select_related("organisation").prefetch_related("offices", "mandates"):  # fmt: skip
        held = [roles[r].zh for b, r in sorted(user.posts | user.mandated) if b == body and r in roles]
        found[str(user.pk)] = " ".join(filter(None, (str(user.organisation or ""), "、".join(held)))) or "工作人员"
    return found


def _shown_to(book: Rulebook) -> Iterator[dict[str, Any]]:
    for rule in book.shows_personal:
        yield {
            "roles": [book.roles[r].zh for r in rule.to], "facts": [book.facts[f].zh for f in rule.facts] or "全部",
            "during": [book.states[s].zh for s in rule.during] or "全程", "only_with_a_reason": rule.reasoned, "clause": rule.clause,
        }  # fmt: skip


def _printed(told: dict[str, Any]) -> list[dict[str, Any]]:
    """The same for the page: rows of words."""
    return [
        {
            "number": c["number"],
            "about": [["程序", c["procedure"]], ["立案", moment(c["opened_at"])], ["现在", c["state"]], ["您", f"{c['you']['name']}（{c['you']['role']}）"], ["用途", c["purpose"]["zh"]], ["保存", _kept(c["retention"])], ["受托处理的单位", "、".join(c["handed_to"]) or "无"]],
            "facts": [[f["zh"], f["shown"]] for f in c["facts"]] + [[r["zh"], f"{moment(r['at'])} {r['shown']}"] for r in c["records"]],
            "messages": [[moment(m["at"]), f"{m['title']}：{m['body']}", "、".join(f"{s['by']} {s['to']}".strip() for s in m["sent"])] for m in c["messages"]],
            "others": [[moment(x["at"]), x["said"]] for name, _ in _TOLD for x in c[name]],
            "seen": [[moment(s["at"]), s["reader"], "：".join(filter(None, (s["what"], s["showed"] or s["why"])))] for s in c["seen"]],
            "shown_to": [["、".join(s["roles"]), s["facts"] if isinstance(s["facts"], str) else "、".join(s["facts"]), "须写明理由" if s["only_with_a_reason"] else "", s["clause"]] for s in c["shown_to"]],
        }
        for c in told["cases"]
    ]  # fmt: skip


def _kept(retention: dict[str, Any]) -> str:
    if retention["until"]:
        return f"依法保存至{moment(retention['until'])}（{retention['clause']}）"
    if retention["ended"]:
        return "没有法定保存期"
    return f"办结后{retention['lasts']}（{retention['clause']}）" if retention["rule"] else "办结前"


__all__ = ["FORMAT", "Copy", "copy", "tells"]
