// Keeps the pages of one's own jobs at hand while there is no network. It writes nothing and sends nothing.
"use strict";

const PAGES = "field-pages", PARTS = "field-parts";
const PATIENCE = 8000, OLDEST = 24 * 3600 * 1000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

// The network first, so that what one sees is how things stand; what is kept only when there is none.
const fresh = async (request, name) => {
  try {
    const answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE) });
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/login/")) await caches.delete(PAGES);
    else if (answer.ok && !answer.redirected) await (await caches.open(name)).put(request.url, answer.clone());
    else if (answer.status === 404) await (await caches.open(name)).delete(request.url);
    return answer;
  } catch (error) {
    const cache = await caches.open(name), kept = await cache.match(request.url, { ignoreVary: true });
    const age = kept ? Date.now() - Date.parse(kept.headers.get("Date")) : Infinity;
    if (kept && (name !== PAGES || age < OLDEST)) return kept;
    if (kept) await cache.delete(request.url);
    throw error;
  }
};

self.addEventListener("fetch", (event) => {
  const { request } = event, url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (url.pathname.startsWith("/static/web/")) event.respondWith(fresh(request, PARTS));
  else if (url.pathname.startsWith("/field/") && !url.pathname.endsWith(".js")) event.respondWith(fresh(request, PAGES));
});
