"""s3_job.py: the main job with its sinks, or its state, or both on S3.

What it left there is brought into the job's folder after each run, to where a job on directories has it, so that everything that
can be asked of a MainJob can be asked of this one.
"""
from lib import main_job, weir


class S3Job(main_job.MainJob):
    """server: a servers.S3Server. state, data: what lies on S3. endpoint: another way to the server, such as a proxy."""

    def __init__(self, folder, commit_rows, server, state=True, data=True, endpoint=None, **source):
        super().__init__(folder, commit_rows, **source)
        self.server, self.on_s3 = server, {"state": state, "raw": data, "minutes": data}
        self.bucket = server.bucket("job")
        self.client = server.client()
        self.environment = server.environment(endpoint)
        if data:
            for name in main_job.PLACES:
                self.arguments += ["-v", f"{name}=s3://{self.bucket}/{name}/"]

    def command(self, settings=(), **options):
        if self.on_s3["state"]:
            settings = (f"state_location = 's3://{self.bucket}/state'", *settings)
        return super().command(settings=settings, **options)

    def run(self, check=0, env=None, **options):
        done = super().run(check=check, env={**self.environment, **(env or {})}, **options)
        self.mirror()
        return done

    def start(self, env=None, **options):
        return super().start(env={**self.environment, **(env or {})}, **options)

    def weir(self, *args, check=0, env=None):
        """Runs the program with something else than the job."""
        return weir.run(*args, check=check, env={**self.environment, **(env or {})})

    def mirror(self):
        for name, there in self.on_s3.items():
            if there:
                folder = self.folder / ".weir" if name == "state" else self.folder / name
                self.client.mirror(self.bucket, f"{name}/", folder)

    def keys(self, prefix=""):
        return self.client.list(self.bucket, prefix)
