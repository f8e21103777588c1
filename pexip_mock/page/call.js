// One caller: a card that says what their own screen would say, with what they can do.

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const KEY_NAMES = { "*": "star", "#": "hash" };
const KINDS = {
  browser: "browser",
  app: "app",
  phone: "telephone",
  "room-system": "room system",
  skype: "Skype for Business",
  h323: "H.323",
  recorder: "recorder",
};

// Asks /mock/v1; status 0 when nobody answers.
export async function ask(method, path, body) {
  const settings = { method };
  if (body) Object.assign(settings, { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  try {
    const answer = await fetch(`/mock/v1/${path}`, settings);
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  } catch {
    return { status: 0, body: null };
  }
}

// Writes only what changed, so that a screen reader hears each change once.
function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

export class Call {
  // `dialled`: what was sent to dial, null for a call found again after the page was loaded anew.
  constructor(participant, dialled, { again, close }) {
    this.participant = participant;
    this.dialled = dialled;
    this.state = "";
    this.typed = "";
    this.again = again;
    this.close = close;
    this.element = document.querySelector("#call").content.firstElementChild.cloneNode(true);
    this.find(".keys").append(...KEYS.map((key) => this.key(key)));
    this.element.addEventListener("click", (event) => {
      const button = event.target.closest("button[data-act]");
      if (button) this.act(button.dataset.act, button.getAttribute("aria-pressed") === "true");
    });
    this.find(".renaming form").addEventListener("submit", (event) => {
      event.preventDefault();
      const input = this.find(".renaming input");
      this.send("rename", { name: input.value.trim() });
      input.value = "";
      this.find(".renaming").open = false;
      this.find(".renaming summary").focus();
    });
  }

  find(selector) {
    return this.element.querySelector(selector);
  }

  key(sign) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = sign;
    if (KEY_NAMES[sign]) button.setAttribute("aria-label", KEY_NAMES[sign]);
    button.addEventListener("click", () => {
      this.typed = (this.typed + sign).slice(-24);
      say(this.find(".typed"), `Pressed: ${this.typed}`);
      this.send("dtmf", { digits: sign });
    });
    return button;
  }

  async act(act, pressed) {
    if (act === "leave") await this.send("leave");
    else if (act === "video") await this.send("video", { on: pressed });
    else if (act === "present") await this.send("present", { on: !pressed });
    else if (act === "again") this.again(this.dialled);
    else {
      this.element.remove();
      this.close();
    }
  }

  async send(act, body) {
    const answer = await ask("POST", `people/${this.participant}/${act}`, body);
    say(this.find(".failed"), answer.status < 300 && answer.status > 0 ? "" : "That was not possible any more.");
    await this.look();
  }

  async look() {
    if (this.state === "left") return;
    const answer = await ask("GET", `people/${this.participant}`);
    if (answer.status === 200) this.show(answer.body);
    else if (answer.status === 404) this.forgotten();
  }

  forgotten() {
    this.state = this.element.dataset.state = "left";
    say(this.find(".situation"), "The mock was started anew: this call is gone.");
    this.settle();
  }

  show(seen) {
    const arrivedAtPin = seen.state === "pin" && this.state !== "pin";
    this.state = this.element.dataset.state = seen.state;
    say(this.find(".name"), seen.name);
    say(this.find(".kind"), `(${KINDS[seen.kind] || seen.kind}${seen.role === "host" ? ", host" : ""})`);
    say(this.find(".alias"), `to ${seen.alias}`);
    say(this.find(".situation"), seen.sentence);
    say(this.find(".notes"), this.notes(seen).join(" "));
    if (arrivedAtPin) this.find(".keypad").open = true;
    this.toggle("video", !seen.video, seen.hasCamera, "Camera on", "Camera off");
    this.toggle("present", seen.presenting, seen.canPresent, "Stop presenting", "Present");
    this.roster(seen.roster);
    this.settle();
  }

  notes(seen) {
    const notes = [];
    if (seen.recorded) notes.push("This meeting is being recorded.");
    if (seen.locked) notes.push("The meeting is locked.");
    if (seen.muted) notes.push("They are muted.");
    return notes;
  }

  toggle(act, on, possible, whenOn, whenOff) {
    const button = this.find(`[data-act=${act}]`);
    button.dataset.possible = possible ? "yes" : "no";
    button.setAttribute("aria-pressed", String(on));
    if (button.textContent !== (on ? whenOn : whenOff)) button.textContent = on ? whenOn : whenOff;
  }

  roster(people) {
    this.find(".roster").hidden = people.length === 0;
    const lines = people.map((one) => {
      const more = [];
      if (one.you) more.push("themselves");
      if (one.role === "host") more.push("host");
      if (one.where !== "inside") more.push(one.where);
      if (one.where === "inside" && !one.video) more.push("no picture");
      if (one.presenting) more.push("presenting");
      return one.name + (more.length ? ` (${more.join(", ")})` : "");
    });
    const list = this.find(".roster ul");
    if (lines.join("\n") !== [...list.children].map((item) => item.textContent).join("\n")) {
      list.replaceChildren(...lines.map((line) => Object.assign(document.createElement("li"), { textContent: line })));
    }
  }

  settle() {
    const left = this.state === "left";
    const inside = this.state === "inside";
    const had = document.activeElement;
    for (const button of this.element.querySelectorAll("[data-act]")) {
      const act = button.dataset.act;
      if (act === "close") button.hidden = !left;
      else if (act === "again") button.hidden = !left || !this.dialled;
      else if (act === "leave") button.hidden = left;
      else button.hidden = !inside || button.dataset.possible === "no";
    }
    if (had && had.hidden && this.element.contains(had)) this.find("[data-act]:not([hidden])").focus();
    this.find(".keypad").hidden = left;
    this.find(".renaming").hidden = left;
    if (left) say(this.find(".notes"), "");
    if (left) this.find(".roster").hidden = true;
  }
}
