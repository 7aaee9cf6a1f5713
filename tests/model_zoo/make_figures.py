"""Measure every net of the registry and write model_zoo/figures.json: ``python tests/model_zoo/make_figures.py``."""

import json
import logging
from dataclasses import asdict

from model_zoo.figures import FIGURES, grouped, key_of
from model_zoo.measuring import measure
from model_zoo.registry import ARCHITECTURES


def main() -> None:
    logging.getLogger("mne").setLevel(logging.ERROR)
    figures = {key_of(first): asdict(measure(first)) for first, *_ in grouped(ARCHITECTURES)}
    lines = [f"  {json.dumps(key)}: {json.dumps(value)}" for key, value in figures.items()]
    FIGURES.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
