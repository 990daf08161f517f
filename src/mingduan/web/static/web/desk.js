// Keeps what stands beside the call up to date while it goes on. Without it, the button does the same.
(() => {
  const form = document.getElementById("call"), aside = document.getElementById("beside");
  if (!form || !aside) return;
  document.getElementById("opened")?.focus();
  const rest = document.getElementById("rest");
  rest?.addEventListener("focus", () => rest.closest("fieldset").querySelector("input, select, textarea")?.focus());
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
      if (answer.ok && mine === asked) aside.innerHTML = await answer.text();
    } catch { last = ""; }
  };
  form.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(look, 500); });
  form.addEventListener("focusout", look);
})();
