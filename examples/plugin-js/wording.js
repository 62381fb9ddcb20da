// Replaces words in answers, as {"replace": {"Initech": "the customer"}, "at_most": 100} says.

// What `init` makes of the config: one instance has one.
let replacements; // By word.
let whole; // A pattern for any of the words.
let open; // The same while more text may come: (in group 1) it finds the beginning of a word at the end, too.
let atMost;

const bytes = (text) => new TextEncoder().encode(text).length;
const escaped = (text) => text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
const anyOf = (words) => words.map(escaped).join("|") || "(?!)";
const pointer = (word) => "/replace/" + word.replaceAll("~", "~0").replaceAll("/", "~1");

function* faults(config) {
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isObject(config)) return yield { path: "", message: "has to be an object" };
  const { replace, at_most: most = 0, ...unknown } = config;
  for (const name of Object.keys(unknown)) yield { path: "/" + name, message: "is no setting" };
  if (!Number.isInteger(most) || most < 0) yield { path: "/at_most", message: "has to be a whole number" };
  if (!isObject(replace)) return yield { path: "/replace", message: "has to be an object of words" };
  for (const [word, by] of Object.entries(replace)) {
    if (word === "") yield { path: "/replace/", message: "has to have a letter" };
    if (typeof by !== "string") yield { path: pointer(word), message: "has to be a text" };
  }
}

export const lifecycle = {
  // Called once an instance. A thrown list of faults refuses the config.
  init(json) {
    const config = JSON.parse(json);
    const found = [...faults(config)];
    if (found.length) throw found;

    atMost = config.at_most ?? Infinity;
    replacements = new Map(Object.entries(config.replace));
    // Where two words begin at the same place, the longer one wins.
    const words = [...replacements.keys()].sort((one, other) => other.length - one.length);
    const begun = words.flatMap((word) => [...word].map((_, end, letters) => letters.slice(0, end).join("")));
    whole = new RegExp(anyOf(words), "gu");
    open = new RegExp(`(${anyOf(begun.filter((text) => text !== ""))})$|${anyOf(words)}`, "gu");
    return { name: "wording", version: "0.1.0", wants: { text: true }, window: Math.max(0, ...words.map(bytes)) };
  },

  // What a plugin remembers about one request.
  Session: class {
    replaced = 0;
  },
};

export const textHook = {
  onText(session, chunks) {
    return { tag: "rewrite", val: chunks.map((chunk) => rewritten(session, chunk)) };
  },
};

function rewritten(session, { text, final }) {
  let output = "";
  let done = 0;
  for (const { 0: found, 1: begun, index } of text.matchAll(final ? whole : open)) {
    output += text.slice(done, index);
    // The rest of the word may come with the next chunk: what is not consumed comes back in front of it.
    if (begun !== undefined) return { consumed: bytes(text.slice(0, index)), output };
    output += replacements.get(found);
    done = index + found.length;
    session.replaced += 1;
    // What a plugin throws fails the request; the operator's log says why.
    if (session.replaced > atMost) throw new Error(`more than ${atMost} words to replace`);
  }
  return { consumed: bytes(text), output: output + text.slice(done) };
}
