"""A process that appends entries to a ledger and names each once it is in: ``writer.py LEDGER NAME COUNT``."""

import sys
import time
from pathlib import Path

from submission_builder.ledger.entry import Entry
from submission_builder.ledger.store import append

path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for i in range(count):
    append(path, [Entry("check", f"{name}-{i}", "ok", "0", time.time())])
    print(f"{name}-{i}", flush=True)  # noqa: T201 - the test reads it
