// One streamed question with the official client (npm install openai).
// ADIT_URL and ADIT_KEY: `cargo xtask serve` prints both.
import OpenAI from "openai";

const client = new OpenAI({
  baseURL: `${process.env.ADIT_URL ?? "http://127.0.0.1:8787"}/v1`,
  apiKey: process.env.ADIT_KEY,
});
const stream = await client.chat.completions.create({
  model: "us.amazon.nova-lite-v1:0",
  messages: [{ role: "user", content: "Say hello from JavaScript." }],
  stream: true,
});
for await (const chunk of stream) {
  process.stdout.write(chunk.choices[0]?.delta?.content ?? "");
}
process.stdout.write("\n");
