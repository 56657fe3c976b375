"""The header's buttons: where they lead with and without GitHub, and what of the theme's stays."""

from sphinx_ext.launch_buttons import launch_buttons, without_sources


def pathto(target, resource=0):
    return f"../{target}" if resource else f"../{target}.html"


def urls(repository, help_page=True):
    buttons = launch_buttons("chapters/first_cnn", pathto, repository, help_page)
    return {button["text"]: button["url"] for button in buttons}


def test_on_github_the_colab_button_opens_the_exported_notebook():
    assert urls("https://github.com/o/n") == {
        "Colab": "https://colab.research.google.com/github/o/n/blob/notebooks/first_cnn.ipynb",
        ".ipynb": "../notebooks/first_cnn.ipynb",
        "Run locally": "../chapters/run_it_yourself.html",
    }


def test_elsewhere_it_leads_to_the_page_that_explains_the_three_ways():
    for repository in (None, "https://gitlab.com/o/n", "file:///srv/book"):
        assert (
            urls(repository)["Colab"] == urls(repository)["Run locally"] == "../chapters/run_it_yourself.html"
        )


def test_a_book_without_that_page_has_no_button_that_leads_nowhere():
    assert urls(None, help_page=False) == {".ipynb": "../notebooks/first_cnn.ipynb"}


def test_every_button_is_named_by_words_that_hold_its_text():
    for repository in (None, "https://github.com/o/n"):
        for button in launch_buttons("chapters/first_cnn", pathto, repository):
            assert button["text"].lower() in button["label"].lower()


def test_the_source_goes_and_a_group_of_one_becomes_its_only_button():
    source, pdf = {"label": "download-source-button"}, {"label": "download-pdf-button", "text": ".pdf"}
    other, full = {"label": "other", "text": "x"}, {"label": "fullscreen-button"}
    group = {"type": "group", "label": "download-buttons"}
    assert without_sources([{**group, "buttons": [source, pdf]}, full]) == [{**pdf, "text": None}, full]
    assert without_sources([{**group, "buttons": [source, pdf, other]}]) == [
        {**group, "buttons": [pdf, other]}
    ]
    assert without_sources([{**group, "buttons": [source]}, source]) == []
