"""terminal.py: weir in a pseudo-terminal, as a person sits at it: keys are sent, the screen is waited for."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

from lib import weir

CTRL_C, CTRL_D, TAB = "\x03", "\x04", "\t"
PATIENCE = 30  # seconds; a loaded machine is slow


class Terminal:
    """One session. What the terminal shows is text(); expect() waits for the next part of it."""

    def __init__(self, *args, home, env=None, cwd=None, start_up=False, columns=200):
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        command = weir.command(*args)
        if start_up:
            command.remove("-X")
        environment = {**os.environ, "TERM": "dumb", "LC_ALL": "C.UTF-8", "HOME": str(home), **(env or {})}
        if "XDG_STATE_HOME" not in (env or {}):
            environment.pop("XDG_STATE_HOME", None)
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, cwd=cwd or home, env=environment,
                                        start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        self.master = master
        self.screen = ""
        self.seen = 0

    def read(self, timeout):
        """Takes in what comes within the time. False: nothing, or the other end is closed."""
        if not select.select([self.master], [], [], timeout)[0]:
            return False
        try:
            data = os.read(self.master, 65536)
        except OSError:
            return False
        self.screen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)

    def expect(self, text):
        """Waits for a text (or a compiled pattern) behind what was expected before; returns what stands before it."""
        pattern = text if isinstance(text, re.Pattern) else re.compile(re.escape(text))
        deadline = time.monotonic() + PATIENCE
        while True:
            match = pattern.search(self.screen, self.seen)
            if match:
                before = self.screen[self.seen:match.start()]
                self.seen = match.end()
                return before
            if not self.read(max(0.0, min(1.0, deadline - time.monotonic()))) and (
                    time.monotonic() >= deadline or self.process.poll() is not None and not self.read(0.2)):
                raise AssertionError(f"{pattern.pattern!r} did not come; the screen since then:\n{self.screen[self.seen:]}")

    def send(self, keys):
        os.write(self.master, keys.encode())

    def type(self, keys):
        """Sends keys to the prompt, once the line editor has the terminal for itself."""
        deadline = time.monotonic() + PATIENCE
        while termios.tcgetattr(self.master)[3] & termios.ICANON and time.monotonic() < deadline:
            time.sleep(0.002)
        self.send(keys)

    def line(self, text, prompt="weir=> "):
        """Types a line and waits for the prompt behind it; returns what was printed between."""
        self.type(text + "\r")
        self.expect(text + "\n")
        return self.expect(prompt)

    def end(self, signal_number=None):
        """Waits for the end (after a signal, if given); returns the exit code."""
        if signal_number is not None:
            self.process.send_signal(signal_number)
        while self.process.poll() is None and self.read(PATIENCE):
            pass
        code = self.process.wait(timeout=PATIENCE)
        self.close()
        return code

    def close(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        if self.master >= 0:
            os.close(self.master)
        self.master = -1
