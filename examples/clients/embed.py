"""Which sentence is nearest to a question, with the official client (pip install openai).

ADIT_URL and ADIT_KEY: `cargo xtask serve` prints both.
"""

import os

from openai import OpenAI

SENTENCES = ["A cat sleeps on the sofa.", "The train leaves at noon."]

client = OpenAI(
    base_url=os.environ.get("ADIT_URL", "http://127.0.0.1:8787") + "/v1",
    api_key=os.environ["ADIT_KEY"],
)
answer = client.embeddings.create(
    model="amazon.titan-embed-text-v2:0",
    input=["Where is the pet?", *SENTENCES],
)
question, *vectors = (item.embedding for item in answer.data)
# The vectors have the length 1, so that their product is the cosine of the angle between them.
nearness = [sum(a * b for a, b in zip(question, vector)) for vector in vectors]
for cosine, sentence in sorted(zip(nearness, SENTENCES), reverse=True):
    print(f"{cosine:5.2f} {sentence}")
