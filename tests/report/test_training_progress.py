"""The progress of a training in the terminal."""

import csv
import pickle

from rich.console import Console

from model_zoo.training.record import EpochRecord, SplitMetrics
from submission_builder.base.jobs import Jobs
from submission_builder.report.training_progress import TrainingProgress

NETS = ["cnn.c1-seed0", "lightweight_attn.c1-seed0"]
SPLIT = SplitMetrics(nrmse=0.98765, spread=0.1, correlation=0.2)
EPOCH = EpochRecord(1, 1e-3, 0.9, SPLIT, SPLIT)


def test_in_parallel_each_line_names_its_net_and_its_figures_are_below_their_headings(capsys):
    report = pickle.loads(pickle.dumps(TrainingProgress(Console()).job_report(NETS, Jobs(2))))  # noqa: S301 - ours
    for net in NETS:
        report(net)(EPOCH)
    _, headings, *lines = capsys.readouterr().out.splitlines()
    assert [line.startswith(name) for line, name in zip(lines, NETS, strict=True)] == [True, True]
    for line in lines:
        assert headings.index("epoch") + len("epoch") == line.index(" 1 ") + 2
        assert headings.index("nrmse") + len("nrmse") == line.index("0.98765") + len("0.98765")


def test_one_after_the_other_each_net_has_its_own_headings(capsys):
    report = TrainingProgress(Console()).job_report(NETS, Jobs())
    for net in NETS:
        report(net)(EPOCH)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line in NETS] == NETS
    assert sum(line.startswith("epoch") for line in lines) == 2


def test_the_epochs_of_one_net_are_logged_as_they_end(tmp_path):
    report = TrainingProgress(Console(quiet=True), tmp_path / "log.csv").job_report(NETS[:1], Jobs())
    receive = report(NETS[0])
    for n_epochs in (1, 2):
        receive(EPOCH)
        rows = list(csv.DictReader((tmp_path / "log.csv").read_text().splitlines()))
        assert len(rows) == n_epochs
        assert float(rows[0]["val_nrmse"]) == 0.98765
