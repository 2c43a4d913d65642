// What the book's pages do besides the theme: hover texts that stay inside the window and close with Escape, search
// without summaries where pages cannot be fetched, wide tables and equations that the keyboard can scroll.
(() => {
  "use strict";
  if (location.protocol === "file:" && typeof DOCUMENTATION_OPTIONS !== "undefined") {
    DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
  }

  const MARGIN = 12;

  function place(word) {
    const text = word.querySelector(".hover-text");
    word.classList.remove("closed");
    text.style.removeProperty("left");
    const box = text.getBoundingClientRect();
    const right = document.documentElement.clientWidth - MARGIN;
    if (box.right > right) text.style.left = `${right - box.right}px`;
  }

  function closeAll() {
    document.querySelectorAll(".hover-word").forEach((word) => word.classList.add("closed"));
  }

  function scrollableByKeyboard() {
    document.querySelectorAll(".bd-article pre, .bd-article .pst-scrollable-table-container, .bd-article div.math, .bd-article .output, .bd-article figure")
      .forEach((part, number) => {
        if (part.scrollWidth > part.clientWidth + 1) {
          part.tabIndex = 0;
          if (!part.hasAttribute("role")) part.setAttribute("role", "region");
          if (!part.hasAttribute("aria-label")) part.setAttribute("aria-label", `Part ${number + 1} of the page, scrolls sideways`);
        }
      });
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".hover-word").forEach((word) => {
      word.addEventListener("pointerenter", () => place(word));
      word.addEventListener("focusin", () => place(word));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") closeAll();
    });
  });
  window.addEventListener("load", scrollableByKeyboard);
})();
