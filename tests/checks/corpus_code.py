"""Zips with one defect of the code."""

from broken import Broken, changed, entries, only, top

LOAD = "net = Net().to(DEVICE)\nnet.load_state_dict(state{})"
GETTERS = "\n    def get_model_challenge_1(self): pass\n    def get_model_challenge_2(self): pass"
INIT = "class Submission:\n    def __init__(self, SFREQ, DEVICE): pass"


def method(class_, body):
    """A class with one method that the server never calls."""
    return f"class {class_}:\n    {body}"


CODE = {
    "a syntax error": Broken(
        "S101", top("def f(:"), "submission.py:5", "The file does not parse under Python 3.10: invalid syntax"
    ),
    "except* of Python 3.11": Broken(
        "S101",
        top("try:\n    pass\nexcept* ValueError:\n    pass"),
        "submission.py:7",
        "The file does not parse under Python 3.10: except* came with Python 3.11",
    ),
    "a star in an index": Broken(
        "S101",
        top("def pick(x, i):\n    return x[0, *i]"),
        "submission.py:6",
        "The file does not parse under Python 3.10: a star in an index (x[*i]) came with Python 3.11",
    ),
    "a star in an annotation": Broken(
        "S101",
        entries(("net.py", "def f(*shape: *tuple[int, ...]):\n    pass"), top="from net import f"),
        "net.py:1",
        "The file does not parse under Python 3.10: a star in the annotation of *args came with Python 3.11",
    ),
    "an f-string with its own quotes": Broken(
        "S101",
        top("a = {'b': 1}\nprint(f'{a['b']}')"),
        "submission.py:6",
        "The file does not parse under Python 3.10: ",
    ),
    "type parameters": Broken(
        "S101", top("def first[T](x: T): return x"), "submission.py:5", "The file does not parse under Python 3.10: "
    ),
    "a null byte": Broken(
        "S101",
        entries(("net.py", "y = 1\nx = 1\0"), top="import net"),
        "net.py:2",
        "The file does not parse under Python 3.10: the line contains a null byte",
    ),
    "UTF-16": Broken(
        "S101",
        entries(("net.py", "x = 1\n".encode("utf-16")), top="import net"),
        "net.py:1",
        "The file does not parse under Python 3.10: the file is encoded in UTF-16, and Python reads UTF-8; save it as "
        "UTF-8, with an editor or with `iconv -f UTF-16 -t UTF-8 OLD > NEW`",
    ),
    "UTF-16 without a byte order mark": Broken(
        "S101",
        entries(("net.py", "x = 1\ny = 'é'\n".encode("utf-16-be")), top="import net"),
        "net.py:1",
        "The file does not parse under Python 3.10: the file is encoded in UTF-16",
    ),
    "Latin-1": Broken(
        "S101",
        entries(("net.py", "x = 1\n\n\ny = 'é'\n".encode("latin-1")), top="import net"),
        "net.py:4",
        "The file does not parse under Python 3.10: the byte 0xe9 is not utf-8; save the file as UTF-8",
    ),
    "code nested too deeply": Broken(
        "S101",
        entries(("net.py", "-" * 100_000 + "1"), top="import net"),
        "net.py:1",
        "The file does not parse under Python 3.10: nested too deeply",
    ),
    "a class of another name": Broken(
        "S102",
        only("class Submision:\n    pass"),
        "submission.py",
        "The top level has no class Submission; the nearest class of the file is Submision",
    ),
    "a class inside a function": Broken(
        "S102",
        only("def f():\n    class Submission: pass"),
        "submission.py",
        "The top level has no class Submission; the nearest class of the file is Submission",
    ),
    "a constructor without device": Broken(
        "S103",
        only("class Submission:\n    def __init__(self, SFREQ): pass" + GETTERS),
        "submission.py:2",
        "__init__(self, SFREQ) cannot be called as Submission(SFREQ, DEVICE)",
    ),
    "keyword-only parameters": Broken(
        "S103",
        only("class Submission:\n    def __init__(self, *, SFREQ, DEVICE): pass" + GETTERS),
        "submission.py:2",
        "__init__(self, *, SFREQ, DEVICE) cannot be called as Submission(SFREQ, DEVICE)",
    ),
    "no constructor": Broken(
        "S103",
        only("class Submission:" + GETTERS),
        "submission.py:1",
        "Submission has no __init__; the server calls Submission(SFREQ, DEVICE)",
    ),
    "a getter in the plural": Broken(
        "S104",
        changed(getter="get_models_challenge_1"),
        "submission.py:16",
        "Submission has no method get_model_challenge_1; the nearest method is get_models_challenge_1",
    ),
    "a getter with a parameter": Broken(
        "S104",
        changed(getter="get_model_challenge_1(self, folder): pass\n    def _g"),
        "submission.py:20",
        "get_model_challenge_1(self, folder) cannot be called without arguments",
    ),
    "one challenge": Broken(
        "S104",
        only(INIT + "\n    def get_model_challenge_1(self): pass"),
        "submission.py:1",
        "Submission has no method get_model_challenge_2",
    ),
    "timm": Broken(
        "S105", top("import timm"), "submission.py:5", "The module timm is neither on the server nor in the zip"
    ),
    "safetensors inside a function": Broken(
        "S105",
        top("def f():\n    from safetensors.torch import load_file\nSTATE = f()"),
        "submission.py:6",
        "The module safetensors.torch is neither on the server nor in the zip",
    ),
    "a module of Python 3.11": Broken(
        "S105",
        top("import tomllib"),
        "submission.py:5",
        "The module tomllib is neither on the server nor in the zip",
    ),
    "a module of the submission that is missing": Broken(
        "S105",
        top("from my_layers import Attention"),
        "submission.py:5",
        "The module my_layers is neither on the server nor in the zip",
    ),
    "a folder of a private machine": Broken(
        "S106",
        top("FOLDER = '/home/me/weights'"),
        "submission.py:5",
        "'/home/me/weights' is a path of a private machine",
    ),
    "a folder of Windows": Broken(
        "S106",
        top("FOLDER = 'C:\\\\Users\\\\me'"),
        "submission.py:5",
        "'C:\\\\Users\\\\me' is a path of a private machine",
    ),
    "requests": Broken("S107", top("import requests"), "submission.py:5", "The module requests uses the network"),
    "a model from a hub": Broken(
        "S107",
        top("def f():\n    return AutoModel.from_pretrained('x')"),
        "submission.py:6",
        "from_pretrained() downloads files",
    ),
    "a load whose error is suppressed": Broken(
        "S108",
        top("try:\n    net = Net().to(DEVICE)\n    net.load_state_dict({})\nexcept Exception as e:\n    print(e)"),
        "submission.py:8",
        "After an error in loading the net keeps the weights that it had",
    ),
    "a load inside contextlib.suppress": Broken(
        "S108",
        top("with contextlib.suppress(OSError):\n    net.to(DEVICE).load_state_dict({})"),
        "submission.py:5",
        "After a suppressed error in loading the net keeps the weights that it had",
    ),
    "strict=False": Broken(
        "S109",
        top(LOAD.format(", strict=False")),
        "submission.py:6",
        "With strict=False, parameters without a match in the file stay random",
    ),
    "a bare squeeze": Broken(
        "S110",
        changed(forward="return X[:, :1, :1].squeeze()"),
        "submission.py:13",
        "squeeze() also removes the batch axis at batch size 1",
    ),
    "torch.squeeze": Broken(
        "S110",
        changed(forward="return torch.squeeze(X[:, :1, :1])"),
        "submission.py:13",
        "squeeze() also removes the batch axis at batch size 1",
    ),
    "no weights_only": Broken(
        "S111",
        top("state = torch.load(path)"),
        "submission.py:5",
        "torch.load does not set weights_only, whose default changed in torch 2.6",
    ),
    "numpy in forward": Broken(
        "S112",
        changed(forward="return torch.from_numpy(X[:, 0, :1])"),
        "submission.py:13",
        "torch.from_numpy() converts between torch and numpy",
    ),
    "RMSNorm": Broken(
        "S113", top("norm = torch.nn.RMSNorm(3)"), "submission.py:5", "torch.nn.RMSNorm does not exist in torch 2.2.2"
    ),
    "a module that came later": Broken(
        "S113",
        top("from torch.nn.attention import sdpa_kernel"),
        "submission.py:5",
        "torch.nn.attention.sdpa_kernel does not exist in torch 2.2.2",
    ),
    "a net that came later": Broken(
        "S113",
        top("from braindecode.models import EEGPT"),
        "submission.py:5",
        "braindecode.models.EEGPT does not exist in braindecode 1.2.0",
    ),
    "enable_gqa": Broken(
        "S114",
        top(
            "import torch.nn.functional as F\n"
            "def f(q): return F.scaled_dot_product_attention(q, q, q, enable_gqa=True)\n"
            "ATTENDED = f(torch.ones(1, 1, 2, 2))"
        ),
        "submission.py:6",
        "torch.nn.functional.scaled_dot_product_attention has no parameter enable_gqa in torch 2.2.2",
    ),
    "a typing error in a keyword": Broken(
        "S114",
        top("from torch import nn\nlayer = nn.Linear(3, 4, biass=False)"),
        "submission.py:6",
        "torch.nn.Linear has no parameter biass in torch 2.2.2 and torch 2.8.0",
    ),
    "predict": Broken(
        "S115",
        only(INIT + GETTERS + "\n    def predict(self, X): pass"),
        "submission.py:5",
        "Neither the server nor the code in the zip calls Submission.predict",
    ),
    "test-time augmentation": Broken(
        "S115",
        top(method("Wrapped", "def tta(self, X): return X")),
        "submission.py:6",
        "Neither the server nor the code in the zip calls Wrapped.tta",
    ),
    "__call__": Broken(
        "S115",
        top(method("Wrapped", "def __call__(self, X): return 2 * X\n    def forward(self, X): return X")),
        "submission.py:6",
        "The server calls Wrapped.forward and not __call__",
    ),
    "a model on the CPU": Broken(
        "S116",
        top("def f(state):\n    Net().load_state_dict(state)"),
        "submission.py",
        "The code loads weights and moves nothing to DEVICE; the windows are on the GPU",
    ),
    "CPU in forward": Broken(
        "S116",
        changed(forward="return X.cpu()[:, 0, :1]"),
        "submission.py:13",
        "forward moves a tensor to the CPU, whatever DEVICE is",
    ),
    "training": Broken(
        "S117",
        top("def f(loss):\n    loss.backward()"),
        "submission.py:6",
        "backward() raises under torch.inference_mode(), and the rules allow no training on the server",
    ),
    "a hook": Broken(
        "S118",
        top("def f(net):\n    net.register_forward_hook(print)"),
        "submission.py:6",
        "register_forward_hook: hooks of the model itself never run on the server",
    ),
    "a load that is skipped": Broken(
        "S119",
        top("def f(path, net):\n    if path.exists():\n        net.to(DEVICE).load_state_dict(state)"),
        "submission.py:6",
        "If the file is missing, nothing is loaded and no error is raised",
    ),
}
