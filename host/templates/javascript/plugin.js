// Keeps a code name from models: prompts say something else in its place, and answers say it again.
//@ finish

import { write } from "adit:plugin/log@{{contract}}";
//@ end

// What an operator sets. `config.schema.json` says the same to machines.
let settings;

const DEFAULTS = {
  code_name: "Bluebird",
  public_name: "the project",
  //@ route
  long_prompts: null,
  //@ end
  //@ request
  house_rule: null,
  //@ end
  //@ event
  forbidden_tool: null,
  //@ end
  //@ finish
  log_from_tokens: 100000,
  //@ end
};

// The contract counts text in bytes of UTF-8.
const bytes = (text) => new TextEncoder().encode(text).length;

function faults(config) {
  const found = Object.keys(config)
    .filter((name) => !(name in DEFAULTS))
    .map((name) => ({ path: "/" + name, message: "is not a setting" }));
  for (const name of ["code_name", "public_name"]) {
    const value = config[name] ?? DEFAULTS[name];
    if (typeof value !== "string" || bytes(value) < 1 || bytes(value) > 256) {
      found.push({ path: "/" + name, message: "expected 1 to 256 bytes" });
    }
  }
  return found;
}

export const lifecycle = {
  // Called once an instance. A thrown list of faults refuses the config.
  init(json) {
    const config = JSON.parse(json);
    const found = faults(config);
    if (found.length) throw found;
    settings = { ...DEFAULTS, ...config };
    return {
      name: "{{name}}",
      version: "0.1.0",
      //@ text
      wants: { text: true },
      window: 256,
      //@ end
      //@ !text
      wants: {},
      window: 0,
      //@ end
    };
  },

  // One request. What a plugin remembers about it belongs here; this one remembers nothing.
  Session: class {},
};
//@ route

export const routeHook = {
  // Long prompts go to the model that the operator has set for them.
  onRoute(session, summary) {
    const long = settings.long_prompts;
    if (long && summary.promptBytes >= BigInt(long.from_bytes)) {
      return { tag: "to", val: { model: long.model } };
    }
    return { tag: "keep" };
  },
};
//@ end
//@ prompt

export const promptHook = {
  // No model reads the code name.
  onPrompt(session, segments) {
    const edits = segments
      .filter(({ text }) => text.includes(settings.code_name))
      .map(({ id, text }) => ({ id, text: text.replaceAll(settings.code_name, settings.public_name) }));
    return edits.length ? { tag: "edit", val: edits } : { tag: "keep" };
  },
};
//@ end
//@ request

export const requestHook = {
  // The operator's rule is the last of the instructions.
  onRequest(session, request) {
    if (!settings.house_rule) return { tag: "keep" };
    const system = [...request.system, { tag: "text", val: settings.house_rule }];
    return { tag: "replace", val: { ...request, system } };
  },
};
//@ end
//@ event

export const eventHook = {
  // An answer ends where it calls a tool that the operator forbids.
  onEvents(session, events) {
    const called = events
      .filter(({ tag, val }) => tag === "block-start" && val.kind.tag === "tool-use")
      .map(({ val }) => val.kind.val.name);
    if (called.includes(settings.forbidden_tool)) {
      const message = "this tool may not be called";
      return { tag: "stop", val: { status: 403, code: "tool_forbidden", message } };
    }
    return { tag: "pass" };
  },
};
//@ end
//@ finish

export const finishHook = {
  // Requests that cost much have a line in the operator's log.
  onFinish(session, { usage }) {
    const tokens = usage ? usage.inputTokens + usage.outputTokens : 0n;
    if (tokens >= BigInt(settings.log_from_tokens)) write("info", `a request cost ${tokens} tokens`);
  },
};
//@ end
//@ text

export const textHook = {
  // Answers say the code name again.
  onText(session, chunks) {
    return { tag: "rewrite", val: chunks.map(rewritten) };
  },
};

// Text that may be the beginning of the public name is left unconsumed: it comes back in front of the next text.
function rewritten(chunk) {
  let end = chunk.text.length;
  const text = chunk.text.replaceAll(settings.public_name, (name) => "\0".repeat(name.length));
  for (let begun = Math.min(settings.public_name.length - 1, end); begun > 0 && !chunk.final; begun--) {
    if (text.endsWith(settings.public_name.slice(0, begun))) {
      end -= begun;
      break;
    }
  }
  const consumed = chunk.text.slice(0, end);
  return { consumed: bytes(consumed), output: consumed.replaceAll(settings.public_name, settings.code_name) };
}
//@ end
