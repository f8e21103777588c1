// The page: dials for a person, and keeps what each caller sees up to date.

import { Call, ask } from "./call.js";

const LOOK_EVERY = 400;
const ALIASES_EVERY = 1500;
const KEPT = "callers";

const form = document.querySelector("#dial");
const field = (name) => form.querySelector(`#${name}`);
const calls = new Map();

function show(element, text) {
  element.hidden = !text;
  element.textContent = text || "";
}

function keep() {
  sessionStorage.setItem(KEPT, JSON.stringify([...calls.keys()]));
  document.querySelector("#nobody").hidden = calls.size > 0;
}

function add(participant, dialled) {
  const call = new Call(participant, dialled, {
    again: (body) => dial(body),
    close: () => {
      calls.delete(participant);
      keep();
      field("name").focus();
    },
  });
  calls.set(participant, call);
  document.querySelector("#calls").prepend(call.element);
  keep();
  return call;
}

async function dial(body) {
  const asGuest = field("as-guest");
  show(field("refused"), "");
  asGuest.hidden = true;
  const answer = await ask("POST", "people", body);
  if (answer.status === 201) {
    const call = add(answer.body.participant, body);
    await call.look();
    call.element.scrollIntoView({ block: "nearest" });
    return;
  }
  const told = answer.body ? answer.body.detail : "The mock does not answer";
  if (answer.body && answer.body.pinRequired) {
    show(field("refused"), "This meeting asks for a PIN.");
    asGuest.hidden = !answer.body.guestsNeedNone;
    field("pin").focus();
  } else if (answer.status === 404) {
    show(field("refused"), "Nobody answers under that address.");
    field("alias").focus();
  } else {
    show(field("refused"), `The call was refused: ${told}.`);
  }
}

function written(pin) {
  const body = { alias: field("alias").value.trim(), name: field("name").value.trim(), kind: field("kind").value };
  if (pin) body.pin = pin;
  if (!field("number-field").hidden && field("number").value.trim()) body.number = field("number").value.trim();
  return body;
}

function fitKind() {
  const kind = field("kind").value;
  field("number-field").hidden = kind === "browser" || kind === "app";
}

async function offerAliases() {
  const answer = await ask("GET", "aliases");
  document.querySelector("#lost").hidden = answer.status !== 0;
  if (answer.status !== 200) return;
  const found = answer.body.map((one) => one.alias);
  const list = document.querySelector("#aliases");
  if (found.join() !== [...list.options].map((option) => option.value).join()) {
    list.replaceChildren(...found.map((alias) => Object.assign(document.createElement("option"), { value: alias })));
  }
  const few = found.slice(0, 3).join(", ");
  const more = found.length > 3 ? ` and ${found.length - 3} more` : "";
  const told = found.length ? `Can be dialled now: ${few}${more}.` : "Nothing can be dialled yet.";
  if (field("offered").textContent !== told) field("offered").textContent = told;
  if (!field("alias").value && found.length) field("alias").value = found[0];
}

async function forEver(what, pause) {
  for (;;) {
    await what();
    await new Promise((done) => setTimeout(done, pause));
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  dial(written(field("pin").value.trim()));
});
field("as-guest").addEventListener("click", () => dial(written("none")));
field("kind").addEventListener("change", fitKind);

fitKind();
for (const participant of JSON.parse(sessionStorage.getItem(KEPT) || "[]").reverse()) add(participant, null);
keep();
forEver(offerAliases, ALIASES_EVERY);
forEver(() => Promise.all([...calls.values()].map((call) => call.look())), LOOK_EVERY);
