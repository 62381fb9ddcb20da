// The two servers under test, run as an operator would run them: each file of tests has a pair of its own.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test, { after, before, beforeEach } from "node:test";
import OpenAI from "openai";

const TARGET = process.env.CARGO_TARGET_DIR ?? join(import.meta.dirname, "../../target");
const ADIT = process.env.ADIT_BIN ?? join(TARGET, "debug/adit");
const BEDROCK_SIM = process.env.BEDROCK_SIM_BIN ?? join(TARGET, "debug/bedrock-sim");
const BOOTSTRAP = process.env.ADIT_BOOTSTRAP_BIN ?? join(TARGET, "debug/bootstrap");
const RUNTIME_API = process.env.RUNTIME_API_BIN ?? join(TARGET, "debug/runtime-api");

// The folders with the plugins that are first-party, and with those that only tests have.
export const PLUGINS = process.env.ADIT_TEST_PLUGINS ?? join(TARGET, "adit/plugins");
export const GUESTS = process.env.ADIT_TEST_GUESTS ?? join(TARGET, "wasm/wasm32-wasip2/plugin/examples");

export const MODEL = "us.amazon.nova-lite-v1:0";

// Credentials that mean nothing outside the stand-in; a machine's real ones are never used.
const AWS = {
  AWS_ACCESS_KEY_ID: "sim",
  AWS_SECRET_ACCESS_KEY: "sim",
  AWS_REGION: "us-east-1",
  AWS_EC2_METADATA_DISABLED: "true",
};

// A child process that says where it listens in its first line.
class Server {
  static async start(log, program, ...options) {
    const server = new Server();
    const stdio = ["ignore", "pipe", openSync(log, "w")];
    server.process = spawn(program, options, { stdio, env: { ...process.env, ...AWS } });
    server.ended = new Promise((resolve) => server.process.once("close", resolve));
    server.process.once("error", () => {});
    const [first] = await Array.fromAsync(firstLine(server.process.stdout));
    if (!first?.startsWith("listening on ")) {
      throw new Error(`${program} did not start: ${first}\n${readFileSync(log, "utf8")}`);
    }
    server.url = first.slice("listening on ".length);
    return server;
  }

  async stop() {
    this.process.kill();
    await this.ended;
  }
}

async function* firstLine(output) {
  for await (const line of createInterface({ input: output })) {
    yield line;
    // What is written later is not read; it must not fill the pipe.
    output.resume();
    return;
  }
}

// The stand-in for Bedrock: what it received, and what it is told to do.
class Sim {
  constructor(url) {
    this.url = url;
  }

  // The model requests so far, each once it has ended, oldest first.
  requests() {
    return this.received("?settled=true");
  }

  // The model requests so far, ended or not.
  async received(query = "") {
    const records = await this.#call("GET", `/_sim/requests${query}`);
    return records.filter((record) => ["Converse", "ConverseStream", "InvokeModel"].includes(record.operation));
  }

  // Does this for every model request from now on. The members are those of a script's `action`.
  script(action) {
    const operations = ["Converse", "ConverseStream"];
    return this.#call("PUT", "/_sim/script", operations.map((operation) => ({ match: { operation }, action })));
  }

  async reset() {
    await this.#call("DELETE", "/_sim/script");
    await this.#call("DELETE", "/_sim/requests");
  }

  async #call(method, path, body) {
    const answer = await fetch(this.url + path, { method, body: body && JSON.stringify(body) });
    assert.equal(answer.status, 200);
    return answer.json();
  }
}

// Both servers, with a key. `settings` is the operator's file. With `lambda` each request may meet another of the
// environments of a function.
export class Stack {
  #folder = mkdtempSync(join(tmpdir(), "adit-clients-js-"));
  #servers = [];
  data = join(this.#folder, "data");

  static async start({ settings, lambda = false } = {}) {
    const stack = new Stack();
    mkdirSync(join(stack.data, "plugins"), { recursive: true });
    try {
      const { url } = await stack.#server("sim.log", BEDROCK_SIM, "--listen", "127.0.0.1:0");
      stack.sim = new Sim(url);
      const ours = settings ?? join(stack.#folder, "adit.toml");
      if (!settings) writeFileSync(ours, "");
      const command = lambda ? stack.#function(ours) : stack.#local(ours);
      ({ url: stack.url } = await stack.#server("adit.log", ...command));
      stack.key = stack.adit("key", "create", "javascript", "--quiet");
    } catch (fault) {
      await stack.stop();
      throw fault;
    }
    return stack;
  }

  // Runs a command of the operator's and answers what it printed.
  adit(...command) {
    return execFileSync(ADIT, [...command, "--data", this.data], { encoding: "utf8" }).trim();
  }

  // Puts a plugin into the folder and switches it on for the key.
  enable(component, name, config = {}) {
    copyFileSync(component, join(this.data, "plugins", `${name}.wasm`));
    this.adit("plugin", "enable", this.key, name, "--config", JSON.stringify(config));
  }

  // It does not retry, so that each test sees the first answer.
  connect(options) {
    return new OpenAI({ baseURL: `${this.url}/v1`, apiKey: this.key, maxRetries: 0, timeout: 60_000, ...options });
  }

  async stop() {
    for (const server of this.#servers.reverse()) await server.stop();
    rmSync(this.#folder, { recursive: true });
  }

  #local(settings) {
    const options = ["--data", this.data, "--upstream", this.sim.url, "--settings", settings];
    return [ADIT, "serve", "--listen", "127.0.0.1:0", ...options];
  }

  #function(settings) {
    const variables = { ADIT_CONFIG: settings, ADIT_DATA: this.data, ADIT_UPSTREAM: this.sim.url, ...AWS };
    const options = Object.entries(variables).flatMap(([name, value]) => ["--variable", `${name}=${value}`]);
    return [RUNTIME_API, BOOTSTRAP, "--environments", "8", ...options];
  }

  async #server(log, program, ...options) {
    this.#servers.push(await Server.start(join(this.#folder, log), program, ...options));
    return this.#servers.at(-1);
  }
}

// Starts both servers before the tests of a file and stops them after. The members are there once tests run. `plugins`
// has the components that are switched on for the key, by name.
export function servers({ plugins = {}, ...options } = {}) {
  const running = {};
  before(async () => {
    running.stack = await Stack.start(options);
    for (const [name, component] of Object.entries(plugins)) running.stack.enable(component, name);
    const { url, key, sim, data } = running.stack;
    Object.assign(running, { url, key, sim, data, connect: (options) => running.stack.connect(options) });
    running.client = running.connect();
  });
  beforeEach(() => running.sim.reset());
  after(() => running.stack?.stop());
  return running;
}
