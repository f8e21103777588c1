// Makes a part of the page like its new text, touching only what differs (Idiomorph does that): elements with an id are
// the same element wherever they now stand, so focus and opened parts stay. What an officer has filled in stays too.

/* global Idiomorph */

/** Makes `old` like `fresh`, an element of the same kind. */
export function morph(old, fresh) {
  Idiomorph.morph(old, fresh, { morphStyle: "outerHTML", callbacks: ours });
}

const ours = {
  beforeNodeMorphed(old, fresh) {
    if (held(old)) return false;
    if (!filledIn(old)) return true;
    // Attributes alone: they say what stands in a field until somebody touches it, and nothing afterwards.
    for (const { name, value } of Array.from(fresh.attributes)) {
      if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    return false;
  },
  beforeNodeRemoved: (node) => !held(node),
  // What an officer opened or closed stays so.
  beforeAttributeUpdated: (name, element) => !(name === "open" && element.tagName === "DETAILS"),
};

const held = (node) => node.nodeType === Node.ELEMENT_NODE && node.hasAttribute("data-hold");
const filledIn = (node) => node.nodeType === Node.ELEMENT_NODE
  && node.matches("input:not([type=hidden]), textarea, select");
