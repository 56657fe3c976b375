"""What several tests share: folders, a small data set, a mirror that can misbehave, a browser."""

import gc
import hashlib
import importlib.util
import io
import os
import re
import threading
import types
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from browser import SHELL, THEMES, chromium_page, new_context, open_page

from course_lib.data import DataError, load_mnist
from course_lib.data.files import DataSource

matplotlib.use("agg")

# Until the tests begin there is hardly any rubbish, and looking for it among all that is imported takes a
# fifth of the time; afterwards, what was there before them need not be looked at.
gc.disable()


def pytest_collection_finish():
    """Collect rubbish again, among the tests' own objects."""
    gc.freeze()
    gc.enable()


# On the newest releases, where the book's own tools are not installed, course_lib is tested alone.
BOOK_TOOLS = re.compile(
    r"^(from|import) (sphinx|myst_nb|nbformat|bs4|project_rules|exported_|test_book)", re.MULTILINE
)
if importlib.util.find_spec("jupyter_book") is None:
    files = Path(__file__).parent.glob("*.py")
    collect_ignore = [path.name for path in files if BOOK_TOOLS.search(path.read_text(encoding="utf-8"))]

# What `-m` asks for, and the mark that each file with such a test names: a mark is set nowhere else.
STAGES = {"pipeline": "mark.pipeline", "book and not exported": "mark.book", "exported": "mark.exported"}
QUICK = "not book and not pipeline"
NEVER_QUICK = re.compile(r"^pytestmark = \[?\s*pytest\.mark\.(book|pipeline)\b", re.MULTILINE)


def pytest_ignore_collect(collection_path, config):
    """Leave a file unread that has no test of the wanted stage: importing all of them takes ten seconds."""
    stage = config.option.markexpr
    if collection_path.suffix != ".py" or stage not in (QUICK, *STAGES):
        return None
    text = collection_path.read_text(encoding="utf-8")
    needless = bool(NEVER_QUICK.search(text)) if stage == QUICK else STAGES[stage] not in text
    return needless or None  # None: whatever else there is decides


# What takes longest starts first: nothing long is left to run alone at the end. The tests of one marked
# folder are at the head of the first process, from where no other one takes them and marks it again.
LONG = (
    "test_mark.py::", "test_pipeline.py::test_a_claim", "test_killed_builds.py::test_killed",
    "test_ddp_processes.py::test_a_lost", "test_ddp_processes.py::test_the_same", "test_pipeline.py::test_a",
    "test_ladder.py::", "test_keras_twin.py::",
)  # fmt: skip


def pytest_collection_modifyitems(config, items):
    """Sort the longest tests of the pipeline to the beginning; the others keep their order."""
    if config.option.markexpr == "pipeline":
        names = {id(item): item.nodeid.rpartition("/")[2] for item in items}
        place = {name: next((i for i, part in enumerate(LONG) if name.startswith(part)), len(LONG))
                 for name in names.values()}  # fmt: skip
        items.sort(key=lambda item: place[names[id(item)]])


@pytest.fixture
def data_folder(tmp_path, monkeypatch):
    """An empty data folder; the reader's own, and the download of the real data, stay out of reach."""
    folder = tmp_path / "data"
    monkeypatch.setenv("COURSE_DATA", str(folder))
    monkeypatch.delenv("COURSE_OFFLINE", raising=False)
    return folder


@pytest.fixture
def models_folder(tmp_path, monkeypatch):
    """An empty folder for trained models."""
    folder = tmp_path / "models"
    monkeypatch.setenv("COURSE_MODELS", str(folder))
    return folder


@pytest.fixture
def without_rights(tmp_path):
    """The test runs as somebody who may not enter `tmp_path`, also where the tests run as root."""
    if os.name == "nt":
        pytest.skip("Windows has no such rights")
    is_root = os.geteuid() == 0
    tmp_path.chmod(0)
    if is_root:
        os.seteuid(65534)  # "nobody"
    yield
    if is_root:
        os.seteuid(0)
    tmp_path.chmod(0o700)


@pytest.fixture
def full_disk():
    """Return a context in which no file of this process grows past some bytes: real writes that really fail.

    A disk of one's own would need an administrator; the system's limit fails in the same way, in the
    middle of a file, with "File too large" in place of "No space left on device".
    """
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    kind, (_, hard) = resource.RLIMIT_FSIZE, resource.getrlimit(resource.RLIMIT_FSIZE)

    @contextmanager
    def full_disk(num_bytes=100):
        before = resource.getrlimit(kind)
        resource.setrlimit(kind, (num_bytes, hard))
        try:
            yield
        finally:
            resource.setrlimit(kind, before)

    return full_disk


@pytest.fixture
def rng():
    """A generator with a fixed seed."""
    return np.random.default_rng(0)


@dataclass(frozen=True)
class TinySet:
    """A data set of 5 x 4 images in the format of ``mnist.npz``."""

    arrays: dict
    file_bytes: bytes
    source: DataSource


@pytest.fixture
def tiny(rng, data_folder):
    """Eight training and four test images, their file's bytes and their source (without mirrors)."""
    arrays = {
        "x_train": rng.integers(0, 256, (8, 5, 4), dtype=np.uint8),
        "y_train": rng.integers(0, 3, 8, dtype=np.uint8),
        "x_test": rng.integers(0, 256, (4, 5, 4), dtype=np.uint8),
        "y_test": rng.integers(0, 3, 4, dtype=np.uint8),
    }
    content = npz_bytes(arrays)
    source = DataSource(
        name="Tiny", file="tiny.npz", image_shape=(5, 4), num_classes=3, mirrors=(),
        download_sha256=hashlib.sha256(content).hexdigest(), download_bytes=len(content),
        array_sha256={name: hashlib.sha256(array.tobytes()).hexdigest() for name, array in arrays.items()},
    )  # fmt: skip
    return TinySet(arrays, content, source)


def npz_bytes(arrays, save=np.savez_compressed):
    """Return what `save` would write for these arrays."""
    buffer = io.BytesIO()
    save(buffer, **arrays)
    return buffer.getvalue()


class Mirror:
    """A web server on this machine that serves, hangs, breaks off or lies, one behaviour per request.

    The last behaviour repeats. ``meet`` is a barrier for requests with the behaviour "together".
    """

    def __init__(self):
        self.content, self.behaviours, self.num_requests = b"", ["good"], 0
        self.stopped, self.meet = threading.Event(), threading.Barrier(2)
        mirror = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                mirror.answer(self)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/file"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, request):
        """Answer one request with the next behaviour."""
        behaviour = self.behaviours[min(self.num_requests, len(self.behaviours) - 1)]
        self.num_requests += 1
        if behaviour == "hang":
            self.stopped.wait(30)
            return
        if behaviour == "together":
            self.meet.wait(30)
        content = b"something else" if behaviour == "wrong" else self.content
        request.send_response(503 if behaviour == "busy" else 200)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content[: len(content) // 2] if behaviour == "cut" else content)

    def close(self):
        """Stop serving, hanging requests included."""
        self.stopped.set()
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def mirror(monkeypatch):
    """A running `Mirror`; nobody sleeps between tries."""
    monkeypatch.setattr("pooch.core.time", types.SimpleNamespace(sleep=lambda seconds: None))
    mirror = Mirror()
    yield mirror
    mirror.close()


@pytest.fixture(scope="module")
def browser():
    with chromium_page() as page:
        yield page.context.browser


@pytest.fixture
def opened(browser, request):
    """The page that a module names, its PAGE, in a context of its own, with an empty storage."""
    opened = open_page(browser, request.module.PAGE, color_scheme="light")
    yield opened.page
    opened.page.context.close()
    assert opened.problems == []


@pytest.fixture
def without_scripts(browser, request):
    """The same page for a reader whose browser runs no scripts."""
    page = open_page(browser, request.module.PAGE, java_script_enabled=False).page
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def window(browser):
    """A window for the figures of a module, with an empty tab: to open one takes longer than most tests."""
    context = new_context(browser)
    context.new_page()
    yield context
    context.close()


@pytest.fixture
def show(tmp_path, browser, window):
    """Return a function that opens figures in a page from a plain file.

    The first page of a test is a tab of the module's window, all others have windows of their own, as has
    one with settings, or with ``own_window`` where the test stops the clock, which all tabs share.
    """
    pages = []

    def show(*widgets, theme="light", own_window=False, **settings):
        file = tmp_path / f"figures-{len(pages)}.html"
        body = "".join(widget._repr_html_() for widget in widgets)
        file.write_text(SHELL.format(style=THEMES[theme], body=body), encoding="utf-8")
        context = None if pages or settings or own_window else window
        pages.append(open_page(browser, file, context, **settings))
        return pages[-1].page

    yield show
    for opened in pages:
        is_tab = opened.page.context is window
        has_own_clock = is_tab and opened.page.evaluate("'__pwClock' in globalThis")
        (opened.page if is_tab else opened.page.context).close()
        assert opened.problems == []
        assert not has_own_clock, "a test that stops the clock needs show(..., own_window=True)"


@pytest.fixture
def mnist():
    """Return MNIST, which stored results were measured on; without it the test is skipped."""
    try:
        return load_mnist(offline_default=False)
    except DataError:
        pytest.skip("MNIST is out of reach")
