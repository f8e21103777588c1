// Keeps the rehearsal's controls up to date and sends their forms without loading the page again, which would take the
// sound away. Without this script the same forms work, and reloading shows how far the story is.

const EVERY = 700;
const WITHIN = 2500;
const ADDRESS = "/panel/demo";
let shown = "";
let pressing = false;

const box = () => document.getElementById("demo-controls");

function here() {
  return location.pathname.startsWith("/panel") ? location.pathname.slice("/panel".length) + location.search : "";
}

async function ask(address, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), WITHIN);
  try {
    return await fetch(address, { ...options, signal: stop.signal, credentials: "same-origin", cache: "no-store" });
  } finally {
    clearTimeout(timer);
  }
}

/** On a meeting's own page the panel's bar sticks to the bottom; the controls go above it, never over it. */
function place() {
  const bar = document.querySelector("#live .bar");
  const sticks = bar !== null && getComputedStyle(bar).position === "sticky";
  box().parentElement.style.bottom = sticks ? `${bar.offsetHeight}px` : "0";
}

async function update() {
  place();
  const choosing = document.activeElement && document.activeElement.closest("#demo-controls select");
  if (!pressing && !choosing && !document.hidden) {
    try {
      const answer = await ask(ADDRESS);
      if (answer.ok) show(await answer.text());
    } catch (lost) {
      // The panel's own veil says that the line is lost.
    }
  }
  setTimeout(update, EVERY);
}

function show(text) {
  if (text === shown || pressing) return;
  shown = text;
  const focused = document.activeElement && box().contains(document.activeElement) ? document.activeElement.id : "";
  const fresh = new DOMParser().parseFromString(text, "text/html").getElementById("demo-controls");
  box().replaceWith(document.adoptNode(fresh));
  const again = focused && document.getElementById(focused);
  if (again) again.focus();
}

async function send(form) {
  form.elements.back.value = here();
  try {
    const body = new URLSearchParams(new FormData(form));
    const answer = await ask(form.action, { method: "POST", body, redirect: "manual" });
    if (answer.type !== "opaqueredirect" && !answer.ok) tell(await answer.text());
  } catch (lost) {
    // Pressed again, it is done again: nothing here needs to be kept.
  }
}

/** The page that answers a press that was not done holds the sentence. */
function tell(page) {
  const words = new DOMParser().parseFromString(page, "text/html").getElementById("said-words");
  const line = box().querySelector(".demo-why") || box().querySelector(".demo-step");
  if (words && line) line.textContent = words.textContent;
}

document.addEventListener("pointerdown", (event) => { pressing = Boolean(event.target.closest("#demo-controls")); });
for (const end of ["pointerup", "pointercancel", "blur"]) window.addEventListener(end, () => { pressing = false; });
document.addEventListener("submit", (event) => {
  if (!box().contains(event.target)) return;
  event.preventDefault();
  send(event.target);
});

place();
setTimeout(update, EVERY);
