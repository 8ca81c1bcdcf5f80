"""test_verify.py: weir verify finds every kind of damage to a job's objects and state, and has no false alarm beside a job
that runs; SHOW EPOCHS and SHOW FILES say what the manifests know."""
import csv
import gzip
import hashlib
import json
import os
import re
import shutil
import signal
import unittest

from lib import state, weir

JOB = """
CREATE STREAM s (k text, v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t)
WITH (connector = 'file', path = :'input', format = 'json');
CREATE TABLE names (k text PRIMARY KEY, name text) WITH (connector = 'file', path = :'names', format = 'csv');
CREATE SINK raw WITH (location = :'raw', format = 'csv', compression = 'gzip', partition_by = 'k')
AS SELECT k, v, name FROM s LEFT JOIN names USING (k);
"""
SUMS = """CREATE SINK sums WITH (location = :'sums', format = 'csv', late_location = :'late')
AS SELECT window_start, k, sum(v) AS n FROM TUMBLE(s, t, INTERVAL '1 minute') GROUP BY window_start, window_end, k;
"""
SUMMARY = "epochs files rows bytes right pending missing different extra broken unknown".split()


class Job(unittest.TestCase):
    """A folder with a job whose objects lie in partitions, two locations, and beside the state."""

    def setUp(self):
        self.folder = weir.scratch(type(self), "verify")
        self.job = self.folder / "job.sql"
        self.job.write_text(JOB + SUMS)
        (self.folder / "names.csv").write_text("a/0,zero\na/1,one\n")
        self.kept = self.folder / ".weir" / "job"

    def feed(self, minutes, *lines):
        with (self.folder / "input.jsonl").open("a") as file:
            for i in minutes:
                file.write(f'{{"k": "a/{i % 3}", "v": {i}, "t": "2024-01-01T{i // 60:02}:{i % 60:02}:00Z"}}\n')
            file.writelines(line + "\n" for line in lines)

    def weir(self, *arguments, start=False, last=(), **options):
        variables = [v for name in ("input.jsonl", "names.csv", "raw", "sums", "late")
                     for v in ("-v", f"{name.split('.')[0]}={self.folder}/{name}")]
        call = weir.start if start else weir.run
        return call(*arguments, *variables, "-f", self.job, *last, **options)

    def run_job(self, **options):
        """Reads what there is; windows stay open."""
        return self.weir("-q", last=("-c", "RUN UNTIL LATEST"), **options)

    def make(self):
        """Three runs with data, late rows, dead letters, and state in packs."""
        self.feed(range(10, 20), "{bad")
        self.run_job(check=0)
        self.feed(range(20, 30), *[f'{{"k": "a/1", "v": {i}, "t": "2024-01-01T00:01:00Z"}}' for i in range(3)])
        self.run_job(check=0)
        self.feed(range(30, 35))
        self.run_job(check=0)

    def verify(self, *arguments, check):
        """Findings as (finding, epoch, kind, name, object, detail), and the summary."""
        done = self.weir("verify", "--csv", *arguments, check=check)
        rows = list(csv.reader(done.stdout.splitlines()))
        at = rows.index(SUMMARY)
        findings = rows[1:at]
        counts = dict(zip(SUMMARY, map(int, rows[at + 1])))
        for name in SUMMARY[6:10]:
            self.assertEqual(counts[name], sum(f[0] == name for f in findings))
        self.assertEqual(bool(findings), check == 4)
        if check == 4:
            said = ", ".join(f"{counts[n]} {n}" for n in SUMMARY[6:10] if counts[n])
            self.assertEqual(done.stderr.splitlines()[-1],
                             f'ERROR:  what is there of job "job" is not what its manifests say: {said}')
        return findings, counts

    def objects(self):
        return sorted(p for root in ("raw", "sums", "late", ".weir/job/dead") for p in (self.folder / root).rglob("*job-*"))

    def manifests(self):
        return sorted((self.kept / "s0" / "m").glob("*.json"))


class EarlierVersion(Job):
    """A state of a version whose manifests did not know the lists of objects, and whose markers had none."""

    def make_old(self):
        """Takes out of the state what that version did not write, and seals and chains it anew."""
        previous = hashlib.sha256((self.kept / "job.json").read_bytes()).hexdigest()
        for path in self.manifests():
            manifest = json.loads(path.read_bytes())
            del manifest["files_sha256"], manifest["sha256"]
            for scan in manifest["scans"]:
                del scan["retention"]
            manifest["previous_sha256"] = previous
            body = json.dumps(manifest, separators=(",", ":"), ensure_ascii=False).encode()[:-1]
            path.write_bytes(body + b',"sha256":"' + hashlib.sha256(body).hexdigest().encode() + b'"}\n')
            previous = hashlib.sha256(path.read_bytes()).hexdigest()
            marker = path.with_suffix(".published")
            if marker.exists():
                marker.write_text("{}\n")

    def test_it_is_read_and_goes_on(self):
        self.make()
        old = len(self.objects())
        self.make_old()
        # what a pack still lists is judged, the rest is not known
        findings, counts = self.verify(check=0)
        self.assertEqual((findings, counts["right"] + counts["unknown"]), ([], old))
        self.assertGreater(counts["unknown"], 0)
        self.feed(range(35, 40))
        self.run_job(check=0)
        findings, after = self.verify(check=0)
        new = len(self.objects()) - old
        self.assertEqual((findings, after["right"] + after["unknown"]), ([], old + new))
        self.assertGreaterEqual(after["right"], new)
        rows = [line for p in (self.folder / "raw").rglob("*.gz") for line in gzip.open(p, "rt")]
        self.assertEqual(len(rows), 10 + 13 + 5 + 5)
        shown = self.weir("-q", "--csv", "--check", last=("-c", "SHOW EPOCHS", "-c", "SHOW FILES"), check=0).stdout
        epochs = [e for e in csv.DictReader(shown.splitlines()) if e["kind"] == "COMMIT"]
        self.assertTrue(any(e["files"] != "0" and e["rows"] == "" for e in epochs))
        self.assertEqual(sum(line.endswith(",yes,") for line in shown.splitlines()), after["files"])

    def test_what_it_left_unpublished_is_published(self):
        self.feed(range(10, 20))
        self.run_job(env={"WEIR_FAILURE_POINT": "commit.after"}, check=-9)
        self.assertEqual(self.objects(), [])
        self.make_old()
        findings, counts = self.verify(check=0)
        self.assertEqual((findings, counts["unknown"]), ([], 0))
        self.assertGreater(counts["pending"], 0)
        self.run_job(check=0)
        self.assertEqual(len(self.objects()), counts["pending"])


class Damage(Job):
    def setUp(self):
        super().setUp()
        self.make()
        self.good = self.folder / "good"
        self.places = ("raw", "sums", "late", ".weir")
        for place in self.places:
            shutil.copytree(self.folder / place, self.good / place)

    def restore(self):
        for place in self.places:
            shutil.rmtree(self.folder / place)
            shutil.copytree(self.good / place, self.folder / place)

    def assert_found(self, expected, *arguments):
        """Exactly this: (finding, kind, path, part of the detail); then all is restored."""
        findings, _ = self.verify(*arguments, check=4)
        self.assertEqual([(f[0], f[2], f[4]) for f in findings], [(f, k, str(p)) for f, k, p, _ in expected])
        for finding, (_, _, _, detail) in zip(findings, expected):
            self.assertIn(detail, finding[5])
        self.restore()
        return findings

    @staticmethod
    def kind(path):
        return "dead" if "dead" in path.parts else "late" if "late" in path.parts else "data"

    def test_a_job_that_is_right(self):
        findings, counts = self.verify(check=0)
        paths = self.objects()
        self.assertEqual(counts["files"], len(paths))
        self.assertEqual(counts["right"], len(paths))
        self.assertEqual(counts["bytes"], sum(p.stat().st_size for p in paths))
        self.assertEqual(counts["rows"], 25 + 3 + 24 + 3 + 1)  # raw, its late ones, closed windows, late, dead
        self.assertEqual({self.kind(p) for p in paths}, {"data", "late", "dead"})
        self.assertTrue(any("k=a%2F1" in p.parts for p in paths))
        self.assertEqual(self.verify("--quick", check=0)[1], counts)
        (self.folder / "raw" / "k=a%2F1" / "other.csv.gz").write_bytes(b"not of this job")
        (self.folder / "sums" / "job-00000000-sums-s0e00000003-0009.csv").write_bytes(b"of an earlier job of that name")
        self.assertEqual(self.verify(check=0)[1], counts)

    def test_every_object_in_every_place(self):
        for path in self.objects():
            epoch, owner = (state.name_parts(path)[n] for n in ("epoch", "owner"))
            data = path.read_bytes()
            kind = self.kind(path)
            with self.subTest(path.name, damage="gone"):
                path.unlink()
                found = self.assert_found([("missing", kind, path, "")])
                self.assertEqual(found[0][1:4], [str(int(epoch)), kind, owner])
            with self.subTest(path.name, damage="cut"):
                path.write_bytes(data[:-1])
                self.assert_found([("different", kind, path, f"{len(data) - 1} bytes, not {len(data)}")], "--quick")
            with self.subTest(path.name, damage="bit"):
                changed = data[:-1] + bytes([data[-1] ^ 1])
                path.write_bytes(changed)
                self.verify("--quick", check=0)
                self.assert_found([("different", kind, path, f"sha256 {hashlib.sha256(changed).hexdigest()}, not "
                                    f"{hashlib.sha256(data).hexdigest()}")])

    def test_objects_that_nobody_made(self):
        for path in self.objects():
            for name, detail in ((re.sub(r"-\d{4}\.", "-0999.", path.name), "its epoch made no such object"),
                                 (re.sub(r"e\d{8}-", "e00000999-", path.name), "there is no such epoch")):
                with self.subTest(name):
                    extra = path.with_name(name)
                    shutil.copy(path, extra)
                    self.assert_found([("extra", "object", extra, detail)], "--quick")
        path = next(p for p in self.objects() if "k=a%2F1" in p.parts)
        moved = self.folder / "raw" / "k=b" / path.name
        moved.parent.mkdir()
        path.rename(moved)
        self.assert_found([("missing", "data", path, ""), ("extra", "object", moved, "its epoch made no such object")])

    def test_manifests(self):
        manifests = self.manifests()
        for path in manifests:
            data = path.read_bytes()
            for name, mutant in (("bit", data.replace(b'"tzdata"', b'"tzdaTa"')), ("cut", data[:-3]), ("empty", b"")):
                with self.subTest(path.name, damage=name):
                    path.write_bytes(mutant)
                    found, counts = self.verify("--quick", check=4)
                    self.assertEqual(found[0][:3] + found[0][4:5], ["broken", str(int(path.stem)), "manifest", str(path)])
                    listed = path.with_suffix(".published").exists()
                    self.assertEqual(counts["extra"], 0)
                    self.assertEqual(counts["unknown"] > 0, listed, "objects of an epoch that nothing is known of")
                    self.restore()
        for path in manifests[:-1]:
            with self.subTest(path.name, damage="gone"):
                path.unlink()
                found, _ = self.verify("--quick", check=4)
                self.assertIn(["missing", str(int(path.stem)), "manifest", "", str(path)], [f[:5] for f in found])
                self.restore()

    def test_a_manifest_that_was_made_anew(self):
        """Its own checksum is right; its successor gives it away."""
        path = next(p for p in self.manifests() if p.with_suffix(".published").exists())
        m = json.loads(path.read_bytes())
        del m["sha256"]
        m["scans"][0]["partitions"][0]["read"] += 1
        text = json.dumps(m, separators=(",", ":"))[:-1]
        path.write_text(f'{text},"sha256":"{hashlib.sha256((text + "}").encode()[:-1]).hexdigest()}"}}\n')
        following = path.with_name(f"{int(path.stem) + 1:016d}.json")
        self.assert_found([("broken", "manifest", following, "the checksum of the manifest before it")])

    def test_the_identity(self):
        path = self.kept / "job.json"
        path.write_bytes(path.read_bytes().replace(b'"shards":1', b'"shards":2'))
        done = self.weir("verify", check=4)
        self.assertIn(f'ERROR:  "job.json" in "{self.kept}" is invalid', done.stderr)

    def test_markers(self):
        for path in sorted((self.kept / "s0" / "m").glob("*.published")):
            with self.subTest(path.name):
                path.unlink()
                kept = any(p.name.startswith(path.stem) for p in (self.kept / "s0" / "p").glob("*.pack"))
                self.assert_found([("missing", "marker", path, "a later manifest says that this epoch is published" if kept
                                    else "the objects of this epoch are not known")])
                path.write_bytes(path.read_bytes().replace(b'"rows":1', b'"rows":2'))
                self.assert_found([("broken", "marker", path, "does not match its manifest")])
                path.write_bytes(b"")
                self.assert_found([("broken", "marker", path, "does not match its manifest")])

    def test_packs(self):
        packs = sorted((self.kept / "s0" / "p").glob("*.pack"))
        self.assertTrue(packs)
        for path in packs:
            data = path.read_bytes()
            with self.subTest(path.name):
                path.unlink()
                found = self.assert_found([("missing", "pack", path, "")])
                self.assertEqual(found[0][1], str(len(self.manifests())))
                path.write_bytes(b"")
                self.assertIn(self.verify("--quick", check=4)[0][0][0], ("broken", "different"))
                self.restore()
                wrong = 0
                for at in range(0, len(data), max(1, len(data) // 40)):
                    path.write_bytes(data[:at] + bytes([data[at] ^ 4]) + data[at + 1:])
                    done = self.weir("verify", "--csv")
                    self.assertIn(done.returncode, (0, 4))
                    wrong += done.returncode == 4 and f",pack,,{path}," in done.stdout
                self.restore()
                self.assertGreater(wrong, 0)
        self.verify(check=0)

    def test_every_bit_of_state_that_is_needed(self):
        """A pack with nothing in it but state and footer."""
        self.job.write_text(JOB.split("CREATE SINK")[0] + SUMS)
        shutil.rmtree(self.folder / ".weir")
        self.run_job(check=0)
        path = max((self.kept / "s0" / "p").glob("*.pack"))
        data = path.read_bytes()
        for at in range(0, len(data), max(1, len(data) // 30)):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            findings, _ = self.verify(check=4)
            self.assertEqual([(f[2], f[4]) for f in findings], [("pack", str(path))], at)

    def test_a_sink_that_is_gone(self):
        self.job.write_text(JOB)
        self.weir("reset", "--sink=sums", "--yes", check=0)
        self.run_job(check=0)
        self.verify(check=0)
        path = next(p for p in self.objects() if p.parent.name == "sums" and "late" not in p.parts)
        path.unlink()
        self.assertEqual([f[:1] + f[2:5] for f in self.verify(check=4)[0]], [["missing", "data", "sums", str(path)]])

    def test_nothing_is_touched(self):
        def look():
            return {p: (p.stat().st_mtime_ns, p.stat().st_ino) for p in self.folder.rglob("*")}
        shutil.rmtree(self.folder / "late")
        before = look()
        self.verify(check=4)
        self.assertEqual(look(), before)
        done = self.weir("verify", "-c", "SET job_name = other", check=3)
        self.assertIn(f'there is no state of job "other" in "{self.folder}/.weir"', done.stderr)
        self.assertEqual(look(), before)

    def test_table_as_people_see_it(self):
        path = next(p for p in self.objects() if p.parent == self.folder / "sums")
        missing = path.stat().st_size
        path.unlink()
        width = len(str(path))
        title = (" " * ((width - 6) // 2) + "object").ljust(width)
        size = sum(p.stat().st_size for p in self.objects()) + missing
        self.assertEqual(self.weir("verify", check=4).stdout, f"""\
 finding | epoch | kind | name | {title} | detail 
---------+-------+------+------+-{'-' * width}-+--------
 missing |     3 | data | sums | {path} | 
(1 row)

 epochs | files | rows | bytes | right | pending | missing | different | extra | broken | unknown 
--------+-------+------+-------+-------+---------+---------+-----------+-------+--------+---------
      3 |    14 |   56 | {size:5} |    13 |       0 |       1 |         0 |     0 |      0 |       0
(1 row)

""")


class Running(Job):
    def test_a_batch_job(self):
        self.job.write_text(JOB + "CREATE SINK all_of_it WITH (location = :'sums', format = 'csv') AS SELECT count(*) FROM s;")
        self.feed(range(10, 20))
        self.weir("-q", "--batch", check=0)
        self.assertEqual(self.verify(check=0)[1]["rows"], 11)

    def test_what_is_committed_and_not_out(self):
        self.feed(range(10, 20))
        self.run_job(env={"WEIR_FAILURE_POINT": "publish.before:3"}, check=-9)
        _, counts = self.verify(check=0)
        self.assertEqual((counts["right"], counts["pending"]), (2, 2))
        listed = self.weir("-q", "--csv", "--check", last=("-c", "SHOW FILES"), check=0).stdout
        self.assertEqual([row["published"] for row in csv.DictReader(listed.splitlines())], ["no"] * 4)
        kept = max((self.kept / "s0" / "p").iterdir(), key=lambda p: p.name)
        self.assertNotEqual(kept.suffix, ".pack")
        kept.write_bytes(kept.read_bytes()[:-1] + b"?")
        (finding,), _ = self.verify(check=4)
        self.assertEqual((finding[0], finding[2], finding[4]), ("different", "pack", str(kept)))

    def test_manifests_that_were_removed_for_their_age(self):
        for i in range(10):
            self.feed([10 + i])
            self.run_job(check=0)
        _, before = self.verify(check=0)
        gone = self.manifests()[:7]
        for path in gone:
            path.unlink()
            path.with_suffix(".published").unlink(missing_ok=True)
        done = self.weir("verify", "--csv", check=0)
        after = dict(zip(SUMMARY, map(int, done.stdout.splitlines()[-1].split(","))))
        self.assertGreater(after["unknown"], 0)
        self.assertEqual(after["unknown"] + after["right"], before["right"])
        self.assertIn(f"NOTICE:  {after['unknown']} objects can't be judged", done.stderr)
        for path in self.manifests()[:8]:  # more than age can explain: the newest twenty are kept
            path.unlink()
            path.with_suffix(".published").unlink(missing_ok=True)
        self.assertEqual({f[0] for f in self.verify(check=4)[0]}, {"missing"})

    def test_beside_a_job(self):
        """Epochs follow each other as fast as they can while it is verified again and again."""
        self.job.write_text("""SET commit_interval = '10 ms';
            CREATE STREAM s (k bigint, v bigint, t timestamptz NOT NULL, WATERMARK FOR t AS t - INTERVAL '1 second')
            WITH (connector = 'generator', format = 'json', rows_per_second = 20000, partitions = 2);
            CREATE SINK raw WITH (location = :'raw', format = 'csv', partition_by = 'k % 5 AS k') AS SELECT k, v, t FROM s;
            CREATE SINK sums WITH (location = :'sums', format = 'csv')
            AS SELECT window_start, k % 5000 AS k, count(*) AS n FROM TUMBLE(s, t, INTERVAL '1 second')
               GROUP BY window_start, window_end, k % 5000;""")
        job = self.weir("-q", start=True)
        seen = []
        try:
            while len(seen) < 60 or seen[-1] < 60:
                self.assertIsNone(job.poll(), "the job ended")
                if (self.kept / "s0" / "m" / f"{3:016d}.json").exists():
                    seen.append(self.verify(*(["--quick"] if len(seen) % 3 else []), check=0)[1]["epochs"])
                    if len(seen) % 20 == 0:
                        self.weir("-q", "--csv", "--check", last=("-c", "SHOW EPOCHS", "-c", "SHOW FILES"), check=0)
        finally:
            job.send_signal(signal.SIGTERM)
            _, err = job.communicate(timeout=60)
        self.assertEqual(job.returncode, 0, err)
        self.assertEqual(seen, sorted(seen))
        self.assertEqual(self.verify(check=0)[1]["pending"], 0)


class Shown(Job):
    def show(self, what):
        return list(csv.DictReader(self.weir("-q", "--csv", "--check", last=("-c", f"SHOW {what}"), check=0)
                                   .stdout.splitlines()))

    def test_epochs(self):
        self.make()
        kept = state.State(self.kept).check()
        rows = self.show("EPOCHS")
        self.assertEqual([int(r["epoch"]) for r in rows], [m["seq"] for m in kept.manifests])
        self.assertEqual([r["kind"] for r in rows], [m["kind"] for m in kept.manifests])
        self.assertEqual([r["writer"] for r in rows], [m["writer"]["uuid"] for m in kept.manifests])
        self.assertEqual([int(r["read"]) for r in rows if r["read"] != "0"], [11, 13, 5])
        self.assertEqual(sum(int(r["files"]) for r in rows), len(self.objects()))
        self.assertEqual(sum(int(r["bytes"]) for r in rows), sum(p.stat().st_size for p in self.objects()))
        self.assertEqual((rows[-1]["offsets"], rows[-1]["watermarks"]), ("s=0:29", "s=2024-01-01 00:34:00+00"))
        self.assertEqual((rows[0]["offsets"], rows[0]["watermarks"]), ("", ""))
        next(p for p in self.manifests()).unlink()
        self.assertEqual(self.show("EPOCHS")[0]["read"], "")  # what came before is not known any more

    def test_files(self):
        self.make()
        rows = self.show("FILES")
        self.assertEqual(sorted(f"{r['location']}/{r['key']}" for r in rows), list(map(str, self.objects())))
        for r in rows:
            path = self.folder / r["location"] / r["key"]
            data = path.read_bytes()
            self.assertEqual((int(r["bytes"]), r["sha256"]), (len(data), hashlib.sha256(data).hexdigest()))
            parts = state.name_parts(path)
            self.assertEqual((int(r["epoch"]), r["name"], r["published"]), (int(parts["epoch"]), parts["owner"], "yes"))
        self.assertEqual({r["kind"] for r in rows}, {"data", "late", "dead"})
        marker = min((self.kept / "s0" / "m").glob("*.published"))
        marker.write_bytes(b"")
        done = self.weir("-q", "--check", last=("-c", "SHOW FILES"), check=3)
        self.assertIn("does not match its manifest", done.stderr)
        self.assertIn("weir verify", done.stderr)

    def test_usage(self):
        for arguments, text in ((["verify", "now"], 'unexpected argument "now"'), (["verify", "--yes"], "--yes belongs"),
                                (["verify", "--sink=x"], "--sink belongs"), (["--quick"], "--quick belongs to verify"),
                                (["verify", "--batch"], "verify and --batch can't be combined"),
                                (["verify", "--check"], "verify and --check can't be combined"),
                                (["verify", f"--input=s={os.devnull}"], "verify and --input can't be combined")):
            self.assertIn(text, weir.run(*arguments, check=1).stderr)


if __name__ == "__main__":
    unittest.main()
