// On a dark page a figure of pictures loses its white paper: it is shown from a second file, in which the words
// are light and the pictures keep their colours. See sphinx_ext/figures.py.
"use strict";
{
  const root = document.documentElement;
  const pictures = document.querySelectorAll("img.dark-paper");

  const update = () => {
    const ending = root.dataset.theme === "dark" ? "-dark.png" : ".png";
    for (const picture of pictures) {
      const wanted = picture.src.replace(/(-dark)?\.png$/, ending);
      if (picture.src !== wanted) picture.src = wanted;
    }
  };

  update();
  new MutationObserver(update).observe(root, { attributeFilter: ["data-theme"] });
}
