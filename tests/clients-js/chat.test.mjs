// Plain conversations, with the stand-in's default model: it says what the user said.
import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { MODEL, servers } from "./processes.mjs";

const adit = servers();
const TEXT = "Grüße aus 東京 🙂, said once.";

function ask(content, options, settings) {
  const messages = [{ role: "user", content }];
  return adit.client.chat.completions.create({ model: MODEL, messages, ...options }, settings);
}

test("a whole answer", async () => {
  const answer = await ask(TEXT);
  const [choice] = answer.choices;
  assert.equal(choice.message.role, "assistant");
  assert.equal(choice.message.content, TEXT);
  assert.equal(choice.finish_reason, "stop");
  assert.ok(answer.usage.total_tokens > 0);
  assert.equal(answer.usage.total_tokens, answer.usage.prompt_tokens + answer.usage.completion_tokens);
  assert.ok(answer._request_id);
});

test("a streamed answer is the whole answer in pieces, and its usage comes last", async () => {
  const whole = await ask(TEXT);
  const stream = await ask(TEXT, { stream: true, stream_options: { include_usage: true } });
  const chunks = await Array.fromAsync(stream);
  const last = chunks.pop();
  assert.equal(chunks[0].choices[0].delta.role, "assistant");
  assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""), TEXT);
  assert.deepEqual(chunks.map((chunk) => chunk.choices[0].finish_reason).filter(Boolean), ["stop"]);
  assert.ok(chunks.every((chunk) => !chunk.usage));
  assert.deepEqual(last.choices, []);
  assert.deepEqual(last.usage, whole.usage);
});

test("a stream has no usage unless it is asked for", async () => {
  const chunks = await Array.fromAsync(await ask(TEXT, { stream: true }));
  assert.ok(chunks.every((chunk) => chunk.choices.length === 1 && !chunk.usage));
});

test("text survives any cut between network writes", async () => {
  for (const splitBytes of [1, 7, [64, 3]]) {
    await adit.sim.script({ splitBytes });
    const chunks = await Array.fromAsync(await ask(TEXT, { stream: true }));
    assert.equal(chunks.map((chunk) => chunk.choices[0].delta.content ?? "").join(""), TEXT);
  }
});

test("parallel requests do not mix", async () => {
  const numbers = Array.from({ length: 24 }, (_, number) => `number ${number}`);
  const answers = await Promise.all(numbers.map((text) => ask(text)));
  assert.deepEqual(answers.map((answer) => answer.choices[0].message.content), numbers);
});

test("the list of models", async () => {
  const models = await Array.fromAsync(adit.client.models.list());
  assert.ok(models.some((model) => model.id === MODEL));
  assert.ok(models.every((model) => model.object === "model" && model.owned_by && Number.isInteger(model.created)));
});

test("a client that leaves a stream ends the request to Bedrock", async () => {
  await adit.sim.script({ textDeltas: Array(2000).fill("word "), paceMs: 20 });
  const stream = await ask("Talk.", { stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content) stream.controller.abort();
  }
  assert.deepEqual((await adit.sim.requests()).map((request) => request.outcome), ["clientLeft"]);
});

test("a client that leaves before the answer ends the request to Bedrock", async () => {
  await adit.sim.script({ hang: true });
  const controller = new AbortController();
  const answer = ask("Talk.", {}, { signal: controller.signal });
  const refused = assert.rejects(answer, OpenAI.APIUserAbortError);
  // Not before the model was asked, or there would be nothing to end.
  while (!(await adit.sim.received()).length);
  controller.abort();
  await refused;
  assert.deepEqual((await adit.sim.requests()).map((request) => request.outcome), ["clientLeft"]);
});
