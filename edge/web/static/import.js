// A list of assets: read and told first, then taken as a whole. The file goes to the box as it is.
const form = document.getElementById("import"), told = document.getElementById("told");
const sum = document.getElementById("sum"), rows = document.getElementById("rows");
const take = document.getElementById("take"), rest = document.getElementById("take-rest");
const say = (text, values) => text.replace(/\{(\w+)\}/g, (all, name) => (name in values ? values[name] : all));
let name = "";

function show(text) { told.hidden = false; sum.textContent = text; }
function line(text) { rows.append(Object.assign(document.createElement("li"), { textContent: text })); }

async function asked(path, body, kind) {
  let answer;
  try {
    answer = await fetch(path, { method: "POST", body, headers: { "Content-Type": kind } });
  } catch { show(told.dataset.lost); return null; }
  const said = await answer.json().catch(() => ({ detail: told.dataset.lost }));
  if (!answer.ok) { show(said.detail); return null; }
  return said;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  take.hidden = rest.hidden = true;
  rows.replaceChildren();
  show(told.dataset.reading);
  const said = await asked("/api/v1/inventory/imports", document.getElementById("file").files[0], "text/csv");
  if (!said) return;
  name = said.id;
  show(say(told.dataset.sum, { new: said.new, change: said.change, same: said.same, refused: said.refused_count }));
  const gone = said.columns.filter((one) => !one.field).map((one) => one.column).join(", ");
  if (gone) line(say(told.dataset.gone, { columns: gone }));
  if (said.as_room.length) line(say(told.dataset.room, { n: said.as_room.length }));
  for (const one of said.refused) line(say(told.dataset.line, { n: one.line, why: one.words }));
  for (const one of said.shown) line(say(told.dataset.line, { n: one.line, why: Object.values(one.said).join(" · ") }));
  take.hidden = said.refused_count > 0 || said.new + said.change === 0;
  rest.hidden = said.refused_count === 0 || said.new + said.change === 0;
});

async function taken(without) {
  take.hidden = rest.hidden = true;
  show(told.dataset.reading);
  const said = await asked(`/api/v1/inventory/imports/${name}/take`, JSON.stringify({ without_refused: without }), "application/json");
  if (said) { rows.replaceChildren(); show(say(told.dataset.done, { n: said.assets })); }
}
take.addEventListener("click", () => taken(false));
rest.addEventListener("click", () => taken(true));
