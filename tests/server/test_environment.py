"""The versions of a run, and how they differ from the server's."""

from submission_builder.server.environment import Environment


def test_the_text_names_python_torch_and_numpy():
    packages = {"torch": "2.14.1", "numpy": "2.4.6", "scipy": "1.17.0"}
    assert str(Environment("3.11.7", packages)) == "Python 3.11.7, torch 2.14.1 and numpy 2.4.6"
    assert str(Environment("3.11.7", {"torch": "2.14.1"})) == "Python 3.11.7 and torch 2.14.1"
    assert str(Environment("3.11.7")) == "Python 3.11.7"


def test_other_versions_are_compared_with_both_candidates():
    caveat = Environment("3.11.7", {"torch": "2.14.1", "numpy": "2.4.6"}).caveat()
    for versions in ("torch 2.14.1", "Python 3.10 ", "torch 2.2.2 with numpy 1.26.4", "torch 2.8.0 with numpy 2.2.6"):
        assert versions in caveat


def test_the_versions_of_a_candidate_are_not_established():
    for torch in ("2.2.2", "2.2.2+cpu", "2.8.0+cu128"):
        assert "is not established" in Environment("3.10.13", {"torch": torch}).caveat()
    for environment in (Environment("3.11.7", {"torch": "2.2.2"}), Environment("3.10.13", {"torch": "2.2.20"})):
        assert "--server" in environment.of_the_server()


def test_the_dictionary_has_the_documented_keys():
    packages = {"torch": "2.2.2", "numpy": "1.26.4"}
    assert Environment("3.10.13", packages, "published").to_dict() == {
        "image": "published",
        "python": "3.10.13",
        "torch": "2.2.2",
        "packages": packages,
    }
