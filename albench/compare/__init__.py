"""Statistics over stored learning curves: means with intervals, differences paired by seed, what is best."""

from albench.compare.answer import Answer, answer, metric_words
from albench.compare.build import compare
from albench.compare.comparison import Comparison
from albench.compare.curves import DEFAULT_METRICS, CurveRow, CurveTable, learning_curve_table
from albench.compare.data import Difference, Estimate, Failure, Group, Row

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
