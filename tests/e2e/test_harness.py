"""test_harness.py: the checkers of the other tests catch what they are there to catch: each is given good input, which it must
accept, and mutants, which it must refuse."""
import gzip
import hashlib
import json
import os
import pathlib
import shutil
import tempfile
import time
import unittest

from lib import clicks, csv_reader, recorder, state

CSV = '1,"a ""quoted"" text","x,y\nz"\n2,,""\n'


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-harness-"))
        self.addCleanup(shutil.rmtree, self.folder)


class Reader(Folder):
    def read(self, data):
        path = self.folder / "o.csv.gz"
        path.write_bytes(data)
        return csv_reader.read(path)

    def test_reads_what_was_written(self):
        self.assertEqual(self.read(gzip.compress(CSV.encode())), [("1", 'a "quoted" text', "x,y\nz"), ("2", None, "")])

    def test_refuses_mutants(self):
        mutants = {
            "a quote less": CSV.replace('"a ', "a ", 1), "a quote not doubled": CSV.replace('""quoted', '"quoted', 1),
            "a quote that does not end": CSV.replace('z"', "z", 1), "no last line feed": CSV[:-1],
            "a field more": CSV.replace("2,,", "2,,,"), "a field less": CSV.replace("2,,", "2,"),
            "CR LF": CSV.replace("\n2", "\r\n2"), "a blank line": CSV + "\n", "text behind a quote": CSV.replace('z"', 'z" '),
            "swapped quote": CSV.replace('"a ', 'a" ', 1), "nothing": ""}
        for name, text in mutants.items():
            with self.subTest(name), self.assertRaises(csv_reader.Malformed):
                self.read(gzip.compress(text.encode()))

    def test_refuses_other_bytes(self):
        good = gzip.compress(CSV.encode())
        for name, data in (("two members", good + good), ("rubbish behind", good + b"x"), ("cut", good[:-3])):
            with self.subTest(name), self.assertRaises(csv_reader.Malformed):
                self.read(data)
        with self.assertRaises(UnicodeDecodeError):
            self.read(gzip.compress(b'1,"\xff"\n'))


class Recorder(Folder):
    """Everything is done in a temporary folder, as a program would do it."""

    def record(self, action):
        watched = recorder.Recorder(self.folder)
        (self.folder / ".weir-tmp").mkdir()
        action()
        time.sleep(0.1)
        return watched.stop()

    def publish(self, name, content=b"content"):
        temporary = self.folder / ".weir-tmp" / "t"
        temporary.write_bytes(content)
        (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
        os.link(temporary, self.folder / name)
        temporary.unlink()

    def test_accepts_links(self):
        def action():
            for n in range(50):
                self.publish(f"day={n % 7}/hour={n % 3}/o{n}")
        self.assertEqual(self.record(action), [])

    def test_refuses_mutants(self):
        def rewritten():
            self.publish("o")
            (self.folder / "o").write_bytes(b"other")

        def piecemeal():
            with open(self.folder / "o", "wb") as file:
                for _ in range(3):
                    file.write(b"part")
                    file.flush()

        def replaced():
            self.publish("o")
            (self.folder / "new").write_bytes(b"other")
            os.rename(self.folder / "new", self.folder / "o")

        def removed():
            self.publish("d/o")
            time.sleep(0.1)
            (self.folder / "d" / "o").unlink()

        def doubled():
            removed()
            self.publish("d/o")

        def through_another_name():
            temporary = self.folder / ".weir-tmp" / "t"
            temporary.write_bytes(b"half")
            os.link(temporary, self.folder / "o")
            time.sleep(0.1)
            with open(temporary, "ab") as file:
                file.write(b"rest")

        for action in (rewritten, piecemeal, replaced, removed, doubled, through_another_name):
            with self.subTest(action.__name__):
                self.setUp()
                self.assertNotEqual(self.record(action), [])


class Chain(Folder):
    def write(self, change):
        folder = self.folder / "job"
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "s0" / "m").mkdir(parents=True)
        (folder / "job.json").write_bytes(b"{}")
        previous = hashlib.sha256(b"{}").hexdigest()
        for seq in range(1, 5):
            part = {"next": 10 * seq, "read": 10 * seq, "gaps": 0, "decoded": 9 * seq, "dead": seq, "tombstones": 0,
                    "sinks": [[8 * seq, 0, seq, 0]]}
            m = {"seq": seq, "kind": "COMMIT", "previous_sha256": previous, "files": 1,
                 "scans": [{"stream": "s", "watermark": seq * 1000, "partitions": [part]}]}
            change(m, part)
            path = folder / "s0" / "m" / f"{seq:016d}.json"
            path.write_text(json.dumps(m))
            path.with_suffix(".published").touch()
            previous = hashlib.sha256(path.read_bytes()).hexdigest()
        return folder

    def test_accepts_and_refuses(self):
        state.State(self.write(lambda m, p: None)).check()
        mutants = {
            "lost message": lambda m, p: p.update(read=p["read"] - (m["seq"] == 3)),
            "lost row": lambda m, p: p["sinks"][0].__setitem__(0, 7),
            "dead not counted": lambda m, p: p.update(dead=0),
            "watermark back": lambda m, p: m["scans"][0].update(watermark=-m["seq"]),
            "offset back": lambda m, p: p.update({n: 0 for n in p if n != "sinks"}, sinks=[]) if m["seq"] == 3 else None,
            "other chain": lambda m, p: m.update(previous_sha256="0" * 64) if m["seq"] == 2 else None,
        }
        for name, change in mutants.items():
            with self.subTest(name), self.assertRaises(state.Wrong):
                state.State(self.write(change)).check()
        folder = self.write(lambda m, p: None)
        (folder / "s0" / "m" / f"{2:016d}.published").unlink()
        with self.assertRaises(state.Wrong):
            state.State(folder).check()


class Clicks(Folder):
    def test_same_arguments_same_files(self):
        for name in ("a", "b"):
            (self.folder / name).mkdir()
        made = [clicks.make(self.folder / name, 2000, 7, late=0.01, malformed=0.01, tombstones=0.01) for name in ("a", "b")]
        self.assertEqual([p.read_bytes() for p in made[0].files], [p.read_bytes() for p in made[1].files])
        self.assertEqual(made[0][1:], made[1][1:])
        self.assertTrue(made[0].late and made[0].malformed and made[0].tombstones)
        self.assertEqual(sum(made[0].sizes), 2000)


if __name__ == "__main__":
    unittest.main()
