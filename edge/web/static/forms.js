// Forms: sent once and until they arrive, held where holding is asked for, and never lost while typed.

const AGAIN_MS = 2000, HOLD_MS = 3000, ANSWER_MS = 20000;

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((one) => one.toString(16).padStart(2, "0")).join("");
}

export function guardForms(root) {
  for (const form of root.querySelectorAll("form[data-once]:not([data-sending-guarded]), form[data-sent]:not([data-sending-guarded])")) once(form);
  for (const button of root.querySelectorAll("button.hold:not([data-guarded])")) hold(button);
  for (const form of root.querySelectorAll("form[data-draft]:not([data-guarded])")) draft(form);
  for (const list of root.querySelectorAll("#start:not([data-guarded])")) opening(list);
}

// A key for each opening of the list: what is sent twice from it is one start, what is opened anew is another.
function opening(list) {
  list.dataset.guarded = "";
  list.addEventListener("toggle", () => {
    const key = list.querySelector("input[name=key]");
    if (list.open && key) key.value = newKey();
  });
  list.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && list.open) { list.open = false; list.querySelector("summary").focus(); }
  });
}

// "Buttons below are still tried": what cannot be sent now is sent again, with the same key, until it arrives.
// What ends or releases (data-sent="once") is sent by the person alone: it stays on the page, with all that was typed.
function once(form) {
  form.dataset.sendingGuarded = "";
  const again = form.dataset.sent !== "once";
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (form.dataset.sending) return;
    form.dataset.sending = "yes";
    const said = form.querySelector(".sending");
    const show = (text) => { if (said) { said.hidden = !text; said.textContent = text; } };
    show(said ? said.dataset.sending : "");
    const body = new URLSearchParams(new FormData(form, event.submitter));
    body.set("back", location.pathname);
    for (;;) {
      try {
        const answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html", "X-Requested-With": "fetch" }, signal: AbortSignal.timeout(ANSWER_MS) });
        if (answer.redirected) { location.assign(answer.url); return; }
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        document.querySelector("main").replaceWith(page.querySelector("main"));
        guardForms(document);
        delete form.dataset.sending;
        show("");
        return;
      } catch {
        show(said ? said.dataset.again : "");
        if (!again) { delete form.dataset.sending; return; }
        await new Promise((go) => setTimeout(go, AGAIN_MS));
      }
    }
  });
}

// Held for three seconds by finger, mouse, Enter or Space; let go: nothing happened.
function hold(button) {
  button.dataset.guarded = "";
  let timer = 0;
  const stop = () => { clearTimeout(timer); timer = 0; button.classList.remove("held"); };
  const start = () => {
    if (timer || !button.form.reportValidity()) return;
    button.classList.add("held");
    timer = setTimeout(() => {
      timer = 0;
      const held = button.form.querySelector("input[name=held]");
      held.value = "held";
      button.form.requestSubmit();
      // Held once is sent once: it counts for no other touch.
      held.value = "";
    }, Number(button.dataset.hold) || HOLD_MS);
  };
  button.type = "button";
  button.addEventListener("pointerdown", (event) => { if (event.button === 0) start(); });
  for (const over of ["pointerup", "pointerleave", "pointercancel", "blur"]) button.addEventListener(over, stop);
  button.addEventListener("keydown", (event) => { if ((event.key === "Enter" || event.key === " ") && !event.repeat) { event.preventDefault(); start(); } });
  button.addEventListener("keyup", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); stop(); } });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
}

// What is typed survives a reload and a sign-in, on this device, until the box has it. Never a code or a password.
const DRAFT = "draft ";
function readDraft(name) {
  try { return JSON.parse(localStorage.getItem(name)) || {}; } catch { return {}; }
}
// Sent is not arrived: it is forgotten where a page says that what was sent is done.
function forgetArrived() {
  try {
    if (!document.querySelector("#said.done")) return;
    for (const name of Object.keys(localStorage)) if (name.startsWith(DRAFT) && readDraft(name).sent) localStorage.removeItem(name);
  } catch { /* no storage here */ }
}
forgetArrived();
function draft(form) {
  form.dataset.guarded = "";
  const name = DRAFT + form.dataset.draft;
  const fields = [...form.querySelectorAll("textarea, input[type=text], input:not([type])")].filter((one) => one.name && one.name !== "word");
  const keep = (sent) => {
    const values = Object.fromEntries(fields.map((one) => [one.name, one.value]));
    try { localStorage.setItem(name, JSON.stringify({ values, sent })); } catch { /* what is typed lives as long as the page */ }
  };
  const kept = readDraft(name);
  for (const field of fields) if (!field.value && kept.values && kept.values[field.name]) field.value = kept.values[field.name];
  if (kept.sent) keep(false);
  form.addEventListener("input", () => keep(false));
  form.addEventListener("submit", () => keep(true));
}
