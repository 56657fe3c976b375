// On a small screen the words of a wide figure are too small to read: a button beside it shows the figure
// in its full size, in a window of its own that scrolls, which words and shadows at its edges say. See
// sphinx_ext/figures.py.
// And there the button "Back to top" would lie over the live figures: it waits until none is in view (book.css).
"use strict";
{
  const seen = new Set();
  const watch = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) seen[isIntersecting ? "add" : "delete"](target);
    document.documentElement.classList.toggle("live-figure", seen.size > 0);
  });
  for (const figure of document.querySelectorAll(".course-widget")) watch.observe(figure);

  const NOTICEABLE = 1.15; // how many times as wide the figure is drawn as it is shown
  const pictures = [...document.querySelectorAll(".bd-article .cell_output img")];

  const element = (name, properties = {}, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const enlarge = (picture) => {
    const copy = element("img", { src: picture.src, alt: picture.alt, className: picture.className });
    copy.style.width = `${widthOf(picture)}px`;
    const close = element("button", { type: "button", className: "close", textContent: "Close" });
    const words = "Wider than the screen: it scrolls sideways.";
    const hint = element("p", { className: "hint", id: "enlarged-hint", textContent: words });
    const sheet = element("div", { className: "sheet", tabIndex: 0 }, copy);
    const bar = element("div", { className: "bar" }, hint, close);
    const box = element("dialog", { className: "enlarged" }, bar, sheet);
    box.setAttribute("aria-label", "The figure in its full size");
    const update = () => {
      const left = sheet.scrollWidth - sheet.clientWidth; // how far it can scroll
      hint.hidden = left <= 1;
      box.style.setProperty("--sheet-height", `${sheet.clientHeight}px`); // as high as the shadows are
      box.classList.toggle("more-before", sheet.scrollLeft > 1);
      box.classList.toggle("more-behind", sheet.scrollLeft < left - 1);
      if (hint.hidden) sheet.removeAttribute("aria-describedby");
      else sheet.setAttribute("aria-describedby", hint.id);
    };
    sheet.addEventListener("scroll", update);
    new ResizeObserver(update).observe(sheet);
    copy.addEventListener("load", update);
    close.addEventListener("click", () => box.close());
    box.addEventListener("close", () => box.remove());
    document.body.append(box);
    box.showModal();
    update();
  };

  // The page says how large a figure is meant: it may have two dots for each of these pixels.
  const widthOf = (picture) => Number(picture.getAttribute("width")) || picture.naturalWidth;

  const offer = (picture) => {
    const button = element("button", { type: "button", className: "enlarge", textContent: "Enlarge" });
    button.setAttribute("aria-label", `Enlarge the figure: ${picture.alt.split(/[.:]/)[0]}`);
    button.addEventListener("click", () => enlarge(picture));
    // a finger finds the figure itself before the button
    picture.addEventListener("click", () => button.checkVisibility() && enlarge(picture));
    picture.after(button);
    return () => {
      button.hidden = widthOf(picture) < NOTICEABLE * picture.clientWidth;
    };
  };

  const updates = pictures.map(offer);
  const update = () => updates.forEach((one) => one());
  window.addEventListener("resize", update);
  window.addEventListener("load", update);
  update();
}
