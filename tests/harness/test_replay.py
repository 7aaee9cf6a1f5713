"""The replay predicts every window as the server would, and each defect has its outcome."""

import io
import os
import re

import numpy as np
import pytest
import torch
from archives import make_zip

from submission_builder.base.errors import SubmissionError
from submission_builder.harness.package import open_package
from submission_builder.harness.replay import replay
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session
from submission_builder.protocol.windows import WindowTable
from submission_builder.releases.challenge_windows import ChallengeWindows
from submission_builder.sandbox.limits import Limits
from submission_builder.sandbox.outcomes import OUTCOMES


class Reader:
    """Windows of noise at the scale of scalp EEG."""

    def window(self, recording, start):
        rng = np.random.default_rng([recording, start])
        return (1e-5 * rng.normal(size=(129, 200))).astype(np.float32)


def challenge_windows(n=(3, 2)):
    tables = {
        challenge: WindowTable(
            challenge, np.zeros(k, np.int64), np.arange(k), np.arange(k, dtype=np.float32), np.array(["a"] * k, str)
        )
        for challenge, k in zip((1, 2), n, strict=True)
    }
    return {challenge: ChallengeWindows(table, Reader()) for challenge, table in tables.items()}


def run(path, limits=None, n=(3, 2), level=None, device="cpu", unbatched=None):
    with open_session(
        open_package(path), Runtime(device=device, limits=limits or Limits(), isolation=level)
    ) as session:
        return replay(session, challenge_windows(n), unbatched=unbatched)


def failure(path, limits=None, level=None):
    with pytest.raises(SubmissionError) as caught:
        run(path, limits, level=level)
    assert caught.value.outcome in OUTCOMES
    return caught.value


def test_every_window_is_predicted_in_order(tmp_path):
    predictions = run(make_zip(tmp_path / "z.zip", forward="return X[:, 5, 7:8]")).predictions
    expected = [Reader().window(0, start)[5, 7] for start in range(3)]
    np.testing.assert_array_equal(predictions[1], np.float32(expected))
    assert len(predictions[2]) == 2


def test_windows_are_single_contiguous_float32_and_without_gradients(tmp_path):
    forward = """assert X.shape == (1, 129, 200) and X.dtype == torch.float32 and X.is_contiguous()
        assert torch.is_inference_mode_enabled() and not self.training
        return X.new_ones(1, 1)"""
    assert run(make_zip(tmp_path / "z.zip", forward=forward), n=(70, 2)).predictions[1].tolist() == [1.0] * 70


def test_values_that_the_scorer_does_not_read_are_reported(tmp_path):
    """Of shape (1, 3), the first column is scored, as on the server, and the shape is reported."""
    replayed = run(make_zip(tmp_path / "z.zip", forward="return X[:, 5, 7:10]"))
    assert replayed.shapes == {1: (1, 3), 2: (1, 3)}
    assert replayed.predictions[1].tolist() == [float(Reader().window(0, start)[5, 7]) for start in range(3)]
    assert run(make_zip(tmp_path / "good.zip")).shapes == {}


def test_hooks_on_the_top_module_do_not_run(tmp_path):
    """The server calls ``forward``, not the module."""
    top = "torch.nn.modules.module.register_module_forward_hook(lambda m, i, o: o * 0 if isinstance(m, Net) else o)"
    assert run(make_zip(tmp_path / "z.zip", top=top)).predictions[1].tolist() == pytest.approx([1.6] * 3)


def test_challenge_1_is_finished_before_model_2_is_built(tmp_path):
    path = make_zip(
        tmp_path / "z.zip",
        top="seen = []",
        forward="seen.append(1); return X.new_full((1, 1), len(seen))",
        load="assert len(seen) == 3",
    )
    assert run(path).predictions[1].tolist() == [1.0, 2.0, 3.0]


def test_model_2_is_built_even_if_challenge_2_has_no_window(tmp_path):
    path = make_zip(tmp_path / "z.zip", load="raise ValueError('only on the server')")
    with pytest.raises(SubmissionError, match="only on the server"):
        run(path, n=(3, 0))


def test_our_packages_cannot_be_imported(tmp_path):
    error = failure(make_zip(tmp_path / "z.zip", top="import model_zoo.nets"))
    assert error.outcome == "import_error"
    assert "the server does not have it" in str(error)


@pytest.mark.hostile
def test_the_submission_sees_neither_the_environment_nor_the_folder_of_the_caller(tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_TOKEN", "x")
    monkeypatch.chdir(tmp_path)
    top = f"""import os
assert "SECRET_TOKEN" not in os.environ
assert os.getcwd() != {str(tmp_path)!r} and os.environ["HOME"] != {os.environ.get("HOME")!r}
assert os.listdir(".") == []"""
    assert run(make_zip(tmp_path / "z.zip", top=top)).predictions[1].tolist() == pytest.approx([1.6] * 3)


def weights(**state):
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return {"w.pt": buffer.getvalue()}


LOAD = "Net().load_state_dict(torch.load(self.folder / 'w.pt', weights_only=True))"


@pytest.mark.parametrize(
    ("outcome", "message", "defect"),
    [
        ("contract_error", "no method get_model_challenge_1", {"getter": "get_models_challenge_1"}),
        ("contract_error", "predicted a list for input", {"forward": "return [[1.6]]"}),
        ("contract_error", "NoneType without the method eval", {"load": "return None"}),
        ("import_error", "No module named 'timm'", {"top": "import timm"}),
        ("import_error", "syntax error in line", {"top": "def f(:"}),
        ("import_error", "import of submission.py raised NameError", {"top": "undefined_name"}),
        ("weights_missing", "w.pt", {"load": LOAD}),
        ("weights_mismatch", "layer.weight", {"load": LOAD, "names": weights(other=torch.zeros(1))}),
        (
            "bad_shape",
            r"predicted shape \(1,\) for input \(batch=1, n_chans=129, n_times=200\)",
            {"forward": "return X[:, 0, 0]"},
        ),
        ("bad_shape", r"predicted shape \(\)", {"forward": "return X.mean()"}),
        ("bad_shape", r"predicted shape \(1, 1, 1\)", {"forward": "return X[:, :1, :1]"}),
        ("bad_shape", "complex64", {"forward": "return X[:, 0, :1] * 1j"}),
        ("bad_shape", "bfloat16", {"forward": "return X[:, 0, :1].bfloat16()"}),
        ("not_finite", "challenge 1 predicted nan", {"forward": "return X[:, 0, :1] * float('nan')"}),
        ("crashed", "forward raised KeyError", {"forward": "return {}['x']"}),
        pytest.param("exited", "exit code 3", {"forward": "raise SystemExit(3)"}, marks=pytest.mark.hostile),
        pytest.param(
            "crashed", "SIGSEGV", {"forward": "import os; os.kill(os.getpid(), 11)"}, marks=pytest.mark.hostile
        ),
    ],
)
def test_each_defect_has_its_outcome(tmp_path, outcome, message, defect):
    error = failure(make_zip(tmp_path / "z.zip", **defect))
    assert error.outcome == outcome
    assert re.search(message, str(error)), str(error)


def test_a_misspelt_getter_is_recognised(tmp_path):
    error = failure(make_zip(tmp_path / "z.zip", getter="get_models_challenge_1"))
    assert error.hint == "rename get_models_challenge_1 to get_model_challenge_1"


def test_a_prediction_without_a_last_axis_gets_a_hint(tmp_path):
    assert failure(make_zip(tmp_path / "z.zip", forward="return X[:, 0, 0]")).hint == (
        "keep the last axis in the head: y[:, None]"
    )


def test_a_crash_shows_the_line_of_the_submission(tmp_path):
    assert "self.nothing" in str(failure(make_zip(tmp_path / "z.zip", forward="return self.nothing")))


@pytest.mark.parametrize("device", ["cuda:63", "nonsense"])
def test_an_unavailable_device_is_not_the_submissions_fault(tmp_path, device):
    with pytest.raises(SubmissionError, match=f"device '{device}' cannot be used on this machine") as caught:
        run(make_zip(tmp_path / "z.zip"), device=device)
    assert caught.value.outcome == "device_error"


@pytest.mark.hostile
def test_wall_time_is_limited(tmp_path):
    path = make_zip(tmp_path / "z.zip", forward="import time; time.sleep(600)")
    error = failure(path, Limits(wall_s=8))
    assert error.outcome == "timeout"
    assert "ran longer than 8 s, in challenge 1, between windows 1 and 3 of 3" in str(error)


@pytest.mark.hostile
def test_memory_is_limited(tmp_path):
    path = make_zip(tmp_path / "z.zip", forward="self.big = torch.ones(4, 1 << 30)")
    assert failure(path, Limits(memory_mib=4096)).outcome == "out_of_memory"


@pytest.mark.hostile
def test_output_is_limited(tmp_path):
    path = make_zip(tmp_path / "z.zip", forward="print('x' * (1 << 22), flush=True); return X[:, 0, :1]")
    assert failure(path, Limits(output_mib=2)).outcome == "too_much_output"


def test_the_output_of_the_submission_does_not_reach_the_predictions(tmp_path, capfd):
    path = make_zip(tmp_path / "z.zip", forward="print('{\"predictions\": [0]}', flush=True); return X.new_ones(1, 1)")
    assert run(path).predictions[1].tolist() == [1.0] * 3
    assert capfd.readouterr().out == ""


@pytest.mark.hostile
def test_no_file_is_left(tmp_path, monkeypatch):
    """After a success and after a failure."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run(make_zip(tmp_path / "z.zip"))
    failure(make_zip(tmp_path / "bad.zip", forward="return X.mean()"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.zip", "z.zip"]


MANY = (300, 280)


def many(path, **options):
    return run(path, n=MANY, **options)


def test_a_model_with_equivalent_batches_is_run_in_batches(tmp_path):
    replayed = many(make_zip(tmp_path / "z.zip", forward="assert len(X) in (1, 44, 64, 24); return X[:, 5, 7:8]"))
    assert (replayed.batch, replayed.unbatched) == ({1: 64, 2: 64}, {})
    np.testing.assert_array_equal(
        replayed.predictions[1], np.float32([Reader().window(0, start)[5, 7] for start in range(300)])
    )


@pytest.mark.parametrize(
    ("reason", "last", "forward"),
    [
        ("keeps state", 300, "seen.append(1); return X.new_full((len(X), 1), len(seen))"),
        pytest.param(
            "after all windows, a batch of 64 changes a prediction by 5.0e-01",
            2,
            "self.n = getattr(self, 'n', 0) + len(X); return X.new_full((len(X), 1), 1 + (self.n > 250))",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_a_model_without_equivalent_batches_is_run_one_by_one_in_a_fresh_process(tmp_path, reason, last, forward):
    """The modules of the submission have no state of the sample."""
    replayed = many(make_zip(tmp_path / "z.zip", top="seen = []", forward=forward))
    assert replayed.batch[1] == 1
    assert reason in replayed.unbatched[1]
    assert (replayed.predictions[1][0], replayed.predictions[1][-1]) == (1, last)


def test_a_challenge_that_is_declared_to_keep_state_is_run_one_by_one(tmp_path):
    forward = "assert len(X) == 1 or type(self).second; return X[:, 5, 7:8]"
    path = make_zip(tmp_path / "z.zip", forward=forward, load="Net.second = True", top="")
    replayed = many(path, unbatched={1: "it says so"})
    assert (replayed.batch, replayed.unbatched) == ({1: 1, 2: 64}, {1: "it says so"})


@pytest.mark.slow
def test_a_failure_names_its_windows(tmp_path):
    """Also if the failure occurs in the sample first."""
    forward = "import os\n        if X[0, 0, 0] == LAST: os.kill(os.getpid(), 11)\n        return X[:, 5, 7:8]"
    path = make_zip(tmp_path / "z.zip", top=f"LAST = {float(Reader().window(0, 299)[0, 0])!r}", forward=forward)
    with pytest.raises(SubmissionError, match="in challenge 1, between windows 257 and 300 of 300"):
        many(path)
