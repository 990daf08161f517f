"""Filing a case step by step: kept as it goes, each step with its clauses and what its dates mean, all checked at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from mingduan.cases import catalogue, registrar
from mingduan.cases.access import opener, opponents
from mingduan.cases.act import Done, Side, open_case, state_of
from mingduan.cases.models import Case, Receipt
from mingduan.config import clock, limits
from mingduan.people.models import Organisation, User
from mingduan.procedure import case as pure
from mingduan.procedure.asked import Rule, names_of, needed, rules
from mingduan.procedure.case import Act, Actor, Duty, Reason, Refusal, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.inputs import problems
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Deadline, Fact, Input, Parameter, Role, Rulebook
from mingduan.procedure.text import Text

from . import drafts, hints
from .errors import slow_down
from .forms import Field, beside, facts, fields, place_errors, typed_of
from .models import Draft
from .reader import whole
from .shelf import Shelf

_KINDS = (
    (Text(zh="基本情况", en="What it is about"), frozenset({"choice", "bool", "date", "instant", "text", "integer", "money"})),
    (Text(zh="事实与理由", en="Facts and reasons"), frozenset({"long_text"})),
    (Text(zh="材料", en="Papers"), frozenset({"files"})),
)  # fmt: skip
_NAME = Input(
    name="name", fact=Fact(zh="您的姓名或单位名称", en="Your name or organisation", type="text"), required=True
)
_NOBODY = pure.Case()


@dataclass(slots=True)
class Step:
    """A step of the form: its name, what it asks, and its fields once they are filled."""

    text: Text
    inputs: tuple[Input, ...]
    form: list[Field] = field(default_factory=list)

    @property
    def clauses(self) -> list[str]:
        """The clauses that ask for what is on it, each once."""
        return list(dict.fromkeys(i.fact.clause for i in self.inputs if i.fact.clause))

    @property
    def wrong(self) -> bool:
        """Whether something on it must be put right."""
        return any(f.errors for f in self.form)


class Filing:
    """One filing in progress: the procedure, who files, and what they have typed so far."""

    def __init__(self, request: HttpRequest, engine: Engine, draft: Draft) -> None:
        self.request, self.engine, self.draft, self.now = request, engine, draft, clock.now()
        self.book = engine.rulebook
        self.action, self.filer = self.book.filing or ("", "")
        self.spec = self.book.actions[self.action]
        self.user = request.user if isinstance(request.user, User) else None
        self.opponent: tuple[str, Role] | None = next(
            ((n, r) for n, r in self.book.roles.items() if r.side == "opponent" and not r.told), None
        )
        own = self.user.organisation if self.user else None
        self.organisations = (
            list(opponents(self.user, self.book, self.opponent[0]).order_by("kind", "name")) if self.opponent else []
        )
        self.shelf = Shelf(own, self.now.astimezone(TZ).date())
        self.rules = rules(self.engine, self.action)
        self.steps = self._steps()
        self.fill(None)

    def fill(self, step: int | None) -> None:
        """Read every step from the draft; the step posted, from what was posted, and keep it."""
        post = self.request.POST if self.request.method == "POST" else None
        ranges = hints.ranges(self.engine, _NOBODY, self.action, self.now)
        others = self.shelf.certificates(self.book) | {
            "opponent": [(str(o.pk), Text(zh=o.name, en=o.name)) for o in self.organisations]
        }
        for place, one in enumerate(self.steps, 1):
            sent = post if step in (place, 0) else None
            files = self.request.FILES if sent is not None else None
            one.form = fields(one.inputs, (), sent, self.draft.typed, files, ranges, choices=others, typed=True)
        answers = facts(self.form)
        needs = needed(self.engine, self.action, answers)
        for place, one in enumerate(self.steps, 1):
            self.shelf.lay_out(one.form, answers)
            if post is not None and step in (place, 0) and post.get("go") != "live":
                self.shelf.make_asked(one.form, post, answers)
            one.form = [f for f in one.form if self._wanted(f, place, needs)]
        if post is not None and step is not None:
            sent_now = [f for place, one in enumerate(self.steps, 1) if step in (place, 0) for f in one.form]
            drafts.keep(self.draft, typed_of(sent_now), step or 1, self.now)

    def begins(self) -> dict[str, Any]:
        """What a new form is filled with: what the profile of who files holds for it."""
        return self.shelf.begins(self.engine.inputs(self.action))

    @property
    def form(self) -> list[Field]:
        """The fields of every step."""
        return [f for step in self.steps for f in step.form]

    @property
    def facts(self) -> dict[str, Any]:
        """The facts typed so far."""
        return {n: v for n, v in facts(self.form).items() if n not in ("name", "opponent")}

    @property
    def name(self) -> str:
        """Who files, as the case will show them."""
        if self.user is not None:
            return self.user.organisation.name if self.user.organisation else str(self.user)
        return str(self.draft.typed.get("name", "")).strip()

    @property
    def chosen(self) -> Organisation | None:
        """The other side, once it is chosen."""
        pk = whole(str(self.draft.typed.get("opponent", "")))
        return next((o for o in self.organisations if o.pk == pk), None)

    @property
    def act(self) -> Act:
        """The act that filing now would be."""
        return Act(self.action, self._opener(), self.now, self.facts)

    @property
    def foretold(self) -> Act:
        """That act with what the register would tell it."""
        filer = Side(self.filer, self.name, self.user.organisation if self.user else None)
        return registrar.foretold(self.engine, self.act, {}, [filer])

    def implied(self, step: Step | None = None) -> list[hints.Implied]:
        """What the dates typed mean; of one step, only those it asks for."""
        asked = {i.name for i in step.inputs} if step else {f.input.name for f in self.form}
        given = {n: v for n, v in self.facts.items() if n in asked}
        return [i for i in hints.implied(self.engine, _NOBODY, self.action, given, self.now) if i.binds]

    def judge(self, step: int) -> list[Reason]:
        """Put what is wrong with a step beside its fields; return what is wrong with it as a whole."""
        one = self.steps[step - 1]
        names = {i.name for i in one.inputs}
        everything = facts(one.form)
        given = {n: v for n, v in everything.items() if n in names}
        place_errors(one.form, (r for r in problems(one.inputs, given, self.spec.clause) if r.rule == "input"))
        asked = next((f for f in one.form if f.input.name == "opponent"), None)
        if asked and asked.value and self.chosen is None:
            asked.errors.append(
                Reason("input", None, Text(zh="请从名单中选择", en="Choose one of the list"), None, "opponent")
            )
        if one.wrong:
            return []
        broken = [
            f.reason
            for f in self.engine.check(None, self.act)
            if f.reason is not None and f.rule == "guard" and self._is_about(f.reason, step)
        ]
        return [reason for reason in broken if not self._place(one, reason)]

    def file(self) -> Done | Refusal:
        """Open the case; the draft is gone once it is."""
        sides = [
            Side(
                self.filer, self.name, self.user.organisation if self.user else None,
                self.user if self.user and not self.user.organisation else None,
            )
        ]  # fmt: skip
        if self.opponent and self.chosen:
            sides.append(Side(self.opponent[0], self.chosen.name, self.chosen))
        done = open_case(
            rulebook=self.book.id, action=self.action, actor=self._opener(), at=self.now, facts=self.facts, sides=sides,
            title="", key=self.draft.key,
        )  # fmt: skip
        if not isinstance(done, Refusal):
            drafts.drop(Draft.objects.filter(pk=self.draft.pk), self.now)
        return done

    def following(self) -> list[tuple[Duty, Deadline, Role]]:
        """What will be due, and from whom, if it is filed now; empty while it can't be."""
        outcome = self.engine.decide(None, self.foretold)
        return [] if isinstance(outcome, Refusal) else _following(self.engine, fold([outcome]), self.now)

    def _wanted(self, f: Field, place: int, needs: Mapping[str, Rule | None]) -> bool:
        """Whether a field belongs in the form by the answers of the steps before it; what its own step decides stays."""
        name = f.input.name
        f.needed = needs[name] is not None if name in needs else None
        if f.needed is not False:
            return True
        by = {n for rule in self.rules if rule.about == name for n in rule.by}
        before = {i.name for one in self.steps[: place - 1] for i in one.inputs}
        return not by <= before

    def _place(self, one: Step, reason: Reason) -> bool:
        """Put a reason beside the one field it is about, if there is one."""
        guard = next(g for g in self.spec.when if g.that == reason.that)
        about = beside(one.form, names_of(self.engine, guard))
        if about is not None:
            about.errors.append(reason)
        return about is not None

    def _is_about(self, reason: Reason, place: int) -> bool:
        """Whether a guard that does not hold is settled by this step: the last that asks for something it looks at."""
        names = names_of(self.engine, next(g for g in self.spec.when if g.that == reason.that))
        return place == max((p for p, s in enumerate(self.steps, 1) if names & {i.name for i in s.inputs}), default=0)

    def _opener(self) -> Actor:
        return opener(self.user, self.name, self.filer)

    def _steps(self) -> list[Step]:
        """The steps the rulebook names, or else one for each kind of thing asked; who files comes first."""
        inputs = {i.name: i for i in self.engine.inputs(self.action, {self.filer})}
        steps = [Step(s.text, tuple(inputs.pop(n) for n in s.asks if n in inputs)) for s in self.spec.steps]
        if steps:
            steps[-1].inputs += tuple(inputs.values())
        else:
            steps = [Step(text, tuple(i for i in inputs.values() if i.fact.type in kinds)) for text, kinds in _KINDS]
        first: tuple[Input, ...] = (_NAME,) if self.user is None else ()
        if self.opponent:
            role = self.opponent[1]
            fact = Fact(zh=role.zh, en=role.en, type="text", clause=role.clause)
            first += (Input(name="opponent", fact=fact, required=True),)
        steps[0].inputs = (*first, *steps[0].inputs)
        return [s for s in steps if s.inputs]


@never_cache
@require_http_methods(["GET", "POST"])
def start(request: HttpRequest, body: str, procedure: str) -> HttpResponse:
    """The first step of a new filing; a program or a test may post everything at once."""
    engine = _engine(body, procedure)
    if request.method == "GET":
        filing = Filing(request, engine, Draft(rulebook=engine.rulebook.id))
        filing.draft.typed = filing.begins() | _brought(request, filing)
        filing.fill(None)
        return _page(request, filing, 1, [])
    if waits := _too_often(request, "file"):
        return slow_down(request, waits)
    filing = Filing(request, engine, drafts.begin(request, engine.rulebook.id))
    if "go" in request.POST:
        filing.draft.typed = filing.begins()
        return _step(request, filing, 1)
    filing.fill(0)
    return _submit(request, filing)


@never_cache
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, body: str, procedure: str, key: str, place: int) -> HttpResponse:
    """A step of a filing in progress; after the last comes the review."""
    engine = _engine(body, procedure)
    draft = drafts.mine(request).filter(key=key, rulebook=engine.rulebook.id).first()
    if draft is None:
        return _filed_already(request, key)
    if request.FILES and (waits := _too_often(request, "upload")):
        return slow_down(request, waits)
    filing = Filing(request, engine, draft)
    if not 1 <= place <= len(filing.steps) + 1:
        raise Http404
    if request.method == "POST":
        return _submit(request, filing) if place > len(filing.steps) else _step(request, filing, place)
    return _page(request, filing, place, [])


def _brought(request: HttpRequest, filing: Filing) -> dict[str, str]:
    """What a link to the form brings with it in its address: texts and choices the form asks for, nothing else."""
    asked = [f.input for f in filing.form if f.input.fact.type in ("text", "choice") and f.input.name in request.GET]
    brought = {i.name: request.GET[i.name][:200] for i in asked}
    return {i.name: brought[i.name] for i in asked if i.fact.type == "text" or brought[i.name] in i.fact.choices}


@require_POST
def discard(request: HttpRequest, key: str) -> HttpResponse:
    """Throw a draft away."""
    drafts.drop(drafts.mine(request).filter(key=key), clock.now())
    return redirect("home" if request.user.is_authenticated else "front")


def _too_often(request: HttpRequest, what: str) -> int:
    """How long somebody without an account must wait who has done this too often; if not, it is counted."""
    return 0 if request.user.is_authenticated else limits.too_often(request, what)


def _following(engine: Engine, state: pure.Case, now: datetime) -> list[tuple[Duty, Deadline, Role]]:
    """What is due in a case just filed, and from whom."""
    book = engine.rulebook
    return [
        (d, book.deadlines[d.deadline], book.roles[d.owner]) for d in engine.duties(state, now) if d.status == "open"
    ]


def _asked(book: Rulebook, duties: Sequence[Duty] = ()) -> list[tuple[Parameter, Deadline | None, Duty | None]]:
    """The money asked of the filer, and by which deadline it must have come in; when that is, once it runs."""
    due = {d.deadline: d for d in duties}
    money = [p for p in book.parameters.values() if p.type == "money"]
    return [(p, book.deadlines.get(p.until or ""), due.get(p.until or "")) for p in money]


def _engine(body: str, procedure: str) -> Engine:
    engine = catalogue.current(f"{body}/{procedure}")
    if engine is None or engine.rulebook.filing is None:
        raise Http404
    return engine


def _step(request: HttpRequest, filing: Filing, place: int) -> HttpResponse:
    """Keep what a step brings, then go where its button leads."""
    filing.fill(place)
    go = request.POST.get("go", "")
    if go == "live":
        context = {
            "implied": filing.implied(filing.steps[place - 1]),
            "saved": filing.now,
            "now": filing.now,
            "book": filing.book,
            "fragment": True,
        }
        response = render(request, "web/_live_filing.html", context)
        address = reverse("file_step", args=(*filing.book.id.split("/"), filing.draft.key, place))
        response.headers["X-Draft-Address"] = address
        return response
    if go == "next" and ((refused := filing.judge(place)) or filing.steps[place - 1].wrong):
        return _page(request, filing, place, refused, status=422)
    wanted = place + 1 if go == "next" else whole(go) or place
    wanted = min(max(wanted, 1), len(filing.steps) + 1)
    drafts.keep(filing.draft, {}, wanted, filing.now)
    return redirect("file_step", *filing.book.id.split("/"), filing.draft.key, wanted)


def _submit(request: HttpRequest, filing: Filing) -> HttpResponse:
    """File it; or show what stands against it, where it can be put right."""
    refused = [r for place in range(1, len(filing.steps) + 1) for r in filing.judge(place)]
    wrong = next((place for place, s in enumerate(filing.steps, 1) if s.wrong), None)
    if wrong is None and not refused:
        done = filing.file()
        if not isinstance(done, Refusal):
            request.session[f"secret:{done.case.number}"] = done.secret
            return _filed(request, done.case, done.secret)
        refused = place_errors(filing.form, done.reasons)
    return _page(request, filing, wrong or len(filing.steps) + 1, refused, status=422)


def _filed_already(request: HttpRequest, key: str) -> HttpResponse:
    """The answer to a page sent again after its case was filed: the same as before."""
    receipt = Receipt.objects.select_related("case").filter(key=key).first()
    secret = request.session.get(f"secret:{receipt.case.number}") if receipt else None
    if receipt is None or not secret:
        raise Http404
    return _filed(request, receipt.case, secret)


def _filed(request: HttpRequest, case: Case, secret: str) -> HttpResponse:
    engine = catalogue.kept(case.digest)
    following = _following(engine, state_of(case), clock.now())
    return render(request, "web/filed.html", {
        "case": case, "secret": secret, "book": engine.rulebook, "following": following,
        "money": _asked(engine.rulebook, [d for d, *_ in following]),
    })  # fmt: skip


def _page(
    request: HttpRequest, filing: Filing, place: int, refused: Sequence[Reason], status: int = 200
) -> HttpResponse:
    review = place > len(filing.steps)
    shown: Mapping[str, Any] = (
        {
            "checks": hints.checklist(filing.engine, None, filing.foretold), "following": filing.following(),
            "implied": filing.implied(), "unready": [s for s in filing.steps if _unready(filing, s)],
        }
        if review
        else {"form": filing.steps[place - 1].form, "clauses": filing.steps[place - 1].clauses, "implied": filing.implied(filing.steps[place - 1])}
    )  # fmt: skip
    return render(request, "web/file.html", {
        "book": filing.book, "action": filing.spec, "steps": filing.steps, "place": place, "review": review, "refused": refused,
        "draft": filing.draft, "others": [d for d in drafts.listed(request) if d.draft.rulebook == filing.book.id and d.draft.key != filing.draft.key],
        "last": len(filing.steps) + 1, "money": _asked(filing.book), "now": filing.now, **shown,
    }, status=status)  # fmt: skip


def _unready(filing: Filing, one: Step) -> bool:
    return any(True for _ in problems(one.inputs, facts(one.form), filing.spec.clause))
