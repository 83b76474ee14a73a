// A room's screen: what the box says replaces what is shown. Whether it is current the style sheet judges by itself: each word
// from the box begins its 20 s anew, and nothing here can make it look better than that.
const root = document.documentElement;
const state = document.getElementById("state");
const time = document.querySelector(".asof time");
const AGAIN_MS = 12000;
let source, heard = Date.now(), offset = 0, shown = state.innerHTML;

function news(at) {
  heard = Date.now();
  offset = at - heard;
  root.className = root.classList.contains("a") ? "takeover b" : "takeover a";
  tick();
}
function tick() {
  const now = new Date(Date.now() + offset);
  const zone = { timeZone: time.dataset.zone };
  const clock = document.getElementById("clock");
  if (clock && heard) clock.textContent = now.toLocaleTimeString([], { ...zone, hour: "2-digit", minute: "2-digit" });
  time.textContent = new Date(heard + offset).toLocaleTimeString([], { ...zone, hour12: false });
}
function listen() {
  if (source) source.close();
  source = new EventSource(document.body.dataset.events);
  source.addEventListener("state", (event) => {
    const told = JSON.parse(event.data);
    if (told.html !== shown) state.innerHTML = shown = told.html;
    document.title = told.title;
    news(told.at);
  });
  source.addEventListener("beat", (event) => news(JSON.parse(event.data).at));
  // Not enrolled any more, or another screen: the page itself says so.
  source.addEventListener("out", () => location.reload());
}
listen();
setInterval(tick, 1000);
// A phone or a sleeping television may never be told that its stream is dead.
setInterval(() => { if (Date.now() - heard > AGAIN_MS) { heard = Date.now() - AGAIN_MS + 5000; listen(); } }, 1000);
for (const what of ["online", "pageshow"]) addEventListener(what, listen);
