// The sign-in page of a screen that is being handed over: alarms go on ringing until the next officer has signed in.

import { readAlarms, unlock } from "./alarm.js";

const EVERY = 2000;
const part = () => document.getElementById("handover");

async function look() {
  try {
    const answer = await fetch("/sign-in/alarms", { credentials: "same-origin", cache: "no-store" });
    if (answer.ok) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("handover");
      if (fresh && fresh.outerHTML !== part().outerHTML) part().replaceWith(fresh);
      readAlarms();
    }
  } catch (lost) {
    // Asked again in a moment; what stood there last stays.
  }
  setTimeout(look, EVERY);
}

readAlarms();
unlock(false);
setTimeout(look, EVERY);
