// Small comforts; every page works without them.
"use strict";

// A menu closes when one clicks beside it, goes on beyond it by keyboard, or presses Escape.
const menus = () => document.querySelectorAll("details.menu[open]");
for (const gone of ["click", "focusin"]) document.addEventListener(gone, (event) => {
  for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of menus()) { menu.open = false; menu.querySelector("summary").focus(); }
});

// A form that says where its live part is sends what is typed a moment after typing stops, and shows what comes back.
for (const form of document.querySelectorAll("form[data-live]")) {
  const live = document.getElementById(form.dataset.live);
  let timer, sending;
  const send = async () => {
    sending?.abort();
    sending = new AbortController();
    const typed = new FormData(form);
    for (const [name, value] of [...typed]) if (value instanceof File) typed.delete(name);
    typed.set("go", "live");
    try {
      const answer = await fetch(form.action || location.href, { method: "POST", body: typed, signal: sending.signal });
      if (!answer.ok) return;
      live.innerHTML = await answer.text();
      const next = answer.headers.get("X-Draft-Address");
      if (next) form.action = next;
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };
  form.addEventListener("input", (event) => {
    if (event.target.type === "file") return;
    clearTimeout(timer);
    timer = setTimeout(send, 700);
  });
  form.addEventListener("submit", () => { clearTimeout(timer); sending?.abort(); });
}

// A demonstration shows the code that signs: the page brings those of the next minutes and shows each in its time.
for (const shown of document.querySelectorAll("output[data-codes]")) {
  const codes = shown.dataset.codes.split(" "), seconds = Number(shown.dataset.seconds);
  const tell = () => {
    const code = codes[Math.floor((Date.now() / 1000 - Number(shown.dataset.since)) / seconds)];
    if (code && code !== shown.textContent) shown.textContent = code;
  };
  setInterval(tell, 1000);
}

// A field that hangs on a choice shows once that choice is made.
const hanging = document.querySelectorAll("[data-hangs-on]");
const hang = () => {
  for (const field of hanging) {
    const form = field.closest("form");
    const chosen = form && new FormData(form).get(field.dataset.hangsOn);
    field.hidden = !field.dataset.wanted.split(" ").includes(chosen ?? "");
  }
};
if (hanging.length) { document.addEventListener("change", hang); hang(); }

// What was wrong with a field is no longer said once it is being mended; sending the form looks at it again.
document.addEventListener("input", (event) => {
  const field = event.target.closest?.(".field.wrong");
  if (!field) return;
  field.classList.remove("wrong");
  field.querySelector("[id$='-e']")?.remove();
  field.querySelector("[aria-invalid]")?.removeAttribute("aria-invalid");
});

// What is still being made is asked for again until it is there.
let asked = 0;
const wait = async () => {
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const still = fresh.querySelector("[data-wait]");
  if (!still) location.reload();
  else if (++asked < 20) setTimeout(wait, 3000);
};
if (document.querySelector("[data-wait]")) setTimeout(wait, 3000);

// What prints is the whole file: everything folded is unfolded first.
addEventListener("beforeprint", () => document.querySelectorAll("main details").forEach((d) => { d.open = true; }));

// Whoever signs out leaves nothing of their jobs on the phone. What has not been sent yet is not thrown away unasked:
// signing out waits until it is sent or discarded on the page of the jobs.
const unsent = (by) => new Promise((resolve) => {
  const asked = indexedDB.open("mingduan-field", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("acts", { keyPath: "n", autoIncrement: true });
  asked.onerror = () => resolve(0);
  asked.onsuccess = () => {
    const kept = asked.result.transaction("acts").objectStore("acts").getAll();
    kept.onsuccess = () => { asked.result.close(); resolve(kept.result.filter((act) => act.by === by).length); };
    kept.onerror = () => resolve(0);
  };
});
for (const form of document.querySelectorAll("form[action$='/logout/']")) {
  form.addEventListener("submit", async (event) => {
    const by = localStorage.getItem("field-by");
    if (!by) return;
    event.preventDefault();
    if (await unsent(by)) { location.href = "/field/#unsent"; return; }
    await window.fieldQuiet?.();
    await caches.delete("field-pages");
    localStorage.removeItem("field-by");
    form.submit();
  });
}

// A page that says how often it is to be renewed brings what it tells anew where it stands, so that nobody loses their place;
// not while somebody fills something in, nor while nobody looks. Where it marks parts (data-renew) only they are renewed, also
// while somebody fills in what stands beside them. When nothing comes, it says so. Without script the browser loads it again.
{
  const renewal = () => document.querySelector("meta[name=renew]");
  const renew = async () => {
    const answer = await fetch(location.href).catch(() => null);
    document.querySelector("[data-stale]")?.toggleAttribute("hidden", Boolean(answer?.ok && !answer.redirected));
    if (!answer?.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const focused = document.activeElement?.getAttribute("href");
    const parts = document.querySelectorAll("main [data-renew]");
    for (const part of parts.length ? parts : [document.querySelector("main")]) {
      const brought = part.id && fresh.getElementById(part.id);
      if (brought) part.replaceChildren(...brought.childNodes);
    }
    if (focused) document.querySelector(`main a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
    if (!fresh.querySelector("meta[name=renew]")) renewal().remove();
  };
  const later = () => renewal() && setTimeout(async () => {
    const filling = document.activeElement?.matches("input, select, textarea") && (!document.querySelector("[data-renew]") || document.activeElement.closest("[data-renew]"));
    if (!document.hidden && !filling) await renew();
    later();
  }, renewal().content * 1000);
  later();
}
