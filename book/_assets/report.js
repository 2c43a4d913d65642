// What the book's pages do besides the theme: hover texts that stay inside the window and close with Escape, figures
// that open large, search without summaries where pages cannot be fetched, wide tables and equations that the keyboard
// can scroll, and a long table that can be filtered.
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
    text.classList.remove("above");
    const box = text.getBoundingClientRect();
    const right = document.documentElement.clientWidth - MARGIN;
    if (box.right > right) text.style.left = `${right - box.right}px`;
    const room = document.documentElement.clientHeight - word.getBoundingClientRect().bottom;
    text.classList.toggle("above", room < box.height + MARGIN && word.getBoundingClientRect().top > box.height + MARGIN);
  }

  // The browser's own dialog: Escape closes it, and the keyboard's focus returns to where it was.
  function openLarge(image) {
    const dialog = document.createElement("dialog");
    const close = document.createElement("button");
    dialog.className = "large-figure";
    dialog.setAttribute("aria-label", image.alt);
    close.textContent = "Close";
    dialog.append(close, image.cloneNode());
    dialog.addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => dialog.remove());
    document.body.append(dialog);
    dialog.showModal();
  }

  function closeAll() {
    document.querySelectorAll(".hover-word").forEach((word) => word.classList.add("closed"));
  }

  function scrollableByKeyboard() {
    document.querySelectorAll(".bd-article pre, .bd-article .pst-scrollable-table-container, .bd-article div.math, .bd-article .output, .bd-article figure")
      .forEach((part, number) => {
        if (part.scrollWidth > part.clientWidth + 1) {
          part.tabIndex = 0;
          part.classList.add("scrolls");
          if (!part.hasAttribute("role")) part.setAttribute("role", "region");
          if (!part.hasAttribute("aria-label")) part.setAttribute("aria-label", `Part ${number + 1} of the page, scrolls sideways`);
        }
      });
  }

  // Lists of the values in a table's columns "Kind" and "Verdict", and a field for words; rows that do not match are hidden.
  function filterable(part) {
    const rows = [...part.querySelectorAll("tbody tr")];
    const heads = [...part.querySelectorAll("thead th")].map((head) => head.textContent.trim());
    const bar = document.createElement("div");
    bar.className = "filters";
    const count = document.createElement("span");
    count.setAttribute("role", "status");
    const fields = ["Kind", "Verdict", "Words"].map((name) => {
      const column = heads.indexOf(name);
      const text = (row) => (column < 0 ? row : row.cells[column]).textContent.trim();
      const field = document.createElement(column < 0 ? "input" : "select");
      if (column >= 0) field.append(...["all", ...new Set(rows.map(text))].map((value) => new Option(value)));
      const label = document.createElement("label");
      label.append(`${name} `, field);
      bar.append(label);
      field.addEventListener("input", show);
      return (row) => (column < 0
        ? text(row).toLowerCase().includes(field.value.toLowerCase())
        : field.value === "all" || text(row) === field.value);
    });
    function show() {
      rows.forEach((row) => (row.hidden = !fields.every((fits) => fits(row))));
      count.textContent = `${rows.filter((row) => !row.hidden).length} of ${rows.length}`;
    }
    bar.append(count);
    part.before(bar);
    part.tabIndex = 0;
    part.setAttribute("role", "region");
    part.setAttribute("aria-label", "All entries; scrolls");
    show();
  }

  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll(".bd-article .filterable").forEach(filterable);
    document.querySelectorAll(".hover-word").forEach((word) => {
      word.addEventListener("pointerenter", () => place(word));
      word.addEventListener("focusin", () => place(word));
    });
    document.documentElement.classList.add("scripted");
    document.querySelectorAll(".bd-article figure > img").forEach((image) => image.addEventListener("click", () => openLarge(image)));
    document.querySelectorAll(".open-large").forEach((button) => {
      button.addEventListener("click", () => openLarge(button.parentElement.previousElementSibling.querySelector("img")));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") closeAll();
    });
  });
  window.addEventListener("load", scrollableByKeyboard);
})();
