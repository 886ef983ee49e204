"""The one exception tree: what can go wrong because of the world outside, each with a sentence for the user.

::

    SegStudioError            one clear sentence; shown as it is in the window and on the command line
    ├── FileError             names a file and the true reason
    │   ├── ImageError        an image that cannot be read: corrupt, empty, truncated, unsupported
    │   │   └── NoImageError  a sound file that is no image: a report, a structure set
    │   ├── MaskError         a mask that does not fit: wrong size, several channels, unknown class id
    │   ├── ProjectError      a project that cannot be opened or saved: newer version, damaged, locked
    │   ├── CheckpointError   weights that are not a checkpoint, or belong to another network
    │   ├── FormatError       a data set or annotation file that does not follow its format
    │   └── StorageError      the disk said no: full, read-only, permission denied
    ├── OptionError           an option, name or value that does not exist or is out of range
    ├── AnnotationError       strokes, boxes, tags or label maps that cannot be worked with
    ├── TrainingError         training or prediction that cannot go on: no labelled sample, out of memory
    │   └── ChannelsError     an image of other channels than the network's
    ├── MissingDependencyError  an optional package that is not installed, with the line that installs it
    └── StoppedError          not a mistake: a person stopped an act, and everything is as it was before

Everything else that is raised is a bug and shows its traceback.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class SegStudioError(Exception):
    """Anything a user can cause or meet; ``str(error)`` is one sentence for the user."""


class StoppedError(SegStudioError):
    """A person stopped an act in the middle; everything is as it was before."""

    def __init__(self) -> None:
        super().__init__("Stopped: every image is as it was before.")


class FileError(SegStudioError):
    """A file that cannot be used. The message is ``"<file>: <reason>"``; *path* and *reason* are kept apart too."""

    def __init__(self, path: str | Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason

    def __reduce__(self) -> tuple[type[FileError], tuple[Path, str]]:
        return type(self), (self.path, self.reason)


class ImageError(FileError):
    """An image that cannot be read."""


class NoImageError(ImageError):
    """A sound file of a known kind that holds no image."""


class MaskError(FileError):
    """A mask file that does not fit its image or its classes."""


class ProjectError(FileError):
    """A project that cannot be created, opened or saved."""


class CheckpointError(FileError):
    """A weights file that is not a checkpoint or does not fit the network."""


class FormatError(FileError):
    """A data-set or annotation file that does not follow its format."""


class StorageError(FileError):
    """The operating system refused to read or write a file."""


class OptionError(SegStudioError):
    """An unknown name or a value out of range."""


class AnnotationError(SegStudioError):
    """Strokes, boxes, tags or label maps that cannot be worked with."""


class TrainingError(SegStudioError):
    """Training or prediction that cannot start or go on."""


class ChannelsError(TrainingError):
    """An image of other channels than the network's."""


class MissingDependencyError(SegStudioError):
    """An optional package is needed and not installed."""


_DISK_REASONS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EROFS: "the file system is read-only",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOENT: "no such file or folder",
    errno.EISDIR: "this is a folder, not a file",
    errno.ENOTDIR: "a part of the path is a file, not a folder",
    errno.ENAMETOOLONG: "the path is too long for this file system",
    errno.EEXIST: "it exists already",
}


def disk_reason(error: OSError) -> str:
    """The operating system's refusal in words a user knows."""
    known = _DISK_REASONS.get(error.errno) if error.errno is not None else None
    return known or error.strerror or str(error) or type(error).__name__


@contextmanager
def storage_errors(path: str | Path) -> Iterator[None]:
    """Turn every :class:`OSError` raised inside into a :class:`StorageError` that names *path*."""
    try:
        yield
    except OSError as error:
        raise StorageError(path, disk_reason(error)) from error
