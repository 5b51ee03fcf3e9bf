# shellcheck shell=bash
# WebSocket messages: text, binary, empty, in fragments, too large, compressed, pings: Python's websockets

serve() { daemon 8765 "$PYTHON" "$LIVE/websocket.py" serve "$HOST"; }

talk() { ask "$PYTHON" "$LIVE/websocket.py" talk "$HOST"; }
