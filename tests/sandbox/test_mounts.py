"""At level ``namespace``, no label, cache, project or package of ours is visible, wherever it lies."""

import shutil
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from submission_builder.sandbox.interpreter import inspect_interpreter
from submission_builder.sandbox.mounts import View, hidden_proc_entries, masked_paths, visible_paths
from submission_builder.sandbox.proof import why_unavailable

LABELS = "participants.tsv"


@pytest.fixture
def project(tmp_path):
    """A project folder that is itself the virtual environment, with its Python."""
    venv.create(tmp_path / "project", symlinks=True)
    return tmp_path / "project"


def python_of(project):
    return project / "bin" / "python"


def packages_of(project):
    return next(project.glob("lib/python3*/site-packages"))


def make_release(folder):
    folder.mkdir(parents=True)
    (folder / LABELS).write_text("participant_id\texternalizing\nsub-1\t0.5\n")
    (folder / "sub-1").mkdir()
    return folder


def looks_for(path):
    return f"os.path.exists({str(path)!r})"


@pytest.mark.parametrize("place", ["data/R5", "R5", "lib/R5", "share/R5", "src/project/R5"])
def test_a_release_below_the_prefix_is_invisible_without_being_named(evaluate_inside, project, place):
    release = make_release(project / place)
    assert evaluate_inside(looks_for(release / LABELS), python_of(project)) is False


def test_a_checkpoint_beside_a_package_folder_is_invisible(evaluate_inside, project):
    (project / "weights.pt").write_text("")
    (project / "runs").mkdir()
    listed = evaluate_inside(f"os.listdir({str(project)!r})", python_of(project))
    assert set(listed) == {"bin", "include", "lib", "pyvenv.cfg"}


@pytest.mark.parametrize("place", ["R5", "package/data/R5"])
def test_a_release_in_a_folder_of_packages_is_masked(evaluate_inside, project, place):
    release = make_release(packages_of(project) / place)
    (packages_of(project) / "other.py").write_text("value = 5\n")
    view = View(hidden=(release,))
    assert evaluate_inside(looks_for(release / LABELS), python_of(project), view) is False
    assert evaluate_inside(f"os.listdir({str(release)!r})", python_of(project), view) == []
    assert evaluate_inside("__import__('other').value", python_of(project), view) == 5


def test_a_release_that_is_named_through_a_link_is_masked_at_its_place(evaluate_inside, project, tmp_path):
    release = make_release(packages_of(project) / "R5")
    (tmp_path / "link").symlink_to(release)
    view = View(hidden=(tmp_path / "link",))
    assert evaluate_inside(looks_for(release / LABELS), python_of(project), view) is False


def test_a_file_is_masked_too(evaluate_inside, project):
    labels = packages_of(project) / "labels.csv"
    labels.write_text("1.6")
    reads = f"content({str(labels)!r})"
    assert evaluate_inside(reads, python_of(project)) == "1.6"
    assert evaluate_inside(reads, python_of(project), View(hidden=(labels,))) is None


def test_an_interpreter_below_a_hidden_folder_stays_usable(evaluate_inside, tmp_path):
    """A replica of the server lies in the cache."""
    cache = tmp_path / "cache"
    venv.create(cache / "servers" / "replica", symlinks=True)
    make_release(cache / "stores")
    view = View(hidden=(cache,))
    python = python_of(cache / "servers" / "replica")
    assert evaluate_inside(looks_for(cache / "stores"), python, view) is False
    assert evaluate_inside("sys.prefix", python, view) == str(cache / "servers" / "replica")


@pytest.mark.parametrize("name", ["submission_builder", "model_zoo"])
def test_our_packages_are_masked_in_every_folder_of_packages(evaluate_inside, project, name):
    folder = packages_of(project) / name
    folder.mkdir()
    (folder / "secret.py").write_text("")
    assert evaluate_inside(looks_for(folder / "secret.py"), python_of(project)) is False


def test_the_home_is_masked_where_it_lies_below_what_is_bound(project, monkeypatch):
    home = packages_of(project) / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    assert str(home) in masked_paths(inspect_interpreter(python_of(project)), View())


def test_a_home_that_is_itself_bound_or_contains_everything_is_not_masked(project, monkeypatch):
    python = inspect_interpreter(python_of(project))
    for home in ("/", "/usr/bin", "/usr", str(project)):
        monkeypatch.setenv("HOME", home)
        assert home not in masked_paths(python, View())


def test_packages_of_the_installation_that_the_environment_does_not_import_are_invisible(evaluate_inside, project):
    unused = Path(inspect_interpreter(python_of(project)).library_folders[0], "site-packages")
    if not unused.is_dir():
        pytest.skip("the standard library has no site-packages")
    assert evaluate_inside(f"os.listdir({str(unused)!r})", python_of(project)) == []


def test_no_prefix_and_no_home_is_bound_as_a_whole(project):
    bound = visible_paths(inspect_interpreter(python_of(project)))
    assert not {str(project), sys.prefix, sys.base_prefix, str(Path.home()), "/usr", "/etc", "/"} & set(bound)


@pytest.mark.parametrize(
    ("path", "visible"),
    [("/etc/passwd", True), ("/etc/shadow", False), ("/etc/ssh", False), ("/usr/share/doc", False), ("/var", False)],
)
def test_only_settings_that_libraries_read_are_visible(evaluate_inside, path, visible):
    assert evaluate_inside(looks_for(path)) is (visible and Path(path).exists())


@pytest.mark.parametrize("name", ["numpy", "pandas", "scipy", "sklearn", "torch"])
def test_installed_packages_are_visible(evaluate_inside, name):
    folder = Path(sysconfig.get_path("purelib"), name)
    assert evaluate_inside(looks_for(folder / "__init__.py")) is True


@pytest.mark.parametrize("name", ["kallsyms", "keys", "config.gz", "iomem", "kmsg", "partitions", "cmdline", "bus"])
def test_entries_of_proc_that_no_library_reads_are_masked(evaluate_inside, name):
    if not Path("/proc", name).exists():
        pytest.skip(f"this kernel has no /proc/{name}")
    assert str(Path("/proc", name)) in hidden_proc_entries(View())
    if Path("/proc", name).is_dir():
        assert evaluate_inside(f"os.listdir('/proc/{name}')") == []
    else:
        assert evaluate_inside(f"content('/proc/{name}')") is None


@pytest.mark.parametrize("name", ["cpuinfo", "meminfo", "stat", "self/maps", "sys/vm/overcommit_memory"])
def test_entries_of_proc_that_libraries_read_have_contents(evaluate_inside, name):
    assert evaluate_inside(f"len(open('/proc/{name}').read()) > 1") is True


def test_sys_is_empty(evaluate_inside):
    assert evaluate_inside(looks_for("/sys")) is False


def test_devices_of_the_driver_are_visible_only_for_cuda():
    driver = {"/proc/driver", "/proc/devices"} & {str(path) for path in Path("/proc").iterdir()}
    assert driver <= set(hidden_proc_entries(View()))
    assert not driver & set(hidden_proc_entries(View(gpu=True)))


def test_a_release_that_is_itself_a_folder_of_packages_lowers_the_level(project):
    """It cannot be masked, so the probe finds it."""
    if reason := why_unavailable():
        pytest.skip(f"needs isolation namespace: {reason}")
    (packages_of(project) / LABELS).write_text("")
    reason = why_unavailable(python_of(project), View(hidden=(packages_of(project),)))
    assert reason.startswith("the sandbox does not hold: ")
    assert f"{packages_of(project) / LABELS} is visible" in reason


@pytest.mark.parametrize("place", ["", "package"])
def test_the_probe_finds_a_release_that_nobody_named(project, place):
    if reason := why_unavailable():
        pytest.skip(f"needs isolation namespace: {reason}")
    folder = packages_of(project) / place
    folder.mkdir(exist_ok=True)
    shutil.copy(make_release(project / "data") / LABELS, folder)
    assert f"{folder / LABELS} is visible" in why_unavailable(python_of(project))
