// A camera's tile: WebRTC, else MP4 over a WebSocket, else JPEGs. What it says of a picture is that picture's own age,
// from when it was taken: LIVE up to two seconds, else how old, dimmed. Loaded only where a tile is.

const LIVE_MS = 2000, FIRST_MS = 4000, AWAY_MS = 2000, TICK_MS = 250, AGAIN_MS = 10000, RENEW_MS = 3600000, LARGE_PX = 720, TICKS = 2 ** 32;
const doors = ["rtc", "mse", "jpeg"];
const words = JSON.parse(document.documentElement.dataset.words || "{}");
const say = (text, values) => (text || "").replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
function inWords(ms) {
  const s = ms / 1000;
  const [n, unit] = s < 60 ? [s, "s"] : s < 3600 ? [s / 60, "min"] : s < 172800 ? [s / 3600, "h"] : [s / 86400, "days"];
  return say(words[unit] || `{n} ${unit}`, { n: Math.floor(n) });
}
// Time that passed, also while this machine slept, which performance.now() may leave out; it never goes back.
const since = Date.now() - performance.now();
let slept = 0;
const clock = () => performance.now() + (slept = Math.max(slept, Date.now() - performance.now() - since));
const wait = (ms, signal) => new Promise((go) => {
  const done = () => { clearTimeout(timer); signal.removeEventListener("abort", done); go(); }, timer = setTimeout(done, ms);
  signal.addEventListener("abort", done);
});

// The next door is for what this one cannot do; `lasting`: trying it again would change nothing.
class Next extends Error { constructor(lasting) { super("next door"); this.lasting = lasting; } }
// There is no picture yet: the same door, a little later.
const LATER = new Next("");
const shut = new Set();

class Tile {
  constructor(figure) {
    this.figure = figure;
    this.base = `/api/v1/cameras/${encodeURIComponent(figure.dataset.camera)}`;
    const shot = figure.querySelector(".shot");
    [this.still, this.video] = ["canvas", "video"].map((name) => shot.querySelector(name) || shot.appendChild(document.createElement(name)));
    this.said = figure.querySelector(".shown");
    Object.assign(this.video, { muted: true, autoplay: true, playsInline: true, disablePictureInPicture: true });
    this.video.defaultMuted = true;
    this.taken = null;   // when the picture that is shown was taken, by clock()
    this.late = this.again_at = 0;
    this.seen = false;
    this.stop = null;
    const button = figure.querySelector("button.enlarge");
    if (button) button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(figure.classList.toggle("large")));
      this.again();
    });
    watching.observe(figure);
    this.draw();
  }

  // The small stream for a small tile.
  stream() {
    const has = (this.figure.dataset.streams || "main").split(" ");
    const wanted = this.onlySub || this.figure.clientWidth * devicePixelRatio < LARGE_PX ? "sub" : "main";
    return has.includes(wanted) ? wanted : has[0];
  }

  // What the main stream cannot (H.265), the small one often can.
  small(stream) { if (stream === "main" && /\bsub\b/.test(this.figure.dataset.streams)) this.onlySub = true; }

  look(on) {
    if (on && !this.stop) this.run(this.stop = new AbortController());
    else if (!on && this.stop) { this.stop.abort(); this.stop = null; }
  }
  again() { if (this.stop) { this.look(false); this.look(true); } }

  async run({ signal }) {
    if (this.figure.dataset.lost !== undefined && this.taken === null) this.last(this.stream(), signal);
    for (let tries = 0; !signal.aborted; ) {
      const stream = this.stream();
      const door = doors.find((one) => !shut.has(one) && !shut.has(`${one} ${this.base} ${stream}`)) || "jpeg";
      const ended = new AbortController(), leave = () => ended.abort();
      signal.addEventListener("abort", leave);
      const before = this.taken;
      // This machine's clock and the box's run apart by seconds in a day: once an hour they are compared anew.
      const renewed = setTimeout(leave, RENEW_MS);
      try { await this[door](stream, ended.signal); }
      catch (why) {
        if (signal.aborted) break;
        if (ended.signal.aborted) { tries = 0; continue; }
        if (this.taken === null && !why.lasting && clock() > this.again_at) {
          this.again_at = clock() + AGAIN_MS;
          await this.last(stream, signal);
        }
        // Between pictures no door is at fault: they come.
        if (why === LATER) tries = 1;
        else if (why instanceof Next) {
          if (why.lasting) shut.add(why.lasting === "all" ? door : `${door} ${this.base} ${stream}`);
          if (!why.lasting || door === "jpeg") tries++; else tries = 0;
        } else tries = this.taken === before ? tries + 1 : 1;
        // A door that fails thrice in a row is not the way either, for a minute.
        if (tries >= 3 && door !== "jpeg") {
          const closed = `${door} ${this.base} ${stream}`;
          shut.add(closed);
          setTimeout(() => shut.delete(closed), 60000);
          tries = 0;
        }
      } finally {
        clearTimeout(renewed);
        signal.removeEventListener("abort", leave);
        this.keep();
        ended.abort();
      }
      this.figure.dataset.door = "";
      if (tries) await wait(Math.min(5000, 500 * 2 ** tries), signal);
    }
  }

  // The last picture stays, with its age, until there is another.
  keep() {
    if (this.video.videoWidth && !this.video.hidden) this.paint(this.video, this.video.videoWidth, this.video.videoHeight);
    this.video.hidden = true;
  }
  paint(picture, width, height) {
    Object.assign(this.still, { width, height });
    this.still.getContext("2d").drawImage(picture, 0, 0);
  }
  // Each picture that was really shown; `age`: of it, in ms, null where that cannot be known. Breaks where no first one comes.
  shows(door, age, signal, late = "") {
    const { video } = this;
    return new Promise((_, fail) => {
      let first = setTimeout(() => fail(new Next(late && late())), FIRST_MS);
      const one = (now, about) => {
        if (signal.aborted) return;
        clearTimeout(first);
        const old = age(about);
        if (old === null) { fail(new Next("all")); return; }
        this.taken = clock() - Math.max(0, old);
        video.hidden = false;
        this.figure.dataset.door = door;
        this.draw();
        video.requestVideoFrameCallback(one);
      };
      if (!video.requestVideoFrameCallback) { fail(new Next("all")); return; }
      video.requestVideoFrameCallback(one);
      signal.addEventListener("abort", () => { clearTimeout(first); fail(new Error("left")); });
    });
  }

  async rtc(stream, signal) {
    if (!window.RTCPeerConnection) throw new Next("all");
    const { video } = this, link = new RTCPeerConnection({ iceServers: [] });
    let place = null;
    const leave = () => {
      link.close();
      video.srcObject = null;
      if (place) fetch(place, { method: "DELETE", keepalive: true }).catch(() => {});
      place = null;
    };
    signal.addEventListener("abort", leave);
    const receiver = link.addTransceiver("video", { direction: "recvonly" }).receiver;
    await link.setLocalDescription();
    const asked = clock();
    // At once: the box needs none of this browser's addresses.
    const answer = await fetch(`${this.base}/whep?stream=${stream}`, { method: "POST", body: link.localDescription.sdp, headers: { "Content-Type": "application/sdp", "X-Requested-With": "fetch" } });
    const text = await answer.text();
    if (answer.status !== 201) this.refused(text, stream);
    place = answer.headers.get("Location");
    if (signal.aborted) { leave(); return; }
    const told = /x-media-clock:(\d+)/.exec(text);
    if (!told) throw new Next("all");
    // When a picture was taken stands in it; the box's clock is as far on as when we asked, or less.
    const age = ({ rtpTimestamp }) => {
      if (rtpTimestamp === undefined) return null;
      const ticks = (((Number(told[1]) + 90 * (clock() - asked) - rtpTimestamp) % TICKS) + TICKS) % TICKS;
      return (ticks > TICKS / 2 ? ticks - TICKS : ticks) / 90;
    };
    const shown = this.shows("rtc", age, signal, () => (link.connectionState === "connected" ? "" : "all"));
    const broken = new Promise((_, fail) => {
      link.onconnectionstatechange = async () => {
        if (link.connectionState === "disconnected") await wait(AWAY_MS, signal);
        if (["failed", "closed", "disconnected"].includes(link.connectionState)) fail(new Error("lost"));
      };
    });
    video.srcObject = new MediaStream([receiver.track]);
    await Promise.race([Promise.all([link.setRemoteDescription({ type: "answer", sdp: text }), shown]), broken]);
  }

  refused(text, stream) {
    let code = "";
    try { code = JSON.parse(text).code; } catch { /* somebody else's answer */ }
    const cannot = ["codec", "not_h264", "no_h264"].includes(code);
    if (cannot) this.small(stream);
    if (code === "no_picture") throw LATER;
    throw new Next(cannot || code === "reordered" ? "this" : "");
  }

  // Few browsers need it.
  async mse(stream, signal) {
    if (!window.MediaSource || !window.WebSocket) throw new Next("all");
    const { play } = await import("./camera-mse.js");
    if (!signal.aborted) await play(this, stream, signal, Next, clock);
  }

  async jpeg(stream, signal) { await (await import("./camera-still.js")).play(this, stream, signal, clock, wait, Next); }
  // Of a camera that shows nothing now: the last that came, as old as it is.
  async last(stream, signal) { await (await import("./camera-still.js")).last(this, stream, signal, clock, Next).catch(() => {}); }

  draw() {
    const { figure, said } = this, age = this.taken === null ? null : clock() - this.taken;
    // What the page's stream says of its picture: one that stands still is none of now, however fast it comes.
    const told = document.querySelector(`[data-sees="${CSS.escape(figure.dataset.camera)}"]`), judged = told && told.dataset.blind;
    const fresh = age !== null && age <= LIVE_MS, state = age === null ? "none" : !fresh ? "old" : judged === "frozen" ? "frozen" : "live";
    const seen = figure.dataset.live || "LIVE";
    const text = state === "none" ? figure.dataset.none || "No picture yet" : state === "old" ? say(figure.dataset.old || "{age} old", { age: inWords(age) })
      : state === "frozen" ? figure.dataset.frozen || "FROZEN" : ["black", "covered", "turned"].includes(judged) ? `${seen}, ${told.dataset.word}` : seen;
    clearTimeout(this.late);
    // Not at the next tick: from then on nothing may say LIVE.
    if (fresh && LIVE_MS - age < TICK_MS) this.late = setTimeout(() => this.draw(), LIVE_MS - age + 1);
    if (figure.dataset.state !== state) figure.dataset.state = state;
    if (said && said.textContent !== text) said.textContent = text;
  }
}

const tiles = new Map();
const watching = new IntersectionObserver((seen) => {
  for (const one of seen) { const tile = tiles.get(one.target); if (tile) { tile.seen = one.isIntersecting; tile.look(tile.seen && !document.hidden); } }
}, { rootMargin: "100px" });
function tick() {
  for (const [figure, tile] of tiles) if (!figure.isConnected) { tile.look(false); watching.unobserve(figure); tiles.delete(figure); } else tile.draw();
  for (const figure of document.querySelectorAll("figure.camera[data-camera]")) if (!tiles.has(figure)) tiles.set(figure, new Tile(figure));
}
const all = (on) => { for (const tile of tiles.values()) tile.look(on && tile.seen && !document.hidden); };
document.addEventListener("visibilitychange", () => all(true));
addEventListener("pagehide", () => all(false));
addEventListener("pageshow", () => all(true));
tick();
setInterval(tick, TICK_MS);
