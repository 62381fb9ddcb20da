"""One streamed question with the official client (pip install openai).

ADIT_URL and ADIT_KEY: `cargo xtask serve` prints both.
"""

import os

from openai import OpenAI

client = OpenAI(
    base_url=os.environ.get("ADIT_URL", "http://127.0.0.1:8787") + "/v1",
    api_key=os.environ["ADIT_KEY"],
)
stream = client.chat.completions.create(
    model="us.amazon.nova-lite-v1:0",
    messages=[{"role": "user", "content": "Say hello from Python."}],
    stream=True,
)
for chunk in stream:
    if chunk.choices:
        print(chunk.choices[0].delta.content or "", end="", flush=True)
print()
