"""ddl_mutants.py: the statements that Weir prints, with one option or clause left out or changed, and the reason where that can't
matter to what is loaded; where there is none, a test has to notice.

The options are those that are printed, their other values those that Snowflake takes: an option that is new is mutated by itself.
"""
import collections
import re

from lib import snowflake, snowflake_statements

# what: for messages; ddl: the statements; reason: why nothing can notice, or the empty text.
Mutant = collections.namedtuple("Mutant", "what ddl reason")

# What an option is when it is left out, by Snowflake's page on CREATE FILE FORMAT. None: nothing that can be written.
DEFAULTS = {"COMPRESSION": "AUTO", "RECORD_DELIMITER": None, "FIELD_DELIMITER": "','", "MULTI_LINE": "TRUE", "PARSE_HEADER": "FALSE",
            "SKIP_HEADER": "0", "SKIP_BLANK_LINES": "FALSE", "DATE_FORMAT": "AUTO", "TIME_FORMAT": "AUTO", "TIMESTAMP_FORMAT": "AUTO",
            "BINARY_FORMAT": "HEX", "ESCAPE": "NONE", "ESCAPE_UNENCLOSED_FIELD": r"'\\'", "TRIM_SPACE": "FALSE",
            "FIELD_OPTIONALLY_ENCLOSED_BY": "NONE", "NULL_IF": r"('\\N')", "ERROR_ON_COLUMN_COUNT_MISMATCH": "TRUE",
            "REPLACE_INVALID_CHARACTERS": "FALSE", "EMPTY_FIELD_AS_NULL": "TRUE", "SKIP_BYTE_ORDER_MARK": "TRUE", "ENCODING": "'UTF8'"}
# The same of a file format for JSON.
JSON_DEFAULTS = {"COMPRESSION": "AUTO", "ENABLE_OCTAL": "FALSE", "ALLOW_DUPLICATE": "FALSE", "STRIP_OUTER_ARRAY": "FALSE",
                 "STRIP_NULL_VALUES": "FALSE", "REPLACE_INVALID_CHARACTERS": "FALSE"}
# Values of options that take more than some words.
OTHERS = {
    "RECORD_DELIMITER": (r"'\r\n'", r"'\r'", "'|'", "';'", "NONE"), "FIELD_DELIMITER": ("';'", "'|'", r"'\t'", "NONE"),
    "SKIP_HEADER": ("0", "1", "2"), "FIELD_OPTIONALLY_ENCLOSED_BY": ("NONE", "''''"), "ESCAPE": (r"'\\'", "'/'"),
    "ESCAPE_UNENCLOSED_FIELD": (r"'\\'", "'-'"), "NULL_IF": (r"('\\N')", "('')", "('NULL')", "('null', 'NULL', '')"),
    "DATE_FORMAT": ("AUTO", "'MM/DD/YYYY'", "'YYYY-DD-MM'", "'DD-MM-YYYY'"), "TIME_FORMAT": ("AUTO", "'HH24:MI'"),
    "TIMESTAMP_FORMAT": ("AUTO", "'YYYY-MM-DD HH24:MI:SSTZH:TZM'", "'YYYY-MM-DD HH24:MI:SS.FF9'", "'YYYY-MM-DD HH24:MI:SS.FF3TZH:TZM'",
                         "'YYYY-MM-DDTHH24:MI:SS.FF9TZH:TZM'"),
    "ENCODING": ("'ISO88591'", "'WINDOWS1252'", "'UTF16'")}
DEFAULT = "it says what the documents give as default: only who reads the statement can tell"
FINDS_OUT = "AUTO finds out what is said here"
BARE = "what is bare are numbers, booleans, dates, times and uuids, and these have no such character"
NO_COLUMN = "no type of Weir becomes such a column"
# Option and value (None: left out): why that can't matter, besides what is the default anyway.
REASONS = {("COMPRESSION", None): FINDS_OUT, ("COMPRESSION", "AUTO"): FINDS_OUT,
           ("RECORD_DELIMITER", None): "the default takes CR LF too, and a bare field never ends in CR",
           ("ESCAPE_UNENCLOSED_FIELD", None): BARE, ("ESCAPE_UNENCLOSED_FIELD", r"'\\'"): BARE,
           ("TRIM_SPACE", "TRUE"): "blanks in quotes are kept, and " + BARE,
           **{(option, value): NO_COLUMN for option in ("BINARY_FORMAT", "TIME_FORMAT") for value in (
               None, "BASE64", "UTF8", *OTHERS["TIME_FORMAT"])}}
JSON_REASONS = {("STRIP_OUTER_ARRAY", "TRUE"): "a letter is an object"}
OPTION = re.compile(r"^    (\w+) = (.*?);?$", re.M)
Kind = collections.namedtuple("Kind", "known defaults reasons statement")
KINDS = {kind: Kind(*what, re.compile(rf"^CREATE FILE FORMAT [^;]*?\n    TYPE = {kind}\n.*?;$", re.M | re.S)) for kind, what in (
    ("CSV", (snowflake.FORMAT_OPTIONS, DEFAULTS, REASONS)), ("JSON", (snowflake_statements.JSON_OPTIONS, JSON_DEFAULTS, JSON_REASONS)))}


def options(ddl, kind="CSV"):
    """{option: all values that it has} of the file formats of a kind in a script."""
    found = collections.defaultdict(list)
    for statement in KINDS[kind].statement.findall(ddl):
        for option, value in OPTION.findall(statement):
            if option not in ("TYPE", "COMMENT") and value not in found[option]:
                found[option].append(value)
    return dict(found)


def others(option, known):
    """Values of an option, all that are words, or some."""
    _, words, _ = known[option]
    if option in OTHERS:
        return OTHERS[option]
    if not isinstance(words, (tuple, dict)):
        raise AssertionError(f"other values of {option} are needed")
    return tuple(words)


def of_options(ddl, kind="CSV"):
    """The Mutants of the file formats of a kind."""
    known, defaults, reasons, statement = KINDS[kind]
    for option, values in options(ddl, kind).items():
        for value in (None, *others(option, known)):
            if [value] == values:
                continue
            line = f"    {option} = {value}\n" if value else ""
            reason = DEFAULT if value is None and [defaults[option]] == values else reasons.get((option, value), "")
            mutant = statement.sub(lambda match, option=option, line=line: re.sub(rf"^    {option} = .*\n", lambda _: line, match[0], flags=re.M),
                                   ddl)
            assert mutant != ddl, option
            yield Mutant(f"{option} = {value}" if value else f"no {option}", mutant, reason)


# ---- clauses ----

NARROWER = (("NUMBER(19,0)", "NUMBER(3,0)"), ("NUMBER(9,2)", "NUMBER(9,1)"), ("NUMBER(9,2)", "NUMBER(2,2)"), ("VARCHAR", "VARCHAR(20)"),
            ("DATE", "BOOLEAN"), ("TIMESTAMP_NTZ(6)", "TIMESTAMP_NTZ(5)"), ("TIMESTAMP_TZ(6)", "TIMESTAMP_TZ(3)"),
            ("TIMESTAMP_TZ(6)", "TIMESTAMP_NTZ(6)"), ("FLOAT", "NUMBER(38,5)"), ("VARIANT", "VARCHAR"))
# What, pattern, replacement, reason; of pipes, stages and COPY.
CLAUSES = (
    ("no PARSE_JSON", r"PARSE_JSON\((t\.\$\d+)\)", r"\1", ""), ("no columns", r'(COPY INTO [^(\n]*) \("[^)]*"\)', r"\1", ""),
    ("two columns swapped", r'(COPY INTO [^\n]*)"T", "X"', r'\1"X", "T"', ""),
    ("two fields swapped", r"t\.\$2, t\.\$3", "t.$3, t.$2", ""), ("a column fewer", r'(COPY INTO [^\n]*), "X"', r"\1", ""),
    ("name and number of rows swapped", r"METADATA\$FILENAME, METADATA\$FILE_ROW_NUMBER", "METADATA$FILE_ROW_NUMBER, METADATA$FILENAME", ""),
    ("no metadata", r", METADATA\$FILENAME, METADATA\$FILE_ROW_NUMBER", "", ""),
    *((f"ON_ERROR = {value}", "ON_ERROR = SKIP_FILE", f"ON_ERROR = {value}", "") for value in (
        "CONTINUE", "SKIP_FILE_2", "'SKIP_FILE_90%'", "ABORT_STATEMENT")),
    ("no ON_ERROR", r"\n    ON_ERROR = \w+", "", ""), ("no slash behind the stage", r"(URL = '[^']*)/'", r"\1'", ""), ("a stage above", r"(URL = 's3://[^/]*/)[^']*'", r"\1'", ""),
    ("no integration", r"\n    STORAGE_INTEGRATION = .*", "", ""), ("another path", r"@(\S*)_STAGE\"(?!\n    URL)", r'@\1_STAGE"/x/', ""),
    ("no auto-ingest", "AUTO_INGEST = TRUE", "AUTO_INGEST = FALSE", ""),
    ("auto-ingest everywhere", "AUTO_INGEST = FALSE", "AUTO_INGEST = TRUE", "who is told twice of a name loads it once"),
    *((f"PATTERN = {value}" if value else "no PATTERN", r"\n    PATTERN = '.*'", f"\n    PATTERN = '{value}'" if value else "", "")
      for value in (None, ".*", ".*[.]csv.*", "[^/]*", "[^/]*[.]txt")),
)
REDUNDANT = "stage and COPY name the same format: each is enough"
FORMATS = (("no format of the COPY", r"\n    FILE_FORMAT = \(FORMAT_NAME = [^\n]*(?=\n    (PATTERN|FILES))", ""),
           ("no format of the stage", r"(_STAGE\"(?:\n    (?:URL|STORAGE_INTEGRATION) = .*)+)\n    FILE_FORMAT = .*", r"\1"))


def changed(what, text, pattern, replacement, reason=""):
    mutant = re.sub(pattern, replacement, text, flags=re.M)
    return [Mutant(what, mutant, reason)] if mutant != text else []


def of_clauses(ddl):
    """The Mutants of tables, stages, pipes and COPYs; those that change nothing here are left out."""
    for what, pattern, replacement, reason in CLAUSES:
        yield from changed(what, ddl, pattern, replacement, reason)
    for kind, narrower in NARROWER:
        yield from changed(f"{narrower} for {kind}", ddl, rf'^(    "\w+") {re.escape(kind)}(?=,|$| --)', rf"\1 {narrower}")
    for what, pattern, replacement in FORMATS:
        yield from changed(what, ddl, pattern, replacement, REDUNDANT)
    both = ddl
    for _, pattern, replacement in FORMATS:
        both = re.sub(pattern, replacement, both)
    yield from changed("no format", ddl, re.escape(ddl), lambda match: both)
