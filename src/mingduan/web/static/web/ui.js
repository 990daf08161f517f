// Small comforts; every page works without them.
"use strict";

// A menu closes when one clicks beside it or presses Escape.
const menus = () => document.querySelectorAll("details.menu[open]");
document.addEventListener("click", (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) { menu.open = false; menu.querySelector("summary").focus(); }
});

// What prints is the whole file: everything folded is unfolded first.
addEventListener("beforeprint", () => document.querySelectorAll("main details").forEach((d) => { d.open = true; }));
