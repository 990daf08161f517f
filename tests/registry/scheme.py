"""The scheme's people and papers for tests, and cases taken through the store as people would."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta
from typing import Any

from mingduan.cases import files
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.people.models import Organisation, User
from mingduan.procedure.case import Actor, Refusal, Signature
from mingduan.procedure.period import TZ
from mingduan.registry.models import Certificate, Enterprise, Equipment, Site, Technician

START = datetime(2026, 3, 2, 9, tzinfo=TZ)
AGENCY = "安信认证有限公司"


_PDF = b"%PDF-1.7 material"


def paper(name: str = "材料.pdf") -> list[dict[str, str]]:
    """One uploaded file; whoever brings it to an act has it in the store."""
    return [{"name": name, "sha256": hashlib.sha256(_PDF).hexdigest()}]


PAPERS = {
    f"{n}.papers": paper()
    for n in ("application", "licence", "profile", "leader", "staff", "equipment", "performance", "sites", "working")
}
APPLICATION: dict[str, Any] = {
    "specialty": "zh", "grade": "j", "independent": True, "meets_standard": True, "accepts": True, "quality.held": False, **PAPERS,
}  # fmt: skip


def enterprise(name: str = "恒通代维有限公司", code: str = "91110000600037341L") -> Organisation:
    """An enterprise with a profile that fulfils the conditions of S09 3.1.2."""
    organisation, made = Organisation.objects.get_or_create(name=name, defaults={"kind": "enterprise"})
    if made:
        profile = Enterprise.objects.create(
            organisation=organisation, credit_code=code, representative="王恒", region="110108", address="北京市海淀区学院路1号",
            contact="张三", phone="010-12345678",
        )  # fmt: skip
        Technician.objects.create(enterprise=profile, name="李工", leads=True)
        Site.objects.create(enterprise=profile, name="海淀代维点", address="北京市海淀区")
        Equipment.objects.create(enterprise=profile, kind="instrument", name="光时域反射仪", quantity=2)
        Equipment.objects.create(enterprise=profile, kind="vehicle", name="抢修车", quantity=3)
    return organisation


def people(*names: str) -> list[dict[str, str]]:
    """People on the experts' register, as an act names them."""
    made = []
    for name in names:
        user = User.objects.filter(name=name).first() or User.objects.create_user(name, name=name, expert=True)
        made.append({"id": str(user.pk), "name": name})
    return made


class Course:
    """A case in the store, and the time of its latest act: each act is ten minutes after the one before."""

    def __init__(self, number: str, at: datetime) -> None:
        self.number, self.at = number, at

    @classmethod
    def open(cls, rulebook: str, action: str, role: str, at: datetime, sides: list[Side], **facts: Any) -> Course:
        """Open a case; the act must be lawful."""
        done = open_case(
            rulebook=rulebook, action=action, actor=Actor(role, role, frozenset([role])), at=at, facts=_named(facts), sides=sides, title="",
        )  # fmt: skip
        assert isinstance(done, Done), told(done)
        return cls(done.case.number, at)

    def attempt(
        self, role: str, action: str, *, who: str = "", after: timedelta = timedelta(minutes=10), **facts: Any
    ) -> Done | Refusal:
        """Try an act so long after the one before."""
        self.at += after
        actor = Actor(who or role, who or role, frozenset([role]))
        signature = Signature(actor.id, "totp", self.at)  # kept only where the rulebook wants one
        return act(number=self.number, action=action, actor=actor, at=self.at, facts=_named(facts), signature=signature)

    def do(
        self, role: str, action: str, *, who: str = "", after: timedelta = timedelta(minutes=10), **facts: Any
    ) -> Course:
        """Do an act and insist that it is lawful."""
        done = self.attempt(role, action, who=who, after=after, **facts)
        assert isinstance(done, Done), told(done)
        return self

    def audit(self, party: str) -> Course:
        """The audit, without findings, up to the report in the centre's hands."""
        day = self.at.astimezone(TZ).date().isoformat()
        self.do("agency", "appoint_team", people=people("审查员甲", "审查员乙"))
        self.do(
            "agency",
            "plan_audit",
            **{"audit.starts_on": day, "audit.ends_on": day, "audit.place": "北京", "audit.scope": "全部条款"},
        )
        self.do("team", "submit_report", **{"audit.conclusion": "pass", "audit.summary": "符合"})
        return self.do("agency", "approve_report")


def applied(organisation: Organisation, at: datetime = START, **facts: Any) -> Course:
    """An application for qualification."""
    agency, _ = Organisation.objects.get_or_create(name=AGENCY, defaults={"kind": "agency"})
    sides = [Side("applicant", organisation.name, organisation), Side("agency", agency.name, agency)]
    return Course.open("cace/qualification", "file", "applicant", at, sides, **{**APPLICATION, **facts})


def reviewed(organisation: Organisation, at: datetime = START, **facts: Any) -> Course:
    """An application that only lacks the association's approval."""
    course = applied(organisation, at, **facts).do("centre", "accept").audit("applicant")
    course.do("centre", "form_panel", people=people("专家甲", "专家乙", "专家丙"))
    for who in ("专家甲", "专家乙", "专家丙"):
        course.do("panel", "score", who=who, **{"entry.score": 90, "entry.comment": "良好"})
        course.do("panel", "vote", who=who, **{"entry.vote": "pass"})
    course.do("centre", "evaluate", granted=facts.get("grade", "j"), **{"evaluation.opinion": "同意"})
    return course.do("committee", "review", **{"review.opinion": "同意"})


def certified(name: str = "恒通代维有限公司", at: datetime = START, **facts: Any) -> Certificate:
    """A certificate, issued to an enterprise of that name."""
    course = reviewed(enterprise(name, code_for(name)), at, **facts).do("association", "approve")
    return Certificate.objects.get(case_number=course.number)


def concerning(certificate: Certificate, rulebook: str, action: str, role: str, at: datetime, **facts: Any) -> Course:
    """A case about a certificate: opened by its holder, or by the body with the holder as the register has it."""
    sides = [Side("holder", certificate.holder.name, certificate.holder)] if role == "holder" else []
    return Course.open(rulebook, action, role, at, sides, **{"certificate.number": certificate.number, **facts})


def suspended(certificate: Certificate, at: datetime) -> Course:
    """A certificate suspended for two months, its holder heard."""
    course = concerning(
        certificate, "cace/suspension", "propose", "centre", at, ground="serious_problem", reasons="重大质量事故"
    )
    course.do("holder", "answer", **{"entry.text": "已整改"})
    until = (at.astimezone(TZ).date() + timedelta(60)).isoformat()
    return course.do("committee", "suspend", reasoning="事实清楚", **{"suspension.until": until})


def code_for(name: str) -> str:
    """A valid unified social credit code that belongs to that name alone."""
    from stdnum.cn import uscc

    base = f"91110000{sum(ord(c) * 31**i for i, c in enumerate(name)) % 10**9:09}"
    return base + uscc.calc_check_digit(base)


def day(written: str) -> date:
    """A date as written."""
    return date.fromisoformat(written)


def told(refusal: Done | Refusal) -> str:
    """Why an act was refused."""
    return "；".join(f"{r.clause} {r.text.zh}" for r in refusal.reasons) if isinstance(refusal, Refusal) else ""


def _named(facts: dict[str, Any]) -> dict[str, Any]:
    """Names with __ for a dot; the papers are in the store, wherever it is now."""
    files.keep("材料.pdf", _PDF, "application/pdf")
    return {name.replace("__", "."): value for name, value in facts.items()}
