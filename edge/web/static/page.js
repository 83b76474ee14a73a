// What makes a page live: ages, the stream, and forms that arrive. Without it the page is right at its printed time.
import { patch } from "./patch.js";
import { guardForms } from "./forms.js";

const root = document.documentElement;
root.classList.add("script");
guardForms(root);

const LATE_MS = 5000, DEAD_MS = 15000, AGAIN_MS = 5000;
const live = document.getElementById("live"), strip = document.getElementById("notlive");
// The reader's clock may be wrong: ages count from the box's.
let offset = Number(root.dataset.now || Date.now()) - Date.now();
let heard = 0, source = null, opened = 0, dead = false, out = false, changed = new Set();
const ages = new Map();

const now = () => Date.now() + offset;

function inWords(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 1) return `${s.toFixed(1)} s`;
  if (s < 60) return `${Math.floor(s)} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 172800) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86400)} days`;
}
function lasting(ms) {
  const s = Math.floor(Math.max(0, ms) / 1000);
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor(s / 60) % 60} min`;
}
function put(node, text) { if (node.textContent !== text) node.textContent = text; }

function tick() {
  for (const node of document.querySelectorAll("time[data-age]")) {
    const at = ages.has(node.dataset.age) ? ages.get(node.dataset.age) : node.dataset.at === undefined ? undefined : node.dataset.at === "" ? null : Number(node.dataset.at);
    if (at !== undefined) put(node, at === null ? "never" : inWords(now() - at));
  }
  for (const node of document.querySelectorAll("time[data-since]")) put(node, lasting(now() - Number(node.dataset.since)));
  for (const node of document.querySelectorAll("time[data-until]")) put(node, lasting(Number(node.dataset.until) - now()));
  if (live) judge();
}

// A browser holds six connections to the box, and each open page one of them: a page that nobody sees gives its own
// back after a while and only asks now and then, so that the seventh can still load, and start.
const PARK_MS = 10000, ASK_MS = 15000;
let unseen = 0;
const parked = () => document.visibilityState === "hidden" && unseen && Date.now() - unseen > PARK_MS;

// Freshness is judged here too: it grows old by itself when nothing comes any more.
function judge() {
  if (parked()) {
    if (Date.now() - opened > ASK_MS) open();
    else if (source && Date.now() - opened > AGAIN_MS) { source.close(); source = null; }
    return;
  }
  const silent = Date.now() - heard;
  if (!heard || silent >= LATE_MS) {
    live.classList.add("late");
    put(live, heard ? `${live.dataset.late} · ${lasting(silent)}` : live.dataset.late);
  } else {
    live.classList.remove("late");
    put(live, `${live.dataset.live} · ${Math.floor(silent / 1000)} s ago`);
  }
  if (out || (silent >= DEAD_MS && Date.now() - began >= DEAD_MS)) {
    dead = true;
    root.classList.add("notlive");
    strip.hidden = false;
    strip.classList.remove("again");
    put(strip, out ? strip.dataset.out : strip.dataset.text.replace("{s}", lasting(heard ? silent : Date.now() - began)));
  }
  // onerror may never fire on a phone that slept: what is silent is opened anew.
  if (!source || source.readyState === 2 || (silent > AGAIN_MS && Date.now() - opened > AGAIN_MS)) open();
}
const began = Date.now();

function open() {
  if (Date.now() - opened < 1000) return;
  opened = Date.now();
  if (source) source.close();
  const query = new URLSearchParams({ screen: root.dataset.screen, of: root.dataset.of });
  source = new EventSource(`/events/page?${query}`);
  source.addEventListener("parts", (event) => take(JSON.parse(event.data)));
  source.addEventListener("beat", (event) => take(JSON.parse(event.data)));
  source.addEventListener("out", () => { out = true; source.close(); judge(); });
}

function take(message) {
  out = false;
  heard = Date.now();
  offset = message.now - heard;
  for (const [key, at] of Object.entries(message.ages)) ages.set(key, at);
  for (const [name, html] of Object.entries(message.parts || {})) {
    const part = document.getElementById(`part-${name}`);
    if (part && patch(part, html)) changed.add(name);
  }
  if (dead) {
    dead = false;
    root.classList.remove("notlive");
    strip.classList.add("again");
    put(strip, strip.dataset.back);
    setTimeout(() => { if (!dead) strip.hidden = true; }, 8000);
  }
  changed.clear();
  title(message);
  turn(message);
  tick();
}

const plainTitle = document.title.replace(/^.* · /, "");
function title(message) {
  const wanted = message.title ? `${message.title} · ${plainTitle}` : plainTitle;
  if (document.title !== wanted) document.title = wanted;
}

// Home turns into the incident, and back; every other page keeps what it shows and has the band at its top.
let turning = false;
async function turn(message) {
  const home = location.pathname === "/" && message.live !== root.dataset.live;
  if (!(home || message.over) || turning || busy()) return;
  turning = true;
  try {
    const place = home ? "/" : location.pathname;
    const answer = await fetch(place, { headers: { Accept: "text/html" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.documentElement;
    document.querySelector("main").replaceWith(page.querySelector("main"));
    for (const id of ["part-bands", "start"]) {
      const mine = document.getElementById(id), theirs = page.getElementById(id);
      if (mine && theirs && !mine.contains(document.activeElement) && !mine.open) mine.replaceWith(theirs);
    }
    const left = document.querySelector(".acts>.btn"), left2 = page.querySelector(".acts>.btn");
    if (left && left2) left.replaceWith(left2);
    for (const key of ["screen", "of", "live"]) root.dataset[key] = fresh.dataset[key];
    ages.clear();
    guardForms(root);
    history.replaceState(null, "", place);
    opened = 0;
    open();
  } catch { /* the next beat tries again */ } finally { turning = false; }
}
function busy() {
  const at = document.activeElement;
  const typed = [...document.querySelectorAll("main textarea, main input:not([type=hidden])")].some((one) => one.value !== one.defaultValue);
  return typed || (at && at.matches("input, textarea"));
}

function wake() {
  if (document.visibilityState === "hidden") { unseen = Date.now(); return; }
  unseen = 0;
  // First nothing counts as live, then it is asked for anew.
  if (Date.now() - heard > LATE_MS) { opened = 0; open(); }
  tick();
}
if (live && root.dataset.screen) {
  document.addEventListener("visibilitychange", wake);
  addEventListener("pageshow", wake);
  addEventListener("online", () => { opened = 0; open(); });
  addEventListener("pagehide", () => { if (source) source.close(); });
  open();
}
document.getElementById("missing")?.focus();
setInterval(tick, 1000);
tick();
