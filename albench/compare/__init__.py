"""Statistics over stored learning curves: means with intervals, differences paired by seed, what is best."""

from albench.compare.answer import Answer, answer
from albench.compare.build import compare
from albench.compare.comparison import Comparison
from albench.compare.curves import DEFAULT_METRICS, CurveRow, CurveTable, learning_curve_table
from albench.compare.estimates import Difference, Estimate
from albench.compare.tables import Failure, Group, Row
from albench.compare.titles import metric_words

__all__ = [
    "DEFAULT_METRICS",
    "Answer",
    "Comparison",
    "CurveRow",
    "CurveTable",
    "Difference",
    "Estimate",
    "Failure",
    "Group",
    "Row",
    "answer",
    "compare",
    "learning_curve_table",
    "metric_words",
]
