// The phone of whoever is sent out. What is sent is first kept here, in order, and sent when there is a network: never
// lost, since it goes only once the server has it; never doubled, since it carries the same key however often it is sent.
"use strict";

const phone = document.getElementById("phone");
const say = phone.dataset;
// Browsers give the means only to secure addresses; elsewhere the forms simply post.
const able = isSecureContext && "locks" in navigator && "serviceWorker" in navigator;
const part = (role) => phone.querySelector(`[data-role="${role}"]`);

// --- what is kept on the phone ---

const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open("mingduan-field", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("acts", { keyPath: "n", autoIncrement: true });
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(asked.error);
});
// `work` asks for one thing of the store; what it gave is there once the transaction is complete.
const stored = async (mode, work) => {
  const db = await opened;
  return new Promise((resolve, reject) => {
    const transaction = db.transaction("acts", mode, { durability: "strict" });
    const asked = work(transaction.objectStore("acts"));
    transaction.oncomplete = () => resolve(asked.result);
    transaction.onerror = transaction.onabort = () => reject(transaction.error);
  });
};
const everyAct = () => stored("readonly", (acts) => acts.getAll());
const ownActs = async () => (await everyAct()).filter((act) => act.by === say.by);
const keep = (act) => stored("readwrite", (acts) => acts.put(act));
const forget = (act) => stored("readwrite", (acts) => acts.delete(act.n));

// --- sending, one after the other; a step refused holds back those after it in the same job ---

const cookie = (name) => document.cookie.split("; ").find((c) => c.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
let trouble = "", doneSome = false;

const send = async (act) => {
  const form = new FormData();
  for (const [name, value] of act.fields) form.append(name, value);
  for (const [name, file] of act.files) form.append(name, file, file.name);
  form.set("key", act.key);
  form.set("by", act.by);
  form.set("waited", String((Date.now() - act.done) / 1000));
  const headers = { "Accept": "application/json", "X-CSRFToken": cookie("csrftoken") };
  return fetch(act.address, { method: "POST", body: form, headers, redirect: "manual" });
};

const sendAll = async () => {
  const held = new Set();
  trouble = "";
  for (const act of await ownActs()) {
    if (act.state !== "waiting") held.add(act.number);
    if (held.has(act.number)) continue;
    let answer, told;
    try {
      answer = await send(act);
      told = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
    } catch {
      return; // no network: all stays as it is
    }
    if (told.outcome === "done") {
      doneSome = true;
      await forget(act);
    } else if (told.outcome === "refused" || told.outcome === "gone") {
      held.add(act.number);
      await keep({ ...act, state: told.outcome, reasons: told.reasons });
    } else {
      trouble = answer.type === "opaqueredirect" || answer.status === 403 ? say.login : say.later;
      return;
    }
    await show();
  }
};
// One page at a time sends, however many are open.
const sync = async () => {
  await navigator.locks.request("field-sync", sendAll);
  await show();
  if (doneSome && navigator.onLine && !leaving) {
    underway.push(renew().catch(() => {}));
    await underway.at(-1);
  }
};
// How things stand now, without touching what is being filled in.
const renew = async () => {
  doneSome = false;
  const answer = await fetch(location.href.split("#")[0]);
  if (!answer.ok || answer.redirected) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const old of document.querySelectorAll("[data-fresh]")) {
    const now = fresh.querySelector(`[data-fresh="${old.dataset.fresh}"]`);
    if (now) old.innerHTML = now.innerHTML;
  }
  for (const step of document.querySelectorAll("details.step")) {
    step.classList.toggle("now", fresh.getElementById(step.id)?.classList.contains("now") ?? false);
  }
};

// --- what is shown ---

const made = (tag, text, className = "") => {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  if (className) element.className = className;
  return element;
};
const clockTime = (instant) => new Date(instant).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

const show = async () => {
  const acts = await ownActs(), held = new Set();
  part("offline").hidden = navigator.onLine;
  part("offline").textContent = say.offline;
  const told = trouble || (location.hash === "#unsent" && acts.length ? say.unsent : "");
  part("trouble").hidden = !told;
  part("trouble").textContent = told;
  part("queue").hidden = !acts.length;
  part("queue").querySelector(".count").textContent = acts.length;
  part("queue").querySelector("ol").replaceChildren(...acts.map((act) => {
    const row = made("li"), head = made("p");
    head.append(made("strong", act.title), " ", made("span", `${act.number} · ${clockTime(act.done)}`, "quiet"), " ");
    const state = act.state === "waiting" ? (held.has(act.number) ? say.behind : say.waiting) : say[act.state];
    head.append(made("span", state, act.state === "waiting" ? "tag" : "tag bad"));
    row.append(head);
    if (act.told) row.append(made("p", act.told, "quiet"));
    if (act.state === "waiting") return row;
    held.add(act.number);
    for (const reason of act.reasons ?? []) {
      row.append(made("p", [reason.text, reason.remedy].filter(Boolean).join(" → "), "error"));
    }
    const actions = made("p", "", "actions");
    if (act.state === "refused") {
      const mend = made(act.page === location.pathname ? "button" : "a", say.mend, "button second");
      if (mend.tagName === "A") mend.href = `${act.page}#mend-${act.n}`;
      else mend.addEventListener("click", () => mendAct(act));
      actions.append(mend);
    }
    const drop = made("button", say.drop, "plain");
    drop.addEventListener("click", async () => {
      if (!confirm(say.sure)) return;
      await forget(act);
      await sync();
    });
    actions.append(drop);
    row.append(actions);
    return row;
  }));
};

// --- the forms of a job ---

const steps = document.querySelectorAll("form[data-step]");
const typed = (form) => [...new FormData(form)].filter(([name, value]) => !["csrfmiddlewaretoken", "key"].includes(name)
  && (value instanceof File ? value.size : value));
const mending = new Map();

// What a photograph needs for the file, and no more: smaller, upright, and without where it was taken.
const smaller = async (file) => {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, 2000 / Math.max(picture.width, picture.height));
  const canvas = Object.assign(document.createElement("canvas"), {
    width: Math.round(picture.width * scale), height: Math.round(picture.height * scale),
  });
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  return new File([blob], file.name.replace(/\.[^.]*$/, "") + ".jpg", { type: "image/jpeg" });
};

const filesOf = async (form) => {
  const found = [];
  for (const input of form.querySelectorAll("input[type=file]")) {
    for (const file of input.files) {
      const photo = input.dataset.capture === "camera" && file.type.startsWith("image/");
      found.push([input.name, photo ? await smaller(file) : file]);
    }
    const pad = input.parentElement.querySelector("canvas.pad");
    if (pad?.dataset.drawn) {
      const blob = await new Promise((resolve) => pad.toBlob(resolve, "image/png"));
      found.push([input.name, new File([blob], "signature.png", { type: "image/png" })]);
    }
  }
  return found;
};

// What was filled in, in the words of the form.
const inWords = (form) => typed(form).map(([name, value]) => {
  const field = form.elements[name], one = field instanceof RadioNodeList
    ? [...field].find((f) => f.value === value)?.closest("label")?.textContent
    : field?.selectedOptions ? field.selectedOptions[0].textContent : undefined;
  return value instanceof File ? value.name : (one ?? value).trim();
}).join(" · ");

for (const form of steps) {
  form.addEventListener("submit", async (event) => {
    if (!able) return;
    event.preventDefault();
    if (form.classList.contains("keeping")) return;
    form.classList.add("keeping");
    const old = mending.get(form);
    try {
      const fresh = await filesOf(form), fields = typed(form).filter(([, value]) => typeof value === "string");
      const renewed = new Set(fresh.map(([name]) => name));
      const kept = old ? old.files.filter(([name]) => !renewed.has(name)) : [];
      await keep({
        ...(old ? { n: old.n } : {}), key: old?.key ?? crypto.randomUUID(), by: say.by, number: form.dataset.number, title: form.dataset.title,
        step: form.dataset.step, address: form.action, page: location.pathname, fields, files: [...kept, ...fresh],
        told: inWords(form), done: old?.done ?? Date.now(), state: "waiting", reasons: [],
      });
    } catch {
      trouble = say.full;
      await show().catch(() => {});
      return;
    } finally {
      form.classList.remove("keeping");
    }
    mending.delete(form);
    form.reset();
    for (const pad of form.querySelectorAll("canvas.pad")) wipe(pad);
    for (const verdict of form.querySelectorAll(".verdict")) verdict.remove();
    form.closest("details").open = false;
    await show();
    part("queue").scrollIntoView({ block: "start" });
    sync();
  });
}

const mendAct = (act) => {
  const form = [...steps].find((f) => f.dataset.step === act.step);
  if (!form) return;
  form.reset();
  for (const [name, value] of act.fields) {
    const field = form.elements[name];
    if (field) field.value = value;
  }
  mending.set(form, act);
  form.closest("details").open = true;
  for (const reason of act.reasons ?? []) {
    const field = [...form.querySelectorAll(".field")].find((f) => f.querySelector(`[name="${CSS.escape(reason.input)}"]`));
    if (!field || field.querySelector("[id$='-e']")) continue;
    const told = made("div", "");
    told.id = `${act.step}-${reason.input.replaceAll(".", "-")}-e`;
    told.append(made("p", [reason.text, reason.remedy].filter(Boolean).join(" → "), "error"));
    field.classList.add("wrong");
    field.append(told);
  }
  form.scrollIntoView({ block: "start" });
  form.querySelector("input:not([type=hidden]), textarea, select, button")?.focus();
};

// --- what a phone can bring ---

const wipe = (pad) => {
  const rect = pad.getBoundingClientRect();
  pad.width = Math.max(1, Math.round(rect.width * 2));
  pad.height = Math.max(1, Math.round(rect.height * 2));
  const pen = pad.getContext("2d");
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, pad.width, pad.height);
  Object.assign(pen, { strokeStyle: "#0b1a2b", lineWidth: 5, lineCap: "round", lineJoin: "round" });
  delete pad.dataset.drawn;
};
for (const input of able ? document.querySelectorAll("input[data-capture=signature]") : []) {
  const pad = made("canvas", "", "pad"), clear = made("button", say.clear, "plain");
  pad.setAttribute("role", "img");
  pad.setAttribute("aria-label", say.sign);
  clear.type = "button";
  clear.addEventListener("click", () => wipe(pad));
  input.before(made("p", say.sign, "help"), pad, clear);
  // A canvas that is not seen has no size: it gets one when its step is unfolded.
  pad.closest("details").addEventListener("toggle", (event) => { if (event.target.open && !pad.dataset.drawn) wipe(pad); });
  const at = (event) => {
    const rect = pad.getBoundingClientRect();
    return [(event.clientX - rect.left) * pad.width / rect.width, (event.clientY - rect.top) * pad.height / rect.height];
  };
  pad.addEventListener("pointerdown", (event) => {
    pad.setPointerCapture(event.pointerId);
    pad.getContext("2d").beginPath();
    pad.getContext("2d").moveTo(...at(event));
  });
  pad.addEventListener("pointermove", (event) => {
    if (!pad.hasPointerCapture(event.pointerId)) return;
    pad.getContext("2d").lineTo(...at(event));
    pad.getContext("2d").stroke();
    pad.dataset.drawn = "yes";
  });
}
for (const input of able ? document.querySelectorAll("input[data-capture=camera]") : []) input.after(made("p", say.smaller, "help"));

// A position is taken only once consent is given on the same form, and goes with it when consent is taken back.
for (const input of document.querySelectorAll("input[data-capture=position]")) {
  const button = made("button", say.locate, "button second"), beside = made("div", "", "beside"), told = made("p", "", "help");
  button.type = "button";
  told.setAttribute("role", "status");
  input.before(beside);
  beside.append(input, button);
  beside.after(told);
  const consents = () => !input.dataset.consent || new FormData(input.form).get(input.dataset.consent) === "true";
  button.addEventListener("click", () => {
    told.textContent = consents() ? "" : say.consentfirst;
    if (!consents()) return;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      if (consents()) input.value = `${coords.latitude.toFixed(5)},${coords.longitude.toFixed(5)}`;
    }, () => { told.textContent = say.nowhere; }, { enableHighAccuracy: true, timeout: 15000 });
  });
  input.form.addEventListener("change", () => { if (!consents()) input.value = ""; });
}

// Number pads of some phones have no minus.
for (const input of document.querySelectorAll("form[data-step] input[inputmode=numeric]")) {
  const sign = made("button", "±", "button second"), beside = made("div", "", "beside");
  sign.type = "button";
  sign.setAttribute("aria-label", say.signWord);
  input.before(beside);
  beside.append(input, sign);
  sign.addEventListener("click", () => {
    input.value = input.value.startsWith("-") ? input.value.slice(1) : `-${input.value}`;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    input.focus();
  });
}

// In or out of the limit, as soon as there is a reading.
for (const form of document.querySelectorAll("form[data-limits]")) {
  const limits = JSON.parse(form.dataset.limits), value = form.querySelector("input[inputmode=numeric]");
  const verdict = made("p", "", "verdict");
  verdict.setAttribute("role", "status");
  form.addEventListener("input", () => {
    const measure = [...new FormData(form).values()].find((v) => v in limits);
    const reading = value.value.trim();
    if (!measure || !/^-?\d+$/.test(reading)) { verdict.remove(); return; }
    const [limit, least] = limits[measure], good = least ? Number(reading) >= limit : Number(reading) <= limit;
    verdict.className = `verdict ${good ? "good" : "bad"}`;
    verdict.textContent = `${good ? "✓" : "✕"} ${good ? say.within : say.outside}（${say.limit} ${least ? "≥" : "≤"} ${limit}）`;
    value.closest(".field").append(verdict);
  });
}

// --- at hand without a network; nothing of anybody else's ---

let leaving = false;
const underway = [];
const atHand = async () => {
  if (localStorage.getItem("field-by") !== say.by) await caches.delete("field-pages");
  localStorage.setItem("field-by", say.by);
  if (!navigator.onLine) return;
  const pages = await caches.open("field-pages");
  const jobs = [...document.querySelectorAll("a[data-job]")].map((a) => new URL(a.href).href);
  if (location.pathname === say.home) {
    for (const kept of await pages.keys()) if (kept.url.endsWith("/") && kept.url !== location.href && !jobs.includes(kept.url)) await pages.delete(kept);
  }
  // Whoever came by a notice straight to one job finds the way back to the others, too.
  const home = new URL(say.home, location.href).href;
  for (const address of new Set([location.href.split("#")[0], home, ...jobs])) if (!leaving) await pages.add(address).catch(() => {});
};
// Whoever signs out leaves nothing behind: a page still on its way would be kept after all had been thrown away.
window.fieldQuiet = () => {
  leaving = true;
  return Promise.allSettled(underway);
};

const begin = async () => {
  await navigator.serviceWorker.register(say.worker, { scope: say.home });
  await navigator.serviceWorker.ready;
  await Promise.all([...document.querySelectorAll("link[rel=stylesheet], script[src], link[rel=icon]")].map((e) => fetch(e.href || e.src).catch(() => {})));
  underway.push(atHand());
  await underway.at(-1);
  phone.dataset.ready = "yes";
};

if (able) {
  addEventListener("online", sync);
  addEventListener("offline", show);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) sync(); });
  setInterval(async () => { if ((await ownActs()).length) sync(); }, 20000);
  begin().catch(() => {});
  sync().then(async () => {
    const wanted = Number(location.hash.replace("#mend-", ""));
    const act = wanted && (await ownActs()).find((a) => a.n === wanted);
    if (act) mendAct(act);
  });
}
