// Press and hold, the quick way past "are you sure?". The link itself leads to the question, so that nobody has to hold:
// a tap, a key, a switch or a browser without this script get there. What is held is the form of the question's answer.

const HOLD = 1500;
let held = null; // {link, timer}
let done = false; // a hold is over, and its finger has yet to come up

/** Whether a finger is on its way through a hold. */
export const holding = () => held !== null;

/** `ready(link)`: whether it may be pressed already; `press(form)`: the hold is over, so this is meant. */
export function listenToHolds(ready, press) {
  document.addEventListener("pointerdown", (event) => {
    done = false;
    const link = event.target.closest("[data-held]");
    if (!link || event.button !== 0 || !ready(link)) return;
    link.classList.add("held");
    held = { link, timer: setTimeout(() => meant(link, press), HOLD) };
  });
  for (const end of ["pointerup", "pointercancel", "blur"]) window.addEventListener(end, letGo);
  document.addEventListener("click", (event) => {
    if (done && event.target.closest("[data-held]")) event.preventDefault(); // the finger came up: no second press
  }, true);
  for (const name of ["contextmenu", "dragstart"]) {
    document.addEventListener(name, (event) => { if (event.target.closest("[data-held]")) event.preventDefault(); });
  }
}

function meant(link, press) {
  done = true;
  letGo();
  press(document.getElementById(link.dataset.held));
}

function letGo() {
  if (held === null) return;
  clearTimeout(held.timer);
  held.link.classList.remove("held");
  held = null;
}
