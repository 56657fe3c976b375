"""The landing page's buttons and cards come from the table of contents and the chapters."""

from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from docutils import nodes
from PIL import Image
from sphinx import addnodes
from sphinx_project import PNG, build

from sphinx_ext import exercise_steps, landing

FIGURE = "```{{figure}} {0}.png\n:name: fig-{0}\n:alt: {0} in grey\n\nA caption.\n```\n"
CHAPTER = "# {0}\n\n*What is {0}?*\n\nText.\n\n"
FILES = {
    "index.md": "# A book\n\n```{start-buttons}\n```\n\n```{part-cards}\nfig-two 0 0.25 1 0.75\n```\n\n"
    "```{toctree}\n:numbered: 1\n:caption: Part I. First\none\ntwo\n```\n"
    "```{toctree}\n:numbered: 1\n:caption: Part II. Second\nthree\n```\n"
    "```{toctree}\n:caption: About\nplayground\nnotes\n```\n",
    "playground.md": "# Draw\n",
    "notes.md": "# Notes\n",
    **{f"{name}.md": CHAPTER.format(name) + FIGURE.format(name) for name in ("one", "two", "three")},
    **{f"{name}.png": PNG for name in ("one", "two", "three")},
}
EXTENSIONS = ["myst_nb", "sphinx_exercise", "sphinx_ext.chapter_numbers", "sphinx_ext.landing"]


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_REPOSITORY", "https://github.com/owner/name")
        site, warnings = build(tmp_path_factory.mktemp("landing"), FILES, EXTENSIONS, nb_execution_mode="off")
    assert warnings == ""
    return BeautifulSoup((site / "index.html").read_text(), "html.parser")


def test_the_buttons_lead_to_the_first_chapter_to_the_playground_and_into_colab(page):
    links = [(link.get_text(), link["href"]) for link in page.select(".start-buttons a")]
    colab = "https://colab.research.google.com/github/owner/name/blob/notebooks/one.ipynb"
    assert links == [("Start", "one.html"), ("Try it", "playground.html"), ("Open in Colab", colab)]


def test_without_a_public_address_the_button_says_that_it_explains(tmp_path, monkeypatch):
    monkeypatch.setattr(exercise_steps, "repository_url", lambda folder: None)
    files = {name: text for name, text in FILES.items() if name != "notes.md"}
    files["chapters/run_it_yourself.md"] = "# Run it\n"
    files["index.md"] = files["index.md"].replace("\nnotes\n", "\nchapters/run_it_yourself\n")
    site, _ = build(tmp_path, files, EXTENSIONS, nb_execution_mode="off")
    last = BeautifulSoup((site / "index.html").read_text(), "html.parser").select(".start-buttons a")[-1]
    assert (last.get_text(), last["href"]) == ("How to open in Colab", "chapters/run_it_yourself.html")


def test_each_part_of_chapters_has_a_card_with_their_questions(page):
    first, second = page.select(".part-card")
    assert first.select_one(".card-title").get_text() == "Part I. First"
    links = [(link.get_text(), link["href"]) for link in first.select("li a")]
    assert links == [("1 one", "one.html"), ("2 two", "two.html")]
    assert [item.get_text() for item in first.select("li")] == ["1 one What is one?", "2 two What is two?"]
    assert [words.get_text() for words in second.select(".card-question")] == ["What is three?"]
    assert first.select_one(".card-facts").get_text() == "2 chapters, about 1 hour with the exercises"


def test_a_card_shows_the_figure_that_is_named_or_the_first_one(page):
    pictures = page.select(".part-card img")
    assert [picture["src"] for picture in pictures] == ["_images/card-fig-two.png", "_images/three.png"]
    assert [picture["alt"] for picture in pictures] == ["A part of this figure: two in grey", "three in grey"]


def test_a_picture_is_cut_to_the_part_that_is_named(tmp_path):
    wall = Image.new("L", (40, 40))
    wall.paste(255, (0, 10, 40, 30))
    wall.save(tmp_path / "wall.png")
    files = FILES | {"two.png": (tmp_path / "wall.png").read_bytes()}
    site, warnings = build(tmp_path, files, EXTENSIONS, nb_execution_mode="off")
    with Image.open(site / "_images/card-fig-two.png") as part:
        assert part.size == (40, 20)
        assert part.getextrema() == (255, 255)
    assert warnings == ""


def test_a_card_follows_its_chapters(tmp_path):
    build(tmp_path, FILES, EXTENSIONS, nb_execution_mode="off")
    later = {"two.md": FILES["two.md"].replace("# two", "# renamed")}
    site, _ = build(tmp_path, later, EXTENSIONS, nb_execution_mode="off")
    assert "2 renamed" in (site / "index.html").read_text()


def test_the_page_with_cards_is_written_again_with_every_build():
    pages = {"index": {"part-cards": True}, "one": {}}
    assert landing.pages_with_cards(None, SimpleNamespace(metadata=pages)) == ["index"]
    metadata = {"index": {}, "one": {}}
    env = SimpleNamespace(metadata=metadata, docname="index")
    landing.PartCardsDirective.run(SimpleNamespace(env=env, content=[]))
    assert landing.pages_with_cards(None, env) == ["index"]


def test_time_is_given_in_hours():
    assert landing.facts(1, 20) == "1 chapter, about 1 hour with the exercises"
    assert landing.facts(4, 500) == "4 chapters, about 8 hours with the exercises"


def test_a_card_is_a_picture_a_title_its_chapters_and_how_much_it_is(page):
    _, second = page.select(".part-card")
    assert " ".join(str(second).split()) == (
        '<div class="part-card docutils container"> <img alt="three in grey" src="_images/three.png"/> '
        '<p class="card-title"><strong>Part II. Second</strong></p> <ul class="simple"> '
        '<li><p><a class="reference internal" href="three.html">1 three</a> '
        '<span class="card-question">What is three?</span></p></li> </ul> '
        '<p class="card-facts">1 chapter, about 1 hour with the exercises</p> </div>'
    )
    assert " ".join(page.select_one(".start-buttons")["class"]) == "start-buttons"
    assert page.select_one(".part-cards")["class"] == ["part-cards", "docutils", "container"]


@pytest.mark.parametrize(
    ("chapters", "minutes", "words"),
    [
        (2, 29, "2 chapters, about 1 hour with the exercises"),
        (1, 89, "1 chapter, about 1 hour with the exercises"),
        (3, 91, "3 chapters, about 2 hours with the exercises"),
    ],
)
def test_hours_are_rounded_and_at_least_one(chapters, minutes, words):
    assert landing.facts(chapters, minutes) == words


def test_a_part_without_a_figure_has_no_picture_and_the_named_one_comes_first():
    def figure(name, *image):
        return nodes.figure("", *image, ids=[name])

    def picture(*trees, **pictures):
        found = landing.picture_of(None, "index", trees, pictures)
        return [image["uri"] for image in found]

    a, b = nodes.image(uri="a.png", alt="A"), nodes.image(uri="b.png", alt="B")
    first, second = nodes.section("", figure("a", a)), nodes.section("", figure("b", b))
    assert picture(nodes.section("", figure("c"))) == picture() == []
    assert picture(nodes.section("", figure("c")), first, second) == ["a.png"]
    assert picture(first, second, b=[]) == ["b.png"]
    assert landing.picture_of(None, "index", [first], {})[0] is not a  # the chapter keeps its own


def test_outside_of_pages_the_places_are_empty():
    doctree = nodes.section("", landing.StartButtons(), nodes.paragraph("", "Text."), landing.PartCards())
    landing.fill_places(SimpleNamespace(builder=SimpleNamespace(format="ipynb")), doctree, "index")
    assert [type(node) for node in doctree] == [nodes.paragraph]


def test_a_book_without_chapters_has_no_buttons(monkeypatch):
    monkeypatch.setattr(landing, "parts_of", lambda env: [])
    assert landing.start_buttons(SimpleNamespace(env=None), "index") == []


def test_a_card_adds_the_minutes_of_reading_and_of_all_exercises(monkeypatch):
    monkeypatch.setattr(landing, "reading_minutes", lambda tree: 40)
    exercises = [SimpleNamespace(minutes=30), SimpleNamespace(minutes=50)]
    monkeypatch.setattr(landing, "exercise_facts", lambda tree, name: exercises)
    monkeypatch.setattr(landing, "numbered_title", lambda env, name: f"1 {name}")
    env = SimpleNamespace(
        get_doctree=lambda name: nodes.section(), metadata={"a": {}, "b": {"question": "Why?"}}
    )
    builder = SimpleNamespace(get_relative_uri=lambda here, there: f"{there}.html")
    made = landing.card(SimpleNamespace(env=env, builder=builder), "index", "Part", ["a", "b"], {})
    assert made["classes"] == ["part-card"]
    title, items, said = made
    assert title.astext() == "Part"
    assert [item.astext() for item in items] == ["1 a ", "1 b Why?"]
    assert said.astext() == "2 chapters, about 4 hours with the exercises"


def test_the_content_of_the_cards_names_figures_and_the_parts_to_show(tmp_path):
    seen = []
    monkeypatch = pytest.MonkeyPatch()
    with monkeypatch.context() as patch:
        patch.setattr(landing, "part_cards", lambda app, name, pictures: seen.append(pictures) or [])
        index = "# A book\n\n```{part-cards}\nfig-a 0 0.25 1 0.75\n\nfig-b\n```\n"
        build(tmp_path, {"index.md": index}, EXTENSIONS, nb_execution_mode="off")
    assert seen == [{"fig-a": [0, 0.25, 1, 0.75], "fig-b": []}]


def test_only_parts_of_numbered_chapters_are_parts():
    def tree(caption, *names):
        return addnodes.toctree("", caption=caption, includefiles=list(names))

    root = nodes.section("", tree("One", "a", "b"), tree("Notes", "n"), tree("None"), tree(None, "c"))
    env = SimpleNamespace(
        get_doctree={"root": root}.get, config=SimpleNamespace(root_doc="root"),
        toc_secnumbers={"a": {"": (1,)}, "b": {"": (2,)}, "c": {"": (3,)}},
    )  # fmt: skip
    assert landing.parts_of(env) == [("One", ["a", "b"]), ("", ["c"])]
