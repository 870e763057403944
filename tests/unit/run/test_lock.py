import subprocess
import sys
from pathlib import Path

import pytest

from funnel_study.run.lock import LockedError, hold


def test_a_killed_process_leaves_no_lock(repository: Path, tmp_path: Path) -> None:
    code = (
        "import sys, funnel_study.run.lock as l;"
        "l.hold(sys.argv[1]); print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "lock")],
        cwd=repository / "src",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(LockedError, match=f"process {other.pid} on"):
            hold(tmp_path / "lock")
        other.kill()
        other.wait()
    hold(tmp_path / "lock").close()
