"""What of an entry can be corrected, and by whom."""

from __future__ import annotations

from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import loads
from tests.conftest import RULEBOOKS
from tests.scenarios.story import Story


def test_what_is_confidential_is_corrected_only_by_who_may_see_it() -> None:
    written = (RULEBOOKS / "cace" / "misuse.yaml").read_text()
    ours = "    by: [centre]\n    from: [reported, unfounded, outside, founded, handling, proposed, decided, referred]"
    assert ours in written
    engine = Engine(loads(written.replace(ours, ours.replace("centre", "centre, reporter")).encode()))
    told = {"report__what": "冒用", "report__where": "官网", "report__holder": "恒通"}
    story = Story(engine).do("reporter", "report", "2026-09-25 09:00", **told)
    wrong = {"corrects": 1, "reason": "误录", "correction": {"report.what": "转借"}}
    story.refused("reporter", "correct", "2026-09-25 10:00", "2.2", **wrong)
    story.do("reporter", "correct", "2026-09-25 11:00", corrects=1, reason="误录", correction={"report.where": "门店"})
    story.do("centre", "correct", "2026-09-25 12:00", **wrong)
    assert (story.case.facts["report.what"], story.case.facts["report.where"]) == ("转借", "门店")


def test_a_correction_gives_its_reason_and_what_it_corrects(appeal: Engine) -> None:
    told = {
        "grounds": "change_of_status", "decision__reference": "安信〔2026〕7号", "decision__notified_on": "2026-09-01",
        "statement": "不服", "requested": "撤销", "signed_by": "张三",
    }  # fmt: skip
    story = Story(appeal).do("appellant", "file", "2026-09-25 09:00", **told)
    right = {"corrects": 1, "reason": "误录", "correction": {"statement": "不服降级"}}
    for wrong, input_ in (
        ({"reason": " "}, "reason"),
        ({"correction": {}}, "correction"),
        ({"corrects": 9}, "corrects"),
    ):
        story.refused("centre", "correct", "2026-09-25 10:00", "8.5", **{**right, **wrong})
        assert story.refusal is not None
        assert [r.input for r in story.refusal.reasons] == [input_]
    assert story.do("centre", "correct", "2026-09-25 11:00", **right).case.facts["statement"] == "不服降级"
