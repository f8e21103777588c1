// Single keys, for hands that know them and for button boxes, which type keys. They are dead while somebody writes and
// with any other key held down, and an officer may turn them off in this browser.

const MEANINGS = { l: "lock", k: "seen", "?": "help", Escape: "back", ArrowRight: "next", ArrowLeft: "before" };
const TEXT = "textarea, select, [contenteditable], input:not([type=checkbox]):not([type=radio]):not([type=submit])";

/** What a key means: one of `MEANINGS`, "room 1" to "room 9", or "" for nothing. */
export function meaning(key) {
  if (/^[1-9]$/.test(key)) return `room ${key}`;
  return MEANINGS[key.length === 1 ? key.toLowerCase() : key] || "";
}

/** What a key press asks for where it was pressed; "" where keys are dead. */
export function asked(event) {
  const held = event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key !== "?");
  if (held || event.repeat || event.isComposing || event.defaultPrevented) return "";
  const within = event.target instanceof Element ? event.target : null;
  if (within && within.closest(TEXT)) return "";
  if (within && within.tagName === "INPUT" && event.key.startsWith("Arrow")) return "";
  return meaning(event.key);
}

const place = (officer) => `vmrd-keys-off:${officer}`;

/** Whether this officer has the keys on in this browser; a browser that keeps nothing has them on. */
export function keysOn(officer) {
  try { return localStorage.getItem(place(officer)) === null; } catch (kept) { return true; }
}

export function turnKeys(officer, on) {
  if (on) localStorage.removeItem(place(officer));
  else localStorage.setItem(place(officer), "yes");
}

/** The button or link on the page that a key stands for, or null. `ready`: whether a button may be pressed already. */
export function target(wanted, ready) {
  const all = (name) => Array.from(document.querySelectorAll(`[data-key="${name}"]`));
  const rooms = all("room");
  const here = rooms.indexOf(document.activeElement);
  switch (wanted) {
    case "lock": return all("lock")[0] || null; // what makes a room safe waits for nothing
    case "seen": return all("seen").find(ready) || null;
    case "help": case "back": return all(wanted)[0] || null;
    case "next": return rooms[here + 1] || rooms[0] || null;
    case "before": return rooms[here < 0 ? 0 : here - 1] || rooms[rooms.length - 1] || null;
    default: return rooms[Number(wanted.slice(5)) - 1] || null;
  }
}
