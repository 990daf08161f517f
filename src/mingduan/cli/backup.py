"""A backup: one tar with the database as it was at one moment, every file of the home, and a manifest of their hashes.

The database is copied first. Files are written before the event that names them and never changed, so whatever the
copy names is there when the files are copied after it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import connections

from mingduan.config import clock

FORMAT = 1
DATABASE, FILES, MANIFEST = "database", "home/", "manifest.json"
_MADE_ANEW = ("static", "metrics", "secret_key")  # present in any home, whatever it holds
_SIDES = ("", "-wal", "-shm", "-journal")
Step = Callable[[], None]


class BackupError(Exception):
    """Why a backup can't be made or put back here."""


class Damaged(Exception):
    """A backup that is not what was written."""


def count() -> int:
    """How many steps making a backup takes."""
    return 1 + sum(1 for _ in _files())


def make(target: Path, step: Step) -> dict[str, Any]:
    """Write a backup to `target`, which appears when it is whole; its manifest. Raises BackupError."""
    members: dict[str, str] = {}
    with tempfile.TemporaryDirectory(dir=target.absolute().parent, prefix=".backup-") as work:
        copy, partial = Path(work) / DATABASE, Path(work) / "tar"
        _copy_database(copy)
        with tarfile.open(partial, "w") as tar:
            members[DATABASE] = _add(tar, copy, DATABASE)
            step()
            for file in _files():
                try:
                    name = FILES + file.relative_to(settings.HOME).as_posix()
                    members[name] = _add(tar, file, name)
                except FileNotFoundError:  # destroyed with its case since the list was made
                    continue
                step()
            manifest = {"format": FORMAT, "engine": _engine(), "at": clock.now().isoformat(), "members": members}
            _add_bytes(tar, MANIFEST, json.dumps(manifest, indent=1).encode())
        with partial.open("rb") as written:
            os.fsync(written.fileno())
        os.replace(partial, target)
    return manifest


def refuse_unless_empty() -> None:
    """Raise BackupError where there is a database or a file already."""
    if left := [p.name for p in _home().iterdir() if p.name not in _MADE_ANEW and not _is_database(p)]:
        raise BackupError(f"数据目录不是空的：{_home()}（{'、'.join(left[:5])}）/ the home is not empty")
    if _engine() == "sqlite" and not Path(settings.DATABASES["default"]["NAME"]).exists():
        return
    tables = connections["default"].introspection.table_names()
    connections.close_all()
    if tables:
        raise BackupError(f"数据库不是空的，有 {len(tables)} 张表 / the database is not empty")


def members_in(file: Path) -> int:
    """How many steps putting it back takes. Raises Damaged."""
    with _open(file) as tar:
        return len(tar.getnames())


def put_back(file: Path, step: Step) -> None:
    """Put a backup into the empty home and database. Nothing is put back of a damaged one. Raises Damaged, BackupError."""
    with tempfile.TemporaryDirectory(dir=_home(), prefix=".restore-") as work:
        found = Path(work)
        manifest = _unpack(file, found, step)
        if manifest.get("engine") != _engine():
            raise BackupError(f"备份来自 {manifest.get('engine')}，这里是 {_engine()}：请设好 DATABASE_URL / another kind of database")  # fmt: skip
        _load_database(found / DATABASE)
        source = found / FILES
        for path in sorted(source.rglob("*")) if source.exists() else ():
            if path.is_file():
                target = _home() / path.relative_to(source)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(path, target)


def _unpack(file: Path, into: Path, step: Step) -> dict[str, Any]:
    """Unpack and compare every hash; the manifest."""
    hashes: dict[str, str] = {}
    with _open(file) as tar:
        try:
            for member in tar:
                tar.extract(member, into, filter="data")
                if not member.isfile():
                    raise Damaged(f"备份中有不是文件的内容：{member.name} / not a file")
                hashes[member.name] = _hash(into / member.name)
                step()
        except (tarfile.TarError, OSError) as error:
            raise Damaged(f"备份已损坏：{error} / damaged") from None
    try:
        manifest: dict[str, Any] = json.loads((into / MANIFEST).read_bytes())
        members = manifest["members"]
    except (OSError, ValueError, KeyError, TypeError):
        raise Damaged(f"不是完整的备份：没有 {MANIFEST} / no manifest") from None
    hashes.pop(MANIFEST)
    if manifest.get("format") != FORMAT:
        raise BackupError(f"不认识的备份格式：{manifest.get('format')} / unknown format")
    wrong = sorted(name for name in {*members, *hashes} if members.get(name) != hashes.get(name))
    if wrong or DATABASE not in members:
        raise Damaged(f"备份已损坏，校验和不符：{'、'.join(wrong[:5])} / checksums differ")
    return manifest


def _files() -> Iterator[Path]:
    """Every file of the home that a backup holds."""
    for path in sorted(_home().rglob("*")):
        first = path.relative_to(_home()).parts[0]
        if (
            path.is_file()
            and first not in ("static", "metrics")
            and not first.startswith(".")
            and not _is_database(path)
        ):
            yield path


def _is_database(path: Path) -> bool:
    database = settings.DATABASES["default"]
    names = [str(n) for n in (database["NAME"], database.get("TEST", {}).get("NAME")) if n]
    return any(str(path) == str(Path(name).absolute()) + side for name in names for side in _SIDES)


def _copy_database(to: Path) -> None:
    """The database as it is at one moment; others go on writing."""
    if _engine() == "sqlite":
        name = Path(settings.DATABASES["default"]["NAME"])
        if not name.exists():
            raise BackupError(f"没有数据库：{name} / there is no database")
        at = f"{name.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(at, uri=True)) as source, closing(sqlite3.connect(to)) as target:
            source.backup(target)  # all pages in one read transaction
    else:
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={to}")


def _load_database(copy: Path) -> None:
    connections.close_all()
    if _engine() == "sqlite":
        name = Path(settings.DATABASES["default"]["NAME"])
        for side in _SIDES:
            Path(f"{name}{side}").unlink(missing_ok=True)
        shutil.move(copy, name)
    else:
        _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
             f"--dbname={settings.DATABASES['default']['NAME']}", str(copy))  # fmt: skip


def _run(program: str, *words: str) -> None:
    """A PostgreSQL program, told where the database is by its own variables, so that no password is on a command line."""
    database: dict[str, Any] = dict(settings.DATABASES["default"])
    where = {"PGDATABASE": "NAME", "PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD"}
    env = {**os.environ, **{name: str(database[key]) for name, key in where.items() if database.get(key)}}
    try:
        subprocess.run([program, *words], env=env, check=True, capture_output=True, text=True)  # noqa: S603  fixed words
    except FileNotFoundError:
        raise BackupError(f"没有 {program}，请安装 postgresql-client / install postgresql-client") from None
    except subprocess.CalledProcessError as error:
        raise BackupError(f"{program}：{error.stderr.strip()[:500]}") from None


def _engine() -> str:
    return "sqlite" if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") else "postgresql"


def _home() -> Path:
    return Path(settings.HOME).absolute()


class _Hashing(io.RawIOBase):
    """A file read through, its hash taken on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.digest = file, hashlib.sha256()

    def readable(self) -> bool:
        """Yes."""
        return True

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        got = self._file.read(size)
        self.digest.update(got)
        return got


def _add(tar: tarfile.TarFile, path: Path, name: str) -> str:
    """Put a file into the tar; its hash."""
    with path.open("rb") as file:
        info = tar.gettarinfo(fileobj=file, arcname=name)
        info.uid = info.gid = 0
        info.uname = info.gname = ""
        reader = _Hashing(file)
        tar.addfile(info, reader)
    return reader.digest.hexdigest()


def _add_bytes(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(content)
    tar.addfile(info, io.BytesIO(content))


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _open(file: Path) -> tarfile.TarFile:
    try:
        return tarfile.open(file)
    except (tarfile.TarError, OSError) as error:
        raise Damaged(f"读不到备份：{error} / can't read it") from None
