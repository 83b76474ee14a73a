// Answers of an assessment: each is sent at once, or kept on this phone until the box can be reached; of one question the last counts.
// No service worker: the page stays open, or is opened again.
const KEPT = "assessments";
const place = document.getElementById("kept"), told = place.dataset;

function kept() {
  try { return JSON.parse(localStorage.getItem(KEPT)) || []; } catch { return []; }
}
function keep(list) {
  try { localStorage.setItem(KEPT, JSON.stringify(list)); } catch { return false; }
  return true;
}
const same = (a, b) => a.number === b.number && a.question === b.question && a.account === b.account;
const ours = (one) => one.account === told.account;

function show() {
  const list = kept().filter(ours), refused = list.find((one) => one.refused);
  place.hidden = !list.length;
  place.textContent = [list.length ? told.kept.replace("{n}", list.length) : "", refused ? `${refused.question}: ${told.refused.replace("{why}", refused.refused)}` : ""].filter(Boolean).join(" ");
  for (const one of list) if (one.number === told.one) draw(one);
}
function draw(one) {
  const form = document.querySelector(`form[data-question="${CSS.escape(one.question)}"]`);
  if (!form) return;
  form.querySelector("input[name=comment]").value = one.comment;
  let word = "";
  for (const button of form.querySelectorAll("button")) {
    const here = button.value === one.answer;
    button.classList.toggle("solid", here);
    button.setAttribute("aria-pressed", String(here));
    if (here) word = button.textContent;
  }
  form.previousElementSibling.textContent = [word, one.comment].filter(Boolean).join(" · ");
}

async function send(one) {
  const answer = await fetch(`/api/v1/assessments/${one.number}/answers`, {
    method: "POST", body: JSON.stringify({ question: one.question, answer: one.answer, comment: one.comment }),
    headers: { "Content-Type": "application/json", "Idempotency-Key": one.key }, signal: AbortSignal.timeout(20000),
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
  try {
    for (;;) {
      const one = kept().find((each) => ours(each) && !each.refused);
      if (!one) break;
      const refused = await send(one);
      keep(refused ? kept().map((each) => (each.key === one.key ? { ...each, refused } : each)) : kept().filter((each) => each.key !== one.key));
    }
  } catch { /* it is kept */ } finally { sending = false; }
  show();
}

for (const form of document.querySelectorAll("form[data-question]")) {
  form.addEventListener("submit", (event) => {
    if (!event.submitter) return;
    const key = [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(16).padStart(2, "0")).join("");
    const one = { number: told.one, question: form.dataset.question, answer: event.submitter.value, comment: form.querySelector("input[name=comment]").value.trim(), account: told.account, key };
    if (!keep([...kept().filter((each) => !same(each, one)), one])) return;  // no storage here: the form goes its plain way
    event.preventDefault();
    draw(one);
    flush();
  });
}
addEventListener("online", flush);
setInterval(() => { if (kept().some((one) => ours(one) && !one.refused)) flush(); }, 15000);
show();
flush();
