// A camera's tile by its second door: fragmented MP4 over a WebSocket, put into the page's own media source.

const NEAR_S = 0.05, BEHIND_S = 0.7, FAR_S = 3, LOST_S = 30, KEPT_S = 5, MOST_WAITING = 600, MOOF = 0x6d6f6f66;

export async function play(tile, stream, signal, Next, clock) {
  const { video } = tile, source = new MediaSource(), url = URL.createObjectURL(source), waiting = [];
  const asked = clock();
  let buffer = null, at = null, type = "", first = true, jumped = false;
  const keys = [];
  const socket = new WebSocket(`${location.origin.replace(/^http/, "ws")}${tile.base}/mse?stream=${stream}`);
  socket.binaryType = "arraybuffer";
  signal.addEventListener("abort", () => { socket.close(); video.removeAttribute("src"); video.load(); URL.revokeObjectURL(url); });
  const broken = new Promise((_, fail) => {
    socket.onclose = () => fail(new Error("lost"));
    const append = () => {
      if (!buffer || buffer.updating || !waiting.length || source.readyState !== "open") return;
      try {
        const next = waiting.shift();
        if (typeof next === "string") { buffer.changeType(next); append(); } else buffer.appendBuffer(next);
      } catch (why) { fail(why); }
    };
    // The key picture is shown as soon as it has come, with its age; then the newest. From there it stays at the newest:
    // behind it, it plays faster. A jump decodes anew from the key picture before, which may be ten seconds of pictures:
    // once, and then only over a gap; who falls ever farther behind begins anew.
    const follow = () => {
      const held = buffer.buffered;
      if (!held.length || source.readyState !== "open") return;
      const edge = held.end(held.length - 1), from = held.start(held.length - 1), behind = edge - video.currentTime;
      if (video.seeking) video.playbackRate = 1;
      else if (first) { if (video.currentTime < from) video.currentTime = from + 0.001; }
      else if (video.currentTime < from || (!jumped && behind > BEHIND_S)) { jumped = true; video.currentTime = Math.max(from, edge - NEAR_S); }
      else if (behind > LOST_S) fail(new Error("too slow"));
      else video.playbackRate = behind > FAR_S ? 16 : behind > BEHIND_S ? 4 : behind > 0.15 ? 1.15 : 1;
      if (video.paused) video.play().catch(() => {});
      // Removed are whole groups that have been shown: of one that loses its key picture nothing is left.
      while (keys.length > 1 && keys[1] < video.currentTime - NEAR_S) keys.shift();
      if (!buffer.updating && held.start(0) < keys[0] - KEPT_S) buffer.remove(0, keys[0] - 0.001);
    };
    const settle = () => { follow(); append(); };
    const opened = new Promise((go) => source.addEventListener("sourceopen", go, { once: true }));
    socket.onmessage = async ({ data }) => {
      if (typeof data === "string") {
        const told = JSON.parse(data);
        if (at === null) at = told.now;
        if (!told.codec) return;
        const kind = `video/mp4; codecs="${told.codec}"`;
        if (!MediaSource.isTypeSupported(kind)) { tile.small(stream); fail(new Next("this")); return; }
        if (type) { if (kind !== type) waiting.push(kind); type = kind; return; }
        type = kind;
        await opened;
        if (signal.aborted) return;
        buffer = source.addSourceBuffer(kind);
        buffer.addEventListener("updateend", settle);
        buffer.addEventListener("error", () => fail(new Error("not decoded")));
      } else if (waiting.length > MOST_WAITING) { fail(new Error("too slow")); return; } else {
        // A piece that begins with a key picture (edge/media/fmp4.py): its flags, and its time in ticks of 1/90,000 s.
        const piece = new DataView(data);
        if (piece.byteLength > 104 && piece.getUint32(4) === MOOF && piece.getUint8(96) === 2) keys.push(Number(piece.getBigUint64(60)) / 90000);
        waiting.push(data);
      }
      append();
    };
    video.onerror = () => { if (!signal.aborted) fail(new Error("not decoded")); };
    if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(() => { first = false; if (!signal.aborted && buffer) follow(); });
  });
  video.src = url;
  // Media time is the box's clock when the picture came.
  const age = ({ mediaTime }) => (at === null ? null : (at - mediaTime) * 1000 + clock() - asked);
  await Promise.race([tile.shows("mse", age, signal), broken]);
}
