"""Print how often the 95 % intervals of scores hold the truth, by simulation on the real labels of HBN-EEG.

``python tests/scores/coverage_table.py FOLDER…`` takes release folders with event files, such as those of
``shared/data/hbn-ccd-events.tar.xz``. Without folders it takes the rows of R5 in this repository.

Subjects are drawn with replacement from the subjects of all folders; the truth is the score of all of them.
``--draws`` sets the number of draws of a cell. ``--methods`` adds the percentile interval of a bootstrap over subjects
and the delta method, for comparison.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from real_labels import (
    WEIGHTS,
    labels_of,
    model,
    near_constant,
    rows_of_folders,
    rows_of_r5,
    scores_of,
    subject_model,
    truth_of,
)
from scipy.stats import t

from submission_builder.scores.interval import difference, score_interval
from submission_builder.scores.jackknife import Jackknife, weighted_sum

SIZES = (20, 60, 250)
CELLS = ("C1", "C2", "overall", "paired C1", "paired C2", "paired overall")


def pairs_of(labels, seed=0):
    """By kind: the rows of two sets of predictions for each challenge."""
    rng = np.random.default_rng(seed)
    first, second = labels[1], labels[2]
    made = {
        "model": [(model(first, rng, noise=2), subject_model(second, rng, noise=4)) for _ in "AB"],
        "near-constant": [(near_constant(first, rng), near_constant(second, rng)) for _ in "AB"],
        "constant": [
            tuple(np.full(len(of.target), of.mean + shift * of.std) for of in (first, second)) for shift in (0, 0.1)
        ],
    }
    return {
        kind: [{n: labels[n].rows(predictions) for n, predictions in enumerate(of_one, 1)} for of_one in pair]
        for kind, pair in made.items()
    }


def drawn(population, chosen):
    """Yield the jackknife of each draw: of each challenge and, of several, overall."""
    scores = {n: scores_of(rows, chosen) for n, rows in population.items()}
    names = np.array([f"{i:04}" for i in range(chosen.shape[1])])
    for i, draw in enumerate(chosen):
        parts = {}
        for n, rows in population.items():
            present = rows[0][draw] > 0  # a subject may have windows of one challenge only
            error = rows[3][draw][present]
            value, without = scores[n][0][i], scores[n][1][i][present]
            parts[n] = Jackknife(float(value), names[present], without, error / error.sum())
        yield *parts.values(), *([weighted_sum(parts, WEIGHTS)] if len(parts) > 1 else [])


def truths(population):
    parts = {n: truth_of(rows) for n, rows in population.items()}
    return (*parts.values(), sum(WEIGHTS[n] * parts[n] for n in parts))


def coverage(pair, n_subjects, draws, seed=0):
    """Return the share of intervals that hold the truth, and the mean shortfall of each end, in the order of CELLS."""
    n_population = len(pair[0][1][0])
    chosen = np.random.default_rng([seed, n_subjects]).integers(0, n_population, (draws, n_subjects))
    true = [truths(population) for population in pair]
    hits = np.zeros(6)
    for a, b in zip(*(drawn(population, chosen) for population in pair), strict=True):
        for i in range(3):
            low, high = score_interval(a[i])
            hits[i] += low <= true[0][i] <= high
            low, high = difference(a[i], b[i]).interval
            hits[3 + i] += low <= true[0][i] - true[1][i] <= high
    return hits / draws


def percentile_coverage(population, n_subjects, draws, seed=0, resamples=500):
    """The same for percentile intervals of a bootstrap; C1, C2 and overall."""
    rng = np.random.default_rng([seed, n_subjects])
    chosen = rng.integers(0, len(population[1][0]), (draws, n_subjects))
    true, hits = truths(population), np.zeros(3)
    for draw in chosen:
        resampled = draw[rng.integers(0, n_subjects, (resamples, n_subjects))]
        parts = [scores_of(rows, resampled)[0] for rows in population.values()]
        for i, values in enumerate((*parts, sum(WEIGHTS[n] * part for n, part in enumerate(parts, 1)))):
            low, high = np.percentile(values, (2.5, 97.5))
            hits[i] += low <= true[i] <= high
    return hits / draws


def delta_coverage(population, n_subjects, draws, seed=0):
    """The same for log nrmse ± t · SE with the SE of the influences; C1 and C2."""
    chosen = np.random.default_rng([seed, n_subjects]).integers(0, len(population[1][0]), (draws, n_subjects))
    hits = []
    for rows, true in zip(population.values(), truths(population), strict=False):
        n, s, q, e = (row[chosen] for row in rows)
        mean = s.sum(1, keepdims=True) / n.sum(1, keepdims=True)
        v = q - 2 * mean * s + mean**2 * n
        influence = 0.5 * (e / e.sum(1, keepdims=True) - v / v.sum(1, keepdims=True))
        se = np.sqrt(n_subjects / (n_subjects - 1) * (influence**2).sum(1))
        score = np.sqrt(e.sum(1) / v.sum(1))
        hits.append(np.mean(np.abs(np.log(score / true)) <= t.ppf(0.975, n_subjects - 1) * se))
    return np.array(hits)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--methods", action="store_true")
    options = parser.parse_args()
    rows = rows_of_folders(options.folders) if options.folders else rows_of_r5()
    labels = labels_of(*rows)
    print(
        f"{labels[1].n_subjects} subjects, {options.draws} draws of a cell; share of 95 % intervals that hold the truth"
    )
    print(f"{'subjects':>8}  {'predictions':14}" + "".join(f"{cell:>16}" for cell in CELLS))
    for kind, pair in pairs_of(labels).items():
        print(f"{'truth':>8}  {kind:14}" + "".join(f"{true:16.4f}" for true in truths(pair[0])))
        for n_subjects in SIZES:
            found = coverage(pair, n_subjects, options.draws)
            print(f"{n_subjects:8}  {kind:14}" + "".join(f"{share:16.3f}" for share in found), flush=True)
            if options.methods:
                for name, method in (("percentile", percentile_coverage), ("delta", delta_coverage)):
                    found = method(pair[0], n_subjects, options.draws)
                    print(f"{'':8}  {name:>14}" + "".join(f"{share:16.3f}" for share in found), flush=True)


if __name__ == "__main__":
    main()
