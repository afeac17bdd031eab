"""Zarr stores at https://, http:// and s3://, read in place.

Nothing is downloaded but the chunks that are read; they are kept compressed, as they
came, because neighbouring boxes need them again.
"""

from typing import Any

from zarr.abc.buffer import Buffer, BufferPrototype
from zarr.abc.store import ByteRequest, Store
from zarr.core.buffer import default_buffer_prototype
from zarr.core.sync import sync
from zarr.storage import FsspecStore, WrapperStore

from densecell.address import Url
from densecell.errors import MissingVolumeError, VolumeError
from densecell.volume.cache import SegmentCache
from densecell.volume.extra import imported

REFUSED = (401, 403)  # HTTP: unauthorized, forbidden


def open_store(url: Url) -> Store:
    """Open the zarr store at an address, and wait until its server has answered.

    S3 is asked anonymously, and with the user's credentials where it refuses that.

    Raises
    ------
    VolumeError
        If the server cannot be reached, or refuses.
    MissingExtraError
        If the packages that talk to servers are not installed.
    """
    on_s3 = _on_s3(url)
    imported("s3fs" if on_s3 else "aiohttp", what="volumes on servers")
    try:
        return _answering(url, {"anon": True} if on_s3 else {})
    except Exception as error:  # servers fail in whatever way they like
        if on_s3 and _refuses(error):
            return _with_credentials(url)
        raise server_error(url, error) from None


def server_error(url: Url, error: Exception) -> VolumeError:
    """Error for what went wrong between here and a server."""
    if isinstance(error, FileNotFoundError):
        return MissingVolumeError(
            f"{url}: no OME-Zarr is there; expected zarr.json, .zgroup or .zarray "
            "below this address: give the group of an image"
        )
    if _refuses(error):
        remedy = (
            "your credentials may not read it, or have run out: renew them, choose "
            "others with AWS_PROFILE, or ask its owner"
            if _on_s3(url)
            else "of web servers densecell reads public data only: ask its owner, or "
            "copy it here"
        )
        return VolumeError(
            f"{url}: the server refuses to show it ({first_line(error)}); {remedy}"
        )
    return VolumeError(
        f"{url}: cannot be read from the server ({first_line(error)}); check the "
        "address and the network, then run the same command again"
    )


def first_line(error: Exception) -> str:
    """First line of an error, or its name when it says nothing."""
    return (str(error).splitlines() or [type(error).__name__])[0]


def _on_s3(url: Url) -> bool:
    return url.text.lower().startswith("s3:")


def _refuses(error: Exception) -> bool:
    status = getattr(error, "status", None)
    return isinstance(error, PermissionError) or status in REFUSED


def _answering(url: Url, options: dict[str, Any]) -> Store:
    """Open a store, and ask it one question.

    One alone: of many at once, the others outlive the first to fail.
    """
    store = CachedStore(
        FsspecStore.from_url(url.text, storage_options=options, read_only=True)
    )
    sync(store.get("zarr.json", default_buffer_prototype()))
    return store


def _with_credentials(url: Url) -> Store:
    """Open a store that is not public as whom the environment or a profile names."""
    from botocore.exceptions import NoCredentialsError  # comes with s3fs

    try:
        return _answering(url, {"anon": False})
    except NoCredentialsError:
        raise VolumeError(
            f"{url}: is not public, and no credentials were found; set AWS_PROFILE, or "
            "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, to those that may read it"
        ) from None
    except Exception as error:  # servers fail in whatever way they like
        raise server_error(url, error) from None


class CachedStore(WrapperStore[Store]):
    """A store that keeps the bytes it was asked for last, up to 256 MiB."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._kept = SegmentCache()

    def __reduce__(self) -> tuple[Any, ...]:
        return (CachedStore, (self._store,))  # what is kept stays here

    async def get(
        self,
        key: str,
        prototype: BufferPrototype,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        """Read a key, or a range of its bytes; None where there is no such key."""
        asked = (key, repr(byte_range))
        if (held := self._kept.find(asked)) is not None:
            return prototype.buffer.from_array_like(held)
        buffer = await super().get(key, prototype, byte_range)
        if buffer is not None:
            self._kept.keep(asked, buffer.as_numpy_array())
        return buffer
