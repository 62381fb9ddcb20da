#!/bin/sh
# One streamed question with curl. ADIT_URL and ADIT_KEY: `cargo xtask serve` prints both.
set -eu
curl --silent --show-error --fail-with-body --no-buffer "${ADIT_URL:-http://127.0.0.1:8787}/v1/chat/completions" \
    --header "Authorization: Bearer $ADIT_KEY" \
    --header 'Content-Type: application/json' \
    --data '{
        "model": "us.amazon.nova-lite-v1:0",
        "stream": true,
        "messages": [{"role": "user", "content": "Say hello from curl."}]
    }'
