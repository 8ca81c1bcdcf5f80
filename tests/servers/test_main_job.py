"""test_main_job.py: the main job over real Kafka, in batch, against a recount of its input by PostgreSQL; the same again with
other numbers of workers, on the same state, and after more input. And the recount itself: mutants of good output, each of
which it must catch."""
import gzip
import os
import shutil
import subprocess
import unittest

from lib import clicks, csv_reader, main_job, recount, servers, state, weir

EVENTS = int(os.environ.get("WEIR_TEST_EVENTS", "1000000"))
COMMIT_ROWS = 20000


def open_recount(case, job, files, name, starts=None, before=None, diverted=lambda place: True):
    """The recount of a run's input, less what the run diverted."""
    counted = recount.Recount(servers.shared(servers.Postgres), case.folder, name, job.commit_rows)
    case.addClassCleanup(counted.drop)
    counted.load(files, job.campaigns, starts)
    counted.divert([row for row in job.dead() if diverted(row)], [row for row in job.late() if diverted(row)])
    counted.derive(before)
    return counted


class KafkaMainJob(unittest.TestCase):
    """Tests run in the order of their names: later ones add input."""

    @classmethod
    def setUpClass(cls):
        cls.kafka = servers.shared(servers.Kafka)
        cls.folder = weir.scratch(cls, "main-job", big=True)
        cls.made = clicks.make(cls.folder, EVENTS, seed=1, minutes=180, late=0.004, malformed=0.001, tombstones=0.001)
        cls.topic = servers.create_topic(cls.kafka, f"clicks-{os.getpid()}", len(cls.made.files))
        cls.produce(cls.made)
        cls.job = cls.new_job("first")
        cls.job.run()
        cls.counted = open_recount(cls, cls.job, cls.made.files, "first")

    @classmethod
    def produce(cls, made):
        subprocess.run([weir.BUILD / "bench" / "produce_lines", cls.kafka.brokers, cls.topic, *made.files], check=True)

    @classmethod
    def new_job(cls, name):
        return main_job.MainJob(cls.folder / name, COMMIT_ROWS, brokers=cls.kafka.brokers, topic=cls.topic)

    def assert_equal_rows(self, answer):
        expected, missing, surplus, samples = answer
        self.assertGreater(expected, 0)
        self.assertEqual((missing, surplus), (0, 0), samples)

    # ---- what came out is what went in ----

    def test_a1_malformed_messages_are_dead_and_no_others(self):
        self.assertEqual(self.counted.wrongly_dead(), [])
        expected = sorted((*place, sqlstate) for place, (_, sqlstate) in self.made.malformed.items())
        self.assertEqual(sorted(self.job.dead()), expected)
        self.assertEqual({kind for kind, _ in self.made.malformed.values()}, {kind for kind, _, _ in clicks.MALFORMED})

    def test_a2_late_rows_are_rightly_there(self):
        self.assert_equal_rows(self.counted.compare_late())
        kept = self.job.state
        for row in kept.late():
            watermark = state.moment(kept.by_seq(row.epoch - 1)["scans"][0]["watermark"])
            self.assertLessEqual(row.fields["window_end"], str(watermark), row)
            self.assertIn(main_job.place(row), self.made.late)

    def test_a3_diverted_messages_are_whole(self):
        lines = [path.read_bytes().split(b"\n") for path in self.made.files]
        for row in self.job.state.late() + self.job.state.dead():
            partition, offset = main_job.place(row)
            self.assertEqual(row.value, lines[partition][offset])
            self.assertEqual((row.fields["topic"], row.fields["stream"]), (self.topic, "clicks"))
            self.assertIn("timestamp", row.fields)

    def test_a4_raw_sink_holds_the_rest(self):
        days = set()

        def rows():
            for path, rows in self.job.read("clicks_raw"):
                self.assertEqual({row[6][:10] for row in rows}, {path.parent.name[-10:]}, path)
                days.add(path.parent.name[-10:])
                yield from rows

        self.assert_equal_rows(self.counted.compare("clicks_raw", rows()))
        self.assertEqual(days, {"2024-03-01", "2024-03-02"})

    def test_a5_windows_hold_the_rest_in_their_order(self):
        for path, rows in self.job.read("campaign_minutes"):
            keys = [(row[1], row[0], row[2] is None, (row[2] or "").encode()) for row in rows]
            self.assertEqual(keys, sorted(keys), path)
            self.assertEqual(len(keys), len(set(keys)), path)
        self.assert_equal_rows(self.counted.compare("campaign_minutes", self.job.rows("campaign_minutes")))

    def test_a6_the_ledger_balances(self):
        kept = self.job.state.check()
        parts = kept.partitions("clicks")
        self.assertEqual([p["next"] for p in parts], self.made.sizes)
        self.assertEqual(sum(p["tombstones"] for p in parts), len(self.made.tombstones))
        self.assertEqual(sum(p["dead"] for p in parts), len(self.made.malformed))
        self.assertEqual(sum(p["gaps"] for p in parts), 0)
        decoded = self.counted.number("SELECT count(*) FROM event")
        self.assertEqual(sum(p["decoded"] for p in parts), decoded)
        raw = self.counted.number("SELECT count(*) FROM expected_clicks_raw")
        self.assertEqual(kept.sink("clicks", "clicks_raw"), (raw, decoded - raw, 0, 0))
        joined, late = self.counted.number("SELECT count(*) FROM joined"), len(kept.late())
        self.assertEqual(kept.sink("clicks", "campaign_minutes"), (joined - late, decoded - joined, late, 0))

    def test_a7_watermarks_are_those_of_the_grid(self):
        recorded = [state.moment(m["scans"][0]["watermark"]).isoformat() for m in self.job.state.commits]
        expected = self.counted.psql("SELECT (extract(epoch FROM w) * 1000000)::bigint FROM watermark ORDER BY cell").split()
        self.assertEqual(recorded, [recount.stamp(int(micros)) for micros in expected])

    # ---- once more ----

    def test_b1_workers_do_not_show(self):
        expected = self.job.contents()
        for workers in (1, 2, 4):
            job = self.new_job(f"workers-{workers}")
            job.run(workers=workers)
            with self.subTest(workers=workers):
                self.assertEqual(list(job.contents()), list(expected))
                self.assertTrue(job.contents() == expected, "an object has other bytes")
            shutil.rmtree(job.folder)

    def test_b2_once_more_on_the_same_state(self):
        before = self.job.contents()
        self.job.run()
        self.assertTrue(self.job.contents() == before, "something new came out of no input")
        self.job.state.check()

    def test_c1_more_input_gives_exactly_the_new_windows(self):
        before = self.job.objects()
        more = clicks.make(self.folder, 100000, seed=2, minutes=30, late=0.02, malformed=0.001, start_minute=190, first=EVENTS,
                           name="more")
        self.produce(more)
        self.job.run()
        new = {name: path for name, path in self.job.objects().items() if name not in before}
        counted = open_recount(self, self.job, more.files, "more", self.made.sizes, self.counted,
                               lambda row: row[1] >= self.made.sizes[row[0]])
        self.assertEqual(counted.wrongly_dead(), [])
        self.assert_equal_rows(counted.compare_late())
        for sink, (place, columns) in main_job.SINKS.items():
            rows = [row for name, path in new.items() if name.startswith(place) for row in csv_reader.read(path, columns)]
            with self.subTest(sink):
                self.assert_equal_rows(counted.compare(sink, rows))
        self.job.state.check()


class Mutants(unittest.TestCase):
    """What the checks above are worth: good output passes, each mutant is caught. A small job over files."""

    @classmethod
    def setUpClass(cls):
        cls.folder = weir.scratch(cls, "mutants")
        cls.made = clicks.make(cls.folder, 20000, seed=5, minutes=60, late=0.02, malformed=0.005)
        cls.job = main_job.MainJob(cls.folder / "job", 500, files=f"{cls.folder}/clicks-*.jsonl")
        cls.job.run()
        cls.counted = open_recount(cls, cls.job, cls.made.files, "mutants")
        cls.rows = {sink: cls.job.rows(sink) for sink in main_job.SINKS}

    def test_good_output_passes(self):
        self.assertEqual(self.counted.wrongly_dead(), [])
        self.assertEqual(self.counted.compare_late()[1:3], (0, 0))
        for sink, rows in self.rows.items():
            self.assertEqual(self.counted.compare(sink, rows)[1:3], (0, 0))

    def test_changed_rows_are_caught(self):
        def swap(row, at, value):
            return row[:at] + (value,) + row[at + 1:]

        for sink, rows in self.rows.items():
            empty = next(i for i, row in enumerate(rows) if "" in row)
            null = next(i for i, row in enumerate(rows) if None in row)
            mutants = {
                "dropped": (rows[1:], (1, 0)), "doubled": (rows + rows[:1], (0, 1)),
                "one for another": (rows[1:] + rows[-1:], (1, 1)),
                "NULL for an empty string": (rows[:empty] + [swap(rows[empty], rows[empty].index(""), None)] + rows[empty + 1:], (1, 1)),
                "an empty string for NULL": (rows[:null] + [swap(rows[null], rows[null].index(None), "")] + rows[null + 1:], (1, 1)),
                "a microsecond": ([swap(rows[0], -1 if sink == "clicks_raw" else 0, "2024-03-01 22:00:00.000001+00:00")[:len(rows[0])]]
                                  + rows[1:], (1, 1)),
            }
            for name, (mutant, difference) in mutants.items():
                with self.subTest(sink=sink, mutant=name):
                    self.assertEqual(self.counted.compare(sink, mutant)[1:3], difference)

    def test_a_swapped_quote_is_caught(self):
        path = next(path for path in (self.job.folder / "minutes").rglob("*.gz") if b'"' in csv_reader.read_bytes(path))
        good = csv_reader.read_bytes(path)
        mutant = self.folder / path.name
        for change in ((b'"', b"'", 1), (b'",', b',"', 1), (b'"', b"", 1)):
            mutant.write_bytes(gzip.compress(good.replace(*change)))
            with self.subTest(change), self.assertRaises(csv_reader.Malformed):
                csv_reader.read(mutant)

    def test_a_row_moved_to_late_is_caught(self):
        """A row in time is taken out of its window and put among the late ones; and a late one is let into its window."""
        victim = self.counted.psql("SELECT p, o, window_start, window_start + interval '1 minute' FROM joined "
                                   "WHERE (p, o) NOT IN (SELECT p, o FROM late) LIMIT 1").strip().split("|")
        for late in (self.job.late() + [victim], self.job.late()[1:], self.job.late() + self.job.late()[:1]):
            self.counted.divert(self.job.dead(), late)
            self.assertNotEqual(self.counted.compare_late()[1:3], (0, 0))
        self.counted.divert(self.job.dead(), self.job.late())
        self.assertEqual(self.counted.compare_late()[1:3], (0, 0))

    def test_a_good_row_called_dead_is_caught(self):
        dead = self.job.dead()
        good = (0, next(o for o in range(1000) if (0, o) not in self.made.malformed), "22P02")
        other = (*dead[0][:2], "22012")
        for mutant in (dead + [good], dead[1:] + [other], dead + [(9, 0, "22P02")]):
            self.counted.divert(mutant, self.job.late())
            self.assertNotEqual(self.counted.wrongly_dead(), [])
        self.counted.divert(dead, self.job.late())
        self.assertEqual(self.counted.wrongly_dead(), [])


if __name__ == "__main__":
    unittest.main()
