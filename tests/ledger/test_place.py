"""Where the ledger is, and what turns it off."""

import platformdirs

from submission_builder.ledger.place import is_off, ledger_path, switched_off


def test_it_lies_in_the_users_data_folder_unless_a_variable_names_another_file(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUBPACK_LEDGER", "mine.sqlite3")
    assert ledger_path() == tmp_path / "mine.sqlite3"
    for value in ("", None):
        monkeypatch.setenv("SUBPACK_LEDGER", value) if value is not None else monkeypatch.delenv("SUBPACK_LEDGER")
        assert ledger_path() == platformdirs.user_data_path("subpack") / "ledger.sqlite3"


def test_a_variable_or_a_block_turns_it_off(monkeypatch):
    assert not is_off()
    with switched_off():
        assert is_off()
    assert not is_off()
    monkeypatch.setenv("SUBPACK_NO_LEDGER", "1")
    assert is_off()
