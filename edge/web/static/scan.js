// The label on a thing, in a round: read through this page's camera where the browser can read codes, else its id is typed. Both
// work without a network: what was seen is kept and sent as what is touched in the list.
import { saw } from "./seen.js";

const [form, typed, said, view, start] = ["scanner", "scan-id", "scanned", "scan-view", "scan-start"].map((id) => document.getElementById(id));
const told = form.dataset;

// Of whichever address the label was printed with: by name, by number, by an older one.
function idOf(text) {
  return /(?:^|\/a\/)([a-z0-9_][a-z0-9._-]{0,63})\/?$/.exec(text.trim().toLowerCase())?.[1] || "";
}

async function take(text) {
  const id = idOf(text);
  if (!id) { said.textContent = told.unread.replace("{what}", text.slice(0, 80)); return; }
  said.textContent = told.noted.replace("{what}", id);
  const row = document.getElementById(`see-${id}`);
  row?.classList.add("calm");
  if (row?.querySelector("button")) row.querySelector("button").disabled = true;
  if (!(await saw(id))) said.textContent = told.full;
}

form.hidden = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  take(typed.value);
  typed.value = "";
});

function stop() {
  view.srcObject?.getTracks().forEach((one) => one.stop());
  view.srcObject = null;
  view.hidden = true;
  start.hidden = false;
}

async function look(detector, last) {
  if (!view.srcObject) return;
  const [code] = await detector.detect(view).catch(() => []);
  if (code && code.rawValue !== last) await take(code.rawValue);
  setTimeout(look, 250, detector, code ? code.rawValue : last);
}

if ("BarcodeDetector" in window && navigator.mediaDevices) {
  start.hidden = false;
  start.addEventListener("click", async () => {
    try {
      view.srcObject = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
    } catch { said.textContent = told.blind; return; }
    view.hidden = false;
    start.hidden = true;
    view.play().catch(() => {});
    look(new BarcodeDetector({ formats: ["qr_code"] }), "");
  });
  addEventListener("pagehide", stop);
  document.addEventListener("visibilitychange", () => { if (document.hidden && view.srcObject) stop(); });
}
