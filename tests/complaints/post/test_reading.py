"""Messages are read as they were meant, whatever their charset and structure; whatever else comes is refused and nothing worse."""

from __future__ import annotations

import base64
from contextlib import suppress
from email.message import EmailMessage
from email.mime.base import MIMEBase
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingduan.complaints.post.decoding import words
from mingduan.complaints.post.folding import MARK, fold
from mingduan.complaints.post.plain import text_of
from mingduan.complaints.post.reading import Mail, Unreadable, read

from .hostile import HOSTILE
from .letters import written

HEAD = b"From: a@b.cn\nMessage-ID: <x@b.cn>\n"


def raw(text: str, charset: str, said: str = "", encoding: str = "base64") -> bytes:
    octets = text.encode(charset)
    body = base64.encodebytes(octets) if encoding == "base64" else octets
    return (
        HEAD
        + f"Content-Type: text/plain; charset={said or charset}\nContent-Transfer-Encoding: {encoding}\n\n".encode()
        + body
    )


@pytest.mark.parametrize(
    ("charset", "said"),
    [
        ("utf-8", "utf-8"), ("gbk", "gbk"), ("gb18030", "gb2312"), ("gb18030", "GB18030"), ("big5", "big5"), ("gb18030", "us-ascii"), ("utf-8", "us-ascii"),
        ("utf-8", "gb2312x"), ("gbk", '"gb_2312-80"'), ("hz", "hz-gb-2312"), ("utf-16", "utf-16"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("encoding", ["base64", "8bit"])
def test_the_charsets_of_chinese_mail(charset: str, said: str, encoding: str) -> None:
    text = (
        "話費不對"
        if charset == "big5"
        else "话费不对，请查"
        if charset in ("hz", "gbk") or "2312-80" in said
        else "话费不对，镕基路"
    )
    if (encoding, charset) != ("8bit", "utf-16"):  # no mail carries that
        assert read(raw(text, charset, said, encoding)).text == text


@pytest.mark.parametrize(
    ("written_", "meant"),
    [
        ("=?utf-8?B?572R6YCf5oWi?=", "网速慢"), ("=?GB2312?B?zfjL2cL9?=", "网速慢"), ("=?gbk?Q?=CD=F8=CB=D9=C2=FD?=", "网速慢"),
        ("=?utf-8?B?572R6YA=?= =?utf-8?B?n+aFog==?=", "网速慢"),  # a character cut in two
        ("=?utf-8?B?572R6YCf5oWi?= (2)", "网速慢 (2)"), ("Re: =?utf-8?b?572R6YCf5oWi", "Re: =?utf-8?b?572R6YCf5oWi"),
        ("=?utf-8?B?572R6YCf5oWi==!?=", "网速慢"), ("=?x-nonsense?B?572R6YCf5oWi?=", "网速慢"),
        ("网速慢".encode("gbk").decode("ascii", "surrogateescape"), "网速慢"), ("网速慢".encode().decode("ascii", "surrogateescape"), "网速慢"),
    ],
)  # fmt: skip
def test_encoded_words_whole_and_broken(written_: str, meant: str) -> None:
    assert words(written_) == meant


@pytest.mark.parametrize(
    "name",
    [
        b"filename*=utf-8''%E8%B4%A6%E5%8D%95.txt", b"filename*=gb2312''%D5%CB%B5%A5.txt", b'filename="=?gb2312?B?1cu1pS50eHQ=?="',
        b"filename*0*=utf-8''%E8%B4%A6; filename*1*=%E5%8D%95.txt", b'filename="' + "账单.txt".encode("gbk") + b'"', b'filename="' + "账单.txt".encode() + b'"',
    ],
)  # fmt: skip
def test_names_of_files_as_mail_programs_write_them(name: bytes) -> None:
    body = (
        b'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain\n\nx\n--b\nContent-Type: application/pdf\nContent-Disposition: attachment; '
        + name + b"\n\nx\n--b--\n"
    )  # fmt: skip
    assert [e.name for e in read(HEAD + body).enclosures] == ["账单.txt"]


def test_a_name_cannot_pretend_to_be_the_address() -> None:
    disguised = base64.b64encode("我们 <kefu@telecom.example>,".encode()).decode()
    mail = read(f"From: =?utf-8?B?{disguised}?= <x@else.cn>\n\nx".encode())
    assert (mail.sender, mail.name) == ("x@else.cn", "我们 <kefu@telecom.example>,")


def test_of_the_same_said_twice_the_plain_one_is_read_and_html_where_there_is_no_other() -> None:
    message = written("纯文本")
    message.add_alternative("<p>网页</p>", subtype="html")
    assert read(message.as_bytes()).text == "纯文本"
    message = EmailMessage()
    message.set_content("<style>p{}</style><p>网速慢</p><p>三天了<br>急</p>", subtype="html")
    assert read(message.as_bytes()).text == "网速慢\n\n三天了\n急"


def test_a_picture_pasted_into_the_text_is_a_file_of_the_letter() -> None:
    message = MIMEMultipart("related")
    message.attach(MIMEText("<p>见图<img src='cid:1'></p>", "html", "gbk"))
    picture = MIMEBase("image", "png")
    picture.set_payload(b"\x89PNG")
    picture["Content-ID"] = "<1>"
    message.attach(picture)
    mail = read(message.as_bytes())
    assert (mail.text, [e.name for e in mail.enclosures]) == ("见图", ["image.png"])


def test_no_markup_comes_through() -> None:
    assert (
        text_of("<p>一</p><script>alert(1)</script><a href='javascript:x'>二</a><svg><text>三</text></svg>&lt;b&gt;")
        == "一\n\n二<b>"
    )


@pytest.mark.parametrize(
    "below",
    [
        "------------------ 原始邮件 ------------------\n发件人: 客服\n", "-----原始邮件-----\n发件人：客服\n", "在 2026年3月10日，客服 <a@b.cn> 写道：\n> 您好",
        "于 2026-03-10 09:00:00，客服 写道:\n您好", "On Tue, Mar 10, 2026 at 9:00 AM kefu <a@b.cn> wrote:\n> hello",
        "On Tue, Mar 10, 2026 at 9:00 AM 电信客户投诉受理台\n<kefu@telecom.example> wrote:\n> hello", "发件人：客服\n发送时间：2026年3月10日\n收件人：李梅\n主题：投诉收讫\n\n您好",
        "From: kefu\nSent: Tuesday\nTo: li\nSubject: x\n\nhello", "---- 回复的原邮件 ----\n| 发件人 | 客服 |", "At 2026-03-10 09:00:00, \"客服\" <a@b.cn> wrote:\n>x",
        "> 您好\n> 已受理", f"{MARK}\n\n您的投诉已登记", "-- \n李梅\n13800000001", "发自我的iPhone", "来自QQ邮箱手机版", "Sent from my iPhone",
        "2026年3月10日 09:00，客服 <a@b.cn> 写道：\n您好", "-----Original Message-----\nFrom: a",
    ],
)  # fmt: skip
def test_what_is_quoted_and_signed_is_folded(below: str) -> None:
    said, rest = fold(f"还是没有信号，\n请再查。\n\n{below}")
    assert said == "还是没有信号，\n请再查。"
    assert rest.strip() == below.strip()


@pytest.mark.parametrize(
    "text",
    [
        "发件人是谁我不知道，请查。", "> 您说已修好\n没有修好\n> 明天再来\n不用来了", "----- 原始邮件 -----\n发件人：甲\n主题：乙\n转发给你们看",
        "我在上月写道歉信也没用", "在三月十日我写道：赔钱，你们不理。后来又来信。", "套餐：\n-- 流量10G",
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_kept(text: str) -> None:
    assert fold(text) == (text, "")


@pytest.mark.parametrize("name", HOSTILE)
def test_no_hostile_letter_does_more_than_be_refused(name: str) -> None:
    with suppress(Unreadable):
        _sound(read(HOSTILE[name]))


def _sound(mail: Mail) -> None:
    """What a database, a page and a file's name can take."""
    for said in (
        mail.text,
        mail.quoted,
        mail.subject,
        mail.name,
        mail.sender,
        mail.message_id,
        mail.bounce,
        *(e.name for e in mail.enclosures),
    ):
        said.encode()
        assert not [c for c in said if c < " " and c not in "\t\n"]
    assert len(mail.subject) <= 300
    assert len(mail.sender) <= 200
    assert len(mail.message_id) <= 250


KINDS = ["text/plain", "text/html", "multipart/mixed", "multipart/alternative", "multipart/report; report-type=delivery-status", "message/rfc822",
         "message/delivery-status", "image/png", "text/rfc822-headers", "application/octet-stream", "multipart/digest", "nonsense", "text/calendar"]  # fmt: skip
HEADERS = [
    "Content-Transfer-Encoding",
    "Content-Disposition",
    "Subject",
    "From",
    "Message-ID",
    "References",
    "Auto-Submitted",
    "Date",
    "Return-Path",
    "To",
]
words_ = st.one_of(
    st.sampled_from(["base64", "quoted-printable", "8bit", "attachment; filename*=x''%", "=?gbk?B?zfg=?=", "<a@b>", "no", "=?utf-8?Q?=ZZ?=", "x@y.z", "(" * 50, '"']),
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), max_size=30),
)  # fmt: skip


@st.composite
def parts(draw: st.DrawFn, depth: int = 0) -> bytes:
    """A part with any headers, and any parts within it."""
    kind, charset = (
        draw(st.sampled_from(KINDS)),
        draw(st.sampled_from(["", "; charset=gbk", "; charset=utf-7", "; charset=punycode", "; charset="])),
    )
    heads = [f"{draw(st.sampled_from(HEADERS))}: {draw(words_)}" for _ in range(draw(st.integers(0, 4)))]
    head = (
        f'Content-Type: {kind}{charset}; boundary="b{depth}"\n'.encode()
        + "\n".join(heads).encode("utf-8", "replace")
        + b"\n\n"
    )
    if depth < 4 and kind.startswith(("multipart", "message")):
        inner = draw(st.lists(parts(depth + 1), max_size=3))
        mark = f"--b{depth}".encode()
        joined = b"".join(mark + b"\n" + p + b"\n" for p in inner)
        return head + (
            joined + (mark + b"--\n" if draw(st.booleans()) else b"")
            if kind.startswith("multipart")
            else b"".join(inner)
        )
    return head + draw(
        st.one_of(st.binary(max_size=60), st.text(max_size=60).map(lambda t: t.encode("gb18030", "ignore")))
    )


@given(parts())
def test_any_structure_of_parts_is_read_or_refused(message: bytes) -> None:
    with suppress(Unreadable):
        _sound(read(message))


@given(st.binary(max_size=2_000))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    with suppress(Unreadable):
        _sound(read(octets))


@given(
    st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=200),
    st.sampled_from(["gb18030", "gbk", "utf-8"]),
)
def test_chinese_comes_through_whole(text: str, charset: str) -> None:
    assert read(raw(text, charset)).text == text


@given(st.text(max_size=500))
def test_folding_loses_nothing_that_was_written(text: str) -> None:
    said, rest = fold(text)
    assert "".join((said + rest).split()) == "".join(text.split())
