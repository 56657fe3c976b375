"""A figure of pictures for dark pages: its paper goes, its words become light, its pictures stay as they are.

Pictures, maps and matrices are solid blocks on white paper; titles, numbers beside them and axes are ink. A
figure in which something is neither, a drawing that may itself be a picture, is left as it is.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

WHITE = 250  # of 255; the middle of a diverging map, which is none of the paper, has 247
BLOCK = 36  # pixels; no letters that touch are as large
SOLID, THIN = 0.8, 0.25  # which share of its box a picture covers at least, and a line or an axis at most
# What the style sheet does to a plot of lines: invert(0.92), then hue-rotate(180deg).
INVERT = 0.92
HUE_ROTATE = np.array([[-0.574, 1.430, 0.144], [0.426, 0.430, 0.144], [0.426, 1.430, -0.856]])


def dark_form(image):
    """Return a figure for dark pages, or None if it is not made of blocks and ink.

    Parameters
    ----------
    image : PIL.Image.Image
        The figure on white paper.
    """
    pixels = np.asarray(image.convert("RGB"))
    blocks = picture_blocks(pixels)
    if not blocks:
        return None
    dark = light_ink(pixels)
    for block in blocks:
        dark[block] = np.dstack([pixels[block], np.full(pixels[block].shape[:2], 255, np.uint8)])
    return Image.fromarray(dark, "RGBA").quantize(256, method=Image.Quantize.FASTOCTREE)


def picture_blocks(pixels):
    """Return the slices of all pictures; an empty list if something may be a picture and is no block."""
    labels, _ = ndimage.label(pixels.min(axis=2) < WHITE, structure=np.ones((3, 3)))
    blocks = []
    for number, box in enumerate(ndimage.find_objects(labels), 1):
        if min(side.stop - side.start for side in box) < BLOCK:
            continue
        own = labels[box] == number
        share = np.mean(own)
        if share > THIN:  # a frame around white paper is ink, but white within a picture belongs to it
            share = np.mean(ndimage.binary_fill_holes(own))
        if share >= SOLID:
            blocks.append(box)
        elif share > THIN:
            return []
    return blocks


def light_ink(pixels):
    """Return ink on white paper as light ink on nothing, in red, green, blue and opacity."""
    values = pixels / 255.0
    opacity = 1 - values.min(axis=2, keepdims=True)
    ink = (values - (1 - opacity)) / np.maximum(opacity, 1 / 255)  # without the white that shows through
    light = (INVERT - (2 * INVERT - 1) * ink) @ HUE_ROTATE.T
    return np.rint(255 * np.dstack([light.clip(0, 1), opacity])).astype(np.uint8)
