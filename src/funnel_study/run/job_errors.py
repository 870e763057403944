"""Errors of files, disk and memory end a job with one line instead of a traceback."""

from __future__ import annotations

import errno
import resource
import sys
from collections.abc import Callable

from funnel_study.files.whole_files import UnusableFileError

# the log may be on the same disk, so the shell of the job reports this exit code (ended.sh)
DISK_FULL = 28
OUT_OF_MEMORY = (
    "out of memory: run again with fewer jobs at a time (make study CORES=1, or snakemake --cores "
    "1), or on a machine with more memory"
)
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def run(main: Callable[[], None]) -> None:
    """Run `main`; errors that are not bugs end with one line and exit code 1 (a full disk: 28)."""
    try:
        main()
    except UnusableFileError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted: run the same command again")
    except MemoryError:
        sys.exit(OUT_OF_MEMORY)
    except OSError as error:
        if error.errno in FULL:
            print(
                f"{error.filename} was not written ({error.strerror}): free some space on its disk "
                "and run again",
                file=sys.stderr,
            )
            sys.exit(DISK_FULL)
        _end_if_limited(error)
        sys.exit(str(error))
    except (ImportError, SystemError) as error:
        _end_if_limited(error)
        raise


def _end_if_limited(error: Exception) -> None:
    """End with one line if memory is limited: without memory, libraries fail in various ways."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY:
        said = " ".join(str(error).split())
        sys.exit(f"{OUT_OF_MEMORY} (limited to {limit // 2**20} MB by ulimit -v; {said})")
