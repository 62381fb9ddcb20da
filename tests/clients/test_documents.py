"""Files in a message."""

import base64

import openai
import pytest

PDF = b"%PDF-1.4\n1 0 obj <</Type /Catalog>> endobj\ntrailer <</Root 1 0 R>>\n%%EOF\n"
MODEL = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"


def part(data, name="Annual report_2026.pdf", kind="application/pdf"):
    url = f"data:{kind};base64,{base64.b64encode(data).decode()}"
    return {"type": "file", "file": {"filename": name, "file_data": url}}


def test_a_pdf_as_a_data_url(ask, sim):
    content = [part(PDF), {"type": "text", "text": "What is this?"}]
    answer = ask([{"role": "user", "content": content}], model=MODEL).choices[0].message.content
    assert answer.startswith("What is this? [document ")
    assert answer.endswith(f" pdf {len(PDF)} bytes]")
    (document,) = (block["document"] for block in sim.body()["messages"][0]["content"] if "document" in block)
    assert document["format"] == "pdf"
    assert base64.b64decode(document["source"]["bytes"]) == PDF


def test_a_file_without_a_word_and_the_same_file_twice(ask, sim):
    ask([{"role": "user", "content": [part(PDF), part(PDF)]}], model=MODEL)
    blocks = sim.body()["messages"][0]["content"]
    names = [block["document"]["name"] for block in blocks if "document" in block]
    assert len(set(names)) == 2
    assert any(block.get("text", "").strip() for block in blocks)


@pytest.mark.parametrize(
    "file",
    [
        {"file_id": "file-123"},
        {"filename": "song.mp3", "file_data": "data:audio/mpeg;base64,AAAA"},
        {"filename": "a.pdf", "file_data": "data:application/pdf;base64,!"},
    ],
    ids=["an id", "not a document", "not base64"],
)
def test_a_file_that_bedrock_cannot_take_is_named(ask, sim, file):
    with pytest.raises(openai.BadRequestError) as caught:
        ask([{"role": "user", "content": [{"type": "file", "file": file}, {"type": "text", "text": "Hello"}]}])
    assert caught.value.param.startswith("messages[0].content[0]")
    assert sim.requests() == []
