"""Suggestions from free text, for a person to decide: which class a complaint may be, and which it may repeat (S17 2).

The model learns on the spot from the branch's own closed cases: character n-grams (Chinese needs no segmenting), TF-IDF, a
logistic regression. It says how often it was right on cases it had not seen, and there is none until there is enough to learn.

scikit-learn is loaded where it is needed: it takes a second, and every command and process would wait for it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from sklearn.feature_extraction.text import TfidfVectorizer

LEAST_CASES, LEAST_EACH, FOLDS = 100, 10, 5
FEATURES = 30_000
REASONS = 4  # n-grams shown with a suggestion
SAME = 0.55  # cosine from which two texts are said to be alike
WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class TooLittle:
    """Why there is no model: how many closed cases there are, how many classes have LEAST_EACH of them."""

    cases: int
    classes: int


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A class, how sure (0…1), and the pieces of the text that spoke for it most."""

    choice: str
    probability: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Model:
    """What was learnt: plain numbers, so that it can be kept as JSON and read by anybody.

    `accuracy`: of cases not learnt from, by cross-validation; `baseline`: of always saying the commonest class.
    """

    classes: tuple[str, ...]
    vocabulary: dict[str, int]
    idf: tuple[float, ...]
    weights: tuple[tuple[float, ...], ...]
    intercepts: tuple[float, ...]
    cases: int
    accuracy: float
    baseline: float

    def suggest(self, text: str, most: int = 3) -> tuple[Suggestion, ...]:
        """The likeliest classes of a text, likeliest first; none when the text has nothing the model knows."""
        counts = Counter(n for n in _grams(text) if n in self.vocabulary)
        if not counts:
            return ()
        value = {n: (1 + np.log(c)) * self.idf[self.vocabulary[n]] for n, c in counts.items()}
        length = float(np.sqrt(sum(v * v for v in value.values())))
        share = {n: v / length for n, v in value.items()}
        score = np.array(
            [
                b + sum(w[self.vocabulary[n]] * v for n, v in share.items())
                for w, b in zip(self.weights, self.intercepts, strict=True)
            ]
        )
        odds = np.exp(score - score.max())
        odds /= odds.sum()
        return tuple(
            Suggestion(self.classes[i], float(odds[i]), self._because(share, i))
            for i in np.argsort(-odds, kind="stable")[:most]
        )

    def _because(self, share: dict[str, float], which: int) -> tuple[str, ...]:
        """The pieces that spoke most for a class against the others, none lying within another."""
        mean = np.mean(self.weights, axis=0)
        said = sorted(
            share, key=lambda n: (-share[n] * (self.weights[which][self.vocabulary[n]] - mean[self.vocabulary[n]]), n)
        )
        told: list[str] = []
        for gram in said:
            if (
                share[gram] * (self.weights[which][self.vocabulary[gram]] - mean[self.vocabulary[gram]]) <= 0
                or len(told) == REASONS
            ):
                break
            if gram.strip() == gram and len(gram) > 1 and not any(gram in t or t in gram for t in told):
                told.append(gram)
        return tuple(told)

    def save(self, file: Path) -> None:
        """Keep it, whole or not at all."""
        fresh = file.with_suffix(".new")
        fresh.write_text(
            json.dumps({n: getattr(self, n) for n in self.__slots__}, ensure_ascii=False), encoding="utf-8"
        )
        fresh.replace(file)

    @classmethod
    def read(cls, file: Path) -> Model | None:
        """The model kept in a file; None when there is none."""
        if not file.exists():
            return None
        kept: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        kept |= {n: tuple(kept[n]) for n in ("classes", "idf", "intercepts")}
        return cls(**{**kept, "weights": tuple(tuple(w) for w in kept["weights"])})


def learn(texts: Sequence[str], classes: Sequence[str]) -> Model | TooLittle:
    """The model of closed cases' texts and the classes people gave them, or why there is none yet. Classes with fewer than
    LEAST_EACH cases are left out. The same cases give the same model, in any order.
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline

    often = Counter(classes)
    kept = sorted((t, c) for t, c in zip(texts, classes, strict=True) if often[c] >= LEAST_EACH and t.strip())
    known = {c for _, c in kept}
    if len(kept) < LEAST_CASES or len(known) < 2:
        return TooLittle(len(texts), len(known))
    said, given = [t for t, _ in kept], [c for _, c in kept]
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
    model = make_pipeline(_vectors(), LogisticRegression(max_iter=500, C=4))
    accuracy = float(cross_val_score(model, said, given, cv=folds).mean())
    baseline = float(cross_val_score(DummyClassifier(), np.zeros((len(said), 1)), given, cv=folds).mean())
    model.fit(said, given)
    words, fitted = model[0], model[1]
    weights, intercepts = fitted.coef_, fitted.intercept_
    if len(fitted.classes_) == 2:  # scikit-learn keeps one row for two classes: the second against the first
        weights, intercepts = np.vstack([-weights / 2, weights / 2]), np.concatenate([-intercepts / 2, intercepts / 2])
    return Model(
        tuple(map(str, fitted.classes_)), {str(n): int(i) for n, i in words.vocabulary_.items()}, tuple(map(float, words.idf_)),
        tuple(tuple(map(float, row)) for row in weights), tuple(map(float, intercepts)), len(said), accuracy, baseline,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """A complaint as it was told: who (a number or name that is the same for the same person), when, what."""

    key: str
    who: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Alike:
    """Another complaint that may be the same: how alike the words are (0…1), and whether the same person told it."""

    key: str
    likeness: float
    same_person: bool


def alike(one: Told, others: Sequence[Told]) -> tuple[Alike, ...]:
    """Complaints of WITHIN around `one` that may repeat it: by the same person, or in much the same words; likeliest first."""
    from sklearn.feature_extraction.text import HashingVectorizer

    near = [o for o in others if o.key != one.key and abs(o.at - one.at) <= WITHIN]
    if not near:
        return ()
    vectors = HashingVectorizer(analyzer=_grams, n_features=2**18, alternate_sign=False).transform(
        [one.text, *(o.text for o in near)]
    )
    likeness = (vectors[1:] @ vectors[0].T).toarray().ravel()
    found = [
        Alike(o.key, float(x), bool(one.who) and o.who == one.who)
        for o, x in zip(near, likeness, strict=True)
        if x >= SAME or (one.who and o.who == one.who)
    ]
    return tuple(sorted(found, key=lambda a: (not a.same_person, -a.likeness, a.key)))


def _vectors() -> TfidfVectorizer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(analyzer=_grams, min_df=2, max_features=FEATURES, sublinear_tf=True)


def _grams(text: str) -> list[str]:
    """Pieces of one to three characters, of what is left when case and spaces are made even."""
    even = " ".join(text.lower().split())
    return [even[i : i + n] for n in (1, 2, 3) for i in range(len(even) - n + 1)]
