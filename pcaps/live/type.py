"""Types into a program that wants a terminal: `type.py 'PROMPT=ANSWER'... -- COMMAND...`; each answer goes
out when its prompt has come, then the program ends by itself."""
import os
import pty
import sys

at = sys.argv.index("--")
steps = [step.split("=", 1) for step in sys.argv[1:at]]
pid, terminal = pty.fork()
if pid == 0:
    os.execvp(sys.argv[at + 1], sys.argv[at + 1:])
seen = ""


def more():
    """What the program says next; nothing once it has gone."""
    try:
        return os.read(terminal, 4096).decode(errors="replace")
    except OSError:
        return ""


for prompt, answer in steps:
    while prompt not in seen:
        text = more()
        if not text:
            sys.exit(f"{sys.argv[at + 1]} ended before it said {prompt!r}: {seen}")
        seen += text
    seen = seen.split(prompt, 1)[1]
    os.write(terminal, answer.encode() + b"\r")
while more():
    pass
