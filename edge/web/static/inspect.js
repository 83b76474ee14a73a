// Inspections on a phone: filled in here, kept here until the box has taken them, sent with a key so that twice is once. No
// service worker: the page stays open, or is opened again. Nothing that was filled in goes away unless the box took it or a person says so.
const KEPT = "inspections";
const place = document.getElementById("kept");
const told = place.dataset;

function kept() {
  try { return JSON.parse(localStorage.getItem(KEPT)) || []; } catch { return []; }
}
function keep(list) {
  try { localStorage.setItem(KEPT, JSON.stringify(list)); } catch { return false; }
  return true;
}
function change(key, more) { keep(kept().map((one) => (one.key === key ? { ...one, ...more } : one))); }

function show() {
  const list = kept();
  place.hidden = !list.length;
  place.querySelector("h2").textContent = told.kept.replace("{n}", list.length);
  place.querySelector("ul").replaceChildren(...list.map((one) => {
    const item = document.createElement("li"), text = document.createElement("span");
    const other = one.account !== told.account;
    const why = one.refused ? told.refused.replace("{why}", one.refused) : other ? told.others.replace("{name}", one.name) : "";
    text.textContent = [one.title, one.day, why].filter(Boolean).join(" · ");
    item.append(text);
    if (one.refused && !other) item.append(button(told.again, () => { change(one.key, { refused: "" }); flush(); }));
    if (one.refused) item.append(button(told.remove, () => { keep(kept().filter((each) => each.key !== one.key)); show(); }));
    return item;
  }));
}
function button(words, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: words });
  made.addEventListener("click", act);
  return made;
}

async function send(one) {
  const { asset, check, answers, day, person, key, corrects, reason } = one;
  const answer = await fetch("/api/v1/inspections", {
    method: "POST", body: JSON.stringify({ asset, check, answers, day, person, key, corrects, reason }),
    headers: { "Content-Type": "application/json" }, signal: AbortSignal.timeout(20000),
  });
  const said = await answer.json().catch(() => ({ detail: String(answer.status) }));
  // Signed out, or the lists are being made again: it is kept, and tried again.
  if ([401, 403, 408, 429, 500, 502, 503, 504].includes(answer.status)) throw new Error(said.detail);
  return answer.ok ? { words: said.result === "passed" ? told.done : told.failed, number: said.number } : { refused: said.detail };
}

let sending = false;
async function flush() {
  if (sending) return;
  sending = true;
  try {
    for (;;) {
      const one = kept().find((each) => !each.refused && each.account === told.account);
      if (!one) break;
      const came = await send(one);
      if (came.refused) change(one.key, { refused: came.refused });
      else { keep(kept().filter((each) => each.key !== one.key)); mark(one, came.words, came.number); }
    }
  } catch { /* it is kept */ } finally { sending = false; }
  show();
}

// What is in hand of a thing is drawn as done, wherever it stands on this page.
function mark(one, words, number) {
  for (const details of document.querySelectorAll("details.inspect")) {
    const form = details.querySelector("form[data-check]");
    const asset = details.dataset.asset || (form && form.dataset.inspect), check = details.dataset.check || (form && form.dataset.check);
    if (asset !== one.asset || check !== one.check) continue;
    details.open = false;
    let said = details.querySelector("summary .signed");
    if (!said) {
      said = Object.assign(document.createElement("strong"), { className: "signed" });
      details.querySelector("summary").append(said);
    }
    said.textContent = words;
    details.classList.add("calm");
    if (number) {
      const photo = Object.assign(document.createElement("a"), { href: `/inspections/${number}`, textContent: told.photo, className: "btn signed-photo" });
      if (details.nextElementSibling && details.nextElementSibling.matches(".signed-photo")) details.nextElementSibling.remove();
      details.after(photo);
    }
  }
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(16).padStart(2, "0")).join("");
}

function guard(details) {
  details.addEventListener("toggle", () => {
    const here = details.querySelector(".here"), form = document.getElementById(`form-${details.dataset.check}`);
    if (details.open && here && form && !here.firstChild) {
      here.append(form.content.cloneNode(true));
      hold(here.querySelector("form"), details);
    }
  });
  const form = details.querySelector("form[data-inspect]");
  if (form) hold(form, details);
}

function hold(form, details) {
  form.addEventListener("submit", async (event) => {
    const said = Object.fromEntries(new FormData(form));
    const answers = Object.fromEntries(Object.entries(said).filter(([name, value]) => name.startsWith("a-") && value.trim()).map(([name, value]) => [name.slice(2), value.trim()]));
    const one = {
      asset: details.dataset.asset || form.dataset.inspect, check: said.check, answers, day: said.day, person: said.person.trim(), key: newKey(),
      corrects: Number(said.corrects) || 0, reason: (said.reason || "").trim(), title: details.dataset.title, account: told.account, name: told.name,
    };
    const was = kept();
    if (!keep([...was, one])) return;  // no storage here: the form goes its plain way
    event.preventDefault();
    details.open = false;
    mark(one, told.kept.replace("{n}", was.length + 1));
    show();
    await flush();
  });
}

for (const details of document.querySelectorAll("details.inspect")) guard(details);
addEventListener("online", flush);
setInterval(() => { if (kept().length) flush(); }, 15000);
show();
flush();
