"""The repository's address and commit, for the buttons and for the notebooks' first cell.

A fork must open the fork, so neither is written down anywhere: both are asked of the environment or of git.
"""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

HELP_PAGE = "chapters/run_it_yourself"
NOTEBOOKS_BRANCH = "notebooks"  # the deploy workflow pushes the exported notebooks there
_SCP_FORM = re.compile(
    r"^(?:[^@/\s]+@)?(?P<host>[\w.-]{2,}):(?!//)(?P<path>[^\\\s]+)$"
)  # git@host:owner/name.git
_SHA = re.compile(r"[0-9a-f]{40}")
# The address stands in a shell's command, in quotation marks: nothing in it may mean something there.
_PLAIN_ADDRESS = re.compile(r"[a-z]+://[\w.~%+@:\[\]/-]*", re.ASCII)
_ONLY_HERE = re.compile(r"localhost|127\.\d+\.\d+\.\d+|\[?::1\]?")


def repository_url(folder="."):
    """Return the address that other machines can clone the repository from, or None.

    Asked in this order: ``COURSE_REPOSITORY`` (any git address, ``file:///...`` included),
    ``GITHUB_REPOSITORY`` (``owner/name``, set by GitHub Actions), the git remote ``origin`` of ``folder``.
    An ``origin`` that only this machine can reach (a path, localhost) counts as none.

    Raises ValueError if one of the two variables holds something that is no address.
    """
    if address := os.environ.get("COURSE_REPOSITORY"):
        return _explicit_address(address)
    if name := os.environ.get("GITHUB_REPOSITORY"):
        if not re.fullmatch(r"[\w.-]+/[\w.-]+", name):
            raise ValueError(f"GITHUB_REPOSITORY is expected to be owner/name, got {name!r}.")
        return f"https://github.com/{name}"
    origin = _git(folder, "remote", "get-url", "origin")
    address = normalised(origin) if origin else None
    if address is None or not address.startswith("https://"):
        return None
    return None if _ONLY_HERE.fullmatch(urlsplit(address).hostname or "") else address


def normalised(address):
    """Return a git address as https (``file://`` stays) without credentials, or None if it is none.

    An address with characters that a shell would act on counts as none.

    >>> normalised("git@github.com:owner/name.git")
    'https://github.com/owner/name'
    >>> normalised("https://user:token@example.org/owner/name.git")
    'https://example.org/owner/name.git'
    """
    address = address.strip()
    if scp := _SCP_FORM.match(address):
        address = f"ssh://{scp['host']}/{scp['path'].lstrip('/')}"
    scheme, netloc, path = urlsplit(address)[:3]
    path = path.rstrip("/")
    if scheme == "file" and path:
        return _plain(urlunsplit(("file", netloc, path, "", "")))
    host = netloc.rpartition("@")[2]
    if scheme not in ("https", "http", "ssh", "git", "git+ssh") or not host or not path:
        return None
    if scheme not in ("https", "http"):
        host = host.partition(":")[0]  # an ssh port says nothing about https
    if host.lower() == "github.com":
        path = path.removesuffix(".git")
    return _plain(urlunsplit(("https", host, path, "", "")))


def _plain(address):
    return address if _PLAIN_ADDRESS.fullmatch(address) else None


def commit(folder="."):
    """Return the exact commit, 40 hexadecimal digits: ``GITHUB_SHA``, else HEAD of ``folder``, else None."""
    sha = os.environ.get("GITHUB_SHA") or _git(folder, "rev-parse", "HEAD") or ""
    return sha if _SHA.fullmatch(sha) else None


def colab_url(repository, notebook):
    """Return the address that opens ``notebook`` of the branch ``notebooks`` in Colab.

    None if the repository is not on GitHub, the only host that Colab opens notebooks from.

    >>> colab_url("https://github.com/owner/name", "first_cnn.ipynb")
    'https://colab.research.google.com/github/owner/name/blob/notebooks/first_cnn.ipynb'
    """
    parts = urlsplit(repository or "")
    if parts.scheme != "https" or parts.netloc.lower() != "github.com" or parts.path.count("/") != 2:
        return None
    path = f"{parts.path}/blob/{NOTEBOOKS_BRANCH}/{quote(notebook)}"
    return f"https://colab.research.google.com/github{path}"


def site_url(config=None):
    """Return the https address of the built site without a slash at its end, or None.

    Asked in this order: ``COURSE_SITE_URL``, the book's ``html_baseurl``.
    """
    address = os.environ.get("COURSE_SITE_URL") or getattr(config, "html_baseurl", "") or ""
    return _plain(address.rstrip("/")) if address.startswith(("https://", "http://")) else None


def help_url(site, repository, sha):
    """Return where a reader of a notebook finds the page on running it: on the site, else on GitHub.

    >>> help_url(None, "https://github.com/owner/name", None)
    'https://github.com/owner/name/blob/HEAD/chapters/run_it_yourself.md'
    """
    if site:
        return f"{site}/{HELP_PAGE}.html"
    if colab_url(repository, ""):
        return f"{repository}/blob/{sha or 'HEAD'}/{HELP_PAGE}.md"
    return f"the book's page {HELP_PAGE}"


def _explicit_address(address):
    address = address.strip()
    if Path(address).is_absolute():
        return Path(address).as_uri()
    if (url := normalised(address)) is None:
        raise ValueError(
            "COURSE_REPOSITORY is expected to be a git address such as https://github.com/owner/name, "
            f"git@host:owner/name.git or file:///folder, got {address!r}."
        )
    return url


def _git(folder, *arguments):
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=20
        )
    except (OSError, subprocess.TimeoutExpired):  # no git on this machine, or no such folder
        return None
    return done.stdout.strip() if done.returncode == 0 else None
