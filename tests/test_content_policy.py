"""The policy of a page: which scripts it knows, and that nothing else can run or be loaded."""

import base64
import hashlib
import re
from types import SimpleNamespace

import pytest
from sphinx_project import build

from sphinx_ext.content_policy import script_hashes, with_policy, write_policies

HEAD = '<!DOCTYPE html><html><head><meta charset="utf-8" /><title>T</title>'


def sha256(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@pytest.mark.parametrize(
    ("markup", "scripts"),
    [
        pytest.param("<script>let a = 1;\n</script>", ["let a = 1;\n"], id="a-script"),
        pytest.param("<script>if (a < b) c = '</b>';</script>", ["if (a < b) c = '</b>';"], id="signs"),
        pytest.param("<script type=module>a</script>", ["a"], id="a-module"),
        pytest.param('<script src="a.js"></script>', [], id="a-file"),
        pytest.param('<script type="application/json">{"a": 1}</script>', [], id="data"),
        pytest.param('<b onclick="say(&quot;a&quot;)">b</b>', ['say("a")'], id="a-handler"),
        pytest.param("<b onclick>b</b>", [""], id="an-empty-handler"),
        pytest.param("<script>a</script><script>a</script>", ["a"], id="twice"),
        pytest.param("<script>é</script>", ["é"], id="letters"),
        pytest.param("<p>a</p><code>&lt;script&gt;a&lt;/script&gt;</code>", [], id="shown-code"),
    ],
)
def test_the_scripts_of_a_page_are_known_by_their_text(markup, scripts):
    assert script_hashes(HEAD + markup) == sorted(map(sha256, scripts))


def test_the_policy_stands_before_all_that_it_governs_and_once():
    page = HEAD + "<script>a</script>"
    once = with_policy(page)
    assert once.index("Content-Security-Policy") < once.index("<title>")
    assert with_policy(once) == once
    changed = with_policy(once.replace("<script>a<", "<script>b<"))
    assert changed.count("Content-Security-Policy") == 1
    assert sha256("b") in changed
    assert sha256("a") not in changed


def test_every_script_of_a_page_is_a_word_of_its_own_in_the_policy():
    page = with_policy(HEAD + "<script>a</script><b onclick=c>b</b>")
    allowed = re.search("script-src ([^;]*);", page)[1].split()
    assert sorted(word for word in allowed if "sha" in word) == sorted(f"'sha256-{sha256(t)}'" for t in "ac")


def test_a_page_with_known_scripts_is_looked_through_without_the_policy_that_it_has():
    asked = []
    page = with_policy(HEAD + "<script>a</script>")
    assert with_policy(page, lambda find, text: asked.append(text) or find(text)) == page
    assert asked == [HEAD + "<script>a</script>"]


def test_nothing_is_allowed_that_no_page_needs():
    policy = re.search('content="([^"]*)"', with_policy(HEAD)[len(HEAD) - 20 :])[1]
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"  # frames, requests, workers, media, plug-ins
    assert "unsafe-inline" not in parts["script-src"]
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert "*" not in policy


def test_every_page_of_a_site_has_a_policy_after_its_last_correction(tmp_path):
    late = {"index.md": "# Title\n\n```{raw} html\n<script>let planted = 1;</script>\n```\n"}
    site, _ = build(tmp_path, late, ["myst_nb", "sphinx_ext.content_policy"])
    for name in ("index.html", "search.html", "genindex.html"):
        page = (site / name).read_text()
        assert page == with_policy(page)
        assert page.count("Content-Security-Policy") == 1
    assert sha256("let planted = 1;") in (site / "index.html").read_text()


def test_the_whole_policy_is_this_one():
    page = '<html><META charset="utf-8"><script>a</script></html>'
    assert with_policy(page) == (
        '<html><META charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="'
        "default-src 'none'; script-src 'self' file: 'unsafe-hashes' "
        f"'sha256-{sha256('a')}'; style-src 'self' file: 'unsafe-inline'; "
        "img-src 'self' file: data:; font-src 'self' file:; form-action 'self' file:; base-uri 'none'\" />"
        "<script>a</script></html>"
    )


@pytest.mark.parametrize(
    ("kind", "runs"),
    [("", True), ("text/javascript", True), ("module", True), ("text/plain", False), ("importmap", False)],
)
def test_a_script_is_known_if_its_type_is_one_that_runs(kind, runs):
    assert script_hashes(f'<script type="{kind}">a</script>') == ([sha256("a")] if runs else [])


def test_what_follows_a_script_is_no_script():
    assert script_hashes("<script>a</script>b<style>c</style>") == [sha256("a")]
    assert script_hashes("<script>a<b></b>c</script>") == [sha256("a<b></b>c")]
    assert script_hashes("<p>a") == []


@pytest.mark.parametrize(("error", "kind"), [(OSError(), "html"), (None, "notebooks"), (None, "html")])
def test_pages_of_a_whole_site_are_written_and_nothing_else(tmp_path, error, kind):
    pages = ("index.html", "a/b.html", "_static/c.html", "a/d.txt")
    for name in pages:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(HEAD, encoding="utf-8")
    (tmp_path / "_doctrees").mkdir()
    app = SimpleNamespace(
        outdir=str(tmp_path), doctreedir=str(tmp_path / "_doctrees"), builder=SimpleNamespace(format=kind)
    )
    write_policies(app, error)
    written = [name for name in pages if (tmp_path / name).read_text() != HEAD]
    assert written == ([] if error or kind != "html" else ["index.html", "a/b.html"])
    kept = [path.name for path in (tmp_path / "_doctrees").iterdir()]
    assert kept == (["script_hashes.json"] if written else [])
