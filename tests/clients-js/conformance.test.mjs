// The official conformance suites of the Model Context Protocol, against both front doors: the server of this machine,
// and the function behind AWS Lambda, where each request may meet another environment.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import http from "node:http";
import { join } from "node:path";
import test from "node:test";
import { GUESTS, Stack } from "./processes.mjs";

const FIXTURES = join(import.meta.dirname, "conformance");
const SUITES = {
  "up to 2025-11-25": ["conformance", "--suite", "active"],
  "2025-11-25, by the newer suite": ["conformance-next", "--suite", "active", "--spec-version", "2025-11-25"],
  "2026-07-28": ["conformance-next", "--requirements", "2026-07-28"],
};

// The suites send no key, so somebody between has to.
function withKey(target, key) {
  const server = http.createServer((request, response) => {
    const options = { method: request.method, headers: { ...request.headers, authorization: `Bearer ${key}` } };
    const onward = http.request(target + request.url, options, (answer) => {
      response.writeHead(answer.statusCode, answer.headers);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    // Who leaves the one side leaves the other.
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

// Runs a suite to its end and answers its exit code and its words.
async function run([suite, ...options], url, baseline) {
  const program = join(import.meta.dirname, "node_modules", suite, "dist/index.js");
  const expected = ["--expected-failures", join(FIXTURES, baseline)];
  const child = spawn(process.execPath, [program, "server", "--url", url, ...options, ...expected]);
  let words = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (part) => (words += part));
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, words };
}

for (const [door, lambda] of Object.entries({ here: false, "on AWS Lambda": true })) {
  test(`conformance ${door}`, async (suites) => {
    const baseline = lambda ? "expected-failures-on-lambda.yml" : "expected-failures.yml";
    const stack = await Stack.start({ lambda, settings: join(FIXTURES, "adit.toml") });
    stack.enable(join(GUESTS, "conformance.wasm"), "test");
    stack.enable(join(GUESTS, "conformance.wasm"), "json", { set: "json" });
    const front = await withKey(stack.url, stack.key);
    try {
      for (const [name, command] of Object.entries(SUITES)) {
        await suites.test(name, async () => {
          const { code, words } = await run(command, `http://127.0.0.1:${front.address().port}/mcp`, baseline);
          assert.equal(code, 0, words);
        });
      }
    } finally {
      front.closeAllConnections();
      front.close();
      await stack.stop();
    }
  });
}
