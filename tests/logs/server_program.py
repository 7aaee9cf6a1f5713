"""A program that runs submissions as the server does, without any of subpack: ``program.py _ _ FOLDER``.

FOLDER holds a submission, or one folder for each of several. Each of several runs in a fork, so that torch is imported
once, and the line ``#### NAME`` stands before its output.

It follows the server's ingestion and scoring programs of 2025 in what a submission can notice: the class is imported
and built twice, challenge 1 is predicted before challenge 2 is built, windows come one at a time under inference mode,
and scikit-learn computes the error. Its standard error is what Codabench shows to a participant.
"""

import os
import sys
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import root_mean_squared_error

SFREQ, DEVICE, N_WINDOWS = 100, torch.device("cpu"), 3


def windows():
    rng = np.random.default_rng(0)
    for _ in range(N_WINDOWS):
        yield torch.from_numpy((1e-5 * rng.normal(size=(1, 129, 200))).astype(np.float32))


def predict(model):
    model.eval()
    predictions = []
    with torch.inference_mode():
        for X in windows():
            y = model.forward(X)
            predictions.append(y.detach().cpu().numpy()[0][0])
    return predictions


def main(folder):
    sys.path.insert(0, folder)
    from submission import Submission  # noqa: PLC0415 - the folder is on the path only now

    predictions = {}
    for challenge in (1, 2):
        submission = Submission(SFREQ, DEVICE)
        getter = submission.get_model_challenge_1 if challenge == 1 else submission.get_model_challenge_2
        predictions[challenge] = predict(getter())
    for challenge, values in predictions.items():
        targets = np.linspace(1, 2, N_WINDOWS)
        print(f"challenge {challenge}: {root_mean_squared_error(targets, values) / targets.std():.5f}")


def main_of_each(folders):
    for folder in folders:
        print(f"#### {folder.name}", flush=True)
        if (child := os.fork()) == 0:
            main(str(folder))
            sys.exit()
        os.waitpid(child, 0)


if __name__ == "__main__":
    above = Path(sys.argv[3])
    sys.argv = [__file__]
    several = sorted(path for path in above.iterdir() if path.name.startswith("case-"))
    if several:
        main_of_each(several)
    else:
        main(str(above))
