// A panel nobody has touched for long rests: dimmed, still live, and deaf. The first press only wakes it, because whoever
// comes back must see before they act. An alarm wakes it, too.

const RESTS_AFTER = 10 * 60 * 1000;
let touched = 0;
let resting = false;
let waking = false; // the press that wakes is under way: all of it is swallowed

/** `now()`: milliseconds that never run slow; `woken()`: called when a press woke it. */
export function listenToRest(now, woken) {
  touched = now();
  for (const name of ["pointerdown", "pointermove", "keydown", "wheel"]) {
    window.addEventListener(name, () => { if (!resting) touched = now(); }, { capture: true, passive: true });
  }
  for (const name of ["pointerdown", "keydown", "pointerup", "keyup", "click", "submit"]) {
    window.addEventListener(name, (event) => {
      const begins = name === "pointerdown" || name === "keydown";
      if (begins) waking = resting;
      if (!waking) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (begins) { touched = now(); rest(false); woken(); }
      if (name === "keyup" || name === "click") waking = false;
    }, true);
  }
}

/** Rest if it is time to. `alarmed`: something rings. */
export function restIfDue(now, alarmed) {
  if (alarmed) touched = now;
  rest(now - touched >= RESTS_AFTER);
}

function rest(yes) {
  if (resting === yes) return;
  resting = yes;
  document.documentElement.classList.toggle("resting", yes);
  document.getElementById("resting").hidden = !yes;
}
