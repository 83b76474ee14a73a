// Brings an element's children to new HTML, touching only what differs. What somebody uses is never replaced:
// a form, what has the focus, and the row under a finger. An open <details> stays open, and what is in it stays true.

let finger = null;
addEventListener("pointerdown", (event) => { finger = event.target; }, true);
for (const over of ["pointerup", "pointercancel"]) addEventListener(over, () => { finger = null; }, true);

const used = (node) =>
  node.nodeType === 1 &&
  (node.contains(document.activeElement) && document.activeElement !== document.body || (finger && node.contains(finger)));
const kept = (node) => node.nodeType === 1 && node.tagName === "FORM";
const key = (node) => (node.nodeType === 1 && node.id ? node.id : "");
const alike = (a, b) => a.nodeType === b.nodeType && a.nodeName === b.nodeName && key(a) === key(b);

// Returns whether anything changed.
export function patch(element, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  return children(element, holder.content);
}

function children(mine, theirs) {
  let changed = false;
  const byKey = new Map([...mine.childNodes].filter(key).map((node) => [key(node), node]));
  let here = mine.firstChild;
  for (const wanted of [...theirs.childNodes]) {
    const found = byKey.get(key(wanted)) || null;
    if (found && found.nodeName === wanted.nodeName) {
      // A row never moves under a finger or from the focus.
      if (found !== here && !used(mine)) { mine.insertBefore(found, here); changed = true; }
      else if (found === here) here = here.nextSibling;
      byKey.delete(key(found));
      changed = same(found, wanted) || changed;
    } else if (here && !key(here) && alike(here, wanted)) {
      const next = here.nextSibling;
      changed = same(here, wanted) || changed;
      here = next;
    } else {
      const node = document.importNode(wanted, true);
      if (node.nodeType === 1 && (node.tagName === "LI" || node.getAttribute("role") === "alert")) node.classList.add("fresh");
      mine.insertBefore(node, here);
      changed = true;
    }
  }
  const left = new Set(byKey.values());
  while (here) { if (!left.has(here) && !matched(here, theirs)) left.add(here); here = here.nextSibling; }
  for (const node of left) if (node.parentNode === mine && !used(node)) { node.remove(); changed = true; }
  return changed;
}
const matched = (node, theirs) => key(node) && [...theirs.childNodes].some((one) => key(one) === key(node));

function same(mine, theirs) {
  if (mine.nodeType !== 1) {
    if (mine.nodeValue === theirs.nodeValue) return false;
    mine.nodeValue = theirs.nodeValue;
    return true;
  }
  if (kept(mine)) return false;
  let changed = false;
  for (const { name, value } of [...theirs.attributes]) if (mine.getAttribute(name) !== value && !(name === "class" && mine.classList.contains("fresh"))) { mine.setAttribute(name, value); changed = true; }
  for (const { name } of [...mine.attributes]) if (!theirs.hasAttribute(name) && name !== "data-at" && name !== "open" && name !== "class") { mine.removeAttribute(name); changed = true; }
  // Ages are counted here; the stream sends them beside the HTML.
  if (mine.tagName === "TIME" && !theirs.textContent) return changed;
  return children(mine, theirs) || changed;
}
