"""Figures of pictures on dark pages: the paper goes, ink becomes light, the pictures keep their colours."""

import numpy as np
import pytest
from matplotlib import pyplot as plt
from PIL import Image

from course_lib import plotting
from sphinx_ext import figures
from sphinx_ext.dark_paper import dark_form, light_ink, picture_blocks

PAPER = (100, 120, 3)  # height, width


def on_paper(*boxes, value=(0, 60, 200)):
    pixels = np.full(PAPER, 255, np.uint8)
    for top, left, height, width in boxes:
        pixels[top : top + height, left : left + width] = value
    return pixels


def drawn(draw, tmp_path):
    plotting.use_course_style()
    fig, ax = plt.subplots(figsize=(3, 3))
    draw(ax)
    fig.savefig(tmp_path / "figure.png")
    plt.close(fig)
    return Image.open(tmp_path / "figure.png").convert("RGB")


def test_pictures_keep_their_colours_and_the_paper_goes():
    pixels = on_paper((10, 10, 50, 50))
    dark = np.asarray(dark_form(Image.fromarray(pixels)).convert("RGBA")).astype(int)
    assert dark[:5, :, 3].max() == 0
    assert dark[10:60, 10:60, 3].min() == 255
    assert abs(dark[10:60, 10:60, :3] - pixels[10:60, 10:60]).max() <= 3  # a palette of 256


def test_a_map_has_its_white_middle_and_its_words_become_light(tmp_path):
    def draw(ax):
        plotting.show_weights(np.diag([1.0, -1, 1, -1]), ax)
        ax.set_title("weights")

    image = drawn(draw, tmp_path)
    (block,) = picture_blocks(np.asarray(image))
    dark = np.asarray(dark_form(image).convert("RGBA")).astype(int)
    assert abs(dark[block][..., :3] - np.asarray(image)[block]).mean() < 2
    title = dark[: block[0].start - 4]
    assert title[title[..., 3] > 200][:, :3].min() > 200
    assert title[..., 3].max() > 200


@pytest.mark.parametrize(
    "boxes",
    [
        pytest.param([], id="empty-paper"),
        pytest.param([(10, 10, 30, 30)], id="words-alone"),
        pytest.param([(5, 5, 40, 40), (50, 5, 20, 40), (69, 44, 30, 20), (50, 5, 45, 6)], id="a-shape"),
    ],
)
def test_without_pictures_or_with_what_may_be_one_a_figure_stays(boxes):
    assert dark_form(Image.fromarray(on_paper(*boxes))) is None


def test_white_within_a_picture_is_a_part_of_it_and_within_a_frame_paper():
    picture, frame = on_paper((10, 10, 50, 50)), on_paper((10, 10, 50, 50))
    picture[15:55:5, 15:55] = 255  # white strokes
    picture[11:59, 30:40] = 255
    picture[12:58, 12:18] = 255
    frame[12:58, 12:58] = 255
    assert picture_blocks(picture) == [(slice(10, 60), slice(10, 60))]
    assert picture_blocks(frame) == []


def test_an_axis_is_ink_and_what_stands_on_it_no_reason_to_stay():
    frame = [(5, 5, 90, 1), (94, 5, 1, 60)]
    assert picture_blocks(on_paper(*frame, (10, 70, 40, 45))) == [(slice(10, 50), slice(70, 115))]


def test_ink_becomes_light_as_in_a_plot_of_lines_and_grey_stays_as_faint():
    colours = np.array([[[255, 255, 255], [0, 0, 0], [204, 204, 204], [0, 158, 115]]], np.uint8)
    paper, black, grey, green = light_ink(colours)[0].astype(int)
    assert paper[3] == 0
    assert black.tolist() == [235, 235, 235, 255]
    assert grey.tolist() == [235, 235, 235, 51]
    assert green[1] > green[0]  # the hue stays
    assert green[3] == 255


def test_the_dark_form_is_written_once_beside_the_figure(tmp_path, monkeypatch):
    Image.fromarray(on_paper((10, 10, 50, 50))).save(tmp_path / "a.png")
    Image.fromarray(on_paper()).save(tmp_path / "b.png")
    folder = tmp_path / "_images"
    assert figures.write_dark_form(tmp_path / "a.png", folder)
    assert not figures.write_dark_form(tmp_path / "b.png", folder)
    assert [path.name for path in folder.iterdir()] == ["a-dark.png"]
    monkeypatch.setattr(figures, "dark_form", None)  # what is there is not computed again
    assert figures.write_dark_form(tmp_path / "a.png", folder)
