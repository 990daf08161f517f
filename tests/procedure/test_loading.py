"""A hundred rulebooks with a mistake each: every one is told, on its line, in both languages."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mingduan.procedure.loading import MAX_BYTES, RulebookError, load, loads
from mingduan.procedure.rulebook import Rulebook

PATH = Path(__file__).resolve().parents[2] / "rulebooks" / "cace" / "appeal.yaml"
GOOD = PATH.read_text(encoding="utf-8")

# What is replaced, by what, and a word the message must hold. The mistake must be told on the line replaced.
WRONG: list[tuple[str, str, str]] = [
    ("lasts: meeting.length", "lasts: meeting.lenght", "meeting.lenght"),
    ("stage: intake}", "stage: nowhere}", "nowhere"),
    ("by: [appellant]\n    opens", "by: [apellant]\n    opens", "apellant"),
    ("    to: filed\n    asks: [grounds", "    to: flied\n    asks: [grounds", "flied"),
    ("from: [filed, remedying]\n    asks: [payment.reference]", "from: [filed, remedyin]\n    asks: [payment.reference]", "remedyin"),
    ("asks: [remedy.what]", "asks: [remedy.wat]", "remedy.wat"),
    ("may_ask: [grounds_text, papers]", "may_ask: [grounds_txt, papers]", "grounds_txt"),
    ("debit: bank, credit: deposit_held", "debit: bnak, credit: deposit_held", "bnak"),
    ("debit: bank, credit: deposit_held", "debit: bank, credit: bank", "同一账户"),
    ("amount: payment.amount}", "amount: payment.on}", "INT"),
    ("adds: statements", "adds: statement", "statement"),
    ("adds: evidence", "adds: evidances", "evidances"),
    ("appoints: panel", "appoints: pannel", "pannel"),
    ("releases: panel", "releases: panels", "panels"),
    ("extends: rule", "extends: ruling", "ruling"),
    ("tells: [centre, respondent]", "tells: [center, respondent]", "center"),
    ("that: payment.amount > 0, else", "that: payment.amount > 'x', else", "_>_"),
    ("that: payment.amount > 0, else", "that: payment.amount, else", "BOOL"),
    ("that: payment.amount > 0, else", "that: payment.amout > 0, else", "payment.amout"),
    ("that: payment.amount > 0, else", "that: payment.amount >, else", "列"),
    ("that: payment.amount > 0, else", "that: open('/etc/passwd'), else", "open"),
    ("that: payment.amount > 0, else", "that: __import__('os'), else", "__import__"),
    ("为止，会议不能更晚", "为止，会议不能更晚{due.met}", "due.met"),
    ("rule: {zh: 新期限晚于原期限, en: The new day is after the old one}, ", "", "rule"),
    ("outcome: outcome", "outcome: statement", "statement"),
    ('that: stayed, else', 'that: staid, else', "staid"),
    ("that: on_hold, else", "that: on_holt, else", "on_holt"),
    ('sets: {on_hold: "true"}', 'sets: {on_hold: "1"}', "INT"),
    ('sets: {on_hold: "true"}', 'sets: {on_holdd: "true"}', "on_holdd"),
    ("carries: [grounds,", "carries: [grund,", "grund"),
    ("action: file\n", "action: File\n", "pattern"),
    ("type: money, value: 500000", "type: money, value: lots", "lots"),
    ("type: money, value: 500000", "type: mony, value: 500000", "type"),
    ("type: period, value: 5wd", "type: period, value: 5 weeks", "5 weeks"),
    ("within: 30wd", "within: 30 days", "within"),
    ("within: 30wd", "within: remedy_tme", "remedy_tme"),
    ("within: 30wd", "within: deposit", "deposit"),
    ("within: 15wd, after: file", "within: 15wd, after: fille", "fille"),
    ("after: decision.notified_on", "after: decision.notifed_on", "decision.notifed_on"),
    ("after: decision.notified_on", "after: decision.reference", "decision.reference"),
    ("after: decision.notified_on, owner", "before: decision.notified_on, owner", "after"),
    ("at_least: 3wd, before: meeting.starts_at", "at_least: 3wd, after: meeting.starts_at", "before"),
    ("within: 3mo, after: file", "within: 3mo, at_least: 3mo, after: file", "within"),
    ("owner: centre, met_by: [rule]", "owner: center, met_by: [rule]", "center"),
    ("owner: centre, met_by: [rule]", "owner: centre, met_by: [rules]", "rules"),
    ("limits: [name_witness]", "limits: [name_witnes]", "name_witnes"),
    ("when_missed: lapse", "when_missed: laps", "laps"),
    ("when: major, clause", "when: mayor, clause", "mayor"),
    ("when: major, clause", "when: outcome, clause", "STRING"),
    ('override: {by: [committee], clause: "8.6"}', 'override: {by: [comittee], clause: "8.6"}', "comittee"),
    ('override: {by: [committee], clause: "8.6"}', 'override: {by: [committee], clause: "8.7"}', "8.7"),
    ('override: {by: [committee], clause: "8.6"}', 'override: {by: [], clause: "8.6"}', "by"),
    ('clause: "6.2.4", inferred', 'clause: "6.2.9", inferred', "6.2.9"),
    ('limits: [name_witness], clause: "6.2.4"', 'limits: [name_witness], clause: "6.2.5"', "6.2.5"),
    ("type: choice\n    clause: \"5.1\"", "type: choise\n    clause: \"5.1\"", "type"),
    ("statement: {zh: 申诉书正文, en: Statement of appeal, type: long_text", "statement: {zh: 申诉书正文, en: Statement of appeal, type: choice", "choice"),
    ("statement: {zh: 申诉书正文, en: Statement of appeal, type: long_text", "statement: {zh: 申诉书正文, en: Statement of appeal, type: records", "records"),
    ("statement: {zh: 申诉书正文, en: Statement", "statement: {zh: '', en: Statement", "zh"),
    ("accepted: {zh: 已受理, en: Accepted, stage", "accepted: {zh: 已受理, stage", "en"),
    ("    zh: 受理\n    en: Accept\n", "    zh: 受理\n    zh: 接受\n    en: Accept\n", "重复"),
    ("accounts:\n  bank:", "accounts:\n  bank: {zh: 甲, en: A, kind: asset}\n  bank:", "重复"),
    ("id: cace/appeal", "id: Cace Appeal", "id"),
    ("number: SS", "number: ss", "number"),
    ('version: "1"', 'version: ""', "version"),
    ("kind: asset}", "kind: purse}", "kind"),
    ("side: filer", "side: friend", "side"),
    ("members: 3, no_interest", "members: 0, no_interest", "members"),
    ("no_interest_within: 2y", "no_interest_within: two years", "no_interest_within"),
    ("once: true", "once: maybe", "once"),
    ("opens: true", "opens: yes please", "opens"),
    ("end: true}", "end: [true]}", "end"),
    ("    once_each: true", "    once_eech: true", "once_each"),
    ("    help_me: 1", "", ""),
]  # fmt: skip
WRONG = [w for w in WRONG if w[0] in GOOD and w[2]]

# Every action without each of what it can't do without, and a key it doesn't know.
for _name in re.findall(r"^  ([a-z_]+):\n    zh:", GOOD, re.M)[:60]:
    if re.search(rf"^  {_name}:\n    zh: .*\n    en: .*\n    clause", GOOD, re.M):
        _head = re.search(rf"^  {_name}:\n    zh: .*\n", GOOD, re.M)
        assert _head
        WRONG.append((_head[0], _head[0].replace("    zh: ", "    zhh: "), "zhh"))


def line_of(text: str, old: str, new: str) -> tuple[int, int]:
    """The lines that a replacement touches, counting from 1."""
    first = text[: text.index(old)].count("\n") + 1
    return first, first + new.count("\n")


@pytest.mark.parametrize(("old", "new", "word"), WRONG, ids=[f"{i}-{w[2]}" for i, w in enumerate(WRONG)])
def test_every_mistake_is_told_on_its_line(old: str, new: str, word: str) -> None:
    with pytest.raises(RulebookError) as caught:
        loads(GOOD.replace(old, new, 1).encode(), "x.yaml")
    first, last = line_of(GOOD, old, new)
    told = [m for m in caught.value.mistakes if first <= m.line <= last]
    assert told, str(caught.value)
    assert any(word in m.in_("zh") + m.in_("en") for m in told), str(caught.value)
    assert all(m.text.zh and m.text.en and m.column >= 1 for m in told)


def test_there_are_a_hundred_of_them() -> None:
    assert len(WRONG) + len(BROKEN) >= 100


BROKEN: list[tuple[bytes, str]] = [
    (b"", "规则书"),
    (b"- a\n- b\n", "规则书"),
    (b"just words", "规则书"),
    (b"a: [1, 2", "YAML"),
    (b"a: {b: }}", "YAML"),
    (b"a:\n\tb: 1\n", "YAML"),
    (b"a: b: c", "YAML"),
    (b"a: *nobody", "YAML"),
    (b"a: &x [*x]\n", "锚点"),
    (b"? [1, 2]\n: 3\n", "键"),
    (b"a: 1\na: 2\n", "重复"),
    (b"a: \xff\xfe\n", "UTF-8"),
    (b"\xc4\xe3\xba\xc3: 1\n", "UTF-8"),
    (b"a: '" + b"x" * MAX_BYTES + b"'", "字节"),
    (b"[" * 3000, "嵌套"),
    (b"a: !!python/object/apply:os.system ['true']\n", "不认识"),
    (b"--- 1\n--- 2\n", "YAML"),
    (b"a: \x00", "YAML"),
    (b"id: cace/x\n", "缺少"),
    (b"%YAML 9.9\n---\na: 1\n", "YAML"),
    (b"unknown: 1\n", "不认识"),
    (b"roles: 1\n", "roles"),
    (b"states: []\n", "states"),
    (b"title: x\n", "title"),
    (b"source: {document: S01}\n", "缺少"),
    (b"actions: {A: {}}\n", "A"),
    (b"deadlines: {x: 1}\n", "x"),
    (b"a: &a {b: &b {c: *a}}\n", "锚点"),
    (b"parameters: {p: {zh: a, en: b, type: money}}\n", "value"),
    (b"facts: {'bad name': {zh: a, en: b, type: text}}\n", "bad name"),
    (b"digest: x\nversion: 1\n", "缺少"),
]


@pytest.mark.parametrize(("data", "word"), BROKEN, ids=range(len(BROKEN)))
def test_what_is_no_rulebook_at_all_is_told_too(data: bytes, word: str) -> None:
    with pytest.raises(RulebookError) as caught:
        loads(data)
    assert word in str(caught.value)


def test_a_near_miss_says_what_was_probably_meant() -> None:
    with pytest.raises(RulebookError) as caught:
        loads(GOOD.replace("extends: rule", "extends: rulle").encode())
    assert "是否想写“rule”" in str(caught.value)


def test_a_missing_file_is_told() -> None:
    with pytest.raises(RulebookError, match="读不到"):
        load(Path("/nowhere/x.yaml"))


@settings(max_examples=150)
@given(st.binary(max_size=400))
def test_no_bytes_crash_the_loader(data: bytes) -> None:
    with pytest.raises(RulebookError):
        loads(data)


@settings(max_examples=60)
@given(st.data())
def test_no_change_to_a_good_rulebook_crashes_the_loader(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(GOOD) - 1))
    length = data.draw(st.integers(0, 12))
    new = data.draw(st.text(alphabet=st.sampled_from("abc[]{}:,'\"-?*&!|>%@` \n0\t中"), max_size=6))
    with suppress(RulebookError):
        assert isinstance(loads((GOOD[:at] + new + GOOD[at + length :]).encode()), Rulebook)
