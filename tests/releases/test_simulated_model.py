"""The generative model: targets, topographies, spectra and trials."""

from dataclasses import replace

import numpy as np
import pytest

from submission_builder.releases.simulated import signals
from submission_builder.releases.simulated.labels import (
    RESPONSE_LEVELS,
    RESPONSE_QUANTILES_S,
    SCORE_LEVELS,
    SCORE_QUANTILES,
    alpha_scores,
    externalizing_scores,
    response_mass,
    response_times_ms,
)
from submission_builder.releases.simulated.leadfield import (
    BACKGROUND_UV,
    SENSOR_SHARE,
    _background,
    channel_names,
    head,
)
from submission_builder.releases.simulated.plan import draw_people, n_crops
from submission_builder.releases.simulated.timeline import Timeline, draw_timeline

EMPTY = Timeline((), 20_000, np.empty(0, np.int64), np.empty(0), np.empty(0, np.int64))


@pytest.fixture(scope="module")
def response_s():
    """Response times of 1500 subjects, 20 each."""
    rng = np.random.default_rng(0)
    return np.array([response_times_ms(rng, rng.standard_normal(), 20) for _ in range(1500)]) / 1000


def test_response_times_have_the_quantiles_of_the_table(response_s):
    """A large draw has the quantiles of the table; times are multiples of 2 ms."""
    assert np.quantile(response_s, RESPONSE_LEVELS[1:-1]) == pytest.approx(RESPONSE_QUANTILES_S[1:-1], abs=0.02)
    assert response_s.min() >= 0
    assert response_s.max() <= 2.5
    assert np.allclose(response_s * 500, np.round(response_s * 500))


def test_a_fifth_of_the_variance_of_response_times_lies_between_subjects(response_s):
    """Variance components of a large draw: 21 % between subjects, up to the bend from normal scores."""
    within = response_s.var(axis=1, ddof=1).mean()
    between = response_s.mean(axis=1).var(ddof=1) - within / response_s.shape[1]
    assert between / (between + within) == pytest.approx(0.21, abs=0.025)


def test_the_prior_of_the_observer_is_the_distribution_of_the_draws(response_s):
    """The observer's probabilities per 0.1 s are the frequencies of a large draw."""
    edges = np.linspace(0, 2.5, 26)
    frequency = np.histogram(response_s, edges)[0] / response_s.size
    assert response_mass(edges) == pytest.approx(frequency, abs=0.01)
    assert response_mass(edges).sum() == pytest.approx(1)


def test_externalizing_is_stratified_over_its_table():
    """Each hundredth of the distribution contains the score of one subject, with three decimals."""
    scores = externalizing_scores(np.random.default_rng(0), 100)
    edges = np.interp(np.linspace(0, 1, 101), SCORE_LEVELS, SCORE_QUANTILES)
    ordered = np.sort(scores)
    assert ((ordered >= edges[:-1] - 5e-4) & (ordered <= edges[1:] + 5e-4)).all()
    assert np.array_equal(scores, np.round(scores, 3))
    assert not np.array_equal(scores, ordered)


@pytest.mark.parametrize("correlation", [0.0, 0.6, 1.0])
def test_knowing_alpha_leaves_exactly_the_stated_error(correlation):
    """Regressing externalizing on the alpha score over all windows has an nrmse of sqrt(1 - rho^2)."""
    people = draw_people(subjects=9, runs=2, seed=5, trials=7, alpha_correlation=correlation)
    windows = [sum(map(n_crops, person.timelines)) for person in people]
    assert len(set(windows)) > 1
    y = np.repeat([person.externalizing for person in people], windows)
    a = np.repeat([person.alpha_score for person in people], windows)
    slope, offset = np.polyfit(a, y, 1)
    error = np.sqrt(np.mean((y - slope * a - offset) ** 2)) / y.std()
    assert error == pytest.approx(np.sqrt(1 - correlation**2), abs=1e-9)
    assert [np.mean(a), np.std(a)] == pytest.approx([0, 1], abs=1e-9)


def test_three_subjects_are_enough_for_the_alpha_scores():
    """The smallest release has one direction left for the part that is orthogonal to externalizing."""
    scores = alpha_scores(np.random.default_rng(0), np.array([-1.0, 0.2, 0.9]), np.array([5.0, 5.0, 6.0]), 0.0)
    assert np.isfinite(scores).all()


def test_topographies_peak_at_their_electrodes():
    """129 names end in Cz; ramp and motor peak at 1 over their sites, alpha at the back of the head."""
    names, brain = channel_names(), head()
    assert len(names) == 129
    assert names[-1] == "Cz"
    assert names[brain.ramp.argmax()] == "E62"
    assert [names[k] for k in brain.motor.argmax(axis=1)] == ["E104", "E36"]
    assert [brain.ramp.max(), *brain.motor.max(axis=1)] == pytest.approx([1, 1, 1])
    assert names[(brain.alpha**2).sum(axis=1).argmax()] in {"E65", "E70", "E72", "E75", "E83", "E90"}
    assert np.sqrt(np.median(np.diag(brain.background))) == pytest.approx(BACKGROUND_UV)


def test_everything_is_referenced_to_cz():
    """A neighbour of Cz has the least background, and all channels contain the noise of Cz's electrode."""
    names, brain = channel_names(), head()
    assert names[np.diag(brain.background).argmin()] in {"E7", "E31", "E55", "E80", "E106"}
    common = _background(np.ones((128, 1))) / BACKGROUND_UV**2
    assert np.diag(common) == pytest.approx(np.ones(128))
    assert common[~np.eye(128, dtype=bool)] == pytest.approx(1 - SENSOR_SHARE / 2)


def test_noise_has_the_covariance_that_the_observer_uses():
    """Autocovariances of long draws equal the computed ones, for both spectra."""
    for spectrum in (signals.background_spectrum, signals.alpha_spectrum):
        x = signals.noise(np.random.default_rng(0), spectrum, 50, 30_000)
        drawn = [np.mean(x[:, lag:] * x[:, : x.shape[1] - lag]) for lag in (0, 1, 5, 10, 50, 150)]
        computed = signals.autocovariance(spectrum, 200)[[0, 1, 5, 10, 50, 150]]
        assert drawn == pytest.approx(computed, abs=0.02)
        assert computed[0] == pytest.approx(1)


def test_background_power_falls_as_one_over_f():
    """Power times frequency is flat from 0.7 to 45 Hz and low below 0.2 Hz."""
    x = signals.noise(np.random.default_rng(0), signals.background_spectrum, 200, 20_000)
    frequency = np.fft.rfftfreq(20_000, 0.01)
    power = (np.abs(np.fft.rfft(x)) ** 2).mean(axis=0) * frequency
    bands = [power[(frequency >= low) & (frequency < high)].mean() for low, high in ((0.7, 2), (2, 10), (10, 45))]
    assert bands == pytest.approx([np.mean(bands)] * 3, rel=0.05)
    assert power[frequency < 0.2].mean() < 0.1 * np.mean(bands)


def test_the_background_of_a_recording_has_its_spatial_covariance():
    """Without alpha and trials, the channels' covariance is C1 times the gain squared."""
    x = signals.draw_signal(np.random.default_rng(0), EMPTY, signals.Nuisance(gain=2.0, alpha_uv=0.0))
    assert np.cov(x[:-1]) == pytest.approx(4 * head().background, abs=0.08 * 4 * BACKGROUND_UV**2)
    assert not x[-1].any()


def test_the_alpha_peak_grows_with_the_alpha_score():
    """Over the back of the head, power at 10 Hz exceeds the background at score 0 and grows with the score."""
    occipital, frequency = channel_names().index("E75"), np.fft.rfftfreq(EMPTY.n_samples, 0.01)
    ratio = []
    for score in (-1.5, 0.0, 1.5):
        nuisance = signals.Nuisance(1.0, float(signals.alpha_uv(score)))
        x = signals.draw_signal(np.random.default_rng(0), EMPTY, nuisance)[occipital]
        power = np.abs(np.fft.rfft(x)) ** 2
        ratio.append(power[np.abs(frequency - 10) < 1].mean() / power[np.abs(frequency - 20) < 1].mean())
    assert ratio[1] > 8
    assert (np.diff(np.log(ratio)) > 1).all()


def test_the_gain_multiplies_everything():
    """The signals of two subjects who differ only in gain are proportional."""
    timeline = draw_timeline(np.random.default_rng(1), run=1, n_trials=3, pace=0.0)
    quiet, loud = (
        signals.draw_signal(np.random.default_rng(2), timeline, signals.Nuisance(gain, 12.0)) for gain in (1.0, 3.7)
    )
    assert np.allclose(loud, 3.7 * quiet, rtol=1e-12, atol=0)


def test_gains_lie_between_one_and_four():
    """Overall gains are clipped, and differ."""
    gains = [
        person.nuisance.gain for person in draw_people(subjects=200, runs=1, seed=0, trials=2, alpha_correlation=0.6)
    ]
    assert min(gains) == 1
    assert max(gains) <= 4
    assert np.std(gains) > 0.3


@pytest.fixture(scope="module")
def trials_alone():
    """Draw a run twice, with and without its trials: timeline, and trials alone at gain 2."""
    timeline = draw_timeline(np.random.default_rng(1), run=1, n_trials=30, pace=0.0)
    silent = replace(timeline, anchor=EMPTY.anchor, response_s=EMPTY.response_s, hand=EMPTY.hand)
    nuisance = signals.Nuisance(2.0, 12.0)
    whole, noise = (signals.draw_signal(np.random.default_rng(2), t, nuisance) for t in (timeline, silent))
    return timeline, whole - noise


def test_a_ramp_rises_from_the_stimulus_to_its_peak_at_the_response(trials_alone):
    """Over Pz it is 0 at the stimulus, peaks at least at 15 µV × gain about the response and is gone 3 s later."""
    timeline, signal = trials_alone
    pz, late = channel_names().index("E62"), []
    for anchor, response in zip(timeline.anchor, timeline.response_s, strict=True):
        trace = signal[pz, anchor : anchor + 300]
        assert abs(trace[0]) < 1e-6
        assert abs(trace[-1]) < 1e-6
        assert trace.max() >= 0.95 * 2 * 15  # the peak may lie between two samples
        late.append(trace.argmax() / 100 - response)
    assert np.mean(late) == pytest.approx(0, abs=0.06)
    assert np.std(late) == pytest.approx(0.1, abs=0.04)


def test_trials_without_a_press_leave_no_trace(trials_alone):
    """Outside the 3 s after a stimulus with a response, only the background remains."""
    timeline, signal = trials_alone
    assert 20 <= len(timeline.anchor) < 30
    outside = np.ones(signal.shape[1], bool)
    for anchor in timeline.anchor:
        outside[anchor : anchor + 300] = False
    assert np.abs(signal[:, outside]).max() < 1e-6


def test_the_motor_bump_lies_opposite_to_the_hand(trials_alone):
    """C4 minus C3 at the response is positive for a left press and negative for a right one."""
    timeline, signal = trials_alone
    c4, c3 = (channel_names().index(name) for name in ("E104", "E36"))
    at = timeline.anchor + np.round(timeline.response_s * 100).astype(int)
    difference = signal[c4, at] - signal[c3, at]
    assert {0, 1} == set(timeline.hand.tolist())
    assert ((difference > 4) == (timeline.hand == 0)).all()
    assert ((difference < -4) == (timeline.hand == 1)).all()


def test_presses_on_the_wrong_side_have_a_sad_face_as_feedback():
    """The feedback depends on whether press and target are on the same side; about one press in twenty is not."""
    timeline = draw_timeline(np.random.default_rng(0), run=1, n_trials=400, pace=0.0)
    target, sad, n = "", 0, 0
    for event in timeline.events:
        if event.value.endswith("_target"):
            target = event.value.split("_")[0]
        elif event.value.endswith("buttonPress"):
            same = event.value.split("_")[0] == target
            assert event.feedback == ("smiley_face" if same else "sad_face")
            n, sad = n + 1, sad + (not same)
    assert n == len(timeline.anchor)
    presses = [event.value for event in timeline.events if event.value.endswith("buttonPress")]
    assert presses == [("left_buttonPress", "right_buttonPress")[hand] for hand in timeline.hand]
    assert n / 400 == pytest.approx(0.9, abs=0.05)
    assert sad / n == pytest.approx(0.05, abs=0.03)
