"""E-mail becomes cases and joins them: who is believed, what is answered, what waits for the desk, and nothing twice."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from mingduan.cases.act import act
from mingduan.cases.models import Case
from mingduan.complaints.models import Letter, Mailbox
from mingduan.complaints.post import polling
from mingduan.paper.models import Delivery
from mingduan.procedure.case import Actor

from .letters import CUSTOMER, MORNING, MX, came, drop, facts, folder, post, proved, written

pytestmark = pytest.mark.django_db
DESK = Actor("7", "江蕙", frozenset({"desk"}))


def do(case: Case, action: str, at: Any = MORNING, **given: Any) -> None:
    done = act(number=case.number, action=action, actor=DESK, at=at, facts=given)
    assert hasattr(done, "seq"), done


def verified(case: Case) -> None:
    do(case, "verify", **{"entry.how": "records", "entry.found": "属实"})


def offered(case: Case) -> None:
    """Bring a complaint to where its customer is asked whether an offer will do."""
    verified(case)
    do(case, "grade", **{"class": "billing"})
    do(case, "assign", department="账务")
    handler = Actor("8", "周", frozenset({"handler"}))
    for action, given in (
        ("investigate", {"entry.how": "records", "entry.found": "系统多扣"}), ("conclude_inquiry", {"finding": "多扣", "at_fault": True}),
        ("offer", {"offer.kind": "refund", "offer.text": "退30元", "offer.amount": 3000}),
    ):  # fmt: skip
        assert hasattr(act(number=case.number, action=action, actor=handler, at=MORNING, facts=given), "seq")


def test_s11_1_a_letter_becomes_a_complaint_by_the_customers_own_action() -> None:
    message = written()
    message.add_attachment(b"%PDF-1.4 bill", maintype="application", subtype="pdf", filename="三月账单.pdf")
    (letter,) = came(message)
    known = facts(letter)
    assert (letter.what, letter.case.rulebook, letter.case.state) == ("opened", "telecom/complaint", "registered")
    assert known["details"] == "话费问题\n\n三月份多扣了30元月租，请查。"
    assert (known["channel"], known["about"], known["customer.email"], known["customer.name"]) == (
        "email",
        "other",
        CUSTOMER,
        "李梅",
    )
    assert [f["name"] for f in known["evidence"]] == ["三月账单.pdf"]
    assert letter.case.events.get(seq=1).body["role"] == "complainant"


def test_s17_1_2_the_number_goes_back_once_as_an_answer_of_a_machine() -> None:
    (letter,) = came(written())
    post()
    post()
    (message,) = mail.outbox
    headers = message.extra_headers
    assert (message.to, letter.case.number in message.subject) == ([CUSTOMER], True)
    assert (headers["Auto-Submitted"], headers["In-Reply-To"], headers["References"]) == (
        "auto-replied",
        letter.message_id,
        letter.message_id,
    )
    assert "/answer/" in message.body


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        ({"Auto_Submitted": "auto-replied"}, "automatic"), ({"Auto_Submitted": "auto-generated"}, "waits"), ({"Precedence": "bulk"}, "waits"),
        ({"Precedence": "list"}, "waits"), ({"Precedence": "junk"}, "waits"), ({"List_Id": "<news.example>"}, "waits"),
        ({"Return_Path": "<>"}, "opened"), ({"X_Auto_Response_Suppress": "All"}, "opened"), ({"sender": "mailer-daemon@example.cn"}, "opened"),
        ({"sender": "noreply@example.cn"}, "opened"), ({"subject": "自动回复：休假"}, "automatic"), ({"sender": "mingduan@localhost.example"}, "automatic"),
    ],
)  # fmt: skip
def test_no_machine_is_answered(settings: Any, headers: dict[str, str], what: str) -> None:
    settings.MAIL_ADDRESS = "mingduan@localhost.example"
    (letter,) = came(written(**headers))
    post()
    assert (letter.what, len(mail.outbox)) == (what, 0)


def test_an_address_that_writes_on_and_on_is_answered_five_times_and_then_waits_for_the_desk() -> None:
    letters = came(*(written(f"第{n}封") for n in range(12)))
    post()
    assert [x.what for x in letters] == ["opened"] * 10 + ["waits"] * 2
    assert len(mail.outbox) == 5
    (later,) = came(written("又一封"), at=MORNING + timedelta(hours=2))
    assert later.what == "opened"


def test_an_answer_to_ours_joins_its_case_whatever_its_subject_says() -> None:
    (letter,) = came(written())
    post()
    answer = written(
        "补充：是尾号0001的号码。\n\n> 您的投诉已登记",
        subject="Re: 随便",
        In_Reply_To=mail.outbox[0].extra_headers["Message-ID"],
    )
    (joined,) = came(answer)
    assert (joined.what, joined.case, joined.quoted) == ("added", letter.case, "> 您的投诉已登记")
    assert facts(joined)["material_text"] == "补充：是尾号0001的号码。"
    assert Case.objects.count() == 1


def test_an_answer_where_nothing_is_asked_is_a_letter_that_the_desk_owes_an_answer() -> None:
    (letter,) = came(written())
    offered(letter.case)
    post()
    later = MORNING + timedelta(hours=1)
    (joined,) = came(written("能不能多退一点？", In_Reply_To=mail.outbox[-1].extra_headers["Message-ID"]), at=later)
    assert [r["said"] for r in facts(joined)["letters"]] == ["能不能多退一点？"]
    assert joined.case.duties.get(deadline="letter").status == "open"
    do(joined.case, "read_letter", later + timedelta(hours=1))
    assert joined.case.duties.get(deadline="letter").status == "met"


def test_yes_in_answer_to_an_offer_is_the_customers_agreement_but_not_from_another_address() -> None:
    (letter,) = came(written())
    offered(letter.case)
    post()
    ours = mail.outbox[-1].extra_headers["Message-ID"]
    (other,) = came(written("同意", sender="someone@else.cn", In_Reply_To=ours))
    assert (facts(other)["letters"][0]["said"], other.case.state) == ("（someone@else.cn）\n同意", "offered")
    (yes,) = came(written("同意。\n\n发自我的iPhone", In_Reply_To=ours))
    yes.case.refresh_from_db()
    assert (yes.what, yes.case.state) == ("added", "agreed")


def test_a_number_in_the_subject_lets_only_a_known_address_in() -> None:
    (letter,) = came(written())
    number = letter.case.number
    (stranger,) = came(written("我也要说", sender="x@elsewhere.cn", subject=f"Re: 投诉收讫（{number}）"))
    assert (stranger.what, stranger.perhaps) == ("opened", number)
    assert stranger.case != letter.case
    known, later = proved("补一张图", sender=f"LiMei <{CUSTOMER.upper()}>", subject=f"re: {number}"), MORNING
    (joined,) = came(known, at=later)
    assert (joined.what, joined.case, joined.vouched) == ("added", letter.case, "pass")


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ((), "none"),
        (("mx.telecom.example; none",), "none"),
        (("elsewhere.example; dmarc=pass header.from=example.cn",), "none"),
        (("mx.telecom.example; dmarc=pass header.from=other.cn",), "none"),
        (("mx.telecom.example; dmarc=temperror header.from=example.cn",), "none"),
        (("mx.telecom.example dmarc pass", "mx.telecom.example; dmarc="), "none"),
        (("mx.telecom.example; dmarc=fail header.from=example.cn",), "fail"),
        (("mx.telecom.example; dkim=pass header.d=other.cn; spf=pass smtp.mailfrom=a@other.cn",), "fail"),
        (("mx.telecom.example; dkim=pass header.d=cn",), "fail"),
        (("mx.telecom.example; dmarc=fail header.from=example.cn", "mx.telecom.example; dmarc=pass header.from=example.cn"), "fail"),
        (("mx.telecom.example; dmarc=pass header.from=example.cn", "mx.telecom.example; dmarc=fail header.from=example.cn"), "fail"),
    ],
)  # fmt: skip
def test_rfc8601_5_an_address_that_no_trusted_server_vouches_for_adds_no_words_by_a_number(
    results: tuple[str, ...], said: str
) -> None:
    Mailbox.objects.create(body="telecom", trusted=MX)
    (letter,) = came(written())
    events = letter.case.events.count()
    forged = written("同意你们的方案，不用赔了", subject=f"Re: {letter.case.number}")
    for line in results:
        forged["Authentication-Results"] = line
    (waits,) = came(forged)
    assert (waits.what, waits.case, waits.perhaps, waits.vouched) == ("waits", None, letter.case.number, said)
    assert "可能是冒名" in waits.why_zh
    assert (letter.case.events.count(), Case.objects.count()) == (events, 1)


@pytest.mark.parametrize(
    "result",
    [
        "mx.telecom.example 1; spf=none smtp.mailfrom=example.cn; dmarc=pass (p=reject dis=none) header.from=Example.CN",
        'MX.telecom.example; dkim=pass (2048-bit key) header.d=example.cn header.i=@example.cn header.b="a/b="; dkim=fail header.d=list.cn',
        "mx.telecom.example; spf=pass (sender permitted) smtp.mailfrom=bounces@example.cn; dkim=none",
    ],
)
def test_rfc8601_2_7_a_server_that_is_trusted_vouches_by_dmarc_or_by_what_it_rests_on(result: str) -> None:
    Mailbox.objects.create(body="telecom", trusted=f"other.example, {MX}")
    (letter,) = came(written())
    (joined,) = came(written("补充", subject=letter.case.number, Authentication_Results=result))
    assert (joined.what, joined.case) == ("added", letter.case)


def test_a_letter_with_two_authors_is_vouched_for_by_nobody() -> None:
    Mailbox.objects.create(body="telecom", trusted=MX)
    (letter,) = came(written())
    raw = proved("补充", subject=letter.case.number).as_bytes()
    (waits,) = came(raw.replace(b"From: ", b"From: other@example.cn\nFrom: ", 1))
    assert (waits.what, waits.vouched) == ("opened", "none")
    (waits,) = came(
        raw.replace(b"<limei@example.cn>", b"<limei@example.cn>, x@example.cn", 1).replace(
            b"Message-ID: <", b"Message-ID: <2"
        )
    )
    assert (waits.what, waits.vouched) == ("waits", "none")


def test_an_answer_to_ours_under_a_forged_address_adds_words_marked_as_its_and_agrees_to_nothing() -> None:
    Mailbox.objects.create(body="telecom", trusted=MX)
    (letter,) = came(written())
    offered(letter.case)
    post()
    forged = written(
        "同意", In_Reply_To=mail.outbox[-1].extra_headers["Message-ID"], Authentication_Results=f"{MX}; dmarc=fail"
    )
    (joined,) = came(forged)
    joined.case.refresh_from_db()
    assert (joined.case.state, facts(joined)["letters"][0]["said"]) == ("offered", f"（{CUSTOMER}）\n同意")


def test_an_id_that_is_guessed_lets_nobody_in() -> None:
    (letter,) = came(written())
    post()
    sent = Delivery.objects.get(channel="mail")
    assert len(sent.message_id) > 26
    (other,) = came(
        written(
            "让我进来",
            sender="x@elsewhere.cn",
            In_Reply_To=f"<notice-{sent.notice_id}-case:{letter.case.number}@localhost>",
        )
    )
    assert other.case != letter.case


def test_a_second_letter_in_the_customers_own_thread_joins_the_case() -> None:
    (letter,) = came(written())
    (forged,) = came(written("不投诉了", References=letter.message_id))
    assert (forged.what, forged.perhaps) == ("waits", letter.case.number)
    (more,) = came(proved("忘了说，号码是0001", References=letter.message_id))
    assert (more.what, more.case) == ("added", letter.case)


def test_the_same_letter_twice_is_taken_once_and_another_with_its_id_is_shown() -> None:
    same = written(Message_ID="<one@example.cn>")
    assert len(came(same, same)) == 1
    (other,) = came(written("别的内容", Message_ID="<one@example.cn>"))
    assert (other.what, Case.objects.count()) == ("waits", 1)
    assert came(written("别的内容", Message_ID="<one@example.cn>")) == []


def test_letters_without_an_id_are_told_apart_by_what_they_say() -> None:
    first, second = (written(t) for t in ("一", "二"))
    for message in (first, second):
        del message["Message-ID"]
    assert [x.what for x in came(first, second, first)] == ["opened", "opened"]


def test_one_that_cannot_be_read_holds_up_none_and_is_shown_with_why() -> None:
    deep = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(60))
    bad, good = came(b"From: a@b.cn\nSubject: deep\nMessage-ID: <d@b.cn>\n" + deep, written())
    assert (bad.what, bad.why_zh, bad.sender, bad.subject) == ("waits", "邮件的部分过多或嵌套过深", "a@b.cn", "deep")
    assert good.what == "opened"
    assert list(folder().glob("*.eml")) == []


def test_a_letter_on_which_the_worker_died_three_times_is_read_no_more(monkeypatch: Any) -> None:
    drop(written(), written("第二封"))

    def died(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as broken:
        broken.setattr(polling, "read", died)
        for _ in range(3):
            with pytest.raises(SystemExit):
                polling.poll(MORNING)
    polling.poll(MORNING)
    assert [(x.what, x.why_zh) for x in Letter.objects.order_by("pk")] == [
        ("waits", "处理这封邮件时程序多次中断"),
        ("opened", ""),
    ]


def test_a_worker_that_dies_between_the_act_and_putting_away_does_nothing_twice(monkeypatch: Any) -> None:
    drop(written())
    with monkeypatch.context() as broken:
        broken.setattr("mingduan.complaints.post.boxes.Folder.done", lambda *_: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            polling.poll(MORNING)
    assert Case.objects.count() == 1
    assert polling.poll(MORNING) == 0
    assert (Case.objects.count(), Letter.objects.count(), list(folder().glob("*.eml"))) == (1, 1, [])


def test_a_bounce_is_noted_with_the_mail_that_came_back() -> None:
    (letter,) = came(written())
    post()
    report = (
        b"Return-Path: <>\nFrom: MAILER-DAEMON@example.cn\nSubject: Undelivered Mail\nMIME-Version: 1.0\nMessage-ID: <b@example.cn>\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\n\n--x\nContent-Type: text/plain\n\nno such user\n'
        b"--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; limei@example.cn\nAction: failed\n"
        b"Status: 5.1.1\nDiagnostic-Code: smtp; 550 no such user\n\n--x\nContent-Type: text/rfc822-headers\n\nMessage-ID: "
        + mail.outbox[0].extra_headers["Message-ID"].encode() + b"\n\n--x--\n"
    )  # fmt: skip
    (back,) = came(report)
    sent = Delivery.objects.get(channel="mail")
    assert (sent.bounced_at, sent.error) == (MORNING, "5.1.1 smtp; 550 no such user")
    assert (back.what, back.case, Case.objects.count()) == ("waits", letter.case, 1)


def test_what_uploads_refuse_letters_are_refused_too_and_the_rest_is_taken() -> None:
    message = written()
    message.add_attachment(
        base64.b64decode("TVqQAAMAAAAEAAAA//8AALgAAAA="),
        maintype="application",
        subtype="octet-stream",
        filename="run.exe",
    )
    message.add_attachment("账单".encode(), maintype="text", subtype="plain", filename="账单.txt")
    (letter,) = came(message)
    assert [f["name"] for f in facts(letter)["evidence"]] == ["账单.txt"]
    assert [(r["name"], r["zh"]) for r in letter.refused] == [("run.exe", "不接收这种文件")]


def test_mail_carries_where_answers_go_and_the_thread_before_it() -> None:
    Mailbox.objects.create(body="telecom", address="kefu@telecom.example")
    (letter,) = came(written())
    post()
    do(letter.case, "respond", **{"answer.text": "正在核查。"})
    post()
    first, second = (m.extra_headers for m in mail.outbox)
    assert second["Reply-To"] == "kefu@telecom.example"
    assert (second["Auto-Submitted"], second["In-Reply-To"]) == ("auto-generated", first["Message-ID"])
    assert second["References"].split() == [letter.message_id, first["Message-ID"]]
    assert "正在核查。" in mail.outbox[1].body


def test_at_night_the_acknowledgement_waits_for_the_morning() -> None:
    night = MORNING.replace(hour=23)
    came(written(), at=night)
    post(night)
    assert mail.outbox == []
    post(MORNING + timedelta(days=1))
    assert len(mail.outbox) == 1
