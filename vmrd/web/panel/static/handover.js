// The sign-in page of a screen that is being handed over: alarms go on ringing until the next officer has signed in.

import { readAlarms, unlock } from "./alarm.js";
import { readPage, ticks } from "./clock.js";

const EVERY = 2000;
const LOST_AFTER = 5000;
let proved = ticks(); // when vmrd last said what rings
const part = () => document.getElementById("handover");

/** What the page says of business time and of alarms. `asked`: when it was asked for. */
function read(asked) {
  readPage(part().dataset.now, Number(part().dataset.rate), asked);
  readAlarms();
}

async function look() {
  try {
    const asked = ticks();
    const answer = await fetch("/sign-in/alarms", { credentials: "same-origin", cache: "no-store" });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("handover");
      if (fresh.innerHTML !== part().innerHTML) part().replaceWith(fresh); // said again only when it is another
      else part().dataset.now = fresh.dataset.now;
      read(asked);
      proved = ticks();
    }
  } catch (lost) {
    // Asked again in a moment; what stood there last stays, and below it that it may be over.
  }
  const lost = ticks() - proved > LOST_AFTER;
  document.documentElement.classList.toggle("lost", lost);
  document.getElementById("handover-lost").hidden = !lost;
  setTimeout(look, EVERY);
}

read(0);
document.addEventListener("pointerdown", () => unlock());
unlock();
setTimeout(look, EVERY);
