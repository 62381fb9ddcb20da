#!/bin/sh
# Lists the tools of /mcp, and asks a model. ADIT_API_KEY is the key, ADIT_URL the address. Needs Node 22.
set -eu
url="${ADIT_URL:-http://127.0.0.1:8787}/mcp"
inspect() {
    npx --yes @modelcontextprotocol/inspector@2.12.0 --cli "$url" --transport http \
        --header "Authorization: Bearer $ADIT_API_KEY" "$@"
}
inspect --method tools/list
inspect --method tools/call --tool-name bedrock_chat \
    --tool-arg model="${ADIT_MODEL:-us.amazon.nova-lite-v1:0}" --tool-arg prompt='Say hello.'
