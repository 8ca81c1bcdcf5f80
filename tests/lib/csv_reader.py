"""csv_reader.py: a strict reader of Weir's CSV objects, by the contract alone; it shares no code with the writer.

A record ends with LF; fields are separated by commas; a field that begins with a quote ends with the quote that is not
doubled; a bare field has no quote in it. An empty bare field is NULL (None), "" is the empty string.
"""
import pathlib
import re
import zlib

# A quoted field, in which a quote is doubled, or a bare one without quotes; and what ends it.
FIELD = re.compile(r'(?:"([^"]*(?:""[^"]*)*)"|([^",\r\n]*))([,\n])')


class Malformed(Exception):
    """The bytes are not what the contract says."""


def read_bytes(path):
    """The uncompressed bytes of an object; a .gz must be exactly one member with nothing behind it."""
    return unpack(path, pathlib.Path(path).read_bytes())


def unpack(path, data):
    """The uncompressed bytes of what an object of this name holds."""
    if not str(path).endswith(".gz"):
        return data
    inflater = zlib.decompressobj(31)
    try:
        text = inflater.decompress(data) + inflater.flush()
    except zlib.error as error:
        raise Malformed(f"{path}: {error}") from error
    if not inflater.eof or inflater.unused_data:
        raise Malformed(f"{path}: not exactly one gzip member")
    return text


def parse(text):
    """Records as tuples of text; None is NULL."""
    at, records, record = 0, [], []
    for field in FIELD.finditer(text):
        if field.start() != at:
            break
        quoted, bare, end = field.groups()
        record.append((bare or None) if quoted is None else quoted.replace('""', '"') if '"' in quoted else quoted)
        at = field.end()
        if end == "\n":
            records.append(tuple(record))
            record = []
    if at != len(text):
        raise Malformed(f"character {at}: {text[at:at + 40]!r} is no field with a comma or line feed behind it")
    if record:
        raise Malformed("the last record does not end with a line feed")
    return records


def read(path, columns=None):
    """The rows of an object as tuples of text or None; every record must have the same number of fields."""
    records = parse(read_bytes(path).decode("utf-8", errors="strict"))
    if not records:
        raise Malformed(f"{path}: no records")
    width = columns or len(records[0])
    for number, record in enumerate(records, 1):
        if len(record) != width:
            raise Malformed(f"{path}: record {number} has {len(record)} fields, not {width}")
    return records


def data_objects(folder):
    """Paths of the objects below a folder, in the order of names; what is not a data object is an error."""
    for path in sorted(pathlib.Path(folder).rglob("*")):
        if path.is_dir() or ".weir-tmp" in path.parts:
            continue
        if not path.name.endswith((".csv", ".csv.gz")):
            raise Malformed(f"{path}: not a data object")
        yield path


def read_folder(folder, columns=None):
    """All rows below a folder in the order of names."""
    return [row for path in data_objects(folder) for row in read(path, columns)]
