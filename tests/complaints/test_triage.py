"""Suggestions: learnt from closed cases only when there is enough, measured, explained, and the same as scikit-learn's own."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from mingduan.complaints.triage import Model, Told, TooLittle, alike, learn
from mingduan.procedure.period import TZ

WORDS = {
    "network": ("手机没有信号", "上网很慢打不开网页", "通话经常掉线", "地下室无覆盖", "宽带断网"),
    "billing": ("多扣了话费", "账单金额不对", "月租重复收费", "流量费用有争议", "退费没有到账"),
    "fraud": ("收到诈骗短信", "冒充客服骗验证码", "骚扰电话不断", "中奖诈骗", "假链接骗钱"),
}
NOON = datetime(2026, 11, 25, 12, tzinfo=TZ)


def closed(each: int, seed: int = 1) -> tuple[list[str], list[str]]:
    """Closed cases: a sentence of the class among words that any complaint has."""
    chance = random.Random(seed)
    rows = [
        (
            f"{chance.choice(['您好，', '请处理，', ''])}{chance.choice(said)}，{chance.choice(['昨天开始', '已有一周', '在家里', '请尽快回复'])}",
            name,
        )
        for name, said in WORDS.items()
        for _ in range(each)
    ]
    chance.shuffle(rows)
    return [t for t, _ in rows], [c for _, c in rows]


@pytest.fixture(scope="module")
def model() -> Model:
    learnt = learn(*closed(60))
    assert isinstance(learnt, Model)
    return learnt


@pytest.mark.parametrize(
    ("text", "name"), [("家里手机一直没信号", "network"), ("话费多扣了五十元", "billing"), ("有人冒充客服", "fraud")]
)
def test_a_text_is_suggested_the_class_its_words_speak_for(model: Model, text: str, name: str) -> None:
    first = model.suggest(text)[0]
    assert first.choice == name
    assert first.because
    assert all(piece in text for piece in first.because)


def test_the_accuracy_is_of_cases_not_learnt_from_and_stands_beside_a_baseline(model: Model) -> None:
    assert model.accuracy > 0.95
    assert model.baseline == pytest.approx(1 / 3, abs=0.02)


def test_classes_given_at_random_are_not_said_to_be_learnt() -> None:
    texts, names = closed(60)
    random.Random(3).shuffle(names)
    learnt = learn(texts, names)
    assert isinstance(learnt, Model)
    assert learnt.accuracy < 0.5


def test_the_probabilities_are_those_of_scikit_learn(model: Model) -> None:
    texts, names = closed(60)
    peer = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, max_features=30_000, sublinear_tf=True),
        LogisticRegression(max_iter=500, C=4),
    ).fit(*zip(*sorted(zip(texts, names, strict=True)), strict=True))
    text = "您好，宽带断网已有一周，多扣了话费"
    ours = {s.choice: s.probability for s in model.suggest(text)}
    assert ours == pytest.approx(dict(zip(peer.classes_, peer.predict_proba([text])[0], strict=True)), abs=1e-6)


def test_there_is_no_model_until_there_is_enough() -> None:
    assert learn(*closed(20)) == TooLittle(60, 3)
    assert isinstance(learn(["没信号"] * 200, ["network"] * 200), TooLittle)


def test_a_class_with_too_few_cases_is_left_out() -> None:
    texts, names = closed(60)
    learnt = learn([*texts, "营业厅态度差"], [*names, "service"])
    assert isinstance(learnt, Model)
    assert "service" not in learnt.classes


def test_a_model_kept_and_read_again_is_the_same(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model.json")
    assert Model.read(tmp_path / "model.json") == model
    assert Model.read(tmp_path / "none.json") is None


def test_the_order_of_the_cases_does_not_matter(model: Model) -> None:
    rows = list(zip(*closed(60), strict=True))
    random.Random(8).shuffle(rows)
    assert learn([t for t, _ in rows], [c for _, c in rows]) == model


@given(st.text())
def test_any_text_gives_probabilities_or_nothing(model: Model, text: str) -> None:
    said = model.suggest(text, most=9)
    assert not said or sum(s.probability for s in said) == pytest.approx(1)


def told(key: str, text: str, who: str = "", days: float = 0) -> Told:
    return Told(key, who, NOON + timedelta(days=days), text)


def test_likely_repeats_are_of_the_same_person_or_in_much_the_same_words_and_near_in_time() -> None:
    one = told("A", "白沙街道12号楼手机没有信号，打不通电话", who="138")
    others = [
        told("B", "白沙街道12号楼没有手机信号，电话打不通", days=-1),
        told("C", "账单多扣了话费", who="138", days=-3),
        told("D", "账单多扣了话费", who="139"),
        told("E", "白沙街道12号楼手机没有信号，打不通电话", days=-15),
        one,
    ]
    assert [(a.key, a.same_person) for a in alike(one, others)] == [("C", True), ("B", False)]
