"""The people of the permission matrix around one case, each with a way to ask for an address."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from mingduan.api.models import Feed, Hook
from mingduan.cases import links
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.files import StoredFile, receive
from mingduan.cases.models import Case
from mingduan.people.interests import person_record
from mingduan.people.models import (
    Absence,
    ApiToken,
    Employment,
    Interest,
    Kin,
    Office,
    Organisation,
    Specialty,
    User,
)
from mingduan.procedure.case import Actor
from mingduan.registry import batch, keeping
from mingduan.registry.models import (
    Batch,
    Certificate,
    Enterprise,
    Equipment,
    Import,
    Paper,
    Performance,
    Site,
    Standing,
    Technician,
    TechnicianCertificate,
)
from mingduan.web.models import Draft

SCOPES = ["account", "cases:read", "cases:write", "experts", "hooks", "profile"]
_RECORD = {"absences": Absence, "employments": Employment, "interests": Interest, "kin": Kin}
CERTIFICATE, DRAFT, FEED = "2026ZH0001JR0", "draft-of-the-filer", "feed-of-the-filer"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody: a browser of theirs, and the headers with which their programs ask."""

    client: Client
    headers: dict[str, str]


@dataclass(frozen=True, slots=True)
class World:
    """Two cases: `case` between the filer and the opponent, with a panel; `public`, filed without an account."""

    case: Case
    public: Case
    sha256: str
    users: dict[str, User]
    people: dict[str, Person]
    hook: int
    licence: str
    ticket: str

    def values(self, address: str, case: Case) -> dict[str, Any]:
        """What stands in the places of `address`, for `case`: what belongs to the filer, where it belongs to somebody."""
        body, procedure, action = *case.rulebook.split("/"), "correct"
        if address.startswith(("/door/", "/desk/")):
            body = "telecom"
        pk = self.users["expert"].pk
        if "/notices/" in address:
            pk = case.notices.filter(role__in=("appellant", "complainant")).earliest("id").pk
        elif "hooks" in address:
            pk = self.hook
        elif "/enterprises/" in address:
            pk = Enterprise.objects.get().pk
        elif "/enterprise/" in address:
            pk = Technician.objects.get().pk
        elif "/certificates/batches/" in address:
            pk = Batch.objects.get().pk
        elif "/register/import/" in address or "/api/imports/certificates/" in address:
            pk = Import.objects.get().pk
        elif "/api/tokens/" in address:
            pk = ApiToken.objects.get(user=self.users["filer"]).pk
        elif "/api/profile/" in address:
            kind = keeping.KINDS[address.split("/")[3]]
            pk = keeping.rows(Enterprise.objects.get(), kind).get().pk
        row = specialty = 0
        if "/api/experts/" in address:
            specialty, kind = Specialty.objects.get().pk, address.split("/")[4] if address.count("/") > 3 else ""
            row = _RECORD[kind].objects.get(user=pk).pk if kind in _RECORD else 0
        if "/open/" in address:
            procedure, action = "suspension", "propose"
        elif "/bulk/" in address:
            action = "accept"
        elif "/candidates/" in address:
            action = "form_panel"
        elif "/times/" in address:
            action = "announce_meeting"
        return {
            "row": row, "specialty": specialty,
            "word": links.word(case.parties.earliest("pk")),
            "number": CERTIFICATE if address.startswith(("/register/", "/api/certificates/")) else case.number,
            "sha256": self.licence if "/enterprises/" in address else self.sha256, "body": body,
            "procedure": procedure, "action": action, "pk": pk, "slug": "refused", "kind": "original" if "lang" in address else "staff" if "/enterprise/" in address else "csv", "form": "csv",
            "id": "telecom/network-complaint" if "Specification" in address else self.ticket, "lang": "zh", "name": "certificates", "key": DRAFT, "place": 1, "token": FEED, "uidb36": "1", "purpose": "revocation", "written": "2026-10", "month": "2026-10", "contractor": 1,
        }  # fmt: skip


def make() -> World:
    """Make it in an empty database."""
    body = Organisation.objects.create(name="评定机构", kind="body")
    agency = Organisation.objects.create(name="安信认证", kind="agency")
    enterprise = Organisation.objects.create(name="恒通代维", kind="enterprise")
    elsewhere = Organisation.objects.create(name="远景维护", kind="enterprise")
    users = {
        name: User.objects.create_user(name, password="x", name=name, organisation=organisation, expert=name.startswith(("panel", "expert")))
        for name, organisation in (
            ("filer", enterprise), ("opponent", agency), ("stranger", elsewhere), ("centre", body), ("committee", body),
            ("secretariat", body), ("panel", None), ("panel2", None), ("panel3", None), ("expert", None), ("barred", body), ("other", None),
        )
    }  # fmt: skip
    users["admin"] = User.objects.create_superuser("admin", password="x", name="admin")
    for name, where, role in (
        ("centre", "cace", "centre"), ("committee", "cace", "committee"), ("secretariat", "cace", "secretariat"),
        ("barred", "cace", "centre"), ("other", "csp", "general_office"),
    ):  # fmt: skip
        Office.objects.create(user=users[name], body=where, role=role)
    Interest.objects.create(user=users["barred"], organisation=enterprise, kind="持股")
    _record(users["expert"], agency)
    case = _heard(users, enterprise, agency)
    _file(users["stranger"], elsewhere, agency)
    people = {name: person_of(user) for name, user in users.items() if name not in ("panel2", "panel3")}
    public, secret = _complaint(agency)
    people["nobody"] = Person(Client(), {})
    people["secret"] = Person(_follower(public, secret), {"Case-Secret": secret})
    hook = Hook.objects.create(user=users["filer"], url="https://hooks.example/", secret="x")
    Draft.objects.create(user=users["filer"], key=DRAFT, rulebook="cace/appeal")
    Feed.objects.create(user=users["filer"], digest=hashlib.sha256(FEED.encode()).hexdigest())
    _certificate(enterprise)
    list(batch.resume(batch.begin("空批", (), timezone.now()), timezone.now()))  # packed, and of nothing: quick
    Import.objects.create(
        name="名册.csv", content=b"", by=users["centre"], role="centre", asked_at=timezone.now(), total=0
    )
    return World(
        case,
        public,
        case.facts["papers"][0]["sha256"],
        users,
        people,
        hook.pk,
        _profile(enterprise),
        _ticket(users["filer"]),
    )


def _file(user: User, filer: Organisation, agency: Organisation) -> Case:
    """An appeal filed on the page, with a paper."""
    client = Client()
    client.force_login(user)
    today = timezone.localdate()
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor(str(user.pk), user.name, frozenset(["appellant"])), at=timezone.now() - timedelta(minutes=9),
        facts={
            "grounds": "change_of_status", "decision.reference": "安信〔2026〕7号", "decision.notified_on": (today - timedelta(3)).isoformat(),
            "statement": "不服降级", "requested": "撤销", "signed_by": "张三", "papers": [_paper()],
        },
        sides=[Side("appellant", filer.name, filer), Side("respondent", agency.name, agency)], title="申诉案",
    )  # fmt: skip
    assert isinstance(done, Done), done
    return done.case


def _record(expert: User, agency: Organisation) -> None:
    """The expert knows a field of work, and has one row of each kind on record."""
    expert.specialties.add(Specialty.objects.create(zh="线路", en="Lines"))
    Interest.objects.create(user=expert, organisation=agency, kind="顾问")
    Kin.objects.create(user=expert, name="丁", relation="other")
    Employment.objects.create(user=expert, organisation=agency)
    Absence.objects.create(user=expert, since=timezone.localdate() + timedelta(400))


def _ticket(user: User) -> str:
    """The number of a complaint of the filer's, which is a trouble ticket."""
    done = open_case(
        rulebook="telecom/network-complaint", action="file", actor=Actor(str(user.pk), user.name, frozenset(["complainant"])), at=timezone.now(),
        facts={"trouble": "slow_data", "details": "慢", "place.address": "幸福路8号", "customer.phone": "1"},
        sides=[Side("complainant", user.name, None, user)], title="网速慢",
    )  # fmt: skip
    assert isinstance(done, Done), done
    return done.case.number


def _paper() -> dict[str, Any]:
    kept = receive("决定书.txt", "降级决定".encode(), timezone.now())
    assert isinstance(kept, StoredFile)
    return dict(kept.as_fact())


def _heard(users: dict[str, User], filer: Organisation, agency: Organisation) -> Case:
    """The main case: accepted as a major question, with a panel."""
    case = _file(users["filer"], filer, agency)
    parties = [filer.pk, agency.pk]
    panel = [person_record(users[n], parties) for n in ("panel", "panel2", "panel3")]
    steps: list[tuple[str, dict[str, Any]]] = [
        ("receive_deposit", {"payment.amount": 500_000, "payment.on": timezone.localdate().isoformat()}),
        ("accept", {"major": True}),
        ("form_panel", {"people": panel}),
    ]
    for minute, (action, facts) in enumerate(steps):
        actor = Actor(str(users["centre"].pk), "centre", frozenset(["centre"]))
        done = act(
            number=case.number,
            action=action,
            actor=actor,
            at=timezone.now() - timedelta(minutes=8 - minute),
            facts=facts,
        )
        assert isinstance(done, Done), done
    case.refresh_from_db()
    return case


def _certificate(holder: Organisation) -> None:
    """A certificate of the filer's enterprise, in the register as it stands."""
    today = timezone.localdate()
    certificate = Certificate.objects.create(
        number=CERTIFICATE, holder=holder, holder_name=holder.name, holder_address="北京", specialty="ZH", grade="J", issued_on=today,
        valid_until=today + timedelta(1000), auditing_body="甲", evaluating_body="乙", approving_body="丙", case_number="X", seq=1,
    )  # fmt: skip
    Standing.objects.create(
        certificate=certificate, status="valid", since=timezone.now(), case_number="X", seq=1, holder_name=holder.name
    )


def _profile(organisation: Organisation) -> str:
    """The filer's enterprise with a row in every list of its profile; the hash of the licence kept ready."""
    profile = Enterprise.objects.create(
        organisation=organisation, credit_code="91110000600037341L", representative="王恒", region="110108", address="北京", contact="张三", phone="1",
    )  # fmt: skip
    somebody, today = Technician.objects.create(enterprise=profile, name="李工"), timezone.localdate()
    TechnicianCertificate.objects.create(technician=somebody, name="证", number="1")
    Equipment.objects.create(enterprise=profile, kind="vehicle", name="抢修车")
    Site.objects.create(enterprise=profile, name="代维点", address="北京")
    Performance.objects.create(enterprise=profile, client="甲", project="乙", specialty="XL", since=today, until=today)
    licence = receive("执照.txt", "执照".encode(), timezone.now())
    assert isinstance(licence, StoredFile)
    Paper.objects.create(enterprise=profile, fact="licence.papers", **licence.as_fact())
    return licence.sha256


def _complaint(agency: Organisation) -> tuple[Case, str]:
    """A complaint filed without an account."""
    done = open_case(
        rulebook="cace/complaint", action="file", actor=Actor("public", "李四", frozenset(["complainant"])), at=timezone.now(),
        facts={"grounds": "charge", "details": "重复收费", "proof_text": "收据", "signed_by": "李四"},
        sides=[Side("complainant", "李四"), Side("respondent", agency.name, agency)], title="投诉案",
    )  # fmt: skip
    assert isinstance(done, Done), done
    return done.case, done.secret


def _follower(case: Case, secret: str) -> Client:
    client = Client()
    client.post("/follow/", {"number": case.number, "secret": secret})
    return client


def person_of(user: User) -> Person:
    """Somebody's browser, signed in, and a token of theirs."""
    client = Client()
    client.force_login(user)
    token = f"token-of-{user.username}"
    ApiToken.objects.create(user=user, name="t", scopes=SCOPES, digest=hashlib.sha256(token.encode()).hexdigest())
    return Person(client, {"Authorization": f"Bearer {token}"})


__all__ = ["Person", "World", "make", "person_of"]
