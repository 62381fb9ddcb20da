// The two servers under test, run as an operator would run them: each file of tests has a pair of its own.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import test, { after, before, beforeEach } from "node:test";
import OpenAI from "openai";

const TARGET = process.env.CARGO_TARGET_DIR ?? join(import.meta.dirname, "../../target");
const ADIT = process.env.ADIT_BIN ?? join(TARGET, "debug/adit");
const BEDROCK_SIM = process.env.BEDROCK_SIM_BIN ?? join(TARGET, "debug/bedrock-sim");

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

// Starts both servers before the tests of a file and stops them after. The members are there once tests run.
export function servers() {
  const running = {};
  const folder = mkdtempSync(join(tmpdir(), "adit-clients-js-"));
  const data = join(folder, "data");
  const adit = (...command) => execFileSync(ADIT, [...command, "--data", data], { encoding: "utf8" }).trim();

  before(async () => {
    running.simServer = await Server.start(join(folder, "sim.log"), BEDROCK_SIM, "--listen", "127.0.0.1:0");
    running.sim = new Sim(running.simServer.url);
    const options = ["--listen", "127.0.0.1:0", "--data", data, "--upstream", running.sim.url];
    running.aditServer = await Server.start(join(folder, "adit.log"), ADIT, "serve", ...options);
    running.url = running.aditServer.url;
    running.key = adit("key", "create", "javascript", "--quiet");
    // It does not retry, so that each test sees the first answer.
    running.connect = (options) =>
      new OpenAI({ baseURL: `${running.url}/v1`, apiKey: running.key, maxRetries: 0, timeout: 60_000, ...options });
    running.client = running.connect();
  });
  beforeEach(() => running.sim.reset());
  after(async () => {
    await running.aditServer?.stop();
    await running.simServer?.stop();
    rmSync(folder, { recursive: true });
  });
  return running;
}
