"""pg_wire.py: a client of PostgreSQL's protocol, version 3, over the Unix socket of a cluster that trusts everybody: simple queries,
results as text with their columns' types, COPY FROM STDIN. For tests that need more of a result than psql prints.
"""
import collections
import socket
import struct

Column = collections.namedtuple("Column", "name table number oid modifier")
Result = collections.namedtuple("Result", "columns rows tag")


class PgError(Exception):
    """PostgreSQL's error: fields by their letter (C: SQLSTATE, M: message)."""

    def __init__(self, fields):
        self.fields, self.sqlstate, self.message = fields, fields["C"], fields["M"]
        super().__init__(f"{self.sqlstate}: {self.message}")


def c_strings(body):
    return [part.decode() for part in body.split(b"\0")]


class Connection:
    """One session."""

    def __init__(self, folder, database="postgres"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f"{folder}/.s.PGSQL.5432")
        self.file = self.socket.makefile("rb")
        words = b"".join(word.encode() + b"\0" for word in ("user", "postgres", "database", database, "client_encoding", "UTF8"))
        self.socket.sendall(struct.pack("!ii", len(words) + 9, 196608) + words + b"\0")
        self.collect()

    def send(self, kind, body):
        self.socket.sendall(kind + struct.pack("!i", len(body) + 4) + body)

    def message(self):
        head = self.file.read(5)
        if len(head) < 5:
            raise ConnectionError("PostgreSQL has closed the connection")
        return head[:1], self.file.read(struct.unpack("!i", head[1:])[0] - 4)

    def columns(self, body):
        found, at = [], 2
        for _ in range(struct.unpack("!h", body[:2])[0]):
            end = body.index(b"\0", at)
            table, number, oid, _, modifier, _ = struct.unpack("!ihihih", body[end + 1:end + 19])
            found.append(Column(body[at:end].decode(), table, number, oid, modifier))
            at = end + 19
        return found

    @staticmethod
    def row(body):
        values, at = [], 2
        for _ in range(struct.unpack("!h", body[:2])[0]):
            size = struct.unpack("!i", body[at:at + 4])[0]
            at += 4
            values.append(None if size < 0 else body[at:at + size].decode())
            at += max(size, 0)
        return values

    def collect(self, copied=b""):
        """The last result until the server is ready; the first error is raised then."""
        columns, rows, tag, error = [], [], "", None
        while True:
            kind, body = self.message()
            if kind == b"Z":
                if error:
                    raise error
                return Result(columns, rows, tag)
            if kind == b"T":
                columns, rows = self.columns(body), []
            elif kind == b"D":
                rows.append(self.row(body))
            elif kind == b"C":
                tag = body[:-1].decode()
            elif kind == b"E":
                error = error or PgError({part[0]: part[1:] for part in c_strings(body) if part})
            elif kind == b"G":
                self.send(b"d", copied)
                self.send(b"c", b"")

    def query(self, sql):
        """The result of the last statement of a script."""
        self.send(b"Q", sql.encode() + b"\0")
        return self.collect()

    def copy(self, target, rows):
        """Rows of texts or None into 'table (columns)'."""
        escapes = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})
        lines = ("\t".join("\\N" if value is None else value.translate(escapes) for value in row) + "\n" for row in rows)
        self.send(b"Q", f"COPY {target} FROM STDIN".encode() + b"\0")
        return self.collect("".join(lines).encode())

    def close(self):
        self.file.close()
        self.socket.close()


def literal(text):
    return "'" + text.replace("'", "''") + "'" if "\\" not in text else "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'"


def name(text):
    return '"' + text.replace('"', '""') + '"'
