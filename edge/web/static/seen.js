// "It is here": sent at once, or kept on this phone until the box can be reached. No service worker: the page stays open, or is
// opened again. What is kept says only which thing, where and on which day.
const KEPT = "seen";
const waiting = document.getElementById("waiting");

function kept() {
  try { return JSON.parse(localStorage.getItem(KEPT)) || []; } catch { return []; }
}
function keep(list) {
  try { localStorage.setItem(KEPT, JSON.stringify(list)); } catch { return false; }
  return true;
}
function show(text) {
  const count = kept().length;
  if (!waiting) return;
  waiting.hidden = !count && !text;
  waiting.textContent = text || waiting.dataset.waiting.replace("{n}", count);
}

async function send(one) {
  const body = { day: one.day, ...(one.zone ? { zone: one.zone } : {}) };
  const answer = await fetch(`/api/v1/assets/${encodeURIComponent(one.id)}/seen`, {
    method: "POST", body: JSON.stringify(body), headers: { "Content-Type": "application/json", "Idempotency-Key": one.key }, signal: AbortSignal.timeout(10000),
  });
  if (answer.ok) return "";
  const problem = await answer.json().catch(() => ({ detail: String(answer.status) }));
  // Signed out, or the lists are being made again: it is kept, and tried again.
  if ([401, 403, 408, 429, 500, 502, 503, 504].includes(answer.status)) throw new Error(problem.detail);
  return problem.detail;
}

let sending = false;
async function flush() {
  if (sending) return;
  sending = true;
  let said = "";
  try {
    for (let list = kept(); list.length; list = kept()) {
      const why = await send(list[0]);
      if (why) said = waiting.dataset.refused.replace("{what}", list[0].id).replace("{why}", why);
      keep(kept().filter((one) => one.key !== list[0].key));
    }
  } catch { /* it is kept */ } finally { sending = false; }
  show(said);
}

function key() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(16).padStart(2, "0")).join("");
}
function today() {
  const now = new Date();
  return [now.getFullYear(), String(now.getMonth() + 1).padStart(2, "0"), String(now.getDate()).padStart(2, "0")].join("-");
}

// False: there is no storage here, and nothing was kept.
export async function saw(id, zone = "") {
  if (!keep([...kept(), { id, day: today(), key: key(), zone }])) return false;
  await flush();
  return true;
}

for (const form of document.querySelectorAll("form[data-seen]")) {
  form.addEventListener("submit", async (event) => {
    if (!keep(kept())) return;  // no storage here: the form goes its plain way
    event.preventDefault();
    form.querySelector("button").disabled = true;
    await saw(form.dataset.seen, form.querySelector("select[name=zone]")?.value || "");
    form.closest("li")?.classList.add("calm");
  });
}
addEventListener("online", flush);
setInterval(() => { if (kept().length) flush(); }, 15000);
flush();
