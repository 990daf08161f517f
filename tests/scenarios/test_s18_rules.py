"""S02, S06, S09, S10 and S18: each rule of the scheme broken alone stands against the step, and mended does not.

The stories show who does what when; here every condition of every step is held against one case that lacks nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from mingduan.procedure.case import Act, Actor, Case, Finding, Signature

from .scheme import AUDITORS, CERTIFICATE, MEMBERS, PAPER, engine
from .story import Story, at
from .test_s06_repair import FULL as REPAIR
from .test_s09_maintenance import FULL as MAINTENANCE

NOW = at("2027-01-04 09:00")
AUDITED = ("qualification", "repair-qualification", "surveillance", "renewal", "change")
ABOUT = ("surveillance", "renewal", "change", "suspension", "cancellation", "withdrawal", "misuse")
EVERY = ("qualification", "repair-qualification", *ABOUT)
FILED: dict[str, dict[str, Any]] = {
    "qualification": {n.replace("__", "."): v for n, v in MAINTENANCE.items()},
    "repair-qualification": {n.replace("__", "."): v for n, v in REPAIR.items()},
    "renewal": {f"{n}.papers": PAPER for n in ("application", "licence", "performance")},
    "change": {"kind": "address", "address.new": "上海", "change.papers": PAPER},
}
APART = {
    **{
        (book, action): others
        for book in ("qualification", "repair-qualification")
        for action, others in {
            "evaluate": {"approve_report"}, "fail": {"approve_report"}, "review": {"approve_report", "evaluate"},
            "decline_review": {"approve_report", "evaluate"}, "approve": {"approve_report", "evaluate", "review"},
            "disapprove": {"approve_report", "evaluate", "review"},
        }.items()
    },
    ("renewal", "examine"): {"approve_report"}, ("renewal", "decline"): {"approve_report"},
    ("renewal", "review"): {"approve_report", "examine"}, ("renewal", "decline_review"): {"approve_report", "examine"},
    ("renewal", "approve"): {"approve_report", "examine", "review"}, ("renewal", "disapprove"): {"approve_report", "examine", "review"},
    ("surveillance", "examine"): {"approve_report"}, ("surveillance", "maintain"): {"approve_report", "examine"},
    ("change", "examine"): {"approve_report"},
    **{("change", a): {"propose", "approve_report", "examine"} for a in ("decide_grade", "decide_change", "decline")},
    ("suspension", "suspend"): {"propose"}, ("suspension", "dismiss"): {"propose"}, ("suspension", "lift"): {"propose", "verify"},
    ("withdrawal", "withdraw"): {"propose"}, ("withdrawal", "dismiss"): {"propose"},
    ("cancellation", "cancel"): {"accept"}, ("cancellation", "decline"): {"accept"}, ("misuse", "decide"): {"propose"},
}  # fmt: skip


def held_against(
    book: str, action: str, facts: Mapping[str, Any], given: Mapping[str, Any], told: Mapping[str, Any], **case: Any
) -> tuple[Finding, ...]:
    """Every rule the step is held against in a case with these facts."""
    made = engine(book)
    spec = made.rulebook.actions[action]
    actor = Actor("x", "某人", frozenset(spec.by[:1]))
    act = Act(
        action, actor, NOW, dict(given), supplied={**dict.fromkeys(spec.reads), **dict.fromkeys(spec.draws, 1), **told}, number="C-1",
        signature=Signature("x", "totp", NOW),
    )  # fmt: skip
    state = case.pop("state", "" if spec.opens else spec.since[0])
    return made.check(Case(state=state, facts=dict(facts), **case), act)


def stands(rule: str, found: tuple[Finding, ...]) -> bool:
    """Whether the rule stands against the step; it must have been asked."""
    (finding,) = [f for f in found if f.text.zh == rule]
    assert finding.holds or finding.reason is not None, f"not judged: {rule}"
    return not finding.holds


@pytest.mark.parametrize(("book", "action"), APART)
def test_s02_10_and_s18_3_nobody_takes_two_steps_that_the_source_keeps_apart(book: str, action: str) -> None:
    spec = engine(book).rulebook.actions[action]
    assert spec.apart is not None
    for other in engine(book).rulebook.actions:
        done = Case(state=spec.since[0], done=frozenset({(other, "x")}))
        found = engine(book).check(done, Act(action, Actor("x", "某人", frozenset(spec.by)), NOW, number="C-1"))
        barred = any(f.rule == "apart" and f.reason for f in found)
        assert barred == (other in APART[book, action]), other


def test_s02_10_every_step_that_is_kept_apart_is_listed_here() -> None:
    assert {(b, n) for b in EVERY for n, a in engine(b).rulebook.actions.items() if a.apart} == set(APART)


TWO = {"team": tuple(AUDITORS)}
FINDING = {"seq": 5, "severity": "minor", "text": "缺"}
AUDIT: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    ("challenge_team", "审查组已指派", {"assigned": {}}, {"assigned": TWO}),
    ("plan_audit", "审查组已指派", {"assigned": {}}, {"assigned": TWO}),
    ("recuse_auditor", "此人是审查组成员", {"assigned": {"team": (AUDITORS[1],)}}, {"assigned": TWO}),
    ("plan_audit", "结束日期不早于开始日期", {"given": {"audit.ends_on": "2027-01-31"}}, {"given": {"audit.ends_on": "2027-02-01"}}),
    ("record_finding", "审查已经开始", {"facts": {"audit.starts_on": "2027-01-05"}}, {"facts": {"audit.starts_on": "2027-01-04"}}),
    ("submit_report", "审查已经开始", {"facts": {"audit.starts_on": "2027-01-05"}}, {"facts": {"audit.starts_on": "2027-01-04"}}),
    ("plan_correction", "有这一序号的审查发现", {"facts": {"findings": []}}, {"facts": {"findings": [FINDING]}}),
    (
        "verify_correction",
        "对这一发现已有纠正措施",
        {"facts": {"findings": [FINDING], "corrections": []}},
        {"facts": {"findings": [FINDING], "corrections": [{"seq": 6, "finding": 5}]}},
    ),
    ("approve_report", "批准人没有参加过审查组", {"served": {"team": ({"id": "x", "name": "某人"},)}}, {"served": TWO}),
    (
        "approve_report",
        "不符合项的纠正措施均已验证有效",
        {"facts": {"findings": [FINDING], "verifications": [{"finding": 5, "verdict": "ineffective"}]}},
        {"facts": {"findings": [FINDING], "verifications": [{"finding": 5, "verdict": "effective"}]}},
    ),
]  # fmt: skip
GIVEN: dict[str, dict[str, Any]] = {
    "challenge_team": {"entry.member": "审查员11", "entry.why": "曾任顾问"},
    "plan_audit": {"audit.starts_on": "2027-02-01", "audit.ends_on": "2027-02-02", "audit.place": "北京", "audit.scope": "全部"},
    "recuse_auditor": {"person": AUDITORS[0]},
    "record_finding": {"entry.severity": "minor", "entry.requirement": "5", "entry.text": "缺"},
    "submit_report": {"audit.conclusion": "pass", "audit.summary": "符合"},
    "plan_correction": {"entry.finding": 5, "entry.cause": "漏", "entry.action": "补"},
    "verify_correction": {"entry.finding": 5, "entry.verdict": "effective"},
    "examine": {"examination.opinion": "属实", "granted": "j"},
    "decline": {"decline.reason": "不符"},
    "maintain": {"surveillance.conclusion": "maintain"},
    "evaluate": {"granted": "j", "evaluation.opinion": "同意"},
    "form_panel": {"people": MEMBERS},
    "recuse_expert": {"person": MEMBERS[0]},
    "challenge_panel": {"entry.member": "专家1", "entry.why": "同学"},
    "score": {"entry.score": 80, "entry.comment": "好"},
    "vote": {"entry.vote": "pass"},
    "suspend": {"suspension.until": "2027-06-30", "reasoning": "x"},
    "recall": {"recall.on": "2027-01-04", "recall.note": "交回"},
    "put_right": {"putting_right": "已改"},
    "propose": {"measure": "warn", "proposal": "改正"},
    "appeal": {"grounds": "change_of_status", "statement": "不服", "requested": "撤销", "signed_by": "王"},
}  # fmt: skip


def holds_back(book: str, action: str, rule: str, how: dict[str, Any]) -> bool:
    """Whether the rule stands against the step, the case and the act being as `how` says."""
    more = dict(how)
    given = {**GIVEN.get(action, {}), **more.pop("given", {})}
    facts, told = more.pop("facts", {}), more.pop("told", {})
    wanted = {i.name for i in engine(book).inputs(action)}
    return stands(
        rule, held_against(book, action, facts, {n: v for n, v in given.items() if n in wanted}, told, **more)
    )


@pytest.mark.parametrize("book", AUDITED)
@pytest.mark.parametrize(("action", "rule", "broken", "mended"), AUDIT, ids=[f"{a}-{r}" for a, r, *_ in AUDIT])
def test_s02_9_the_audit_goes_in_its_order(
    book: str, action: str, rule: str, broken: dict[str, Any], mended: dict[str, Any]
) -> None:
    assert holds_back(book, action, rule, broken)
    assert not holds_back(book, action, rule, mended)


@pytest.mark.parametrize("book", AUDITED)
@pytest.mark.parametrize("action", ["appoint_team", "challenge_team", "recuse_auditor"])
def test_s02_9_the_team_may_change_until_its_report_is_approved(book: str, action: str) -> None:
    since = set(engine(book).rulebook.actions[action].since)
    assert {"planned", "audited"} <= since
    assert since.isdisjoint({"reported", "examined", "evaluated", "reviewed"})


VALID, SUSPENDED = {"told": {"certificate.status": "valid"}}, {"told": {"certificate.status": "suspended"}}
EXPIRED, GONE = {"told": {"certificate.status": "expired"}}, {"told": {"certificate.status": "withdrawn"}}
CANCELLED = {"told": {"certificate.status": "cancelled"}}
PANEL = {"panel": tuple(MEMBERS)}
QUALIFICATIONS = ("qualification", "repair-qualification")


def votes(*given: str) -> dict[str, Any]:
    """A panel of three that scored 90 each and voted so."""
    scores = [{"by": m["id"], "score": 90, "comment": "好"} for m in MEMBERS]
    return {"assigned": PANEL, "facts": {"scores": scores, "votes": [{"vote": v} for v in given]}}


def scored(*given: int) -> dict[str, Any]:
    """A panel of three that voted for it and scored so."""
    return {"assigned": PANEL, "facts": {"scores": [{"score": s} for s in given], "votes": [{"vote": "pass"}] * 3}}


def grades(applied: str, granted: str) -> dict[str, Any]:
    """A grade applied for, and one granted."""
    return {
        **votes("pass", "pass", "pass"),
        "facts": {**votes("pass")["facts"], "grade": applied},
        "given": {"granted": granted},
    }


def serial(number: int) -> dict[str, Any]:
    """The serial drawn."""
    return {"facts": CERTIFICATE, "told": {"certificate.serial": number, "new.serial": number, **VALID["told"]}}


def renewed(audit: str, granted: str = "y") -> dict[str, Any]:
    """A recertification of a certificate of grade 乙."""
    return {"facts": {"audit.conclusion": audit, "certificate.grade": "y"}, "given": {"granted": granted}}


def changing(kind: str, told: dict[str, Any] = VALID) -> dict[str, Any]:
    """A change of that kind."""
    return {"facts": {**CERTIFICATE, "kind": kind, "grade.new": "b"}, **told}


def downgrade(now: str, new: str, kind: str = "downgrade", status: str = "valid") -> dict[str, Any]:
    """A downgrade that the centre proposes."""
    told = {**CERTIFICATE, "certificate.grade": now, "certificate.status": status}
    given = {"certificate.number": "2026ZH0001JR0", "kind": kind, "grade.new": new, "reasons": "不达标"}
    return {"told": told, "given": given}


def asking(**told: Any) -> dict[str, Any]:
    """A change that the holder asks for."""
    given = {
        "certificate.number": "2026ZH0001JR0",
        "kind": "address",
        "address.new": "上海",
        "reasons": "搬迁",
        "change.papers": PAPER,
    }
    return {"told": {**CERTIFICATE, **{n.replace("__", "."): v for n, v in told.items()}}, "given": given}


def decided(action: str, status: str, held: bool = False) -> dict[str, Any]:
    """A case whose decision was taken; what the certificate is now, and whether an appeal holds the decision."""
    return {"taken": {action: (NOW,)} if action else {}, "told": {"certificate.status": status, "decision.held": held}}


NOT_HELD, CHANGED = "没有申诉使原决定停止执行", "证书现状已与本案不符"
HEARD = "企业已陈述，或陈述期限已届满"
RULES: list[tuple[tuple[str, ...], str, str, dict[str, Any], dict[str, Any]]] = [
    (QUALIFICATIONS, "form_panel", "专家人数足够", {"given": {"people": MEMBERS[:1]}}, {"given": {"people": MEMBERS}}),
    (QUALIFICATIONS, "form_panel", "专家组人数为单数", {"given": {"people": [*MEMBERS, AUDITORS[0]]}}, {}),
    (QUALIFICATIONS, "form_panel", "人选均未参加过本案审查组", {"served": {"team": (MEMBERS[0],)}}, {"served": TWO}),
    (QUALIFICATIONS, "challenge_panel", "专家组已组建", {}, {"assigned": PANEL}),
    (QUALIFICATIONS, "recuse_expert", "此人是专家组成员", {"assigned": {"panel": tuple(MEMBERS[1:])}}, {"assigned": PANEL}),
    (QUALIFICATIONS, "score", "分数在0到100之间", {"given": {"entry.score": 101}}, {"given": {"entry.score": 100}}),
    (QUALIFICATIONS, "score", "分数在0到100之间", {"given": {"entry.score": -1}}, {"given": {"entry.score": 0}}),
    (QUALIFICATIONS, "vote", "本人已评分", {"facts": {"scores": [{"by": "y"}]}}, {"facts": {"scores": [{"by": "x"}]}}),
    (QUALIFICATIONS, "evaluate", "专家组已组建", {"assigned": {"panel": tuple(MEMBERS[:2])}}, {"assigned": PANEL}),
    (QUALIFICATIONS, "evaluate", "专家组过半数同意", votes("pass", "fail", "fail"), votes("pass", "pass", "fail")),
    (QUALIFICATIONS, "evaluate", "过半数专家的评分达到合格分数", scored(90, 69, 69), scored(70, 70, 0)),
    (QUALIFICATIONS, "evaluate", "评定等级不高于申请等级", grades("y", "j"), grades("y", "b")),
    (QUALIFICATIONS, "fail", "专家组过半数认为不通过", votes("fail", "pass", "pass"), votes("fail", "fail", "pass")),
    (QUALIFICATIONS, "fail", "专家组过半数认为不通过", {"facts": {"votes": []}}, votes("fail", "fail")),
    (QUALIFICATIONS, "approve", "当年还有证书累计号", serial(10_000), serial(9_999)),
    (QUALIFICATIONS, "approve", "本企业在该专业没有有效证书", {"told": {"holding.number": "2026ZH0001JR0"}}, {"told": {"holding.number": ""}}),
    (("surveillance",), "examine", "监督审查通过", renewed("fail"), renewed("pass")),
    (("surveillance",), "maintain", "证书现在有效", SUSPENDED, VALID),
    (("surveillance", "change"), "close_void", "证书已失效", SUSPENDED, EXPIRED),
    (("renewal",), "apply", "证书现在有效", SUSPENDED, VALID),
    (("renewal",), "apply", "证书尚未到期", {"facts": {"certificate.valid_until": "2027-01-03"}}, {"facts": {"certificate.valid_until": "2027-01-04"}}),
    (("renewal",), "examine", "复评现场审核通过", renewed("fail"), renewed("pass")),
    (("renewal",), "examine", "复评等级不高于原等级", renewed("pass", "j"), renewed("pass", "y")),
    (("renewal",), "decline", "现场审核未通过", renewed("pass"), renewed("fail")),
    (("renewal",), "approve", "证书没有暂停、撤销或注销", SUSPENDED, EXPIRED),
    (("renewal",), "approve", "证书没有暂停、撤销或注销", GONE, VALID),
    (("renewal",), "approve", "复评不足9次", {"facts": {"certificate.renewals": 9}}, {"facts": {"certificate.renewals": 8}}),
    (("renewal",), "approve", "当年还有证书累计号", serial(10_000), serial(1)),
    (("change",), "file", "证书为本企业所持", asking(certificate__own=False), asking()),
    (("change",), "file", "证书现在有效", asking(certificate__status="suspended"), asking()),
    (("change",), "propose", "证书有效或暂停中", downgrade("j", "y", status="expired"), downgrade("j", "y", status="suspended")),
    (("change",), "propose", "提出的是降级", downgrade("j", "y", kind="upgrade"), downgrade("j", "y")),
    (("change",), "propose", "新等级比现在低", downgrade("y", "y"), downgrade("y", "b")),
    (("change",), "withdraw", "由企业自己申请", {"taken": {"propose": (NOW,)}}, {"taken": {"file": (NOW,)}}),
    (("change",), "decide_grade", "属于等级变更", changing("name"), changing("downgrade")),
    (("change",), "decide_grade", "证书现在有效", changing("upgrade", SUSPENDED), changing("downgrade", SUSPENDED)),
    (("change",), "decide_grade", "证书现在有效", changing("downgrade", EXPIRED), changing("upgrade")),
    (("change",), "decide_grade", "当年还有证书累计号", serial(0), serial(1)),
    (("change",), "decide_change", "不属于等级变更", changing("upgrade"), changing("scope")),
    (("change",), "decide_change", "证书现在有效", changing("name", SUSPENDED), changing("name")),
    (("suspension",), "suspend", "证书现在有效", SUSPENDED, VALID),
    (("suspension",), "suspend", HEARD, VALID, {**VALID, "taken": {"answer": (NOW,)}}),
    (("withdrawal",), "withdraw", HEARD, VALID, {**VALID, "taken": {"answer": (NOW,)}}),
    (("change",), "examine", HEARD, {"taken": {"propose": (NOW,)}}, {"taken": {"propose": (NOW,), "answer": (NOW,)}}),
    (("suspension",), "announce_suspension", "证书现在暂停", VALID, SUSPENDED),
    (("suspension",), "overdue", NOT_HELD, {"told": {"decision.held": True}}, {"told": {"decision.held": False}}),
    (("cancellation",), "cancel", "证书有效或暂停中", EXPIRED, SUSPENDED),
    (("cancellation",), "recall", "证书现在注销", VALID, CANCELLED),
    (("cancellation",), "announce", "证书现在注销", VALID, CANCELLED),
    (("withdrawal",), "withdraw", "证书有效或暂停中", EXPIRED, SUSPENDED),
    (("withdrawal",), "recall", "证书现在撤销", VALID, GONE),
    (("withdrawal",), "announce", "证书现在撤销", VALID, GONE),
    (("suspension", "cancellation", "withdrawal"), "close_void", NOT_HELD, decided("", "expired", True), decided("", "expired")),
    (("suspension", "cancellation", "withdrawal"), "close_void", CHANGED, decided("", "valid"), decided("", "expired")),
    (("suspension",), "close_void", CHANGED, decided("suspend", "suspended"), decided("suspend", "valid")),
    (("cancellation",), "close_void", CHANGED, decided("cancel", "cancelled"), decided("cancel", "valid")),
    (("withdrawal",), "close_void", CHANGED, decided("withdraw", "withdrawn"), decided("withdraw", "valid")),
    (("misuse",), "propose", HEARD, {}, {"taken": {"answer": (NOW,)}}),
    (("misuse",), "put_right", "已责令改正", {"facts": {"measure": "suspend"}}, {"facts": {"measure": "warn"}}),
    (("misuse",), "refer_suspension", "专委会已这样决定", {"facts": {"measure": "withdraw"}}, {"facts": {"measure": "suspend"}}),
    (("misuse",), "refer_withdrawal", "专委会已这样决定", {"facts": {"measure": "suspend"}}, {"facts": {"measure": "withdraw"}}),
    (EVERY, "appeal", "本案有可申诉的决定", {}, {"facts": {"decision.entry": "C-1#2"}}),
    (EVERY, "appeal", "选“其他”的，写明了事由", {"given": {"grounds": "other"}}, {"given": {"grounds": "other", "grounds_text": "别的"}}),
]  # fmt: skip
ONE_BOOK = [(b, a, r, broken, mended) for books, a, r, broken, mended in RULES for b in books]


@pytest.mark.parametrize(
    ("book", "action", "rule", "broken", "mended"), ONE_BOOK, ids=[f"{b}-{a}-{r}" for b, a, r, *_ in ONE_BOOK]
)
def test_s18_3_and_4_each_rule_holds_the_step_back(
    book: str, action: str, rule: str, broken: dict[str, Any], mended: dict[str, Any]
) -> None:
    assert holds_back(book, action, rule, broken)
    assert not holds_back(book, action, rule, mended)


OLD = "2027-01-03"
DOCUMENTS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "qualification": [
        ("有资质等级申请表", {"application.papers": None}), ("有企业法人营业执照副本复印件", {"licence.papers": None}),
        ("营业执照在有效期内", {"licence.expires_on": OLD}), ("有企业简介、能力及绩效介绍", {"profile.papers": None}),
        ("有主要技术负责人的资料", {"leader.papers": None}), ("有从业技术人员清单", {"staff.papers": None}),
        ("有主要设备清单", {"equipment.papers": None}), ("有代维绩效证明表和统计表", {"performance.papers": None}),
        ("有代维点统计清单", {"sites.papers": None}), ("已通过体系认证的，附有证书、有效证据和手册", {"quality.held": True}),
        ("已通过体系认证的，写明了有效期", {"quality.held": True}), ("质量管理体系认证在有效期内", {"quality.expires_on": OLD}),
        ("有代维作业文件清单", {"working.papers": None}), ("申请临时等级的，写明了理由", {"grade": "l"}),
    ],
    "repair-qualification": [
        ("有资质等级申请表", {"application.papers": None}), ("有企业法人营业执照副本复印件", {"licence.papers": None}),
        ("营业执照在有效期内", {"licence.expires_on": OLD}), ("有企业简介、能力及绩效介绍", {"profile.papers": None}),
        ("有主要技术负责人的资料", {"leader.papers": None}), ("有维修从业技术人员清单", {"staff.papers": None}),
        ("有主要设备清单，整体分包的除外", {"equipment.papers": None}), ("分包的，有备板备件清单", {"spares.papers": None}),
        ("按等级需要时，有维修绩效统计表和证明表", {"performance.papers": None}),
        ("绩效年数达到等级要求", {"performance.years": 1}),
        ("已通过体系认证的，附有证书、有效证据和手册", {"quality.held": True}), ("已通过体系认证的，写明了有效期", {"quality.held": True}),
        ("质量管理体系认证在有效期内", {"quality.expires_on": OLD}), ("有维修作业文件清单", {"working.papers": None}),
    ],
    "renewal": [
        ("有复评申请表", {"application.papers": None}), ("有企业法人营业执照副本复印件", {"licence.papers": None}),
        ("营业执照在有效期内", {"licence.expires_on": OLD}), ("有有效期内的绩效证明", {"performance.papers": None}),
    ],
    "change": [
        ("升级的，新等级比现在高", {"kind": "upgrade", "grade.new": "b", "certificate.grade": "y"}),
        ("降级的，新等级比现在低", {"kind": "downgrade", "grade.new": "j", "certificate.grade": "y"}),
        ("变更名称的，写明了新名称", {"kind": "name"}), ("变更地址的，写明了新地址", {"address.new": None}),
        ("变更范围的，写明了新范围", {"kind": "scope"}), ("有变更证明材料，降级除外", {"change.papers": None}),
    ],
}  # fmt: skip
STEPS = {"qualification": ("complete", "accept"), "repair-qualification": ("complete", "accept"), "renewal": ("apply", "complete", "accept"), "change": ("complete", "accept")}  # fmt: skip
PAPERS = [(b, a, r, x) for b, rules in DOCUMENTS.items() for a in STEPS[b] for r, x in rules]


@pytest.mark.parametrize(("book", "action", "rule", "lacking"), PAPERS, ids=[f"{b}-{a}-{r}" for b, a, r, _ in PAPERS])
def test_s09_and_s06_3_2_1_nothing_is_completed_or_accepted_without_each_document(
    book: str, action: str, rule: str, lacking: dict[str, Any]
) -> None:
    about = {"certificate.valid_until": "2029-03-01"} if book == "renewal" else {}
    whole = {**FILED[book], **about}
    short = {n: v for n, v in {**whole, **lacking}.items() if v is not None}
    assert holds_back(book, action, rule, {"facts": short, **VALID})
    assert not holds_back(book, action, rule, {"facts": whole, **VALID})


@pytest.mark.parametrize("lacking", DOCUMENTS["renewal"], ids=[r for r, _ in DOCUMENTS["renewal"]])
def test_s18_4_3_each_document_of_a_renewal_is_asked_for_when_it_is_filed(lacking: tuple[str, dict[str, Any]]) -> None:
    rule, without = lacking
    whole = {"certificate.number": "2026ZH0001JR0", **FILED["renewal"]}
    for given, missing in (({**whole, **without}, True), (whole, False)):
        how = {"given": {n: v for n, v in given.items() if v is not None}, "told": CERTIFICATE}
        assert holds_back("renewal", "file", rule, how) == missing


@pytest.mark.parametrize("book", EVERY)
def test_s01_6_1_the_appeal_window_is_30_working_days_in_every_procedure(book: str) -> None:
    def late(notified_on: str) -> bool:
        facts = {"decision.entry": "C-1#2", "decision.notified_on": notified_on}
        found = held_against(book, "appeal", facts, GIVEN["appeal"], {})
        (limit,) = [f for f in found if f.rule == "deadline"]
        assert limit.clause == "S01 6.1"
        return not limit.holds

    assert [late(day) for day in ("2026-11-19", "2026-11-20")] == [True, False], "30 working days before 2027-01-04"


@pytest.mark.parametrize(
    ("book", "facts"),
    [
        ("misuse", {}), ("suspension", {}), ("withdrawal", {}), ("surveillance", {"state": "missed"}),
    ],
)  # fmt: skip
@pytest.mark.parametrize("ground", ["unreported_change", "below_grade"])
def test_s10_4_3_a_change_not_reported_and_a_grade_not_met_on_inquiry_are_grounds(
    book: str, facts: dict[str, Any], ground: str
) -> None:
    action = {"misuse": "open", "surveillance": "propose_suspension"}.get(book, "propose")
    given = {"certificate.number": "2026ZH0001JR0", "ground": ground, "reasons": "经调查核实"}
    wanted = {i.name for i in engine(book).inputs(action)}
    found = held_against(book, action, {}, {n: v for n, v in given.items() if n in wanted}, CERTIFICATE, **facts)
    assert [f.text.zh for f in found if f.reason] == []


@pytest.mark.parametrize(
    ("ground", "said"), [("unreported_change", "重大变化未申请变更"), ("below_grade", "经调查不符合等级要求")]
)
def test_s10_4_3_the_register_says_why_a_certificate_may_not_be_used(ground: str, said: str) -> None:
    for book, action, role in (("suspension", "suspend", "committee"), ("withdrawal", "withdraw", "association")):
        story = Story(engine(book), CERTIFICATE)
        story.do(
            "centre", "propose", "2027-01-04 09:00", certificate__number="2026ZH0001JR0", ground=ground, reasons="x"
        )
        story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明")
        until = {"suspension__until": "2027-06-30"} if book == "suspension" else {}
        story.do(role, action, "2027-01-06 09:00", reasoning="x", **until)
        assert story.events[-1].registers[0]["reason"] == said


@pytest.mark.parametrize(
    ("ground", "due", "following"),
    [
        ("missed_surveillance", "2027-01-03", "2027-05-03"), ("missed_surveillance", "2027-02-02", "2027-05-03"),
        ("missed_surveillance", "2027-02-03", None), ("missed_surveillance", None, None), ("serious_problem", "2027-01-03", None),
    ],
)  # fmt: skip
def test_s18_3_3_a_surveillance_that_was_missed_is_made_up_for_once_the_suspension_is_lifted(
    ground: str, due: str | None, following: str | None
) -> None:
    """Nothing else would ask for it again: its day is over, and its case was handed on."""
    register = {**CERTIFICATE, "certificate.next_surveillance_on": due}
    story = Story(engine("suspension"), {n: v for n, v in register.items() if v is not None})
    story.do("centre", "propose", "2027-01-04 09:00", certificate__number="2026ZH0001JR0", ground=ground, reasons="x")
    story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明")
    story.do("committee", "suspend", "2027-01-06 09:00", suspension__until="2027-06-30", reasoning="x")
    story.register["certificate.status"] = "suspended"
    story.do("holder", "apply_lifting", "2027-02-01 09:00", correction__statement="已整改")
    story.do("centre", "verify", "2027-02-02 09:00", verification__opinion="合格")
    story.do("committee", "lift", "2027-02-03 09:00", reasoning="合格")
    (change,) = story.events[-1].registers
    assert (change["effect"], change.get("next_surveillance_on")) == ("lift", following)
    assert story.duty("announce_lifting", "2027-02-03 10:00").owner == "centre"


@pytest.mark.parametrize(("due", "following"), [("2027-01-03", "2027-04-07"), ("2028-03-02", None)])
def test_s18_3_3_a_surveillance_that_was_missed_is_made_up_for_after_a_downgrade(
    due: str, following: str | None
) -> None:
    story = Story(engine("change"), {**CERTIFICATE, "certificate.next_surveillance_on": due})
    story.do(
        "centre", "propose", "2027-01-04 09:00", certificate__number="2026ZH0001JR0", kind="downgrade", grade__new="y", reasons="拒绝监督"
    )  # fmt: skip
    story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明")
    story.do("centre", "examine", "2027-01-06 09:00", examination__opinion="属实")
    story.do("committee", "decide_grade", "2027-01-07 09:00", reasoning="降级")
    (change,) = story.events[-1].registers
    assert (change["effect"], change.get("next_surveillance_on")) == ("replace", following)


def test_s10_4_2_a_change_decided_on_is_carried_out_and_announced_and_nothing_is_owed_before() -> None:
    story = Story(engine("change"), CERTIFICATE)
    story.case = Case(
        state="examined", facts={**CERTIFICATE, **FILED["change"], "certificate.number": "2026ZH0001JR0"}, last_at=NOW
    )
    assert {d.deadline for d in story.engine.duties(story.case, NOW)}.isdisjoint({"issue", "announce"})
    story.do("committee", "decide_change", "2027-01-05 09:00", reasoning="准予")
    assert {story.duty(n, "2027-01-05 10:00").owner for n in ("issue", "announce")} == {"centre"}


@pytest.mark.parametrize("book", ["qualification", "repair-qualification", "renewal", "change"])
def test_s18_3_1_an_application_returned_is_completed_within_15_working_days_or_lapses(book: str) -> None:
    made, filer = engine(book), engine(book).rulebook.actions["complete"].by[0]
    register = {**CERTIFICATE} if filer == "holder" else {}
    story = Story(made, register)
    story.case = Case(
        state="filed", facts=FILED[book], taken={"file": (at("2027-01-04 09:00"),)}, last_at=at("2027-01-04 09:00")
    )
    story.do("centre", "return_for_completion", "2027-01-05 09:00", completion__what="补")
    story.refused("timer", "lapse", "2027-01-26 23:59", made.rulebook.actions["lapse"].clause)
    story.refused(filer, "complete", "2027-01-27 00:00", made.rulebook.deadlines["put_right"].clause)
    story.do("timer", "lapse", "2027-01-27 00:01")
    assert story.case.state == "refused"
