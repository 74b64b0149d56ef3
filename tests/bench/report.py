"""The report of `make evaluate` as one HTML page, its plots drawn into it.

How to read the plots. Risk and coverage: if only the surest decisions were acted upon, what share
of them would be wrong (Geifman and El-Yaniv, 2017). Reliability: of the decisions made with some
confidence, how many had the right section nearest; a calibrated confidence lies on the diagonal.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

mpl.use("svg")
import matplotlib.pyplot as plt

if TYPE_CHECKING:
    from tests.bench.understanding import Played

BINS = 10
CSS = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: 1rem 0 }
td, th { padding: .2rem .7rem; text-align: left }
tr { border-bottom: 1px solid #ddd } td:not(:first-child) { font-variant-numeric: tabular-nums }
svg { max-width: 32rem; height: auto } .plots { display: flex; flex-wrap: wrap; gap: 2rem }
"""


def write_report(played: Sequence[Played], commit: str) -> str:
    """The page."""
    from tests.bench.understanding import grouped, shares, single_figures

    decided = [p for p in played if p.confidence is not None]
    confidence = np.array([p.confidence for p in decided])
    right = np.array([p.nearest in p.expected for p in decided])
    figures = {
        **single_figures(played),
        "AUROC of the confidence (nearest section right)": float(roc_auc_score(right, confidence)),
        "expected calibration error": calibration_error(confidence, right),
    }
    head = ["messages", "number", "strict", "lenient", "asked back", "wrong"]
    rows = [
        [f"{heading} {name}".strip(), str(len(chosen)), *shares(chosen)]
        for heading, name, chosen in grouped(played)
    ]
    confusions = Counter(
        (p.expected[0], p.outcome) for p in played if not p.is_acceptable
    ).most_common(40)
    wrong = [[p.question["text"], p.expected[0], p.outcome] for p in played if p.is_wrong_answer]
    parts = [
        f"<h1>What is understood</h1><p>{len(played)} messages, commit {escape(commit)}</p>",
        _table(["figure", "value"], [[name, f"{value:.3f}"] for name, value in figures.items()]),
        f'<div class="plots">{_risk_coverage(confidence, right)}',
        f"{_reliability(confidence, right)}</div>",
        "<h2>By group</h2>",
        _table(head, rows),
        "<h2>Confusions</h2>",
        _table(["expected", "got", "times"], [[a, b, str(n)] for (a, b), n in confusions]),
        "<h2>Wrong answers</h2>",
        _table(["message", "expected", "got"], wrong),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>What is understood</title>'
        f"<style>{CSS}</style><body>{''.join(parts)}</body></html>"
    )


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The mean gap between confidence and share right, over bins of confidence, 0 to 1."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    gaps = [
        abs(confidence[bins == b].mean() - right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def _risk_coverage(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> str:
    surest_first = right[np.argsort(-confidence, kind="stable")]
    counts = np.arange(1, len(surest_first) + 1)
    figure, axes = plt.subplots(figsize=(5, 4))
    axes.plot(counts / len(counts), np.cumsum(~surest_first) / counts)
    axes.set(
        xlabel="coverage", ylabel="risk", title="Risk and coverage", xlim=(0, 1), ylim=(0, None)
    )
    return _svg(figure)


def _reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> str:
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    filled = np.unique(bins)
    figure, axes = plt.subplots(figsize=(5, 4))
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.bar(
        [(b + 0.5) / BINS for b in filled],
        [right[bins == b].mean() for b in filled],
        width=0.9 / BINS,
    )
    axes.set(
        xlabel="confidence", ylabel="share right", title="Reliability", xlim=(0, 1), ylim=(0, 1)
    )
    return _svg(figure)


def _svg(figure: plt.Figure) -> str:
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg")
    plt.close(figure)
    return buffer.getvalue().partition("<svg")[1] + buffer.getvalue().partition("<svg")[2]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    def line(cells: Sequence[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line(head, 'th')}{''.join(line(row, 'td') for row in rows)}</table>"
