"""What code of the project and its notebooks must not do; each rule returns its complaints.

`test_security.py` applies the rules, and plants a fault for each.
"""

import ast
import re

# Reading one of these can run a program that somebody wrote into the file.
UNPICKLING = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "pandas"}
RUNNING = {
    "os.system",
    "archive.extract",
    "os.popen",
    "eval",
    "exec",
    "joblib.load",
    "yaml.load",
    "yaml.unsafe_load",
}
WORDS = re.compile(
    r"pickle|dill|shelve|marshal|pandas|system|popen|eval\(|exec\(|\.\w*load\(|extract|unpack|shell"
)
EXTRACTING = {"extractall", "unpack_archive"}
# Of a reader's account or machine: a drive, files chosen by hand, keys, passwords, the net.
REACHING = {
    "google",
    "google.colab",
    "getpass",
    "keyring",
    "requests",
    "urllib",
    "http",
    "socket",
    "webbrowser",
}
ASKING = {"input", "getpass", "drive.mount", "files.upload", "files.download", "userdata.get",
          "auth.authenticate_user", "expanduser", "Path.home", "platformdirs.user_cache_dir"}  # fmt: skip
OWN_VARIABLES = re.compile(r"(COURSE|KERAS|OMP|MKL|OPENBLAS|TQDM)_\w+")


def named(node):
    """Return a called function as it is written, "np.load"; of "f().load" only ".load"."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{named(node.value)}.{node.attr}"
    return ""


def keyword(call, name):
    """Return the value of a keyword argument as Python, or None."""
    return next((getattr(k.value, "value", None) for k in call.keywords if k.arg == name), None)


def unsafe_reads(source):
    """Return what in a Python source may run a program that stands in a file."""
    found = []
    if not WORDS.search(source):  # parsing takes its time
        return found
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            found += [f"import {name}" for name in names if name.split(".")[0] in UNPICKLING]
        if isinstance(node, ast.Call):
            found += [name for name in [unsafe_call(node)] if name]
    return found


def unsafe_call(call):
    """Return a call as it is written if it may run what stands in a file, else None."""
    name = named(call.func)
    last = name.rpartition(".")[2]
    unsafe = (
        name in RUNNING
        or last in EXTRACTING
        or (name in {"np.load", "numpy.load"} and keyword(call, "allow_pickle") is not False)
        or (name == "torch.load" and keyword(call, "weights_only") is not True)
        or keyword(call, "shell") is True
    )
    return name if unsafe else None


def reaching(source):
    """Return where the code of a notebook reaches for what is its reader's own."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
            found += [f"import {name}" for name in names if REACHING & {name, name.split(".")[0]}]
        elif isinstance(node, ast.Call):
            found += [named(node.func)] if asks(node) else []
        elif isinstance(node, ast.Attribute) and named(node) == "os.environ":
            found += ["os.environ"] if not reads_own(source, node) else []
    return found


def asks(call):
    """Return whether a call asks the reader, looks into the home folder, or opens a file to write."""
    name = named(call.func)
    mode = call.args[1] if name == "open" and len(call.args) > 1 else None
    writes = set("wax+") & set(getattr(mode, "value", None) or keyword(call, "mode") or "")
    return name in ASKING or name.endswith((".expanduser", ".home")) or bool(name == "open" and writes)


def reads_own(source, node):
    """Return whether ``os.environ`` is followed by one of the variables that belong to the book."""
    rest = (
        ast.get_source_segment(source, node)
        and source.splitlines()[node.end_lineno - 1][node.end_col_offset :]
    )
    return bool(re.match(rf"""(\[|\.get\(|\.setdefault\()["']{OWN_VARIABLES.pattern}["']""", rest))


def markup_from_text(script):
    """Return where a JavaScript makes markup, or a program, of a text."""
    words = (
        "innerHTML|outerHTML|insertAdjacentHTML|document.write|srcdoc|new Function|createContextualFragment"
    )
    return re.findall(rf"\b(?:{words})\b|(?<![\w.])eval\(|set(?:Timeout|Interval)\(\s*[\"'`]", script)


def more_than_words(output):
    """Return what an exported output holds besides words and pictures: markup, scripts, folders, counts."""
    forms = [
        form for form in output.get("data", {}) if form not in ("text/plain", "text/markdown", "image/png")
    ]
    said = [output.get("text", ""), *output.get("data", {}).values(), *output.get("traceback", [])]
    text = "\n".join("".join(part) for part in said)
    folders = re.findall(
        r"(?<![\w.])/(?:home|root|tmp|work|usr|opt|Users|private|builds?)/\S*|[A-Z]:\\\S+", text
    )
    addresses = re.findall(r"\bat 0x[0-9a-f]{6,}", text)
    markup = re.findall(r"<(?:script|style|iframe)\b", text)
    counted = ["a count of runs"] if output.get("execution_count") is not None else []
    warned = ["stderr"] if output.get("name") == "stderr" else []
    return forms + folders + addresses + markup + counted + warned
