"""The reference scores: the ideal observer of challenge 1 and the ridge of challenge 2."""

import numpy as np
import pytest
from scipy.linalg import toeplitz

from submission_builder.protocol.metrics import nrmse
from submission_builder.releases.simulated import ideal, signals
from submission_builder.releases.simulated.leadfield import head
from submission_builder.releases.simulated.ridge import alpha_feature, cross_validated
from submission_builder.releases.simulated.timeline import draw_timeline

T_S = 0.5 + np.arange(200) / 100
GRID_S = np.arange(251) / 100


@pytest.fixture(scope="module")
def posteriors():
    """Windows, response times and posteriors of two subjects with 120 trials each, and their nuisances."""
    subjects = []
    for number, nuisance in enumerate((signals.Nuisance(1.3, 8.0), signals.Nuisance(3.0, 30.0))):
        rng = np.random.default_rng(number)
        timeline = draw_timeline(rng, run=1, n_trials=120, pace=rng.standard_normal())
        signal = signals.draw_signal(rng, timeline, nuisance)[:-1]
        windows = np.stack([signal[:, anchor + 50 : anchor + 250] for anchor in timeline.anchor])
        subjects.append((windows, timeline.response_s, ideal.posterior(windows, nuisance), nuisance))
    return subjects


def _noise_free(response_s, jitter_s, hand, nuisance):
    brain = head()
    rise = signals.ramp(T_S, [response_s + jitter_s])[0]
    bump = signals.motor(T_S, [response_s])[0]
    return (
        nuisance.gain
        * (signals.RAMP_UV * np.outer(brain.ramp, rise) + signals.MOTOR_UV * np.outer(brain.motor[hand], bump))[None]
    )


@pytest.mark.parametrize("hand", [0, 1])
@pytest.mark.parametrize("response_s", [0.8, 1.5, 2.2])
def test_the_posterior_mean_finds_a_response_without_noise(response_s, hand):
    """A window without noise is predicted within 0.1 s, the distance being due to the prior."""
    nuisance = signals.Nuisance(2.0, 12.0)
    prediction = ideal.posterior_mean(_noise_free(response_s, 0.0, hand, nuisance), nuisance)
    assert prediction[0] == pytest.approx(response_s, abs=0.1)


def test_a_strong_signal_is_predicted_exactly(monkeypatch):
    """With ramp and bump ten times as high the prediction is the response time to 5 ms, whatever the jitter."""
    nuisance = signals.Nuisance(2.0, 12.0)
    plain = ideal.space()
    strong = ideal.Space(plain.unmix, plain.mu, 10 * plain.ramp, 10 * plain.motor)
    monkeypatch.setattr(ideal, "space", lambda: strong)
    for jitter_s in (-0.2, 0.0, 0.2):
        prediction = ideal.posterior_mean(10 * _noise_free(1.5, jitter_s, 1, nuisance), nuisance)
        assert prediction[0] == pytest.approx(1.5, abs=0.005)


def test_the_posterior_is_calibrated(posteriors):
    """Squared errors of the posterior mean are on average the posterior's own variance."""
    error, variance = [], []
    for _, response_s, posterior, _ in posteriors:
        mean = posterior @ GRID_S
        error.append((mean - response_s) ** 2)
        variance.append(posterior @ GRID_S**2 - mean**2)
        assert posterior.sum(axis=1) == pytest.approx(1)
    assert np.mean(np.concatenate(error)) == pytest.approx(np.mean(np.concatenate(variance)), rel=0.3)


def test_the_ideal_observer_beats_the_constant_by_far(posteriors):
    """Its nrmse is below 0.5; the mean of the targets scores 1."""
    for _, response_s, posterior, _ in posteriors:
        assert nrmse(response_s, posterior @ GRID_S) < 0.5


def test_the_likelihood_is_that_of_the_dense_gaussian(monkeypatch):
    """On five channels, log likelihood ratios equal those of the full covariance matrix."""
    keep, nuisance = [10, 40, 61, 74, 103], signals.Nuisance(1.7, 14.0)
    brain = head()
    c1, alpha = brain.background[np.ix_(keep, keep)], brain.alpha[keep]
    mu, unmix = ideal.eigh(alpha @ alpha.T, c1)
    few = ideal.Space(unmix, mu, 15 * unmix.T @ brain.ramp[keep], 5 * brain.motor[:, keep] @ unmix)
    monkeypatch.setattr(ideal, "space", lambda: few)
    t1, t2 = (toeplitz(signals.autocovariance(s, 200)) for s in (signals.background_spectrum, signals.alpha_spectrum))
    dense = nuisance.gain**2 * (np.kron(c1, t1) + nuisance.alpha_uv**2 * np.kron(alpha @ alpha.T, t2))
    x = np.random.default_rng(0).multivariate_normal(np.zeros(1000), dense, method="cholesky")

    fit_ramp, fit_motor, cross = ideal._log_likelihood(x.reshape(1, 5, 200) / nuisance.gain, nuisance.alpha_uv)
    for peak_s, response_s, hand in ((1.2, 1.1, 0), (2.5, 2.3, 1), (0.6, 0.9, 1)):
        rise, bump = signals.ramp(T_S, [peak_s])[0], signals.motor(T_S, [response_s])[0]
        template = 15 * np.outer(brain.ramp[keep], rise) + 5 * np.outer(brain.motor[hand, keep], bump)
        s = nuisance.gain * template.ravel()
        expected = s @ np.linalg.solve(dense, x - s / 2)
        e, r = round((peak_s - signals.EARLIEST_PEAK_S) * 100), round(response_s * 100)
        assert fit_ramp[0, e] + fit_motor[hand][0, r] - cross[hand][e, r] == pytest.approx(expected, rel=1e-6)


def test_the_coordinates_make_both_noises_independent():
    """The background has variance 1 in every coordinate; alpha has mu in six spatial ones, and lambda in time."""
    brain, where, when = head(), ideal.space(), ideal.time()
    t1, t2 = (toeplitz(signals.autocovariance(s, 200)) for s in (signals.background_spectrum, signals.alpha_spectrum))
    for unmix, background, alpha, strength in (
        (where.unmix, brain.background, brain.alpha @ brain.alpha.T, where.mu),
        (when.unmix, t1, t2, when.lam),
    ):
        assert unmix.T @ background @ unmix == pytest.approx(np.eye(len(unmix)), abs=1e-8)
        assert unmix.T @ alpha @ unmix == pytest.approx(np.diag(strength), abs=1e-8)
    assert np.count_nonzero(where.mu) == 6


def test_the_grid_pairs_each_response_and_jitter_with_its_peak():
    """The ramp's peak is response plus jitter, and never sooner than 20 ms after the stimulus."""
    peak = ideal._PEAK_S[ideal._PEAK_OF]
    response, jitter = np.meshgrid(GRID_S, np.arange(-20, 21) / 50, indexing="ij")
    assert peak == pytest.approx(np.maximum(response + jitter, 0.02), abs=1e-9)
    assert ideal._PEAK_S[-1] == pytest.approx(2.9)


def test_the_feature_of_the_ridge_depends_on_alpha_and_not_on_the_gain():
    """A gain does not change the share of alpha in the power; a 10 Hz wave raises it."""
    x = np.random.default_rng(0).standard_normal((2, 4, 200))
    wave = np.sin(2 * np.pi * 10 * np.arange(200) / 100)
    assert alpha_feature(7 * x) == pytest.approx(alpha_feature(x))
    assert (alpha_feature(x + wave) > alpha_feature(x) + 0.5).all()


def test_the_ridge_predicts_subjects_that_it_was_not_fitted_on():
    """Changing the targets of a subject does not change the predictions of its fold."""
    subject = np.repeat(np.arange(10), 30)
    target = np.random.default_rng(0).standard_normal(10)[subject]
    feature = np.random.default_rng(1).standard_normal(300)
    changed = np.where(subject == 3, 1e3, target)
    first, second = (cross_validated(feature, y, subject) for y in (target, changed))
    fold = subject % 5 == 3
    assert first[fold] == pytest.approx(second[fold])
    assert nrmse(target, cross_validated(target, target, subject)) < 0.05
