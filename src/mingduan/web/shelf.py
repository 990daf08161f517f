"""What an enterprise's profile brings to the form of an application: its documents, its lists, its certificates."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from datetime import date
from typing import Any

from mingduan.cases import files
from mingduan.people.models import Organisation
from mingduan.procedure.registering import MadeOf
from mingduan.procedure.rulebook import Input, Rulebook
from mingduan.procedure.text import Text
from mingduan.registry import keeping, profile
from mingduan.registry.enterprises import Enterprise
from mingduan.registry.life import IN_FORCE
from mingduan.registry.models import Certificate
from mingduan.registry.wording import wording

from .export import XLSX, workbook
from .forms import Field, Makeable, Offer
from .profile_rows import cells


class Shelf:
    """The profile of who files, as it is today; an empty one for somebody who has none."""

    def __init__(self, organisation: Organisation | None, today: date) -> None:
        self.organisation, self.today = organisation, today
        self.enterprise: Enterprise | None = keeping.of(organisation)
        self.papers = list(self.enterprise.papers.order_by("pk")) if self.enterprise else []

    def begins(self, inputs: Sequence[Input]) -> dict[str, Any]:
        """What a new form is filled with."""
        asked = {i.name for i in inputs}
        facts = profile.offered(self.organisation, self.today) if self.organisation else {}
        return {name: value for name, value in facts.items() if name in asked}

    def begins_again(self, inputs: Sequence[Input], held: Mapping[str, Any]) -> dict[str, Any]:
        """What a form asked again is filled with besides what the case `held`: where a document it held has expired and
        the profile has one in force now, that one and its last day.
        """
        fresh = self.begins(inputs)
        renewed = [name for name in fresh if name not in self._lasting(held) and held.get(name)]
        days = {_expires(name) for name in renewed}
        return {name: value for name, value in fresh.items() if name in renewed or name in days}

    def _lasting(self, held: Mapping[str, Any]) -> set[str]:
        """The facts of files of which something is in force, by the profile and by the last day the case was told."""
        over = {p.sha256 for p in self.papers if keeping.expiry(p, self.today) == "expired"}
        return {
            name for name, value in held.items()
            if isinstance(value, list) and str(held.get(_expires(name)) or "9") >= self.today.isoformat()
            and any(f.get("sha256") not in over for f in value if isinstance(f, dict))
        }  # fmt: skip

    def lay_out(self, form: Sequence[Field], answers: Mapping[str, Any]) -> None:
        """Put what the profile holds beside the fields that can take it. What has expired meanwhile is taken back."""
        for f in form:
            if f.input.fact.type != "files":
                continue
            mine = [p for p in self.papers if p.fact == f.input.name]
            f.offers = [Offer(p.record, p.expires_on, keeping.expiry(p, self.today) == "expired") for p in mine]
            over = {o.record["sha256"] for o in f.offers if o.expired}
            f.value = [record for record in f.value if record["sha256"] not in over]
            if self.enterprise and f.input.fact.made_of:
                f.makeable = self._makeable(self.enterprise, f.input.fact.made_of, answers)

    def make_asked(self, form: Sequence[Field], sent: Container[str], answers: Mapping[str, Any]) -> None:
        """Make the papers that the form asks to be made of the profile's lists; made again, one takes the other's place."""
        for f in form:
            if f.makeable and f.made in sent:
                made = self._make(f.input, answers)
                f.value = [*(x for x in f.value if x["name"] != made["name"]), made]

    def _make(self, item: Input, answers: Mapping[str, Any]) -> dict[str, str | int]:
        """The paper made of its list as it stands, kept as a file of its own: later changes of the profile don't reach it."""
        spec = item.fact.made_of
        if self.enterprise is None or spec is None:
            raise LookupError(item.name)
        kind = keeping.KINDS[spec.rows]
        rows = [[text for _, text in cells(kind, row)] for row in self._rows(self.enterprise, spec, answers)]
        content = workbook(kind.text.zh, [c.text.zh for c in kind.columns], rows)
        return files.keep(f"{kind.text.zh}-{self.today:%Y%m%d}.xlsx", content, XLSX).as_fact()

    def certificates(self, book: Rulebook) -> dict[str, list[tuple[str, Text]]]:
        """The enterprise's certificates in force to choose from, where the procedure is about one of them."""
        name = profile.certificate_fact(book)
        held = Certificate.objects.filter(holder=self.organisation, status__in=IN_FORCE, valid_until__gte=self.today)
        if not name or self.organisation is None or not (found := list(held.order_by("number"))):
            return {}
        return {name: [(c.number, _called(c)) for c in found]}

    def _makeable(self, enterprise: Enterprise, spec: MadeOf, answers: Mapping[str, Any]) -> Makeable:
        kind, rows = keeping.KINDS[spec.rows], len(self._rows(enterprise, spec, answers))
        return Makeable(kind.text, rows, len(keeping.rows(enterprise, kind)) - rows)

    def _rows(self, enterprise: Enterprise, spec: MadeOf, answers: Mapping[str, Any]) -> list[Any]:
        found = keeping.rows(enterprise, keeping.KINDS[spec.rows])
        about = answers.get(spec.of) if spec.of else None
        return list(found.filter(specialty=str(about).upper()) if about else found)


def _expires(name: str) -> str:
    """The fact with the last day of the documents in a fact of files."""
    return f"{name.split('.')[0]}.expires_on"


def _called(row: Certificate) -> Text:
    book = wording()
    specialty, grade = book.specialty(row.specialty), book.grade(row.grade)
    return Text(zh=f"{row.number} {specialty.zh}{grade.zh}，有效期至{row.valid_until}", en=f"{row.number} {specialty.en}, {grade.en}, valid until {row.valid_until}")  # fmt: skip
