// A camera's tile by its last door, one JPEG after another; and the last picture of a camera that shows nothing now.

const JPEG_MS = 600, LIMIT_MS = 10000, LIVE_MS = 2000;

async function fetched(tile, stream, more, signal, clock, Next) {
  const asked = clock(), limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  const width = Math.min(1920, Math.ceil(tile.figure.clientWidth * devicePixelRatio) || 640);
  const answer = await fetch(`${tile.base}/snapshot.jpg?width=${width}&stream=${stream}${more}`, { cache: "no-store", signal: limit });
  const exact = answer.headers.get("X-Age-Ms"), whole = answer.headers.get("Age");
  if (!answer.ok || (exact === null && whole === null)) throw new Next("");
  return [await createImageBitmap(await answer.blob()), asked - (exact === null ? Number(whole) * 1000 : Number(exact))];
}

function paint(tile, picture, taken) {
  tile.paint(picture, picture.width, picture.height);
  tile.taken = taken;
  tile.draw();
}

export async function last(tile, stream, signal, clock, Next) {
  const [picture, taken] = await fetched(tile, stream, "&last=true", signal, clock, Next);
  if (!signal.aborted && tile.taken === null) paint(tile, picture, taken);
  picture.close();
}

export async function play(tile, stream, signal, clock, wait, Next) {
  // The last one that came is there at once; the newest has to be decoded from the key picture on.
  if (tile.taken === null) await last(tile, stream, signal, clock, Next).catch(() => {});
  let which = stream;
  while (!signal.aborted) {
    const asked = clock(), [picture, taken] = await fetched(tile, which, "", signal, clock, Next);
    if (signal.aborted) return;
    tile.figure.dataset.door = "jpeg";
    paint(tile, picture, taken);
    picture.close();
    // A large picture that this box cannot decode as fast as it comes: a small one of now tells more.
    if (clock() - taken > LIVE_MS && which === "main" && /\bsub\b/.test(tile.figure.dataset.streams)) which = "sub";
    await wait(Math.max(100, JPEG_MS - (clock() - asked)), signal);
  }
}
