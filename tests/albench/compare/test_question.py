"""What a comparison is asked for is read once, and what cannot be read is told before any result is looked at."""

from __future__ import annotations

import dataclasses
import re

import pytest

from albench.compare.choose import Choice
from albench.compare.cost import Cost
from albench.compare.labels import Goal
from albench.compare.question import Question
from albench.compare.ranking import Ranking
from albench.errors import UserError
from albench.suite.arguments import check_comparison


def test_words_are_read_once() -> None:
    question = Question(
        metric="ece",
        split="val",
        at="labels:300",
        target="95%-of-full",
        cost=["seconds-per-label=30"],
        strategies="entropy",
        baseline="supervised + random",
    )
    assert question.ranking == Ranking("labels", 300)
    assert question.goal == Goal(share_of_full=0.95)
    assert question.prices == Cost(seconds_per_label=30.0)
    assert question.choice == Choice(strategies=("entropy",), baseline="supervised + random")
    assert (question.column, question.sign, question.limits) == ("val.ece", -1.0, (0.0, 1.0))


def test_what_is_not_asked_for_is_none() -> None:
    question = Question()
    assert (question.goal, question.prices, question.highlight) == (None, None, ())
    assert not question.choice
    assert (question.column, question.sign, str(question.ranking)) == ("test.macro_f1", 1.0, "aubc")


def test_one_marked_name_stands_for_itself() -> None:
    assert Question(highlight="boostmis").highlight == ("boostmis",)


def test_another_metric_of_one_question_keeps_the_rest() -> None:
    question = Question(at="final", datasets=["digits"])
    other = dataclasses.replace(question, metric="ece")
    assert (other.column, other.sign) == ("test.ece", -1.0)
    assert (other.ranking, other.choice) == (question.ranking, question.choice)


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"at": "finl"}, "final"),
        ({"target": "much"}, "target 'much'"),
        ({"cost": ["hours=3"]}, "seconds-per-label=NUMBER"),
        ({"test": "wilcoxn"}, "wilcoxon"),
        ({"test_items": True, "split": "val"}, "split test, not of val"),
    ],
)
def test_what_cannot_be_read_is_told(asked: dict[str, str], named: str) -> None:
    with pytest.raises(UserError, match=named):
        Question(**asked)  # type: ignore[arg-type]


def test_what_python_may_ask_for_is_what_a_question_has() -> None:
    with pytest.raises(UserError) as error:
        check_comparison({"zzzz": 1})
    (names,) = re.findall(r"options are (.*)\.$", str(error.value))
    assert names.split(", ") == sorted(field.name for field in dataclasses.fields(Question) if field.init)
