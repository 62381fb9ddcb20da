// Failures: each is the exception that the SDK has for it, and half an answer is never taken for a whole one.
import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { MODEL, servers } from "./processes.mjs";

const adit = servers();
const HELLO = { model: MODEL, messages: [{ role: "user", content: "Hello" }] };
const THROTTLED = { type: "ThrottlingException", message: "Too many requests" };

async function caught(promise, kind) {
  const error = await promise.then(() => assert.fail("no error"), (error) => error);
  assert.ok(error instanceof kind, `${error}`);
  return error;
}

test("a wrong key", async () => {
  const client = adit.connect({ apiKey: "sk-adit-wrong" });
  const error = await caught(client.chat.completions.create(HELLO), OpenAI.AuthenticationError);
  assert.deepEqual([error.status, error.code], [401, "invalid_api_key"]);
  assert.ok(!error.message.includes("sk-adit-wrong"));
  assert.deepEqual(await adit.sim.requests(), []);
});

test("an unknown model", async () => {
  const error = await caught(
    adit.client.chat.completions.create({ ...HELLO, model: "no-such-model" }),
    OpenAI.NotFoundError,
  );
  assert.deepEqual([error.status, error.code], [404, "model_not_found"]);
});

test("a bad parameter is named", async () => {
  const error = await caught(
    adit.client.chat.completions.create({ ...HELLO, temperature: 9 }),
    OpenAI.BadRequestError,
  );
  assert.deepEqual([error.type, error.param], ["invalid_request_error", "temperature"]);
  assert.ok(error.requestID);
});

for (const stream of [false, true]) {
  test(`throttling says when to come back, ${stream ? "streamed" : "whole"}`, async () => {
    await adit.sim.script({ error: { ...THROTTLED, retryAfter: 7 } });
    const error = await caught(adit.client.chat.completions.create({ ...HELLO, stream }), OpenAI.RateLimitError);
    assert.equal(error.status, 429);
    assert.equal(error.headers.get("retry-after"), "7");
  });
}

test("the SDK comes back after a 429 by itself and has its answer", async () => {
  await adit.sim.script({ error: { ...THROTTLED, retryAfter: 1 } });
  const attempts = [];
  const client = adit.connect({
    maxRetries: 2,
    fetch: async (url, options) => {
      const answer = await fetch(url, options);
      attempts.push([new Headers(options.headers).get("x-stainless-retry-count"), answer.status]);
      await adit.sim.reset();
      return answer;
    },
  });
  const answer = await client.chat.completions.create(HELLO);
  assert.equal(answer.choices[0].message.content, "Hello");
  assert.deepEqual(attempts, [["0", 429], ["1", 200]]);
});

const FAULTS = {
  "throttled": { exceptionAfter: { events: 3, type: "throttlingException", message: "Too many requests" } },
  "model failed": { exceptionAfter: { events: 3, type: "modelStreamErrorException", message: "It failed." } },
  "ended early": { cutAfter: { events: 3 } },
  "ended inside a frame": { cutAfter: { bytes: 700 } },
  "connection broke": { cutAfter: { events: 3, abort: true } },
};
const DELTAS = ["one ", "two ", "three ", "four ", "five ", "six ", "seven ", "eight ", "nine ", "ten"];

for (const [name, fault] of Object.entries(FAULTS)) {
  test(`a fault after the first word is an error: ${name}`, async () => {
    await adit.sim.script({ textDeltas: DELTAS, ...fault });
    const stream = await adit.client.chat.completions.create({ ...HELLO, stream: true });
    let text = "";
    const error = await caught((async () => {
      for await (const chunk of stream) {
        text += chunk.choices[0].delta.content ?? "";
        assert.equal(chunk.choices[0].finish_reason, null);
      }
    })(), OpenAI.APIError);
    assert.equal(error.status, undefined);
    assert.ok(text && DELTAS.join("").startsWith(text));
  });
}
