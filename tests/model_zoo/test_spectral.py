"""Spectral features against SciPy and numpy, and the ridge regression against scikit-learn's."""

import numpy as np
import pytest
import torch
from scipy.signal import periodogram
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold

import submission_builder as sb
from model_zoo.checkpoint import load_state
from model_zoo.nets.spectral_features import BANDS_HZ, SITES, SpectralFeatures
from model_zoo.training.closed_form import choose_ridge, fit_ridges, gram_matrix

N, P = 300, 12


def volts(batch=3):
    """Coloured noise with an offset, and a flat reference."""
    X = torch.randn(batch, 129, 200, generator=torch.Generator().manual_seed(0)).cumsum(-1) * 1e-6 + 1e-4
    X[:, 128] = 0
    return X


def test_relative_powers_equal_those_of_scipys_periodogram():
    X = volts()
    frequency, power = periodogram(
        X[:, :128].double().numpy(), fs=100, window="hann", detrend="constant", scaling="spectrum"
    )
    bands = np.stack([power[..., (frequency >= low) & (frequency < high)].sum(-1) for low, high in BANDS_HZ], axis=-1)
    expected = np.log(bands / bands.sum(-1, keepdims=True)).reshape(3, -1)
    ours = SpectralFeatures()(X)[:, : 128 * len(BANDS_HZ)]
    np.testing.assert_allclose(ours, expected, atol=2e-3)


def test_correlations_equal_numpys():
    x = volts(1)[0].double().numpy()[[number - 1 for number in SITES]]
    ours = SpectralFeatures()(volts(1))[0, 129 * len(BANDS_HZ) :]
    z = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
    at_once = np.corrcoef(x)[np.triu_indices(19, 1)]
    later = np.array([[(z[i, 5:] * z[j, :-5]).sum() / 200 for j in range(19)] for i in range(19)]).ravel()
    np.testing.assert_allclose(ours, np.concatenate([at_once, later]), atol=2e-3)


def test_features_do_not_depend_on_the_gain_and_are_0_for_flat_channels():
    features = SpectralFeatures()
    assert features(volts()).shape == (3, features.n_features) == (3, 1177)
    torch.testing.assert_close(features(volts()), features(volts() * 8), rtol=0, atol=5e-3)
    assert not features(torch.zeros(1, 129, 200)).any()


@pytest.fixture(scope="module")
def drawn():
    """Features of different scales, one of them constant; targets that depend on three; groups of 10 windows."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(N, P)) * np.logspace(-1, 1, P) + 3
    features[:, 5] = 2.5
    target = features[:, :3] @ [3.0, 2.0, -1.0] + rng.normal(size=N)
    return features, target, np.array([f"s{i // 10:02d}" for i in range(N)])


def summed(features, target):
    rows = torch.from_numpy(features), torch.from_numpy(target)[:, None]
    return gram_matrix(zip(*(part.split(64) for part in rows), strict=True))


def summed_by_fold(features, target, groups, n_folds=5):
    folds = [held_out for _, held_out in GroupKFold(n_folds).split(features, target, groups)]
    return folds, torch.stack([summed(features[fold], target[fold]) for fold in folds])


def theirs(features, target, penalty):
    """Scikit-learn's ridge on standardised features, whose penalty is on the sum of squares."""
    std = features.std(axis=0)
    ridge = Ridge(alpha=penalty * len(target)).fit((features - features.mean(0)) / np.where(std > 0, std, 1), target)
    return lambda new: ridge.predict((new - features.mean(0)) / np.where(std > 0, std, 1))


@pytest.mark.parametrize("penalty", [1e-4, 0.1, 10.0])
def test_the_coefficients_equal_scikit_learns(drawn, penalty):
    features, target, _ = drawn
    line = fit_ridges(summed(features, target), [penalty])[0]
    ours = line.mean + (features - line.centre.numpy()) @ line.weight.numpy()
    np.testing.assert_allclose(ours, theirs(features, target, penalty)(features), atol=1e-8)
    assert line.weight[5] == 0


def test_penalty_and_factor_equal_a_cross_validation_over_groups_with_scikit_learn(drawn):
    """For each penalty, the out-of-fold predictions are shrunk by the best factor; the least squared error wins."""
    features, target, groups = drawn
    folds, sums = summed_by_fold(features, target, groups)
    penalties = [0.01, 0.3, 10.0]
    found = []
    for penalty in penalties:
        predicted, expected = np.empty(N), np.empty(N)
        for held_out in folds:
            rest = np.setdiff1d(np.arange(N), held_out)
            mean = target[rest].mean()
            predicted[held_out] = theirs(features[rest], target[rest], penalty)(features[held_out]) - mean
            expected[held_out] = target[held_out] - mean
        factor = min(max(predicted @ expected / (predicted @ predicted), 0), 1)
        found.append((((expected - factor * predicted) ** 2).sum(), factor, penalty))
    _, factor, penalty = min(found)
    line = choose_ridge(sums, penalties)
    assert line.factor == pytest.approx(factor, abs=1e-8)
    best = fit_ridges(summed(features, target), [penalty])[0]
    torch.testing.assert_close(line.weight, best.weight, rtol=0, atol=1e-9)


def test_predictions_of_an_unlearnable_target_are_nearly_its_mean(drawn):
    features, _, groups = drawn
    target = np.random.default_rng(1).normal(size=N)
    line = choose_ridge(summed_by_fold(features, target, groups)[1])
    beyond = line.factor * (features - line.centre.numpy()) @ line.weight.numpy()
    assert beyond.std() < 0.1


def test_with_one_fold_the_penalty_is_the_strongest_and_nothing_is_shrunk(drawn):
    features, target, _ = drawn
    line = choose_ridge(summed(features, target)[None], [0.1, 7.0])
    assert line.factor == 1
    assert torch.equal(line.weight, fit_ridges(summed(features, target), [7.0])[0].weight)


def test_a_ridge_is_trained_as_other_nets_are(small_release, tmp_path):
    """Solved in one go, its weights, mean and factor among the buffers that the checkpoint keeps."""
    run = sb.train("spectral_ridge", challenge=2, train=small_release, device="cpu", output=tmp_path)
    state = load_state(run.checkpoints[0].weights)
    (record,) = run.curves[0].records
    assert record.epoch == 1
    assert record.val.nrmse == pytest.approx(run.card.scores["val"]["nrmse"], abs=1e-5)
    assert state["weight"].isfinite().all()
    assert state["weight"].any()
    assert 0 <= state["factor"] <= 1
    assert record.train_loss <= 1
    assert record.train_loss == pytest.approx(record.train.nrmse**2, rel=1e-4)
    assert run.train.target.min() <= state["mean"] <= run.train.target.max()
