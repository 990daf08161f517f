// Keys in the list of cases, for those who want them: / to search, j and k from case to case. Elsewhere letters do nothing, so
// that whoever speaks to the page, or slips on a key, is not thrown about (WCAG 2.1.4).
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || !event.target.closest(".board")) return;
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("text").focus();
  } else if (event.key === "j" || event.key === "k") {
    const links = [...document.querySelectorAll(".board tbody th a")];
    const now = links.indexOf(document.activeElement);
    const next = links[event.key === "j" ? now + 1 : Math.max(now - 1, 0)];
    if (next) next.focus();
  }
});
