// The example in JavaScript, run as it is.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";
import { promisify } from "node:util";
import { servers } from "./processes.mjs";

const adit = servers();

test("chat.mjs streams an answer", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "adit-example-"));
  context.after(() => rmSync(folder, { recursive: true }));
  // Node looks for packages beside the file that imports them.
  cpSync(join(import.meta.dirname, "../../examples/clients/chat.mjs"), join(folder, "chat.mjs"));
  symlinkSync(join(import.meta.dirname, "node_modules"), join(folder, "node_modules"));
  const env = { ...process.env, ADIT_URL: adit.url, ADIT_KEY: adit.key };
  const { stdout } = await promisify(execFile)(process.execPath, [join(folder, "chat.mjs")], { env });
  assert.equal(stdout, "Say hello from JavaScript.\n");
});
