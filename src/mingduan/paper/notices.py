"""A notice as a formal document: what stands on it, drawn from the case as it was then, and its PDF made once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass

from mingduan.cases import catalogue, files
from mingduan.cases.act import events_of, notice_words
from mingduan.cases.models import Case, EventRow, Notice
from mingduan.cases.personal import addressed
from mingduan.cases.queries import may_see
from mingduan.people.models import Office
from mingduan.procedure import case as pure
from mingduan.procedure.case import Event, fold
from mingduan.procedure.deadlines import due
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Action, Rulebook
from mingduan.procedure.words import capital, day, moment, shown, yuan

from .models import Printed
from .typeset import TEMPLATES, typeset

PDF = "application/pdf"
_SCALAR = ("text", "date", "instant", "bool", "integer", "money", "choice")
_OFFICIAL = ("body", "panel", "authority")
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Money:
    """The ledger lines of one event, each amount in figures and in capitals, and what stood on each account after it."""

    lines: tuple[tuple[str, str, str, str], ...]
    balances: tuple[Pair, ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a notice's template sets, as words ready to print."""

    lang: str
    letterhead: str
    issuer: str
    number: str
    case_number: str
    case_title: str
    procedure: str
    title: str
    to: str
    paragraphs: tuple[str, ...]
    date: str
    basis: str
    parties: tuple[Pair, ...] = ()
    background: tuple[Pair, ...] = ()
    brought: tuple[Pair, ...] = ()
    decided: tuple[Pair, ...] = ()
    members: tuple[Pair, ...] = ()
    deadlines: tuple[tuple[str, str, str], ...] = ()
    remedies: tuple[str, ...] = ()
    money: Money | None = None
    legal_basis: str = ""


class Destroyed(Exception):
    """The file is disposed of: there is nothing left to print."""


def printed(notice: Notice, lang: str = "zh") -> Printed:
    """The notice's PDF, made now if it was not yet. Raises Destroyed once the case's file is."""
    found = Printed.objects.filter(notice=notice, lang=lang).first()
    if found is not None:
        return found
    if notice.case.destroyed_at is not None:
        raise Destroyed(notice.case.number)
    data = letter(notice, lang)
    engine = catalogue.kept(notice.case.digest)
    spec = engine.rulebook.actions[notice.case.events.get(seq=notice.seq).action]
    name = spec.notice.template if spec.notice else "notice"
    masked = addressed(notice.case, notice.role, events_of(notice.case))
    content = typeset(name if name in designs() else "notice", masked(asdict(data)), notice.at)
    kept = files.keep(f"{data.number}.pdf", content, PDF)
    made, _ = Printed.objects.get_or_create(
        notice=notice, lang=lang, defaults={"sha256": kept.sha256, "size": kept.size}
    )
    return made


def said(notice: Notice, events: Sequence[Event], lang: str) -> tuple[str, str, str]:
    """Title, text and remedies as a page shows them: in Chinese as told then, in English from the same rulebook and facts."""
    case = notice.case
    if lang == "zh" or case.destroyed_at is not None:
        return notice.title, notice.body, notice.remedies
    told = events[: notice.seq]
    masked = addressed(case, notice.role, told[-1:])
    title, body, remedies = notice_words(catalogue.kept(case.digest), case, told[-1], fold(told), lang)
    return masked.text(title), masked.text(body), masked.text(remedies)


def titled(notices: Collection[Notice], lang: str) -> dict[int, str]:
    """What a list of notices calls each of them, by its key; one whose title says more than its step, as it was told."""
    of = {n.pk: n.title for n in notices}
    if lang == "zh":
        return of
    told = EventRow.objects.filter(case__in={n.case_id for n in notices}, seq__in={n.seq for n in notices})
    actions = {(case, seq): name for case, seq, name in told.values_list("case_id", "seq", "action")}
    for notice in notices:
        book = catalogue.kept(notice.case.digest).rulebook
        if spec := book.actions.get(actions.get((notice.case_id, notice.seq)) or ""):
            title = (spec.notice.title if spec.notice else None) or spec.text
            of[notice.pk] = notice.title if "{" in title.zh else title.in_(lang)
    return of


def designs() -> frozenset[str]:
    """The designs a rulebook's notice may name; those with an underscore are our own."""
    return frozenset(f.stem for f in TEMPLATES.glob("[!_]*.typ"))


def letter(notice: Notice, lang: str = "zh") -> Letter:
    """What the notice says, with the case as it stood right after the event that told it."""
    case, seq = notice.case, notice.seq
    engine = catalogue.kept(case.digest)
    book = engine.rulebook
    events = events_of(case)[:seq]
    event, state = events[-1], fold(events)
    spec = book.actions[event.action]
    inside = book.roles[notice.role].side in _OFFICIAL
    title, paragraphs, remedies = _words(notice, engine, spec, event, state, lang)
    office = _office(book, event)
    organisation = organisation_of(book, office)
    issuer = book.roles[office].text.in_(lang)
    opening = book.actions[events[0].action]
    facts = event.facts
    decided = tuple(
        (book.facts[n].text.in_(lang), shown(book.facts[n], facts[n], lang))
        for n in spec.asks
        if n in facts and book.facts[n].type == "choice"
    )
    return Letter(
        lang=lang,
        letterhead=f"{organisation}{'' if lang == 'zh' else ' '}{issuer}" if organisation else issuer,
        issuer=issuer,
        number=f"{case.number}-{seq:02}",
        case_number=case.number,
        case_title=case.title,
        procedure=book.title.in_(lang),
        title=title,
        to=_addressee(notice, book, state, lang),
        paragraphs=paragraphs,
        date=day(event.at, lang),
        basis=" ".join(filter(None, (book.source.document, spec.clause))),
        parties=parties_of(case, book, lang),
        background=_facts(book, state, [*opening.asks, *opening.may_ask], lang, inside, (*_SCALAR, "long_text")),
        brought=_facts(book, state, [*_kin(state, facts), *facts], lang, inside),
        decided=decided,
        members=tuple(_members(event, state, book)) if event.appointed or decided else (),
        deadlines=tuple(_deadlines(engine, state, event, notice.role, lang)),
        remedies=remedies,
        money=_money(book, event, state, lang),
        legal_basis=event.legal_basis,
    )


def organisation_of(book: Rulebook, role: str) -> str:
    """The organisation whose office this role of the body is, as its officers' accounts tell; '' when none is held."""
    office = (
        Office.objects.filter(body=book.id.split("/")[0], role=role, user__organisation__kind="body")
        .select_related("user__organisation")
        .order_by("id")
        .first()
    )
    return str(office.user.organisation) if office else ""


def _words(
    notice: Notice, engine: Engine, spec: Action, event: Event, state: pure.Case, lang: str
) -> tuple[str, tuple[str, ...], tuple[str, ...]]:
    """Title, paragraphs and ways to turn: in Chinese as told then, in English from the same rulebook and facts."""
    if lang == "zh":
        title, body, remedies = notice.title, notice.body, notice.remedies
    else:
        title, body, remedies = notice_words(engine, notice.case, event, state, lang)
    paragraphs = tuple(filter(None, (line.strip() for line in body.splitlines())))
    if event.extended and spec.notice is None:
        until = day(event.extended[1].isoformat(), lang)
        paragraphs += (f"延长至{until}。" if lang == "zh" else f"Extended until {until}.",)
    if event.why and (why := event.why.in_(lang)) not in body:
        paragraphs += (f"理由：{why}" if lang == "zh" else f"Reason: {why}",)
    return title, paragraphs, (remedies,) if remedies else _next(engine.rulebook, spec, lang)


def _next(book: Rulebook, spec: Action, lang: str) -> tuple[str, ...]:
    """Where one may turn after a ruling whose notice does not say so itself."""
    rules = spec.notice is not None and spec.notice.template == "ruling"
    return tuple(t.in_(lang) for t in book.next_instance) if rules else ()


def _office(book: Rulebook, event: Event) -> str:
    """Whose letter it is: the office that acted, or, when a party or the clock did, the office that receives."""
    acted = book.roles.get(event.role)
    if acted is not None and acted.side in _OFFICIAL:
        return event.role
    return next((n for n, r in book.roles.items() if r.side == "body"), event.role)


def _addressee(notice: Notice, book: Rulebook, state: pure.Case, lang: str) -> str:
    role = book.roles[notice.role].text.in_(lang)
    names = [p.name for p in notice.case.parties.all() if p.role == notice.role]
    names = names or [p["name"] for p in state.assigned.get(notice.role, ())]
    if not names:
        return role
    return f"{'、'.join(names)}（{role}）" if lang == "zh" else f"{', '.join(names)} ({role})"


def _kin(state: pure.Case, facts: Iterable[str]) -> list[str]:
    """The names of what the case knows of the same thing as the act brought: the meeting's time beside its minutes."""
    stems = {name.split(".")[0] for name in facts if "." in name}
    return [name for name in state.facts if name.split(".")[0] in stems and "." in name]


def _facts(
    book: Rulebook, state: pure.Case, names: Iterable[str], lang: str, inside: bool, kinds: tuple[str, ...] = _SCALAR
) -> tuple[Pair, ...]:
    """Name and value of the facts of these kinds among `names` that the addressee may see, each once."""
    return tuple(
        (book.facts[n].text.in_(lang), said)
        for n in dict.fromkeys(names)
        if n in book.facts and book.facts[n].type in kinds and may_see(book, n, inside)
        and (said := shown(book.facts[n], state.facts.get(n), lang))
    )  # fmt: skip


def _members(event: Event, state: pure.Case, book: Rulebook) -> Iterator[Pair]:
    """Those appointed now, or, where something is decided, everybody appointed."""
    people = event.appointed[1] if event.appointed else [
        p for role, assigned in state.assigned.items() if book.roles[role].side == "panel" for p in assigned
    ]  # fmt: skip
    for person in people:
        yield person["name"], person.get("employer") or ""


def _deadlines(engine: Engine, state: pure.Case, event: Event, role: str, lang: str) -> Iterator[tuple[str, str, str]]:
    """What the addressee, being a party, may or must do by when: what, last instant, clause; earliest first."""
    book = engine.rulebook
    if book.roles[role].side not in ("filer", "opponent"):
        return
    reachable, owed = book.reachable[state.state], {d.deadline: d for d in engine.duties(state, event.at)}
    rows = []
    for name, spec in book.deadlines.items():
        acts = set(spec.met_by if spec.owner == role else ()) | {a for a in spec.limits if role in book.actions[a].by}
        if spec.not_before is not None or not acts & reachable or (spec.owner and name not in owed):
            continue
        if any(a in state.taken for a in spec.met_by) or (found := due(book, state, name, engine.calendar)) is None:
            continue
        if not found[0].missed_at(event.at):
            rows.append((found[0].instant, spec.text.in_(lang), spec.clause or ""))
    for instant, what, clause in sorted(rows):
        yield what, moment(instant, lang), clause


def _money(book: Rulebook, event: Event, state: pure.Case, lang: str) -> Money | None:
    if not event.money:
        return None
    return Money(
        lines=tuple(
            (
                book.accounts[m.debit].text.in_(lang),
                book.accounts[m.credit].text.in_(lang),
                capital(m.amount),
                yuan(m.amount),
            )
            for m in event.money
        ),
        balances=tuple(
            (account.text.in_(lang), yuan(raw if account.kind in ("asset", "expense") else -raw))
            for name, account in book.accounts.items()
            if (raw := state.balances.get(name, 0)) and account.kind != "income"
        ),
    )


def parties_of(case: Case, book: Rulebook, lang: str = "zh") -> tuple[Pair, ...]:
    """Each side's role and name."""
    return tuple((book.roles[p.role].text.in_(lang), p.name) for p in case.parties.all())
