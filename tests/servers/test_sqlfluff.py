"""test_sqlfluff.py: an independent parser of Snowflake's SQL, sqlfluff, takes every statement that Weir prints, also those in comments.

It is no server, but has to be fetched like one. What it lets pass (options barred in pipes and so on), lib/snowflake.py does not."""
import json
import re
import subprocess
import unittest

from golden import test_snowflake
from lib import servers, suite

PARSE = """
import json, sys
from sqlfluff.core import FluffConfig, Linter
linter = Linter(config=FluffConfig(overrides={"dialect": "snowflake"}))
def refused(sql):
    try:
        parsed = linter.parse_string(sql)
    except Exception as error:
        return repr(error)
    return "; ".join(map(str, parsed.violations)) or ("nothing" if parsed.tree is None else "")
json.dump([refused(sql) for sql in json.load(sys.stdin)], sys.stdout)
"""


def refusals(scripts):
    """Per script: why it is refused, or the empty text."""
    done = subprocess.run([servers.from_pypi("sqlfluff", "sqlfluff==4.5.0"), "-c", PARSE], input=json.dumps(scripts), capture_output=True, text=True,
                          timeout=300, check=True)
    return json.loads(done.stdout)


@suite.needs_servers
class Sqlfluff(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # It does not know the buckets of governments and of China, an external id that the user gives, a stage in a string within a SELECT.
        unknown = (("'s3(gov|china)://", "'s3://"), (r"\n    STORAGE_AWS_EXTERNAL_ID = .*", ""), (r"FROM '@(?:[^']|'')*' t\)", "FROM @stage t)"))
        cls.scripts = {path.stem: test_snowflake.shown(path) for path in test_snowflake.SCRIPTS}
        for pattern, known in unknown:
            cls.scripts = {name: re.sub(pattern, known, ddl) for name, ddl in cls.scripts.items()}

    def test_takes_every_statement(self):
        texts = {}
        for name, ddl in self.scripts.items():
            texts[name] = ddl
            for number, copy in enumerate(test_snowflake.commented_copies(ddl)):
                texts[f"{name}: COPY {number}"] = copy
            for number, query in enumerate(test_snowflake.commented_copies(ddl, "SELECT")):
                texts[f"{name}: SELECT {number}"] = query
            for number, alter in enumerate(re.findall(r"^-- ((?:ALTER|GRANT|DESC) .*;)", ddl, re.M)):
                texts[f"{name}: step {number}"] = alter.replace("<user>", "loader")
            for number, put in enumerate(re.findall(r"^-- +(PUT .*;)$", ddl, re.M)):
                texts[f"{name}: PUT {number}"] = put
        self.assertGreater(len(texts), 15)
        self.assertEqual(dict(zip(texts, refusals(list(texts.values())))), dict.fromkeys(texts, ""))

    def test_refuses_mutants(self):
        ddl = self.scripts["snowflake_external"]
        mutants = [ddl.replace(old, new) for old, new in (
            ("TYPE = CSV", "TYPE = CVS"), ("NULL_IF = ()", "NULL_IF = ("), ("ESCAPE = NONE", "ESCAPED = NONE"),
            ("CREATE FILE FORMAT IF", "CREATE FILE FORMATS IF"), ("\"AT\" TIMESTAMP_NTZ(6)", "\"AT TIMESTAMP_NTZ(6)"),
            ("FROM @", "FROM ON @"), ("AUTO_INGEST = TRUE", "AUTO_INGEST = YES"), ("STORAGE_INTEGRATION = ", "STORAGE_INTEGRATION "))]
        self.assertNotIn(ddl, mutants)
        self.assertEqual([index for index, reason in enumerate(refusals(mutants)) if not reason], [])


if __name__ == "__main__":
    unittest.main()
