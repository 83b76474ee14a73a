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
let heard = 0, source = null, opened = 0, dead = false, out = false;
const ages = new Map();

const now = () => Date.now() + offset;

// The words are the catalogue's, written into the page.
const words = JSON.parse(root.dataset.words || "{}");
const say = (text, values) => (text || "").replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
function inWords(ms) {
  const s = Math.max(0, ms) / 1000;
  if (s < 1) return say(words.now, { n: s.toFixed(1) });
  if (s < 60) return say(words.s, { n: Math.floor(s) });
  if (s < 3600) return say(words.min, { n: Math.floor(s / 60) });
  if (s < 172800) return say(words.h, { n: Math.floor(s / 3600) });
  return say(words.days, { n: Math.floor(s / 86400) });
}
function lasting(ms) {
  const s = Math.floor(Math.max(0, ms) / 1000);
  if (s < 60) return say(words.now, { n: s });
  if (s < 3600) return say(words.lasts_min, { m: Math.floor(s / 60), s: s % 60 });
  return say(words.lasts_h, { h: Math.floor(s / 3600), m: Math.floor(s / 60) % 60 });
}
function put(node, text) { if (node.textContent !== text) node.textContent = text; }
// A sentence with a figure that runs: who hears the page hears the sentence, not each second of it.
function putRunning(node, before, figure, after = "") {
  let one = node.querySelector(":scope > [aria-hidden]");
  if (!one || node.firstChild.nodeValue !== before) {
    one = document.createElement("span");
    one.setAttribute("aria-hidden", "true");
    node.replaceChildren(before, one, after);
  }
  put(one, figure);
}

function tick() {
  for (const node of document.querySelectorAll("time[data-age]")) {
    const at = ages.has(node.dataset.age) ? ages.get(node.dataset.age) : node.dataset.at === undefined ? undefined : node.dataset.at === "" ? null : Number(node.dataset.at);
    if (at !== undefined) put(node, at === null ? words.never : inWords(now() - at));
  }
  for (const node of document.querySelectorAll("time[data-since]")) put(node, lasting(now() - Number(node.dataset.since)));
  for (const node of document.querySelectorAll("time[data-until]")) put(node, Number(node.dataset.until) > now() ? lasting(Number(node.dataset.until) - now()) : node.dataset.over);
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
    putRunning(live, live.dataset.late, heard ? ` · ${lasting(silent)}` : "");
  } else {
    live.classList.remove("late");
    putRunning(live, live.dataset.live, ` · ${say(words.s, { n: Math.floor(silent / 1000) })}`);
  }
  if (out || (silent >= DEAD_MS && Date.now() - began >= DEAD_MS)) {
    dead = true;
    root.classList.add("notlive");
    strip.hidden = false;
    strip.classList.remove("again");
    const [before, after] = strip.dataset.text.split("{s}");
    if (out) put(strip, strip.dataset.out);
    else putRunning(strip, before, lasting(heard ? silent : Date.now() - began), after);
  }
  // onerror may never fire on a phone that slept: what is silent is opened anew.
  if (!source || source.readyState === 2 || (silent > AGAIN_MS && Date.now() - opened > AGAIN_MS)) open();
}
const began = Date.now();

function open() {
  if (Date.now() - opened < 1000) return;
  opened = Date.now();
  if (source) source.close();
  sent.clear();
  const query = new URLSearchParams({ screen: root.dataset.screen, of: root.dataset.of });
  source = new EventSource(`/events/page?${query}`);
  source.addEventListener("parts", (event) => take(JSON.parse(event.data)));
  source.addEventListener("beat", (event) => take(JSON.parse(event.data)));
  source.addEventListener("out", () => { out = true; source.close(); judge(); });
}

// Of a long part only the lines that differ come: [from, behind the last] of what was there, or a line.
const sent = new Map();
function told(message) {
  const parts = new Map(Object.entries(message.parts || {}));
  for (const [name, how] of Object.entries(message.lines || {})) {
    const lines = (sent.get(name) || "").split("\n");
    parts.set(name, how.flatMap((one) => (typeof one === "string" ? [one] : lines.slice(one[0], one[1]))).join("\n"));
  }
  for (const [name, html] of parts) sent.set(name, html);
  return parts;
}

function take(message) {
  out = false;
  heard = Date.now();
  offset = message.now - heard;
  for (const [key, at] of Object.entries(message.ages)) ages.set(key, at);
  if (dead) last = standing();
  for (const [name, html] of told(message)) {
    const part = document.getElementById(`part-${name}`);
    if (part) patch(part, html);
  }
  // What comes in the first moments is told with it: the stream may be back before what happened is shown.
  if (dead || Date.now() - backAt < SETTLED_MS) again();
  if (message.start) for (const one of document.querySelectorAll("#start > summary > span:first-child")) put(one, message.start);
  title(message);
  turn(message);
  tick();
}

// What the page says of each thing, without its times: what is another after a silence is what changed.
function standing() {
  const found = new Map();
  for (const node of document.querySelectorAll("[data-part] li[id]:not([id^=line-]), #part-bands > [id^=band-], #part-bands > .help, #part-alerts > .help, #part-bands > .strip, #part-state h1")) {
    const one = node.cloneNode(true);
    for (const other of one.querySelectorAll("time, .age, .steps, .fine, .was, .inner, u, form, .btn")) other.remove();
    const does = one.querySelector(".does");
    if (does) does.replaceChildren(...does.querySelectorAll("strong"));
    const short = one.querySelector(".word") || (one.id.startsWith("gap-") && one.querySelector("b")) || one;
    const walk = document.createTreeWalker(short, NodeFilter.SHOW_TEXT), pieces = [];
    while (walk.nextNode()) pieces.push(walk.currentNode.nodeValue);
    const text = pieces.join(" ").replace(/\s+/g, " ").trim();
    if (text) found.set((node.id || "state").replace(/^led-/, "door-"), text);
  }
  return found;
}
const MOST_LISTED = 8, SETTLED_MS = 5000;
let last = null, backAt = 0;
function again() {
  if (dead) {
    dead = false;
    backAt = Date.now();
    root.classList.remove("notlive");
    strip.classList.add("again");
    const seen = document.createElement("button");
    seen.type = "button";
    seen.textContent = strip.dataset.seen;
    // It goes when somebody saw it, not by itself.
    seen.addEventListener("click", () => { if (!dead) strip.hidden = true; });
    strip.replaceChildren(document.createElement("span"), document.createElement("ul"), seen);
  }
  const after = standing(), said = strip.dataset, [count, list] = strip.children;
  const changed = [...after].filter(([key, text]) => last.get(key) !== text).map(([, text]) => text);
  for (const [key, text] of last) if (!after.has(key)) changed.push(say(said.gone, { what: text }));
  const more = changed.length - MOST_LISTED;
  const lines = [...changed.slice(0, MOST_LISTED), ...(more > 0 ? [say(said.more, { n: more })] : [])];
  put(count, `${said.back} ${!changed.length ? said.none : changed.length === 1 ? said.one : say(said.many, { n: changed.length })}`);
  if ([...list.children].map((one) => one.textContent).join("\n") === lines.join("\n")) return;
  list.replaceChildren(...lines.map((text) => {
    const line = document.createElement("li");
    line.textContent = text;
    return line;
  }));
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
    const answer = await fetch(place, { headers: { Accept: "text/html", "X-Requested-With": "fetch" } });
    if (!answer.ok || answer.redirected) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.documentElement;
    document.querySelector("main").replaceWith(page.querySelector("main"));
    // What only this page is drawn and moved with, such as tiles of cameras.
    for (const one of page.head.querySelectorAll("link[rel=stylesheet], script")) {
      const at = one.hasAttribute("src") ? "src" : "href", place = one.getAttribute(at);
      if (document.head.querySelector(`[${at}="${place}"]`)) continue;
      const made = document.createElement(one.localName);
      for (const { name, value } of one.attributes) made.setAttribute(name, value);
      document.head.append(made);
    }
    for (const id of ["part-alerts", "part-bands", "start"]) {
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
