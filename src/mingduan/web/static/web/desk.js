// The desk's keys, and what stands beside the call kept up to date while it goes on. Without script, access keys and a button do the same.
(() => {
  const form = document.getElementById("call"), aside = document.getElementById("beside");
  if (!form || !aside) return;
  document.getElementById("opened")?.focus();
  form.querySelector(".wrong input, .wrong textarea, .wrong select")?.focus();

  // One key is the same everywhere: Alt alone with a letter or digit (Option on a Mac), told by where the key is, since Option changes
  // what it writes. Nothing while an input method still composes: its keys are its own, and half a word is no complaint.
  document.addEventListener("keydown", (event) => {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.getModifierState("AltGraph")) return;
    if (event.isComposing || event.keyCode === 229 || event.defaultPrevented || event.repeat) return;
    const key = event.code.replace(/^(Key|Digit|Numpad)/, "").toLowerCase();
    const target = key.length === 1 && document.querySelector(`main [accesskey="${key}"]`);
    if (!target) return;
    event.preventDefault();
    target.focus();
    if (target.matches("button, a")) target.click();
  });
  const jump = (id, to) => document.getElementById(id)?.addEventListener("focus", (event) => to(event.target.closest("fieldset"))?.focus());
  jump("matter", (set) => set.querySelector("input:checked") ?? set.querySelector(".said input") ?? set.querySelector("input"));
  jump("rest", (set) => set.querySelector("input, select, textarea"));

  // A person decides: what the model says is only marked among the matters, never chosen.
  const mark = () => {
    const said = aside.querySelector("[data-said]");
    for (const choice of form.querySelectorAll(".matters .choice")) {
      choice.classList.toggle("said", said?.dataset.said.split(" ").includes(choice.querySelector("input").value) ?? false);
      choice.querySelector(".tag").hidden = !choice.classList.contains("said");
    }
  };
  let waiting, asked = 0, last = "";
  const look = async () => {
    const sent = new FormData(form);
    for (const [name, value] of [...sent]) if (value instanceof File) sent.delete(name);
    const now = `${sent.get("customer.phone")}\n${sent.get("details")}`;
    if (now === last) return;
    last = now;
    sent.set("go", "beside");
    const mine = ++asked;
    try {
      const answer = await fetch(form.action, { method: "POST", body: sent });
      if (!answer.ok || mine !== asked) return;
      aside.innerHTML = await answer.text();
      mark();
    } catch { last = ""; }
  };
  const soon = (event) => {
    clearTimeout(waiting);
    if (!event.isComposing) waiting = setTimeout(look, 500);
  };
  for (const kind of ["input", "compositionend"]) form.addEventListener(kind, soon);
  form.addEventListener("focusout", look);
})();
