// The page that stands in for a screen while vmrd has lost its database: asks for the screen, and shows it once it is there.

const EVERY = 2000;
const screen = document.querySelector("[data-again]").dataset.again;

async function look() {
  try {
    const answer = await fetch(screen, { credentials: "same-origin", cache: "no-store" });
    if (answer.status < 500) {
      location.replace(screen);
      return;
    }
  } catch (lost) {
    // Asked again in a moment.
  }
  setTimeout(look, EVERY);
}

setTimeout(look, EVERY);
