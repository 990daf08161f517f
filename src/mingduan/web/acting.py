"""The form of one action in a case, and doing it: what it asks, what it is held to, and what stood against it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import catalogue, registrar
from mingduan.cases.access import Access, visible
from mingduan.cases.act import Done, act, events_of, sides_of, state_of
from mingduan.cases.meetings import propose
from mingduan.cases.models import Case
from mingduan.cases.panels import engageable
from mingduan.cases.personal import veil
from mingduan.cases.signing import done_signed
from mingduan.config import clock
from mingduan.people.accounts import has_second_factor
from mingduan.people.models import User
from mingduan.people.second_factor import shown
from mingduan.procedure import landmarks, words
from mingduan.procedure.asked import holds, names_of, rules
from mingduan.procedure.case import Act, Event, Reason, Refusal, Signature
from mingduan.procedure.engine import Engine
from mingduan.procedure.entries import Given
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Account, Fact, Input
from mingduan.procedure.text import Text

from . import casefile, hints
from .forms import Field, Person, as_typed, beside, corrected, correcting, facts, fields, place_errors
from .panel import panel_for
from .reader import case_for, whole
from .shelf import Shelf
from .templatetags.mingduan import lang

_STEPS_BEFORE = 6  # as many of the latest steps as whoever signs is shown


class Form:
    """The form of `action` in a case for whoever asks, as the case stands and with what they sent."""

    def __init__(self, request: HttpRequest, case: Case, got: Access, engine: Engine, action: str) -> None:
        self.request, self.case, self.got, self.engine, self.action = request, case, got, engine, action
        self.book, self.spec = engine.rulebook, engine.rulebook.actions[action]
        self.now, self.events = clock.now(), events_of(case)
        self.state = state_of(case, self.events)
        self.post: QueryDict | None = request.POST if request.method == "POST" else None
        self.panel = panel_for(request, case, self.state, engine, action)
        override = self.book.override
        self.may_override = override is not None and bool(got.actor.roles & set(override.by))
        live = request.POST.get("go") == "live"
        self.slots = None if live else propose(case, self.state, engine, action, got.actor, self.now)
        if self.post is not None and self.slots is not None and self.slot:
            self.post = self.post.copy()
            self.post[self.slots.name] = as_typed("instant", self.slot)
        options = engine.options(self.state, got.actor, self.now)
        self.opened = {o.action: self.book.actions[o.action] for o in options if o.open}
        self.option = next((o for o in options if o.action == action), None)
        self.entry = self._entry() if self.spec.corrects else None
        self.shelf = self._shelf()
        self.fields = self._fields()
        self.unsigned: list[Reason] = []

    @property
    def user(self) -> User | None:
        """The account that asks, if there is one."""
        return self.request.user if isinstance(self.request.user, User) else None

    @property
    def facts(self) -> dict[str, Any]:
        """The facts of the act as the form has them."""
        given = facts(f for f in self.fields if not f.input.name.startswith("fix.")) | self._taken_out()
        if self.entry is not None:
            given["corrects"] = self.entry.seq
        return given

    def _taken_out(self) -> dict[str, Any]:
        """The documents that the filer gave before and that are not on their form any more: what has expired, and what
        they took out.
        """
        emptied = (f.input.name for f in self.fields if f.input.fact.type == "files" and not f.value)
        return {name: [] for name in emptied if self.shelf and self.state.facts.get(name)}

    @property
    def broken(self) -> list[tuple[Field, Reason]]:
        """The rules about what the filer may give again that do not hold now, each with its field: what is missing or
        has expired.
        """
        if self.shelf is None:
            return []
        guards = {g.that: names_of(self.engine, g) for g in self.spec.when}
        told = [c.reason for c in self.checks if c.standing == "broken" and c.reason and c.reason.that in guards]
        found = ((beside(self.fields, guards[r.that or ""]), r) for r in told)
        return [(f, r) for f, r in found if f is not None]

    @property
    def correction(self) -> dict[str, Any]:
        """What a correction puts right: what is no longer as it stands."""
        if self.entry is None:
            return {}
        fixes = (f for f in self.fields if f.input.name.startswith("fix."))
        return corrected(fixes, self._given(self.entry).current, self.post or ())

    @property
    def act(self) -> Act:
        """The act as the form has it."""
        typed = self.request.POST
        basis = typed.get("legal_basis", "") if self.may_override else ""
        return Act(
            self.action, self.got.actor, self.now, self.facts, typed.get("reason", ""), basis, self.correction
        )  # fmt: skip

    @property
    def carried(self) -> list[tuple[Fact, Any]]:
        """What goes from this case into the one the act opens without being asked: the decision an appeal is against."""
        names, asked = self.spec.opens_case.carries if self.spec.opens_case else (), {f.input.name for f in self.fields}
        known = self.state.facts
        return [(self.book.facts[n], known[n]) for n in names if n not in asked and known.get(n) not in (None, "", [])]

    @property
    def checks(self) -> list[hints.Check]:
        """Every rule the act is held to, as the form stands."""
        act = registrar.foretold(self.engine, self.act, self.state.facts, sides_of(self.case))
        return hints.checklist(self.engine, self.state, act)

    @property
    def implied(self) -> list[hints.Implied]:
        """What the dates on the form set running."""
        return hints.implied(self.engine, self.state, self.action, self.facts, self.now)

    @property
    def posted(self) -> dict[str, Any]:
        """What stands on the case's accounts before the act, what it would work out and what it would post."""
        book, would = self.book, self.engine.foreseen(self.state, self.act)
        return {
            "balances": self._balances(),
            "computed": [(book.facts[n], v) for n, v in would.facts.items() if book.facts[n].type == "money"],
            "money": [(book.accounts[m.debit], book.accounts[m.credit], m.amount) for m in would.money],
        }

    def _balances(self) -> list[tuple[Account, int]]:
        """What stands on the accounts of the case that the act posts to."""
        settleable = landmarks.settleable(self.book)
        posted = dict.fromkeys(n for line in self.spec.money for n in (line.debit, line.credit) if n in settleable)
        return [(self.book.accounts[n], abs(b)) for n in posted if (b := self.state.balances.get(n, 0))]

    @property
    def slot(self) -> str:
        """The proposed time that was chosen, if one was."""
        asked = self.request.POST.get("slot") or self.request.GET.get("slot")
        offered = (s.written for s in self.slots.slots) if self.slots else ()
        return next((written for written in offered if written == asked), "")

    def _fields(self) -> list[Field]:
        inputs: tuple[Input, ...] = self.engine.inputs(self.action, self.got.actor.roles)
        suggested = self.engine.suggested(self.state, self.action, self.got.actor, self.now)
        before: Mapping[str, Any] = {**self.state.facts, **dict.fromkeys(self.spec.suggests, ""), **suggested}
        if self.spec.corrects:
            inputs = tuple(i for i in inputs if i.name != "corrects")
        if self.entry is not None:
            given = self._given(self.entry)
            inputs += correcting(given.of, given.current)
            before = {f"fix.{name}": value for name, value in given.current.items()}
        if self.panel is not None:
            before = {**before, "people": [c.record["id"] for c in self.panel.proposed]}
        if self.slots is not None and self.slot:
            before = {**before, self.slots.name: self.slot}
        if self.shelf is not None:
            before = {**before, **self.shelf.begins_again(inputs, self.state.facts)}
        if (about := whole(self.request.GET.get("about"))) is not None:
            before = {**before, **{i.name: str(about) for i in inputs if i.fact.answers}}
        ranges = hints.ranges(self.engine, self.state, self.action, self.now)
        people = self.panel.people if self.panel else _members(self.case, self.engine, self.action)
        choices = (
            {"case": self._other_cases(), "organisation": self._organisations()}
            | {i.name: self._records(i.fact.answers) for i in inputs if i.fact.answers}
            | {i.name: self._members_of(i.fact.among) for i in inputs if i.fact.among}
        )
        made = fields(inputs, people, self.post, before, self.request.FILES, ranges, choices=choices)
        self._demand(made)
        if self.shelf is not None:
            for f in made:
                if self.post is None and f.input.fact.type == "files":
                    f.value = list(before.get(f.input.name) or ())
            answers = {**self.state.facts, **facts(made)}
            self.shelf.lay_out(made, answers)
            if self.post is not None and self.post.get("go") != "live":
                self.shelf.make_asked(made, self.post, answers)
        return made

    def _shelf(self) -> Shelf | None:
        """The profile of the filer who does again what the filing asked for; None for anybody else."""
        filing, filer = self.book.filing or ("", "")
        again = {i.name for i in self.engine.inputs(filing)} if filing else set()
        asked = any(i.name in again for i in self.engine.inputs(self.action))
        own = self.user.organisation if self.user else None
        mine = own is not None and filer in self.got.actor.roles and filer in self.spec.by
        return Shelf(own, self.now.astimezone(TZ).date()) if mine and asked and not self.spec.corrects else None

    def _demand(self, made: Sequence[Field]) -> None:
        """Which of the fields that may stay empty a rule asks for: here in any case, or with some of the form's answers."""
        by_name = {f.input.name: f for f in made}
        known = {n: v for n, v in self.state.facts.items() if n not in by_name}
        for rule in rules(self.engine, self.action, known):
            if (asked := by_name.get(rule.about)) is None:
                continue
            if any(n in by_name for n in rule.by):
                asked.sometimes = True
            elif not holds(self.engine, rule, {n: known[n] for n in rule.by}):
                asked.needed = True

    def _members_of(self, role: str) -> list[tuple[str, Text]]:
        """Who is appointed to a role, by name."""
        return [(p["name"], Text(zh=p["name"], en=p["name"])) for p in self.state.assigned.get(role, ())]

    def _records(self, name: str) -> list[tuple[str, Text]]:
        """The records of a list that an act can be about, by number, as a person tells them apart."""
        of, found = self.book.facts[name].of, []
        for record in self.state.facts.get(name, ()):
            if "completed_by" in record:
                continue
            zh, en = (
                "：".join(
                    filter(None, (words.shown(f, record.get(n), spoken) for n, f in of.items() if f.type != "files"))
                )
                for spoken in ("zh", "en")
            )
            begin = f"#{record['seq']} {record['by_name']}：" if self.spec.completes else f"#{record['seq']} "
            found.append((str(record["seq"]), Text(zh=(begin + zh)[:90], en=(begin + en)[:90])))
        return found

    def _other_cases(self) -> list[tuple[str, Text]]:
        """The cases this one can be linked to."""
        if self.spec.links is None or not isinstance(self.request.user, User):
            return []
        others = visible(self.request.user, self.now).filter(rulebook=self.case.rulebook, ended=False)
        rows = others.exclude(pk=self.case.pk).order_by("-opened_at").values_list("number", "title")[:200]
        return [(number, Text(zh=f"{number} {title}", en=f"{number} {title}")) for number, title in rows]

    def _organisations(self) -> list[tuple[str, Text]]:
        """The organisations that can be engaged."""
        role = self.spec.engages
        return [(str(o.pk), Text(zh=o.name, en=o.name)) for o in engageable(self.engine, role)] if role else []

    def _entry(self) -> Event | None:
        """The entry that a correction is of, if one is named that the reader may see."""
        seq = whole(self.request.POST.get("corrects") or self.request.GET.get("entry"))
        return next((e for e in self.correctable if e.seq == seq), None)

    @property
    def correctable(self) -> list[Event]:
        """The entries that gave something which can be corrected, newest first."""
        return [e for e in reversed(self.events) if self._given(e).current]

    def _given(self, event: Event) -> Given:
        """What an entry gave that the reader may correct."""
        return self.engine.correctable(self.state, event.seq, self.got.actor)


@never_cache
@require_http_methods(["GET", "POST"])
def do(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """The form of one action: shown, looked over, or done."""
    found, got = case_for(request, number)
    engine = catalogue.kept(found.digest)
    spec = engine.rulebook.actions.get(action)
    override = engine.rulebook.override
    roles = set(spec.by if spec else ()) | set(override.by if override else ())
    if spec is None or spec.opens or not got.actor.roles & roles:
        raise Http404
    form = Form(request, found, got, engine, action)
    watched = request.GET.get("to") == "watch" and engine.rulebook.watch is not None and got.inside
    go = "check" if "slot" in request.POST else request.POST.get("go", "")
    if go == "live":
        context = {
            "implied": form.implied, "checks": form.checks, "now": form.now, "book": form.book, "fragment": True, "name": action,
            "case": found, "opened": form.opened, **form.posted,
        }  # fmt: skip
        return render(request, "web/_live_act.html", context)
    refused: list[Reason] = []
    if request.method == "POST" and go != "check" and not any(f.errors for f in form.fields):
        done = _done(form)
        if not isinstance(done, Refusal):
            messages.success(request, f"{spec.zh}：已办理" if lang() == "zh" else f"{spec.en}: done")
            return redirect("watch" if watched else "case", number)
        form.unsigned = [r for r in done.reasons if r.rule == "signature"]
        others = [r for r in done.reasons if r.rule != "signature"]
        named = [r if r.input is None or r.input in _names(form) else _renamed(r) for r in others]
        refused = place_errors(form.fields, named)
    for one, reason in form.broken:
        one.errors.append(reason)
        refused = [r for r in refused if r.that != reason.that]
    return render(
        request,
        "web/do.html",
        {**_context(form, refused), "watched": watched},
        status=422 if form.post is not None and go != "check" else 200,
    )


def _done(form: Form) -> Done | Refusal:
    """Do the act as the form has it, signed with the code on it where that is wanted."""
    sent, now = form.request.POST, clock.now()

    def doing(signature: Signature | None) -> Done | Refusal:
        return act(
            number=form.case.number, action=form.action, actor=form.got.actor, at=now, facts=form.facts, reason=form.act.reason,
            legal_basis=form.act.legal_basis, correction=form.correction, seen=whole(sent.get("seen")),
            key=sent.get("key", "")[:100], signature=signature,
        )  # fmt: skip

    return done_signed(doing, form.user, sent.get("code", "")[:40], now)


def _context(form: Form, refused: list[Reason]) -> dict[str, Any]:
    typed, state = form.request.POST, form.state
    option = form.option
    seen = whole(typed.get("seen"))
    since = [e for e in form.events if seen is not None and e.seq > seen]
    return {
        "case": form.case, "book": form.book, "action": form.spec, "name": form.action, "form": form.fields, "refused": refused, "option": option,
        "opened": form.opened, **form.posted,
        "panel": form.panel, "slots": form.slots, "slot_chosen": form.slot, "checks": form.checks, "implied": form.implied, "checked": typed.get("go") == "check",
        "entry": form.entry, "entry_action": form.book.actions[form.entry.action] if form.entry else None,
        "entries": [(e, form.book.actions[e.action]) for e in form.correctable] if form.spec.corrects and not form.entry else [],
        "may_override": form.may_override, "overriding": form.may_override and (option is None or not option.open or bool(refused)),
        "reason": typed.get("reason", ""), "legal_basis": typed.get("legal_basis", ""),
        "since": casefile.timeline(form.book, veil(form.case, form.got, since).events(since), form.got.inside), "before": _before(form),
        "now": form.now, "alternatives": _alternatives(form),
        "carried": form.carried, "unsigned": form.unsigned, "can_sign": form.spec.signed and form.user is not None and has_second_factor(form.user),
        "shown_codes": shown(form.user) if form.spec.signed else None, "seen": state.length, "key": typed.get("key") or secrets.token_urlsafe(12),
    }  # fmt: skip


def _before(form: Form) -> list[casefile.Entry]:
    """What earlier steps recorded, newest first, as far as the reader may read it: for whoever signs the latest ones; for
    a filer who is to give something again the one that asks for it.
    """
    if not form.spec.signed and form.shelf is None:
        return []
    told = casefile.timeline(form.book, veil(form.case, form.got, form.events).events(form.events), form.got.inside)
    if form.spec.signed:
        return [e for e in told if e.facts][:_STEPS_BEFORE]
    return [e for e in told if e.facts and e.action.to == form.state.state][:1]


def _alternatives(form: Form) -> list[tuple[str, Any]]:
    """The other actions open now that meet the same deadline."""
    wanted = {a for d in form.book.deadlines.values() if form.action in d.met_by for a in d.met_by} - {form.action}
    return [(name, action) for name, action in form.opened.items() if name in wanted]


def _names(form: Form) -> set[str]:
    return {f.input.name for f in form.fields}


def _renamed(reason: Reason) -> Reason:
    """A reason about a corrected fact, as the form's field is called."""
    return Reason(reason.rule, reason.clause, reason.text, reason.remedy, f"fix.{reason.input}")


def _members(case: Case, engine: Engine, action: str) -> list[Person]:
    """Who can be released: the people assigned."""
    role = engine.rulebook.actions[action].releases
    users = User.objects.filter(assignment__case=case, assignment__role=role) if role else ()
    return [Person({"id": str(u.pk), "name": str(u)}, str(u), str(u)) for u in users]
