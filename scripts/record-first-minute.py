#!/usr/bin/env python3
"""Records two terminals: in one a development chain starts, farms and stops, in the other an identity is registered
and verified.

    record-first-minute.py PATH-OF-ALLOD OUTPUT.svg

Everything shown was written by the program, in this order. Of the chain's log, lines about other things are left out,
and so are blocks after the third. The chain listens on ports that are free, which the commands are told of; that is not
shown. Where animations run, the picture comes line by line at the pace of the recording.
"""

import re
import signal
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from html import escape
from pathlib import Path

COLUMNS = 104
FONT_SIZE, LINE_HEIGHT, MARGIN = 13, 18, 16
CHARACTER_WIDTH = FONT_SIZE * 0.6
# Longest pause that the picture keeps, in seconds.
MAX_PAUSE = 0.8
TIMEOUT = 120

# What the node's log is shown of.
SHOWN = re.compile(r"Allod \d|Plotting sector \d.*(32|64) of|Plotted sector|Won block #[123] |Stopping|Stopped")
STAMP = re.compile(r"^\d{4}-\d{2}-\d{2} (\d{2}:\d{2}:\d{2}) ")


class Terminal:
    """Lines with the time at which they came."""

    def __init__(self):
        self.lines = []

    def show(self, text, kind):
        self.lines.append((time.monotonic(), text, kind))


class Chain:
    """A development chain on ports that are free."""

    def __init__(self, allod, terminal):
        self.terminal, self.log, self.changed = terminal, [], threading.Condition()
        arguments = ["dev", "--tmp", "--rpc-port", "0", "--port", "0", "--no-prometheus", "--disable-log-color"]
        terminal.show("allod dev --tmp", "prompt")
        self.process = subprocess.Popen([allod, *arguments], stderr=subprocess.PIPE, text=True)
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stderr:
            line = line.rstrip()
            with self.changed:
                self.log.append(line)
                self.changed.notify_all()
            if SHOWN.search(line):
                self.terminal.show(STAMP.sub(r"\1 ", line), "log")

    def wait_for(self, pattern):
        """The first match of a pattern in the log."""
        found = re.compile(pattern)
        deadline = time.monotonic() + TIMEOUT
        with self.changed:
            while True:
                for line in self.log:
                    if match := found.search(line):
                        return match
                left = deadline - time.monotonic()
                if left <= 0 or self.process.poll() is not None:
                    sys.exit(f"no line with {pattern!r} in:\n" + "\n".join(self.log))
                self.changed.wait(min(left, 1))

    def stop(self):
        self.terminal.show("^C", "key")
        self.process.send_signal(signal.SIGINT)
        self.reader.join(TIMEOUT)
        if self.process.wait(TIMEOUT) != 0:
            sys.exit(f"the chain ended with status {self.process.returncode}")


def command(terminal, shown, arguments, folder):
    """Runs a command in the second terminal, shows what it writes, and gives that."""
    terminal.show(shown, "prompt")
    process = subprocess.Popen(arguments, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    written = []
    for line in process.stdout:
        written.append(line)
        terminal.show(line.rstrip(), "output")
    if process.wait(TIMEOUT) != 0:
        sys.exit(f"{shown}: status {process.returncode}\n{''.join(written)}")
    return "".join(written)


def record(allod):
    """The lines of the chain's terminal, and of the user's."""
    first, second = Terminal(), Terminal()
    with tempfile.TemporaryDirectory() as folder:
        subject = ["-subj", "/CN=agent", "-days", "30", "-keyout", "key.pem", "-out", "cert.pem"]
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", *subject],
            cwd=folder, check=True, capture_output=True,
        )
        chain = Chain(allod, first)
        url = "ws://" + chain.wait_for(r"JSON-RPC server: addr=([^, ]+)")[1]
        chain.wait_for("Won block #3")
        register = [allod, "id", "register", "cert.pem", "--url", url]
        registered = command(second, "allod id register cert.pem", register, folder)
        identifier = re.search(r"[0-9a-f]{64}", registered)[0]
        verify = [allod, "id", "verify", identifier, "--url", url]
        command(second, f"allod id verify {identifier}", verify, folder)
        chain.stop()
    return first.lines, second.lines


def at_the_pace_of_the_recording(terminals):
    """When each line is shown, in seconds, by when it came."""
    shown_at, last, pace = 0.0, None, {}
    for came in sorted(line[0] for lines in terminals for line in lines):
        shown_at += min(came - last, MAX_PAUSE) if last is not None else 0
        last = came
        pace[came] = shown_at
    return pace


def wrapped(lines):
    """The lines as they fit."""
    for came, text, kind in lines:
        text = f"$ {text}" if kind == "prompt" else text
        for part in textwrap.wrap(text, COLUMNS, subsequent_indent="  ") or [""]:
            yield came, part, kind


def svg(terminals):
    pace = at_the_pace_of_the_recording(terminals)
    width = round(COLUMNS * CHARACTER_WIDTH + 2 * MARGIN)
    body, top = [], 0
    for lines in terminals:
        rows = list(wrapped(lines))
        height = len(rows) * LINE_HEIGHT + 2 * MARGIN
        body.append(f'<rect y="{top}" width="{width}" height="{height}" rx="8" fill="#0d1117"/>')
        for row, (came, text, kind) in enumerate(rows):
            y = top + MARGIN + row * LINE_HEIGHT + FONT_SIZE
            delay = f"animation-delay:{pace[came]:.1f}s"
            body.append(f'<text x="{MARGIN}" y="{y}" class="{kind}" style="{delay}">{escape(text)}</text>')
        top += height + MARGIN
    height = top - MARGIN
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        "<title>A development chain plots, farms and stops; an identity is registered and verified on it</title>",
        "<style>",
        f"text {{ font: {FONT_SIZE}px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace; white-space: pre;",
        "  animation: appear 1ms step-end backwards }",
        "@keyframes appear { from { opacity: 0 } }",
        "@media (prefers-reduced-motion) { text { animation: none } }",
        ".log, .output { fill: #c9d1d9 } .prompt, .key { fill: #7ee787 }",
        "</style>",
        *body,
        "</svg>",
        "",
    ])


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    allod, output = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    output.write_text(svg(record(str(allod))))


if __name__ == "__main__":
    main()
