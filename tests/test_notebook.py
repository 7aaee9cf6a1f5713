"""The notebook ``docs/notebooks/tour.ipynb``, and the Python tour of the README."""

import contextlib
import io
import json
import re
from pathlib import Path

import pytest

import submission_builder as sb

ROOT = Path(__file__).parents[1]
TOUR = ROOT / "docs" / "notebooks" / "tour.ipynb"
CELLS = ["".join(cell["source"]) for cell in json.loads(TOUR.read_text())["cells"] if cell["cell_type"] == "code"]
README_TOUR = re.search(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text(), re.DOTALL | re.MULTILINE)[1]


def run_cells(sources):
    """Run cells one after the other in one namespace, without a kernel."""
    namespace = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for source in sources:
            exec(compile(source, "cell", "exec"), namespace)  # noqa: S102 - our own notebook
    return namespace


@pytest.mark.slow
def test_the_tour_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    space = run_cells(CELLS)
    assert space["X"].shape[1:] == (129, 200)
    assert list(space["info"]) == ["subject", "recording", "start", "target"]
    assert not space["net"].training
    assert space["report"].ok
    assert space["result"].overall == pytest.approx(
        0.3 * space["result"].challenges[1].nrmse + 0.7 * space["result"].challenges[2].nrmse
    )
    for shown in ("run", "built", "report", "result"):
        assert "<pre" in space[shown]._repr_html_()


@pytest.mark.slow
def test_the_readmes_tour_runs_on_simulated_releases(tmp_path, monkeypatch):
    """Weights of an earlier run are the only thing that it takes for granted besides releases."""
    monkeypatch.chdir(tmp_path)
    for seed, name in enumerate(("R1_L100_bdf", "R2_L100_bdf", "R5_L100_bdf")):
        sb.simulate(name, subjects=4, runs=1, trials=6, seed=seed)
    (weights,) = re.findall(r'sb\.load\("(runs/[^"]+)"\)', README_TOUR)
    architecture, tag = Path(weights).stem.split(".", 1)
    sb.train(architecture, challenge=1, train=["R1_L100_bdf"], tag=tag, epochs=1)
    space = run_cells([README_TOUR])
    assert space["report"].ok
    assert space["result"].outcome == "scored"


@pytest.mark.slow
def test_the_committed_notebook_runs_in_a_kernel(tmp_path):
    """Every cell runs, and tables are shown as HTML; the committed outputs name what is simulated."""
    import nbformat  # noqa: PLC0415 - this test alone needs a kernel
    from nbclient import NotebookClient  # noqa: PLC0415 - likewise

    notebook = nbformat.read(TOUR, as_version=4)
    assert "SIMULATED" in json.dumps(notebook.cells[-3]["outputs"])
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown = {kind for cell in notebook.cells for output in cell.get("outputs", ()) for kind in output.get("data", {})}
    assert {"text/html", "text/plain"} <= shown


def test_every_output_of_the_committed_notebook_is_one_result():
    """A table is the HTML of its result; nothing else is displayed or printed."""
    outputs = [output for cell in json.loads(TOUR.read_text())["cells"] for output in cell.get("outputs", ())]
    assert {output["output_type"] for output in outputs} == {"execute_result"}
    assert sum("<pre" in "".join(output["data"].get("text/html", "")) for output in outputs) == 3
