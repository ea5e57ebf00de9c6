"""`make fuzz`: each target for some minutes, led by coverage (atheris), else by hypothesis alone.

What is found stays in `found/TARGET` beside this file; once mended it goes into `corpus/TARGET`,
which every run of the tests replays.
"""

import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
SPARE = 1024  # MB above what the imported process holds
sys.path.insert(0, str(HERE))


def held() -> int:
    """MB of memory of this process; 0 where the system does not tell."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) // 1024


def by_atheris(name: str, seconds: int) -> None:
    """Fuzz in this process, which ends with it."""
    import atheris

    with atheris.instrument_imports(include=["gan_lessons", "PIL", "zipfile", "json"]):
        import targets
    found = HERE / "found" / name
    reached = found / "reached"  # what led to new places in the code: the next run begins with it
    reached.mkdir(parents=True, exist_ok=True)
    limits = [f"-max_total_time={seconds}", "-timeout=30", f"-rss_limit_mb={held() + SPARE}"]
    options = [*limits, "-max_len=65536", f"-artifact_prefix={found}/", "-print_final_stats=1"]
    cases = [str(reached), str(HERE / "corpus" / name)]  # new ones go into the first
    atheris.Setup([sys.argv[0], *options, *cases], targets.TARGETS[name])
    atheris.Fuzz()


def by_hypothesis(name: str, seconds: int) -> None:
    """Bytes of any kind and damaged cases of the corpus, until the time is over."""
    import targets
    from damage import damaged
    from hypothesis import HealthCheck, given, settings

    end = time.monotonic() + seconds

    @settings(max_examples=500, deadline=30_000, suppress_health_check=list(HealthCheck))
    @given(damaged(name))
    def fuzz(data):
        targets.TARGETS[name](data)

    while time.monotonic() < end:
        fuzz()


def main(seconds: int, *names: str) -> int:
    """All targets one after the other, each in a process of its own; 0 if nothing was found."""
    from importlib.util import find_spec

    import targets

    how = "atheris" if find_spec("atheris") else "hypothesis"
    if how == "hypothesis":
        print("atheris is not installed for this Python: hypothesis alone")
    failed = []
    for name in names or targets.TARGETS:
        print(f"== {name}, {seconds} s by {how}", flush=True)
        command = [sys.executable, __file__, "--one", how, name, str(seconds)]
        if subprocess.run(command).returncode:
            failed.append(name)
    print(f"found something: {', '.join(failed)}" if failed else "nothing was found")
    return bool(failed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        {"atheris": by_atheris, "hypothesis": by_hypothesis}[sys.argv[2]](
            sys.argv[3], int(sys.argv[4])
        )
    else:
        sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 600, *sys.argv[2:]))
