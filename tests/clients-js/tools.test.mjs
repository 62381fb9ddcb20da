// Tool calls. The stand-in calls a tool for each line `call NAME {json}` of the user.
import assert from "node:assert/strict";
import test from "node:test";
import { MODEL, servers } from "./processes.mjs";

const adit = servers();
const CITY = { city: "Zürich", days: [1, 2.5, { deep: null }] };
const QUESTION = { role: "user", content: `Looking it up.\ncall weather ${JSON.stringify(CITY)}\ncall clock` };
const ANSWER = "weather said: sunny\nclock said: noon";
const RESULTS = { weather: "sunny", clock: "noon" };
const TOOLS = Object.keys(RESULTS).map((name) => ({
  type: "function",
  function: { name, description: `The ${name}.`, parameters: { type: "object", properties: {} } },
}));

// Asks and streams; answers the choice as the SDK puts it together.
async function say(messages, options) {
  const request = { model: MODEL, tools: TOOLS, messages, ...options };
  const completion = await adit.client.chat.completions.stream(request).finalChatCompletion();
  return completion.choices[0];
}

test("two calls in a stream are the two of the whole answer", async () => {
  const request = { model: MODEL, tools: TOOLS, messages: [QUESTION] };
  const whole = (await adit.client.chat.completions.create(request)).choices[0];
  const calls = [];
  for await (const chunk of await adit.client.chat.completions.create({ ...request, stream: true })) {
    for (const part of chunk.choices[0].delta.tool_calls ?? []) {
      calls[part.index] ??= { id: part.id, name: part.function.name, arguments: "" };
      calls[part.index].arguments += part.function.arguments ?? "";
    }
  }
  assert.equal(whole.finish_reason, "tool_calls");
  assert.equal(whole.message.content, "Looking it up.");
  assert.deepEqual(calls.map((call) => call.name), ["weather", "clock"]);
  assert.deepEqual(calls.map((call) => JSON.parse(call.arguments)), [CITY, {}]);
  assert.equal(new Set(calls.map((call) => call.id)).size, 2);
  const again = whole.message.tool_calls.map(({ id, function: called }) => ({ id, ...called }));
  assert.deepEqual(again.map((call) => [call.id, call.name]), calls.map((call) => [call.id, call.name]));
  assert.deepEqual(again.map((call) => JSON.parse(call.arguments)), [CITY, {}]);
});

// Two questions, each with two calls; the client replays what Chat Completions knows and no more.
async function converse(options) {
  const history = [];
  for (let turn = 0; turn < 2; turn++) {
    history.push(QUESTION);
    const { message, finish_reason: reason } = await say(history, options);
    assert.equal(reason, "tool_calls");
    const calls = message.tool_calls.map(({ id, function: { name, arguments: text } }) => ({
      id,
      type: "function",
      function: { name, arguments: text },
    }));
    history.push({ role: "assistant", content: message.content, tool_calls: calls });
    for (const call of calls.toReversed()) {
      history.push({ role: "tool", tool_call_id: call.id, content: RESULTS[call.function.name] });
    }
    const answer = await say(history, options);
    assert.equal(answer.message.content, ANSWER);
    history.push({ role: "assistant", content: answer.message.content });
  }
  return adit.sim.requests();
}

test("a conversation of several turns with parallel calls, streamed", async () => {
  const requests = await converse();
  const roles = requests.at(-1).body.messages.map((message) => message.role);
  assert.deepEqual(roles, ["user", "assistant", "user", "assistant", "user", "assistant", "user"]);
  const ids = (content, block, id) => content.map((part) => part[block]?.[id]).filter(Boolean);
  const messages = requests.at(-1).body.messages;
  const called = ids(messages[5].content, "toolUse", "toolUseId");
  assert.equal(called.length, 2);
  assert.deepEqual(ids(messages[6].content, "toolResult", "toolUseId"), called);
});

for (const model of ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-6"]) {
  test(`signed thoughts go back with the calls: ${model}`, async () => {
    const requests = await converse({ model, reasoning_effort: "low" });
    assert.ok(requests.every((request) => request.status === 200));
    for (const [number, { body }] of requests.entries()) {
      const calling = body.messages.filter((message) => message.content.some((block) => block.toolUse));
      assert.equal(calling.length, Math.ceil(number / 2));
      for (const { content } of calling) {
        const { text, signature } = content[0].reasoningContent.reasoningText;
        assert.ok(text && signature);
        assert.ok(content.slice(1).every((block) => !block.reasoningContent));
      }
    }
  });
}

test("the SDK's own runner calls the functions and comes back with their results", async () => {
  const seen = [];
  const tools = TOOLS.map((tool) => ({
    type: "function",
    function: {
      ...tool.function,
      parse: JSON.parse,
      function: (given) => {
        seen.push([tool.function.name, given]);
        return RESULTS[tool.function.name];
      },
    },
  }));
  const runner = adit.client.chat.completions.runTools({ model: MODEL, stream: true, tools, messages: [QUESTION] });
  assert.equal(await runner.finalContent(), ANSWER);
  assert.deepEqual(seen, [["weather", CITY], ["clock", {}]]);
  assert.equal((await adit.sim.requests()).length, 2);
});
