"""A Slurm cluster of one node on this machine, from Debian's packages, for the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch")
SEARCH = f"{os.environ['PATH']}:/usr/sbin:/sbin"
# Where every client looks. A job's inner srun is given no SLURM_CONF, so it has to be here.
CLIENTS_LOOK_AT = Path("/etc/slurm/slurm.conf")
CORES = 2

CONFIGURATION = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge
{listen}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
# a container has neither cgroups nor systemd
ProctrackType=proctrack/pgid
TaskPlugin=task/none
MpiDefault=none
PropagateResourceLimits=NONE
MailProg=/bin/true
# a job over its memory is killed, within two seconds
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=2
JobAcctGatherParams=OverMemoryKill
# no database: squeue knows how jobs ended, for as long as the controller remembers them
AccountingStorageType=accounting_storage/none
MinJobAge=3600
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobs.txt
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
EnforcePartLimits=ALL
KillWait=5
JobRequeue=0
ReturnToService=2
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 Port={node} CPUs={cores} RealMemory={memory}
PartitionName=tests Nodes={host} Default=YES MaxTime=INFINITE
"""


class Cluster:
    """A running Slurm cluster, controlled by its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ask(self, *command: str) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, f"{command}: {done.stderr}"
        return done.stdout.strip()

    def queue(self, *states: str) -> list[str]:
        """The ids of the jobs in any of `states` or, without states, that have not ended."""
        only = [f"--states={','.join(states)}"] if states else []
        return self.ask("squeue", "--noheader", "--format=%A", *only).split()

    def job(self, number: str) -> dict[str, str]:
        """Everything that Slurm says about a job."""
        words = self.ask("scontrol", "--oneliner", "show", "job", number).split()
        return dict(word.split("=", 1) for word in words if "=" in word)

    def idle(self) -> bool:
        """Whether the node accepts jobs and has none."""
        asked = ("sinfo", "--noheader", "--format=%T")
        done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
        return done.stdout.strip() == "idle"

    def ended(self) -> list[dict[str, str]]:
        """Slurm's records of the jobs that have ended."""
        file = self.folder / "jobs.txt"
        lines = file.read_text().splitlines() if file.exists() else []
        return [dict(word.split("=", 1) for word in line.split() if "=" in word) for line in lines]


def missing() -> str:
    """The reason in one line why Slurm cannot be started here; empty if it can."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=SEARCH) is None]
    if absent:
        return f"Slurm is tested where it is installed, and there is no {', '.join(absent)}"
    if os.geteuid() != 0:
        return "Slurm is tested by root, who alone can start it"
    if CLIENTS_LOOK_AT.exists() and not _left_by_a_killed_test():
        return f"Slurm is tested where there is none, and here is {CLIENTS_LOOK_AT}"
    return ""


@contextlib.contextmanager
def started() -> Iterator[Cluster]:
    """A Slurm cluster that ends with the block, or with this process if it is killed."""
    # below /tmp itself: the path of a socket is short, and its folders are open to all
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/tmp"))
    folder.chmod(0o755)
    for name in ("state", "spool"):
        (folder / name).mkdir()
    _write(folder / "key", os.urandom(1024))
    host = socket.gethostname().split(".")[0]
    alone = socket.gethostbyname(host).startswith("127.")
    configuration = CONFIGURATION.format(
        host=host,
        folder=folder,
        controller=_free_port(),
        node=_free_port(),
        cores=CORES,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2**20,
        # a daemon listens where its host's name leads, and clients ask 127.0.0.1
        listen="CommunicationParameters=NoInAddrAny,NoCtldInAddrAny" if alone else "",
    )
    _write(folder / "slurm.conf", configuration.encode())
    CLIENTS_LOOK_AT.parent.mkdir(exist_ok=True)
    CLIENTS_LOOK_AT.unlink(missing_ok=True)
    CLIENTS_LOOK_AT.symlink_to(folder / "slurm.conf")
    cluster = Cluster(folder)
    own = ("socket", "pid-file", "log-file", "seed-file")
    try:
        with contextlib.ExitStack() as daemons:
            munge = [f"--{name}={folder / name.removesuffix('-file')}" for name in own]
            munge[0] = f"--socket={folder}/munge"
            start = [f"--key-file={folder}/key", *munge]
            daemons.enter_context(_daemon(folder, "munged", "--foreground", *start))
            wait_until("munged listens", (folder / "munge").exists)
            daemons.enter_context(_daemon(folder, "slurmctld", "-D"))
            daemons.enter_context(_daemon(folder, "slurmd", "-D"))
            wait_until("the node is idle", cluster.idle)
            yield cluster
            subprocess.run(["scancel", "--user", "root"], check=False, timeout=60)
            wait_until("every job is gone", lambda: not cluster.queue())
    finally:
        CLIENTS_LOOK_AT.unlink(missing_ok=True)
        shutil.rmtree(folder, ignore_errors=True)


def wait_until(what: str, happens: Callable[[], object], seconds: float = 1200) -> None:
    """Wait until `happens()` is true; raise AssertionError, which says `what`, if it never is."""
    deadline = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} seconds"
        time.sleep(0.1)


@contextlib.contextmanager
def _daemon(folder: Path, name: str, *arguments: str) -> Iterator[None]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("SLURM_")}
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", name, *arguments],
            env={**environment, "PATH": SEARCH, "SLURM_CONF": f"{folder}/slurm.conf"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def _left_by_a_killed_test() -> bool:
    """Whether the configuration is left over from a cluster of an earlier test run."""
    folder = CLIENTS_LOOK_AT.resolve().parent
    pid = folder / "slurmctld.pid"
    alive = pid.exists() and Path("/proc", pid.read_text().strip()).exists()
    return CLIENTS_LOOK_AT.is_symlink() and folder.name.startswith("slurm-") and not alive


def _free_port() -> int:
    with socket.socket() as each:
        each.bind(("127.0.0.1", 0))
        port: int = each.getsockname()[1]
        return port


def _write(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


if __name__ == "__main__":
    with started() as by_hand:
        print(by_hand.ask("sinfo"))
        input("Enter stops it.")
