"""Large content beside the cases: put as a stream, opened as a stream, deleted.

The interface is what an S3-compatible store offers too; here it lies in GridFS, in the database of
the service that owns it.
"""

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Final, Protocol

from gridfs.asynchronous import AsyncGridFSBucket
from gridfs.errors import NoFile
from pymongo.asynchronous.database import AsyncDatabase

from shared.decider import Unknown
from shared.store.group import Document, transient_when_away

CHUNK: Final = 255 * 1024


class Files(Protocol):
    """Where files are kept, each under an id that its owner chose."""

    async def put(self, file_id: str, tenant: str, content: AsyncIterator[bytes]) -> int:
        """Keep a stream, all of it or nothing; returns its size in bytes."""
        ...

    def open(self, file_id: str) -> AsyncIterator[bytes]:
        """The content, chunk by chunk; `Unknown` when there is none."""
        ...

    async def delete(self, file_id: str) -> None:
        """Forget a file; one that is not there is forgotten already."""
        ...


class GridFiles:
    """Files in GridFS; a chunk of `CHUNK` bytes at a time is in memory."""

    def __init__(self, database: AsyncDatabase[Document]) -> None:
        self._bucket = AsyncGridFSBucket(database, bucket_name="files", chunk_size_bytes=CHUNK)

    async def put(self, file_id: str, tenant: str, content: AsyncIterator[bytes]) -> int:
        size = 0
        with transient_when_away():
            stream = self._bucket.open_upload_stream_with_id(
                file_id, file_id, metadata={"tenant": tenant}
            )
            try:
                async for chunk in content:
                    await stream.write(chunk)
                    size += len(chunk)
            except BaseException:
                await stream.abort()
                raise
            await stream.close()
        return size

    async def open(self, file_id: str) -> AsyncIterator[bytes]:
        with transient_when_away():
            try:
                stream = await self._bucket.open_download_stream(file_id)
            except NoFile:
                raise Unknown("file.unknown", id=file_id) from None
            while chunk := await stream.readchunk():
                yield chunk

    async def delete(self, file_id: str) -> None:
        with transient_when_away(), suppress(NoFile):
            await self._bucket.delete(file_id)
