"""recorder.py: watches a folder with inotify: no object's name may ever have two contents.

Objects must appear once, under their final name, complete: nothing but one creation may happen to a name, and what it holds
when it appears is what it holds at the end. What is in .weir-tmp is nobody's business. Linux only; ctypes, since Python's
library has no inotify.
"""
import ctypes
import hashlib
import os
import pathlib
import select
import struct
import threading

IN_MODIFY, IN_MOVED_FROM, IN_MOVED_TO, IN_CREATE, IN_DELETE = 0x2, 0x40, 0x80, 0x100, 0x200
IN_CLOSE_WRITE, IN_Q_OVERFLOW, IN_IGNORED, IN_ISDIR, IN_ONLYDIR = 0x8, 0x4000, 0x8000, 0x40000000, 0x1000000
WATCHED = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_FROM | IN_MOVED_TO | IN_CREATE | IN_DELETE
HEAD = struct.Struct("iIII")


class Recorder:
    """Watches folders, and those that come to be in them, until stop()."""

    def __init__(self, *folders):
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self.libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self.fd < 0:
            raise OSError(ctypes.get_errno(), "inotify_init1")
        self.watches = {}
        self.contents = {}  # path: sha256 when it appeared
        self.scanned = set()  # found by looking into a new folder; their event may still come
        self.faults = []
        self.ended = threading.Event()
        for folder in folders:
            pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
            self.watch(str(folder))
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    # ---- folders ----

    def watch(self, folder):
        watch = self.libc.inotify_add_watch(self.fd, os.fsencode(folder), WATCHED | IN_ONLYDIR)
        if watch < 0:
            raise OSError(ctypes.get_errno(), f"inotify_add_watch {folder}")
        self.watches[watch] = folder
        # what came to be before the watch did
        for entry in os.scandir(folder):
            if entry.is_dir():
                self.came(entry.path, True, known=True)
            elif entry.path not in self.contents:
                self.came(entry.path, False, known=True)

    def came(self, path, is_folder, known=False):
        if is_folder:
            if os.path.basename(path) != ".weir-tmp" and path not in self.watches.values():
                self.watch(path)
            return
        if path in self.contents:
            if not known and path not in self.scanned:
                self.faults.append(f"{path} was created twice")
            self.scanned.discard(path)
            return
        if known:
            self.scanned.add(path)
        self.contents[path] = digest(path)

    # ---- events ----

    def run(self):
        while True:
            ready, _, _ = select.select([self.fd], [], [], 0.02)
            if ready:
                self.read()
            elif self.ended.is_set():
                return

    def read(self):
        data = os.read(self.fd, 1 << 16)
        at = 0
        while at < len(data):
            watch, mask, _, size = HEAD.unpack_from(data, at)
            name = data[at + HEAD.size:at + HEAD.size + size].rstrip(b"\0")
            at += HEAD.size + size
            try:
                self.event(watch, mask, os.fsdecode(name))
            except OSError as error:
                self.faults.append(f"{name}: {error}")

    def event(self, watch, mask, name):
        if mask & IN_Q_OVERFLOW:
            self.faults.append("the queue of events overflowed")
        if mask & (IN_IGNORED | IN_Q_OVERFLOW):
            return
        path = os.path.join(self.watches[watch], name)
        if mask & (IN_CREATE | IN_MOVED_TO):
            self.came(path, bool(mask & IN_ISDIR))
        elif not mask & IN_ISDIR:
            what = {IN_MODIFY: "written to", IN_CLOSE_WRITE: "written to", IN_DELETE: "removed", IN_MOVED_FROM: "moved away"}
            self.faults.append(f"{path} was {what[mask & WATCHED]}")

    def stop(self):
        """Ends the watch; the list of faults, with what changed since it appeared."""
        self.ended.set()
        self.thread.join(60)
        os.close(self.fd)
        for path, known in self.contents.items():
            if not os.path.exists(path):
                self.faults.append(f"{path} is gone")
            elif digest(path) != known:
                self.faults.append(f"{path} has another content than when it appeared")
        return self.faults


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()
