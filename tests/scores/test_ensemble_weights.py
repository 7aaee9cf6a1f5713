"""Ensemble weights: the minimum of the documented loss, shrunk towards equal weights."""

import numpy as np
import pytest
from scipy.optimize import minimize

from submission_builder.scores.ensemble_weights import fit_ensemble_weights


def made(rng, n_subjects=40, noise=(1.0, 2.0, 4.0)):
    """Response times, and predictions of runs with different noise."""
    target = rng.gamma(4, 0.4, 10 * n_subjects)
    predictions = np.column_stack(
        [1.6 + 0.5 * (target - 1.6) + scale * rng.normal(size=len(target)) for scale in noise]
    )
    return target.astype(np.float32), predictions


@pytest.mark.parametrize("seed", range(5))
def test_the_weights_are_the_minimum_that_scipy_finds(seed):
    rng = np.random.default_rng(seed)
    target, predictions = made(rng, noise=tuple(rng.uniform(0.1, 2, 3)))
    y, A = target - target.mean(dtype=np.float64), predictions - target.mean(dtype=np.float64)
    prior = 10 * np.sum(A**2) / 3 / 40

    def loss(u):
        return (np.sum((y - A @ u) ** 2) + prior * np.sum((u - 1 / 3) ** 2)) / len(y)

    below_one = {"type": "ineq", "fun": lambda u: 1 - u.sum()}
    start = np.full(3, 0.2)
    best = minimize(loss, start, method="SLSQP", bounds=[(0, 1)] * 3, constraints=below_one, tol=1e-14).x
    fitted = fit_ensemble_weights(target, predictions, 40)
    assert np.array(fitted.weights) * fitted.factor == pytest.approx(best, abs=1e-5)
    assert sum(fitted.weights) == pytest.approx(1, abs=1e-12)
    assert fitted.mean == pytest.approx(target.mean(), abs=1e-6)


def test_a_better_run_has_a_larger_weight_and_noise_is_shrunk_towards_the_mean():
    target, predictions = made(np.random.default_rng(0), 400)
    fitted = fit_ensemble_weights(target, predictions, 400)
    assert fitted.weights[0] > fitted.weights[1] > fitted.weights[2]
    assert fitted.factor < 0.5
    combined = fitted.combine(predictions)
    assert np.std(target - combined) < min(np.std(target - column) for column in predictions.T)


def test_equal_runs_have_equal_weights_and_few_subjects_leave_weights_near_equal():
    target, predictions = made(np.random.default_rng(0), 40, (0.5, 2.0))
    twice = np.column_stack([predictions[:, 0]] * 2)
    assert fit_ensemble_weights(target, twice, 40).weights == pytest.approx((0.5, 0.5), abs=1e-6)
    few, many = fit_ensemble_weights(target, predictions, 2), fit_ensemble_weights(target, predictions, 10_000)
    assert 0.5 < few.weights[0] < many.weights[0]


def test_constant_predictions_stay_constant():
    target = np.array([1, 2, 3], np.float32)
    fitted = fit_ensemble_weights(target, np.full((3, 1), 2.0), 3)
    assert fitted.combine(np.full((3, 1), 2.0)) == pytest.approx([2, 2, 2])
