// MCP's own TypeScript SDKs: version 2 in both eras of the protocol, and version 1, which many clients still have.
import assert from "node:assert/strict";
import { join } from "node:path";
import test from "node:test";
import * as v2 from "@modelcontextprotocol/client";
import * as v1 from "@modelcontextprotocol/sdk/client/index.js";
import * as v1http from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { CallToolResultSchema, ElicitRequestSchema } from "@modelcontextprotocol/sdk/types.js";
import { GUESTS, MODEL, servers } from "./processes.mjs";

const adit = servers({ plugins: { test: join(GUESTS, "conformance.wasm") } });
const SELF = { name: "tests", version: "1" };
const SDKS = {
  "version 1": ({ capabilities } = {}) => ({
    client: new v1.Client(SELF, { capabilities }),
    Transport: v1http.StreamableHTTPClientTransport,
  }),
  "version 2 with a session": ({ capabilities } = {}) => ({
    client: new v2.Client(SELF, { capabilities }),
    Transport: v2.StreamableHTTPClientTransport,
  }),
  "version 2 without": ({ capabilities } = {}) => ({
    client: new v2.Client(SELF, { capabilities, versionNegotiation: { mode: { pin: "2026-07-28" } } }),
    Transport: v2.StreamableHTTPClientTransport,
  }),
};

// What the user of a client answers, whatever is asked.
const ALICE = { action: "accept", content: { username: "alice", email: "alice@example.com" } };

for (const [name, sdk] of Object.entries(SDKS)) {
  const connect = async (context, options) => {
    const { client, Transport } = sdk(options);
    const requestInit = { headers: { authorization: `Bearer ${adit.key}` } };
    await client.connect(new Transport(new URL(`${adit.url}/mcp`), { requestInit }));
    context.after(() => client.close());
    return client;
  };
  // The old SDK takes a schema between the two.
  const call = (client, tool, parameters, options) =>
    name === "version 1"
      ? client.callTool({ name: tool, arguments: parameters }, CallToolResultSchema, options)
      : client.callTool({ name: tool, arguments: parameters }, options);

  test(`${name}: a model answers, and tells how far it is`, async (context) => {
    const client = await connect(context);
    await adit.sim.script({ textDeltas: ["one ", "two ", "three"] });
    const heard = [];
    const onprogress = (progress) => heard.push(progress.progress);
    const result = await call(client, "bedrock_chat", { model: MODEL, prompt: "count" }, { onprogress });
    assert.deepEqual(result.content.map((block) => block.text).join(""), "one two three");
    assert.ok(heard.length > 0);
  });

  test(`${name}: a call that is given up stops the model`, async (context) => {
    const client = await connect(context);
    await adit.sim.script({ textDeltas: ["one ", "two "], cutAfter: { events: 2, stall: true } });
    const giveUp = new AbortController();
    const options = { signal: giveUp.signal, onprogress: () => giveUp.abort() };
    await assert.rejects(call(client, "bedrock_chat", { model: MODEL, prompt: "count" }, options));
    assert.deepEqual((await adit.sim.requests()).map((request) => request.outcome), ["clientLeft"]);
  });

  test(`${name}: structured answers fit the schemas that were listed`, async (context) => {
    const client = await connect(context);
    const { tools } = await client.listTools();
    assert.ok(tools.some((tool) => tool.name === "test_simple_text"));
    // The SDK itself holds an answer to the schema.
    const { structuredContent } = await call(client, "bedrock_list_models", {});
    assert.ok(structuredContent.models.some((model) => model.id === MODEL));
    await call(client, "bedrock_describe_model", { model: MODEL });
    await call(client, "usage_report", {});
  });

  test(`${name}: a plugin asks the user`, async (context) => {
    const client = await connect(context, { capabilities: { elicitation: {} } });
    if (name === "version 1") client.setRequestHandler(ElicitRequestSchema, () => ALICE);
    else client.setRequestHandler("elicitation/create", () => ALICE);
    const result = await call(client, "test_elicitation", { message: "who are you?" });
    assert.ok(!result.isError, JSON.stringify(result));
    assert.match(JSON.stringify(result.content), /alice/);
  });
}
