"""Causes that logs name, each of a made-up log; the logs of the corpora are in test_corpus_of_logs.py."""

import ast
from pathlib import Path

import pytest

from submission_builder.checks.catalogue import CHECKS
from submission_builder.logs.causes import RULES, read_log
from submission_builder.logs.run_rules import LINES, WITHOUT_GPU
from submission_builder.sandbox.outcomes import OUTCOMES

CHILD = Path(__file__).parents[2] / "submission_builder" / "harness" / "child"
PROGRAM = '  File "/app/ingestion_program/ingestion.py", line 39, in main\n    {}\n'
OWN = '  File "/app/input/res/submission.py", line 13, in forward\n    {}\n'


def log(last, own="x = f(y)", program="y = model.forward(X)"):
    frames = PROGRAM.format(program) + (OWN.format(own) if own else "")
    return f"Traceback (most recent call last):\n{frames}{last}\n"


def first(text):
    causes = read_log(text).causes
    return causes[0].word if causes else None


OF_THE_SUBMISSION = {
    "ModuleNotFoundError: No module named 'xgboost'": "S105",
    "ModuleNotFoundError: No module named 'my_parts.blocks'": "S105",
    "ModuleNotFoundError: No module named 'torch.nn.attention'": "S113",
    "ImportError: cannot import name 'override' from 'typing' (/usr/lib/python3.10/typing.py)": "S113",
    "ImportError: cannot import name 'Block' from 'my_parts' (/app/input/res/my_parts.py)": "import_error",
    "AttributeError: module 'numpy' has no attribute 'vecdot'": "S113",
    "AttributeError: module 'my_parts' has no attribute 'Block'": "crashed",
    "NameError: name 'PythonFinalizationError' is not defined": "crashed",
    "NameError: name 'EncodingWarnings' is not defined": "crashed",
    "TypeError: conv1d() got an unexpected keyword argument 'strides'": "S114",
    "TypeError: Conv1d.__init__() got an unexpected keyword argument 'strides'": "S114",
    "TypeError: MyOwnNet.__init__() got an unexpected keyword argument 'width'": "crashed",
    "TypeError: my_own_helper() got an unexpected keyword argument 'width'": "crashed",
    "IndentationError: unexpected indent": "S101",
    "RuntimeError: Error(s) in loading state_dict for Net:\n\tsize mismatch for head.weight": "S209",
    "_pickle.UnpicklingError: invalid load key, '<'.": "S203",
    "EOFError: Ran out of input": "S203",
    "RuntimeError: PytorchStreamReader failed reading zip archive: failed finding central directory": "S203",
    "_pickle.UnpicklingError: Weights only load failed. Unsupported global: GLOBAL net.Net": "S202",
    "AttributeError: Can't get attribute 'Net' on <module '__main__' from 'ingestion.py'>": "S202",
    "RuntimeError: Unknown builtin op: aten::rms_norm.": "S213",
    "ModuleNotFoundError: No module named 'numpy._core'": "S213",
    "FileNotFoundError: [Errno 2] No such file or directory: '/home/me/w.pt'": "S106",
    "FileNotFoundError: [Errno 2] No such file or directory: '/app/input/res/w.pt'": "S207",
    "FileNotFoundError: [Errno 2] No such file or directory: '/app/input/res/config.yaml'": "weights_missing",
    "ValueError: The provided filename /app/input/res/c1.pt does not exist": "S207",
    "RuntimeError: Expected all tensors to be on the same device, but found at least two devices": "S311",
    "torch.cuda.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB": "out_of_memory",
    "torch.OutOfMemoryError: CUDA out of memory.": "out_of_memory",
    "RuntimeError: [enforce fail] DefaultCPUAllocator: can't allocate memory": "out_of_memory",
    "OSError: [Errno 30] Read-only file system: '/app/input/res/log'": "wrote_outside",
    "PermissionError: [Errno 13] Permission denied: '/usr/x'": "wrote_outside",
    "OSError: [Errno 28] No space left on device": "too_much_output",
    "urllib.error.URLError: <urlopen error [Errno -3] Temporary failure in name resolution>": "network_attempt",
    "requests.exceptions.ConnectionError: HTTPSConnectionPool(host='hf.co', port=443): Max retries exceeded": (
        "network_attempt"
    ),
    "RuntimeError: Numpy is not available": "S112",
    "RuntimeError: element 0 of tensors does not require grad and does not have a grad_fn": "S117",
    'NotImplementedError: Module [Net] is missing the required "forward" function': "contract_error",
    "ZeroDivisionError: division by zero": "crashed",
    "KeyError: 'state_dict'": "crashed",
}
OF_THE_PROGRAM = {
    ("ModuleNotFoundError: No module named 'submission'", "from submission import Submission"): "S002",
    ("ImportError: cannot import name 'Submission' from 'submission' (x)", "from submission import Submission"): "S102",
    ("TypeError: Submission.__init__() takes 2 positional arguments but 3 were given", "Submission(S, D)"): "S103",
    (
        "AttributeError: 'Submission' object has no attribute 'get_model_challenge_1'",
        "s.get_model_challenge_1()",
    ): "S104",
    ("TypeError: get_model_challenge_2() missing 1 required positional argument: 'path'", "f()"): "S104",
    (
        "IndexError: too many indices for array: array is 0-dimensional",
        "p.append(y.detach().cpu().numpy()[0][0])",
    ): "S302",
    ("TypeError: Got unsupported ScalarType BFloat16", "y.detach().cpu().numpy()[0][0]"): "S302",
    ("AttributeError: 'tuple' object has no attribute 'detach'", "y.detach().cpu().numpy()[0][0]"): "S302",
    ("ValueError: Input contains NaN.", "score(y, p)"): "S303",
    ("ValueError: Input contains infinity or a value too large for dtype('float32').", "score(y, p)"): "S303",
    ("AttributeError: 'Net' object has no attribute 'eval'", "model.eval()"): "contract_error",
    ("zipfile.BadZipFile: File is not a zip file", "ZipFile(bundle)"): "S001",
}


@pytest.mark.parametrize(("last", "word"), OF_THE_SUBMISSION.items(), ids=OF_THE_SUBMISSION)
def test_an_exception_of_the_submission_has_its_cause(last, word):
    assert first(log(last)) == word


@pytest.mark.parametrize(("raised", "word"), OF_THE_PROGRAM.items(), ids=[last for last, _ in OF_THE_PROGRAM])
def test_an_exception_of_the_servers_program_has_its_cause(raised, word):
    last, code = raised
    assert first(log(last, own="", program=code)) == word


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("Execution Time Limit exceeded. Limit was 3600 seconds", "timeout"),
        ("starting\nKilled\n", "out_of_memory"),
        ("container exited with status code 137", "out_of_memory"),
        (
            "usage: ingestion.py [-h] --data DATA\ningestion.py: error: the following arguments are required: --data",
            "S122",
        ),
        ("Fatal Python error: Segmentation fault", "crashed"),
    ],
)
def test_a_line_outside_of_a_traceback_has_its_cause(text, word):
    assert first(text) == word
    assert read_log(text).causes[0].evidence[0].startswith("log, line ")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the log is empty"),
        (" \n", "the log is empty"),
        ("challenge 1: 1.0\nUserWarning: slow\n", "the log contains no error"),
        ("Pull for codalab/x:v14 failed! Check the logs for more information", "the server's own programs"),
        ("docker: could not select device driver with capabilities: [[gpu]]", "the server's own programs"),
        (log("KeyError: 'task_1'", own="", program="data = folders[name]"), "no line of the traceback"),
    ],
)
def test_what_cannot_be_told_has_a_reason_and_no_cause(text, words):
    reading = read_log(text)
    assert reading.causes == ()
    assert words in reading.unclear


def test_the_exception_behind_another_is_the_cause_if_no_rule_names_the_last():
    text = log("ModuleNotFoundError: No module named 'timm'") + (
        "\nThe above exception was the direct cause of the following exception:\n\n"
        + log("RuntimeError: pip install timm")
    )
    causes = read_log(text).causes
    assert [cause.word for cause in causes] == ["S105", "crashed"]
    assert read_log(text).last.summary == "RuntimeError: pip install timm"


def test_the_last_exception_comes_first_if_rules_name_both():
    text = log("FileNotFoundError: [Errno 2] No such file or directory: 'a.pt'") + (
        "\nDuring handling of the above exception, another exception occurred:\n\n" + log("EOFError: Ran out of input")
    )
    assert first(text) == "S203"


def test_the_evidence_names_the_lines_of_the_log_and_of_the_submission():
    (cause, *_) = read_log("output\n" + log("ZeroDivisionError: division by zero", own="return 1 / 0")).causes
    assert cause.evidence == (
        "log, line 7: ZeroDivisionError: division by zero",
        "submission.py, line 13: return 1 / 0",
    )


def test_every_word_of_a_rule_is_a_check_or_an_outcome():
    known = {check.id for check in CHECKS} | set(OUTCOMES)
    assert {rule.word for rule in RULES} | set(LINES) <= known


def test_the_texts_of_a_missing_gpu_are_those_of_the_child_program():
    """The child program imports torch and nothing of ours, so its pattern is compared as text."""
    tree = ast.parse((CHILD / "local_faults.py").read_text())
    (pattern,) = (
        ast.literal_eval(node.value.args[0])
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "WITHOUT_GPU"
    )
    assert set(pattern.split("|")) == set(WITHOUT_GPU.split("|"))
    for text in pattern.split("|"):
        assert first(log(f"RuntimeError: {text}")) == "gpu_missing"
