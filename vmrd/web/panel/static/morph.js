// Makes a part of the page like its new text, touching only what differs: focus, half-filled forms and opened parts
// stay. Elements with an id are the same element wherever they now stand.

/** Makes `old` like `fresh`, an element of the same kind. */
export function morph(old, fresh) {
  if (old.hasAttribute("data-hold") || old.isEqualNode(fresh)) return;
  attributes(old, fresh);
  children(old, fresh);
}

function attributes(old, fresh) {
  for (const { name, value } of Array.from(fresh.attributes)) {
    if (old.getAttribute(name) !== value && !officers(old, name)) old.setAttribute(name, value);
  }
  for (const { name } of Array.from(old.attributes)) {
    if (!fresh.hasAttribute(name) && !officers(old, name)) old.removeAttribute(name);
  }
}

// What an officer opened or closed stays so.
const officers = (element, name) => name === "open" && element.tagName === "DETAILS";

function children(old, fresh) {
  const byId = new Map();
  for (const child of Array.from(old.children)) if (child.id) byId.set(child.id, child);
  const wanted = new Set(Array.from(fresh.children, (child) => child.id).filter(Boolean));
  let place = old.firstChild;
  for (const next of Array.from(fresh.childNodes)) {
    // What is on its way out must not be taken for its successor.
    while (place && place.id && !wanted.has(place.id) && !place.hasAttribute("data-hold")) place = drop(place);
    const same = next.id ? byId.get(next.id) : null;
    if (same) {
      // To move an element takes the focus from all that is in it: what has no name of its own gives way instead.
      while (place && place !== same && !place.id) place = drop(place);
      if (same === place) place = place.nextSibling;
      else old.insertBefore(same, place);
      morph(same, next);
    } else if (place && !next.id && !place.id && place.nodeName === next.nodeName) {
      const here = place;
      place = place.nextSibling;
      if (here.nodeType === Node.ELEMENT_NODE) morph(here, next);
      else if (here.nodeValue !== next.nodeValue) here.nodeValue = next.nodeValue;
    } else {
      old.insertBefore(document.importNode(next, true), place);
    }
  }
  while (place) place = drop(place);
}

function drop(node) {
  const after = node.nextSibling;
  if (!(node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-hold"))) node.remove();
  return after;
}
