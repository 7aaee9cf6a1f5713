"""What each net reaches in the same time: three minutes of one core a cell, two seeds, both challenges.

``python tests/benchmarks/training_table.py FOLDER`` simulates a release to train on and another one as its test, trains
with the settings that ship for each net (one of braindecode's: the defaults), and prints the README's table. A
net's time is divided into as many whole passes over the windows as fit, by a first measurement of its training step;
where not even one fits, an epoch takes as many windows as do. A cell ends early after half of its epochs without a
better validation. Validation, imports and the final scores come on top.
Cells that FOLDER holds are not trained again, so that an interrupted table goes on.
"""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import tomli_w
from joblib import Parallel, delayed

from model_zoo.registry import ARCHITECTURES, Architecture
from model_zoo.training.config import TrainConfig, read_config, shipped_configs

MAIN = (sys.executable, "-c", "from submission_builder.cli import main; main()")
THEIRS = ("eegnex", "shallow_fbcsp_net", "eeg_conformer")
RELEASES = {
    "SIMULATED-train-seed1": ("--subjects", "150", "--trials", "36", "--seed", "1"),
    "SIMULATED-test-seed2": ("--subjects", "120", "--trials", "24", "--seed", "2"),
}
TRAIN, TEST = RELEASES
BATCH, N_STEPS = 64, 5
DEFAULT = TrainConfig()


def in_table(row: Architecture) -> bool:
    ours = row.class_name != "BraindecodeNet" and row.value is None
    return ours or row.name in THEIRS


def settings(row: Architecture) -> dict[str, Any]:
    """Take what ships for the net, trained on the loss that it was made for."""
    told = read_config(row.name) if row.name in shipped_configs() else {"architecture": row.name}
    predicts_when = row.challenge == 1 and row.name == "robust_transformer"
    return told | {"challenge": row.challenge} | ({"loss": "latency"} if predicts_when else {})


def step_s_a_window(row: Architecture, told: dict[str, Any]) -> float:
    """Take the processor time of one training step, by the window."""
    import torch  # noqa: PLC0415 - in the process of its own that the cell has

    torch.set_num_threads(1)
    net = row.build(told.get("net", {})).train()
    if not any(p.requires_grad for p in net.parameters()):
        return 0.0
    optimiser = torch.optim.AdamW(net.parameters())
    X, y = 1e-5 * torch.randn(BATCH, 129, 200), torch.randn(BATCH, 1)

    def step() -> None:
        optimiser.zero_grad()
        torch.nn.functional.mse_loss(net(X), y).backward()
        optimiser.step()

    step()  # the first one sets up
    began = time.process_time()
    for _ in range(N_STEPS):
        step()
    return (time.process_time() - began) / (N_STEPS * BATCH)


def cell(folder: Path, row: Architecture, seed: int, minutes: float, n_windows: int) -> None:
    """Train one net for one challenge from one seed; the card holds what it scores."""
    tag = f"c{row.challenge}-seed{seed}"
    of_cell = folder / "runs" / f"{row.name}.{tag}"
    if of_cell.with_name(f"{of_cell.name}.json").exists():
        return
    told = settings(row)
    s = step_s_a_window(row, told)
    affordable = round(60 * minutes / s) if s else n_windows
    epochs = min(max(1, affordable // n_windows), told.get("epochs", DEFAULT.epochs))
    told |= {"epochs": epochs, "patience": max(4, epochs // 2), "seed": seed, "tag": tag, "device": "cpu"}
    told |= {"train": [str(folder / TRAIN)], "test": str(folder / TEST)}
    if affordable < n_windows:
        told["epoch_windows"] = affordable
    config = of_cell.with_name(f"{of_cell.name}.toml")
    config.write_text(tomli_w.dumps(told))
    run = [*MAIN, "train", "--config", config, "-o", config.parent, "--force"]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    click.echo(f"{of_cell.name}, {epochs} epochs: {done.stderr if done.returncode else 'done'}")


def release(folder: Path, name: str) -> dict[str, Any]:
    if not (folder / name).exists():
        subprocess.run([*MAIN, "simulate", str(folder / name), *RELEASES[name]], check=True)
    content: dict[str, Any] = json.loads((folder / name / "dataset_description.json").read_text())["Simulated"]
    return content


def line(folder: Path, row: Architecture, ideal: float) -> tuple[float, str]:
    cards = sorted((folder / "runs").glob(f"{row.name}.c{row.challenge}-seed*.json"))
    tests = [json.loads(card.read_text())["scores"]["test"] for card in cards]
    if not tests:
        return 9.0, f"| `{row.name}` | {row.challenge} | not run | | |"
    scores = [test["nrmse"] for test in tests]
    mean = sum(scores) / len(scores)
    low, high = min(test["interval"][0] for test in tests), max(test["interval"][1] for test in tests)
    gained = round((1 - mean) / (1 - ideal), 2) + 0.0  # no -0 %
    shown = " · ".join(f"{score:.3f}" for score in scores)
    return mean, f"| `{row.name}` | {row.challenge} | {shown} | {low:.2f} to {high:.2f} | {gained:.0%} |"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--minutes", default=3.0, help="Of one core, a cell.")
@click.option("--seeds", default=2)
@click.option("--jobs", default=2, help="Cells at a time, each on one thread.")
def main(folder: Path, minutes: float, seeds: int, jobs: int) -> None:
    (folder / "runs").mkdir(parents=True, exist_ok=True)
    train, test = (release(folder, name) for name in RELEASES)
    rows = [row for row in ARCHITECTURES if in_table(row)]
    cells = sorted(((row, seed) for row in rows for seed in range(seeds)), key=lambda cell: cell[0].challenge)
    n_windows = {n: round((1 - DEFAULT.val_share) * train["windows"][f"challenge{n}"]) for n in (1, 2)}
    Parallel(jobs)(delayed(cell)(folder, row, seed, minutes, n_windows[row.challenge]) for row, seed in cells)
    click.echo("| net | challenge | nrmse, by seed | 95 % interval | of what can be gained |\n|---|---|---|---|---|")
    for n in (1, 2):
        lines = [line(folder, row, test["ideal"][f"challenge{n}"]) for row in rows if row.challenge == n]
        click.echo("\n".join(text for _, text in sorted(lines)))


if __name__ == "__main__":
    main()
