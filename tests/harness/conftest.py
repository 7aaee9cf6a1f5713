"""A running submission that the tests of this folder share."""

import pytest
from archives import WINDOWS, make_zip

from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session


@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    """A session whose submission runs the code of a file as its forward; torch is imported once."""
    folder = tmp_path_factory.mktemp("session")
    run = f"names = {{'torch': torch}}; exec(open({str(folder / 'forward.py')!r}).read(), names)"
    path = make_zip(folder / "z.zip", forward=f"{run}; return names['forward'](self, X)")
    with open_session(open_package(path), Runtime(isolation="process")) as session:

        def set_forward(body):
            (folder / "forward.py").write_text(f"def forward(self, X):\n    {body}\n")

        def predict(body, windows=WINDOWS, batch=1, **options):
            set_forward(body)
            session.load(1)
            return session.predict(windows, batch, **options)

        predict.session, predict.set_forward = session, set_forward
        yield predict
