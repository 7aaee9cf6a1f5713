"""Jobs beside each other, in one terminal."""

from rich.console import Console

from model_zoo.training.record import EpochRecord, SplitMetrics
from submission_builder.report.parallel_runs import apart, show_headings_apart


def test_the_figures_stand_under_their_headings(capsys):
    names = ["cnn.c1-seed0", "lightweight_attn.c1-seed0"]
    width = max(map(len, names))
    show_headings_apart(Console(), width)
    side = SplitMetrics(nrmse=0.98765, spread=0.1, correlation=0.2)
    for name in names:
        apart(name, width=width)(EpochRecord(1, 1e-3, 0.9, side, side))
    _, headings, *lines = capsys.readouterr().out.splitlines()
    assert [line.startswith(name) for line, name in zip(lines, names, strict=True)] == [True, True]
    for line in lines:
        assert headings.index("epoch") + len("epoch") == line.index(" 1 ") + 2
        assert headings.index("nrmse") + len("nrmse") == line.index("0.98765") + len("0.98765")
