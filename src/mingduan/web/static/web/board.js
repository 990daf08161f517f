// Keys on the board, for those who want them: / to search, j and k from case to case.
"use strict";
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
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
