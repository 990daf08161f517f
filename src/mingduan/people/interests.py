"""Whom a person is close to, by themselves, through an employer or through kin; and the record a case keeps of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from django.db.models import QuerySet

from .models import Interest, Organisation, User

Through = Literal["self", "employer", "past_employer", "kin"]
# Everything `ties` reads of a person: prefetched where it is asked many times.
# The kinds of tie that are proposed; another may be written. What is kept is the Chinese word.
TIE_KINDS = {
    "任职": "employment", "顾问": "adviser", "持股或出资": "shares or capital", "业务合同": "business contract",
    "培训或咨询服务": "training or consulting", "争议或诉讼": "dispute or lawsuit",
}  # fmt: skip
_KIN = {
    "配偶": "spouse",
    "父母": "parent",
    "子女": "child",
    "兄弟姐妹": "sibling",
    "其他近亲属": "another close relative",
}
_EMPLOYED = {"现任职": "employed now", "曾任职": "employed before"}
TIES = (
    "interests__organisation", "kin__interests__organisation", "employments__organisation__interests__organisation",
    "organisation__interests__organisation",
)  # fmt: skip


def in_english(kind: str) -> str:
    """A kind of tie in English, a post named with it as it is; what somebody wrote in other words stays."""
    known, bracket, rest = kind.partition("（")
    word = (TIE_KINDS | _EMPLOYED).get(known)
    return kind if word is None else f"{word} ({rest.removesuffix('）')})" if bracket else word


def whose_in_english(whose: str) -> str:
    """Through whom a tie comes, in English; an employer's name stays as it is."""
    return _KIN.get(whose, whose)


@dataclass(frozen=True, slots=True)
class Tie:
    """One tie to an organisation. `whose`: the employer or the relation it comes through; empty for one's own."""

    organisation: Organisation
    kind: str
    since: date | None
    until: date | None
    through: Through = "self"
    whose: str = ""

    def lasts(self, day: date) -> bool:
        """Whether it has not ended by `day`."""
        return self.until is None or self.until >= day

    def to_json(self) -> dict[str, Any]:
        """As events keep it. Relatives are told by relation, never by name: parties may read events."""
        return {
            "party": self.organisation.name, "kind": self.kind, "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(), "through": self.through, "whose": self.whose,
        }  # fmt: skip


def with_ties(users: QuerySet[User]) -> QuerySet[User]:
    """The same people with everything `ties` and `person_record` read fetched at once."""
    return users.select_related("organisation").prefetch_related(*TIES, "absences", "specialties")


def ties(user: User) -> list[Tie]:
    """Every tie of a person that has not been retracted, lasting or ended, with whom it comes through."""
    found = list(_inherited(user.interests.all(), None, "self", ""))
    for relative in user.kin.all():
        if relative.standing:
            found += _inherited(relative.interests.all(), relative.until, "kin", relative.get_relation_display())
    if user.organisation is not None:
        found.append(Tie(user.organisation, "现任职", None, None))
        found += _through_employer(user.organisation, None)
    for job in user.employments.all():
        if job.standing:
            kind = ("曾任职" if job.until else "现任职") + (f"（{job.post}）" if job.post else "")
            found.append(Tie(job.organisation, kind, job.since, job.until))
            found += _through_employer(job.organisation, job.until)
    return found


def person_record(user: User, parties: Iterable[int], days: Iterable[date] = ()) -> dict[str, Any]:
    """The JSON-like record of `user` for a case between the organisations with ids `parties`.

    {'id', 'name', 'employer', 'specialties', 'absent', 'interests': [{'party', 'kind', 'since', 'until', 'through',
    'whose'}]}. `absent`: away on one of `days`, on which the case needs its people.
    """
    wanted, needed = set(parties), tuple(days)
    return {
        "id": str(user.pk), "name": str(user), "employer": user.organisation.name if user.organisation else "",
        "specialties": [s.zh for s in user.specialties.all()],
        "absent": any(a.on(day) for a in user.absences.all() for day in needed),
        "interests": [t.to_json() for t in ties(user) if t.organisation.pk in wanted],
    }  # fmt: skip


def _inherited(interests: Iterable[Interest], ended: date | None, through: Through, whose: str) -> Iterator[Tie]:
    """The ties that a holder's interests make for somebody whose own link to that holder ended on `ended`."""
    for i in interests:
        if i.standing and not (ended and i.since and i.since > ended):
            until = min(i.until, ended) if i.until and ended else i.until or ended
            yield Tie(i.organisation, i.kind, i.since, until, through, whose)


def _through_employer(employer: Organisation, left: date | None) -> Iterable[Tie]:
    """What ties an employer to others. The body's own ties are its business, not its officers'."""
    if employer.kind == Organisation.Kind.BODY:
        return ()
    return _inherited(employer.interests.all(), left, "past_employer" if left else "employer", employer.name)
