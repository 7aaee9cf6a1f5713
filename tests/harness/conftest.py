"""A running submission that the tests of this room share."""

import pytest
from archives import WINDOWS, make_zip

from submission_builder.harness.package import open_package
from submission_builder.harness.runtime import Runtime
from submission_builder.harness.session import open_session


@pytest.fixture(scope="session")
def opened(tmp_path_factory):
    """One session whose submission predictions what a file in /tmp tells it to; torch is imported once."""
    folder = tmp_path_factory.mktemp("session")
    told = f"told = {{'torch': torch}}; exec(open({str(folder / 'forward.py')!r}).read(), told)"
    path = make_zip(folder / "z.zip", forward=f"{told}; return told['forward'](self, X)")
    with open_session(open_package(path), Runtime(isolation="process")) as session:

        def tell(body):
            (folder / "forward.py").write_text(f"def forward(self, X):\n    {body}\n")

        def predict(body, windows=WINDOWS, batch=1, **options):
            tell(body)
            session.load(1)
            return session.predict(windows, batch, **options)

        predict.session, predict.tell = session, tell
        yield predict
