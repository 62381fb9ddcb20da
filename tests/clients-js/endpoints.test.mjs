// What else the SDK asks for: embeddings, legacy completions, one model, structured output.
import assert from "node:assert/strict";
import test from "node:test";
import OpenAI from "openai";
import { MODEL, servers } from "./processes.mjs";

const adit = servers();
const EMBEDDING = { model: "amazon.titan-embed-text-v2:0", input: ["one", "two", "one"] };

// The SDK asks for base64 by itself and decodes it.
test("embeddings keep their order, in base64 as in floats", async () => {
  const { data } = await adit.client.embeddings.create(EMBEDDING);
  assert.deepEqual(data.map((item) => [item.index, item.embedding.length]), [[0, 1024], [1, 1024], [2, 1024]]);
  assert.deepEqual(data[0].embedding, data[2].embedding);
  assert.notDeepEqual(data[0].embedding, data[1].embedding);
  const floats = await adit.client.embeddings.create({ ...EMBEDDING, encoding_format: "float" });
  assert.deepEqual(floats.data.map((item) => item.embedding.map(Math.fround)), data.map((item) => item.embedding));
});

test("a legacy completion, whole and streamed", async () => {
  const request = { model: MODEL, prompt: "Once upon a time" };
  const whole = await adit.client.completions.create(request);
  assert.deepEqual([whole.choices[0].text, whole.choices[0].finish_reason], ["Once upon a time", "stop"]);
  const chunks = await Array.fromAsync(await adit.client.completions.create({ ...request, stream: true }));
  assert.equal(chunks.map((chunk) => chunk.choices[0].text).join(""), "Once upon a time");
});

test("one model, and one that does not exist", async () => {
  assert.equal((await adit.client.models.retrieve(MODEL)).id, MODEL);
  await assert.rejects(adit.client.models.retrieve("no-such-model"), OpenAI.NotFoundError);
});

test("an answer that follows a schema", async () => {
  const schema = {
    type: "object",
    properties: { city: { type: "string" } },
    required: ["city"],
    additionalProperties: false,
  };
  const completion = await adit.client.chat.completions.parse({
    model: "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    messages: [{ role: "user", content: '{"city": "東京"}' }],
    response_format: { type: "json_schema", json_schema: { name: "trip", strict: true, schema } },
  });
  // The stand-in makes its answer up from the schema.
  assert.deepEqual(completion.choices[0].message.parsed ?? JSON.parse(completion.choices[0].message.content), { city: "text" });
});
