"""The address and commit that notebooks and buttons point at."""

import subprocess

import pytest

from sphinx_ext import repository
from sphinx_ext.repository import colab_url, commit, help_url, normalised, repository_url, site_url

VARIABLES = ("COURSE_REPOSITORY", "GITHUB_REPOSITORY", "GITHUB_SHA", "COURSE_SITE_URL")


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    done = subprocess.run(
        ["git", "-C", str(folder), *identity, *arguments], check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path):
    git(tmp_path, "init", "-q")
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "first")
    return tmp_path


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        pytest.param("https://github.com/o/n", "https://github.com/o/n", id="https"),
        pytest.param("https://github.com/o/n.git/", "https://github.com/o/n", id="suffix-and-slash"),
        pytest.param("git@github.com:o/n.git", "https://github.com/o/n", id="scp-form"),
        pytest.param("github.com:o/n.git", "https://github.com/o/n", id="scp-form-without-user"),
        pytest.param("ssh://git@github.com/o/n.git", "https://github.com/o/n", id="ssh"),
        pytest.param("ssh://git@host.org:2222/o/n.git", "https://host.org/o/n.git", id="ssh-port-dropped"),
        pytest.param("git://host.org/o/n.git", "https://host.org/o/n.git", id="git-protocol"),
        pytest.param("https://u:secret@github.com/o/n", "https://github.com/o/n", id="user-and-password"),
        pytest.param("https://secret@host.org:8443/o/n", "https://host.org:8443/o/n", id="token-port-kept"),
        pytest.param("http://host.org:8080/o/n", "https://host.org:8080/o/n", id="http-port-kept"),
        pytest.param("https://u:p@ss@host.org/o/n", "https://host.org/o/n", id="at-sign-in-password"),
        pytest.param(
            "https://host.org/o/n?private_token=secret", "https://host.org/o/n", id="token-in-query"
        ),
        pytest.param("file:///srv/book.git", "file:///srv/book.git", id="file-keeps-its-suffix"),
        pytest.param("/srv/book", None, id="path"),
        pytest.param("../book", None, id="relative-path"),
        pytest.param(r"C:\book", None, id="windows-path"),
        pytest.param("https://github.com", None, id="no-path"),
        pytest.param("", None, id="empty"),
        *[
            pytest.param(f"https://host.org/o/n{odd}x", None, id=f"shell-character-{odd}")
            for odd in ("$", "`", '"', "'", ";", "&", "|", "(", "{", "\\", " ", "!", "<", "\u00e9")
        ],
        pytest.param('file:///srv/$(reboot)"', None, id="shell-characters-in-a-path"),
    ],
)
def test_address_becomes_https_without_credentials(address, expected):
    assert normalised(address) == expected


def test_course_repository_wins_over_github_and_remote(checkout, monkeypatch):
    git(checkout, "remote", "add", "origin", "https://github.com/remote/book")
    assert repository_url(checkout) == "https://github.com/remote/book"
    monkeypatch.setenv("GITHUB_REPOSITORY", "actions/book")
    assert repository_url(checkout) == "https://github.com/actions/book"
    monkeypatch.setenv("COURSE_REPOSITORY", "git@example.org:mine/book.git")
    assert repository_url(checkout) == "https://example.org/mine/book.git"


def test_empty_variables_count_as_unset(checkout, monkeypatch):
    monkeypatch.setenv("COURSE_REPOSITORY", "")
    monkeypatch.setenv("GITHUB_REPOSITORY", "")
    monkeypatch.setenv("GITHUB_SHA", "")
    assert repository_url(checkout) is None
    assert commit(checkout) == git(checkout, "rev-parse", "HEAD")


def test_a_fork_points_at_the_fork(checkout):
    git(checkout, "remote", "add", "upstream", "https://github.com/authors/book")
    git(checkout, "remote", "add", "origin", "git@github.com:reader/book.git")
    assert repository_url(checkout) == "https://github.com/reader/book"


def test_a_remote_is_cleaned_of_its_token(checkout):
    git(checkout, "remote", "add", "origin", "https://x-access-token:ghs_secret@github.com/o/n.git")
    assert repository_url(checkout) == "https://github.com/o/n"


@pytest.mark.parametrize(
    "origin",
    ["/srv/book.git", "file:///srv/book.git", "http://127.0.0.1:8080/o/n", "http://localhost/o/n", "../b"],
)
def test_an_origin_that_only_this_machine_reaches_is_no_address(checkout, origin):
    git(checkout, "remote", "add", "origin", origin)
    assert repository_url(checkout) is None


def test_no_remote_and_no_checkout_give_none(checkout, tmp_path_factory):
    assert repository_url(checkout) is None
    empty = tmp_path_factory.mktemp("empty")
    assert repository_url(empty) is None
    assert repository_url(empty / "absent") is None
    assert commit(empty) is None


def test_a_local_folder_given_on_purpose_is_an_address(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_REPOSITORY", str(tmp_path))
    assert repository_url(tmp_path) == tmp_path.as_uri()
    monkeypatch.setenv("COURSE_REPOSITORY", "file:///srv/book.git")
    assert repository_url(tmp_path) == "file:///srv/book.git"


@pytest.mark.parametrize(
    ("variable", "value"), [("COURSE_REPOSITORY", "not an address"), ("GITHUB_REPOSITORY", "https://x/y/z")]
)
def test_a_wrong_variable_is_named_with_its_value(variable, value, monkeypatch):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=f"{variable} is expected to be .* got '{value}'"):
        repository_url()


def test_commit_is_head_unless_the_workflow_names_one(checkout, monkeypatch):
    head = git(checkout, "rev-parse", "HEAD")
    assert commit(checkout) == head
    monkeypatch.setenv("GITHUB_SHA", "a" * 40)
    assert commit(checkout) == "a" * 40
    monkeypatch.setenv("GITHUB_SHA", "main")  # a branch moves: no pin
    assert commit(checkout) is None


def test_colab_opens_the_notebooks_branch_of_github_only():
    assert (
        colab_url("https://github.com/o/n", "first_cnn.ipynb")
        == "https://colab.research.google.com/github/o/n/blob/notebooks/first_cnn.ipynb"
    )
    for other in (None, "file:///srv/book", "https://gitlab.com/o/n", "https://github.com.example.org/o/n"):
        assert colab_url(other, "first_cnn.ipynb") is None


def test_site_url_prefers_the_variable_and_drops_the_slash(monkeypatch):
    class config:
        html_baseurl = "https://authors.example.org/book/"

    assert site_url(config) == "https://authors.example.org/book"
    monkeypatch.setenv("COURSE_SITE_URL", "https://reader.example.org/book/")
    assert site_url(config) == "https://reader.example.org/book"
    config.html_baseurl = ""
    monkeypatch.delenv("COURSE_SITE_URL")
    assert site_url(config) is None


def test_help_is_on_the_site_else_on_github_at_the_commit_else_in_the_book():
    github, sha = "https://github.com/o/n", "a" * 40
    assert help_url("https://o.org", github, sha) == "https://o.org/chapters/run_it_yourself.html"
    assert help_url(None, github, sha) == f"{github}/blob/{sha}/chapters/run_it_yourself.md"
    for elsewhere in (None, "https://gitlab.com/o/n"):
        assert help_url(None, elsewhere, sha) == "the book's page chapters/run_it_yourself"


def test_a_folder_with_odd_characters_is_quoted(monkeypatch):
    monkeypatch.setenv("COURSE_REPOSITORY", "/srv/a b$(c)")
    assert repository_url() == "file:///srv/a%20b%24%28c%29"
    monkeypatch.setenv("COURSE_SITE_URL", 'https://o.org/";evil')
    assert site_url() is None


def test_without_git_there_is_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert commit(tmp_path) is None


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (" https://host.org/o/n \n", "https://host.org/o/n"),
        ("git+ssh://git@host.org/o/n", "https://host.org/o/n"),
        ("git@host.org:/o/n", "https://host.org/o/n"),
        ("ab:o/n", "https://ab/o/n"),
        ("a:o/n", None),  # a drive of Windows
        ("host.org://o/n", None),
        ("https://GitHub.com/o/n.git", "https://GitHub.com/o/n"),
        ("https://host.org/o/n.git//", "https://host.org/o/n.git"),
        ("https://host.org/", None),
        ("https:///o/n", None),
        ("ftp://host.org/o/n", None),
        ("file://", None),
        ("file:///", None),
        ("file://server/srv/b/", "file://server/srv/b"),
        ("https://host.org/o/n#part", "https://host.org/o/n"),
        ("https://[::1]:80/o/n", "https://[::1]:80/o/n"),
        ("https://host.org/~o/n+1%20.x_y-z:a@b", "https://host.org/~o/n+1%20.x_y-z:a@b"),
    ],
)
def test_an_address_is_taken_apart_as_git_does(address, expected):
    assert normalised(address) == expected


@pytest.mark.parametrize(
    ("origin", "public"),
    [
        ("http://[::1]/o/n", False),
        ("https://127.1.22.133/o/n", False),
        ("https://u@LOCALHOST:80/o/n", False),
        ("https://localhost.org/o/n", True),
        ("https://my-localhost/o/n", True),
        ("https://128.0.0.1/o/n", True),
        ("https://127.0.0.1.org/o/n", True),
        ("git@host:o/n", True),
    ],
)
def test_only_names_of_this_very_machine_are_no_address(monkeypatch, origin, public):
    monkeypatch.setattr(repository, "_git", lambda *arguments: origin)
    assert repository_url() == (normalised(origin) if public else None)


def test_git_is_asked_in_the_given_folder_and_where_none_is_given_in_this_one(monkeypatch):
    asked = []
    monkeypatch.setattr(repository, "_git", lambda *arguments: asked.append(arguments))
    for folder in ([], ["there"]):
        repository_url(*folder)
        commit(*folder)
    assert asked == [
        (".", "remote", "get-url", "origin"), (".", "rev-parse", "HEAD"),
        ("there", "remote", "get-url", "origin"), ("there", "rev-parse", "HEAD"),
    ]  # fmt: skip


def test_git_is_given_20_seconds_and_one_that_hangs_counts_as_none(monkeypatch, tmp_path):
    given = []

    def hangs(command, **options):
        given.append((command, options))
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(subprocess, "run", hangs)
    assert commit(tmp_path) is None
    assert given == [
        (
            ["git", "-C", str(tmp_path), "rev-parse", "HEAD"],
            {"capture_output": True, "text": True, "timeout": 20},
        )
    ]


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("o/n", True), ("my.org-1/a_b.c", True), ("o", False), ("o/n/m", False), ("/n", False), ("o/", False),
        ("o/n ", False), ("o/$n", False),
    ],
)  # fmt: skip
def test_a_repository_of_github_is_an_owner_and_a_name(monkeypatch, name, good):
    monkeypatch.setenv("GITHUB_REPOSITORY", name)
    if good:
        assert repository_url() == f"https://github.com/{name}"
    else:
        with pytest.raises(ValueError) as error:
            repository_url()
        assert str(error.value) == f"GITHUB_REPOSITORY is expected to be owner/name, got {name!r}."


def test_a_wrong_address_is_named_with_three_right_ones(monkeypatch):
    monkeypatch.setenv("COURSE_REPOSITORY", " ./here ")
    with pytest.raises(ValueError) as error:
        repository_url()
    assert str(error.value) == (
        "COURSE_REPOSITORY is expected to be a git address such as https://github.com/owner/name, "
        "git@host:owner/name.git or file:///folder, got './here'."
    )
    monkeypatch.setenv("COURSE_REPOSITORY", " /srv/book\n")
    assert repository_url() == "file:///srv/book"


@pytest.mark.parametrize("sha", ["a" * 39, "a" * 41, "A" * 40, "g" * 40, f" {'a' * 40}"])
def test_a_commit_has_40_hexadecimal_digits(monkeypatch, sha):
    monkeypatch.setenv("GITHUB_SHA", sha)
    assert commit() is None
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef" + "0" * 24)
    assert commit() == "0123456789abcdef" + "0" * 24


def test_colab_takes_a_folder_and_a_name_with_blanks_and_nothing_but_owner_and_name():
    start = "https://colab.research.google.com/github/o/n/blob/notebooks"
    assert colab_url("https://GitHub.com/o/n", "a/b c.ipynb") == f"{start}/a/b%20c.ipynb"
    for other in ("http://github.com/o/n", "https://github.com/o", "https://github.com/o/n/m"):
        assert colab_url(other, "a.ipynb") is None


def test_help_on_github_is_that_of_the_newest_commit_where_none_is_known():
    page = "chapters/run_it_yourself.md"
    assert help_url(None, "https://github.com/o/n", None) == f"https://github.com/o/n/blob/HEAD/{page}"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://o.org//", "http://o.org"),
        ("https://o.org/b", "https://o.org/b"),
        ("o.org", None),
        ("/b", None),
        ("ftp://o.org", None),
    ],
)
def test_a_site_has_an_address_of_the_web(monkeypatch, address, expected):
    monkeypatch.setenv("COURSE_SITE_URL", address)
    assert site_url() == expected
    monkeypatch.setenv("COURSE_SITE_URL", "")
    assert site_url() is site_url(object()) is None
