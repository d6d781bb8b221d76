# SPDX-License-Identifier: MIT
"""fleet.py TOP BUILD BIN [--short]: what a fleet of sites costs beside the stages of its sites.

Sites of 60 hosts and 1,000 VMs. Some are really run by fleet.sh, on one thread, beside the same stages called one by one;
the others, of which the merge is measured, are copies of their assessments under other sources. Nothing here can fail for
being slow.
"""
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time

STAGES = ("collect", "analyze", "plan", "apply")


def cpu(command, **options):
    """Seconds of processor of a command and all that it began."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def make_sites(generate, collect, work, n):
    """Complete snapshots, each of a source of its own."""
    for i in range(1, n + 1):
        raw = f"{work}/raw"
        shutil.rmtree(raw, ignore_errors=True)
        subprocess.run([generate, "--clusters", "3", "--hosts", "60", "--vms", "1000", "--hot", "10", "--seed", str(i), "-o", raw],
                       check=True, stdout=subprocess.DEVNULL)
        subprocess.run([collect, "-q", raw, "-o", f"{work}/kept/{i}"], check=True)


def engine(top, binaries, work, n):
    """Seconds of processor of the stages alone and of the whole round by make."""
    programs = {stage: f"{binaries}/{stage}" for stage in STAGES}
    alone = 0
    for i in range(1, n + 1):
        out = f"{work}/alone/{i}"
        os.makedirs(out)
        alone += cpu([programs["collect"], "-q", f"{work}/kept/{i}", "-o", f"{out}/snapshot"])
        alone += cpu([programs["analyze"], "-q", f"{out}/snapshot", "-o", f"{out}/assessment.csv", "--html", f"{out}/report.html"])
        alone += cpu([programs["plan"], "-q", "--threads", "1", f"{out}/snapshot", f"{out}/assessment.csv", "-o", f"{out}/plan.csv",
                      "--html", f"{out}/review.html"])
    os.makedirs(f"{work}/bin")
    for stage, path in programs.items():
        os.symlink(path, f"{work}/bin/vmanger-{stage}")
    with open(f"{work}/sites.csv", "w", encoding="utf-8") as file:
        file.write("site,source,policy,options\n" + "".join(f"site{i},kept/{i},,\n" for i in range(1, n + 1)))
    env = dict(os.environ, PATH=f"{work}/bin:{os.environ['PATH']}")
    for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
        env.pop(name, None)
    whole = cpu(["make", "-f", f"{top}/samples/fleet/fleet.mk", "-k", "-j1", "sites"], cwd=work, env=env)
    again = cpu(["make", "-f", f"{top}/samples/fleet/fleet.mk", "-k", "-j1", "sites"], cwd=work, env=env)
    return alone, whole, again


def merge(analyze, work, n, real):
    """Seconds of processor and the most memory (MB) of a merge of n sites."""
    paths = []
    for i in range(1, n + 1):
        path = f"{work}/merged/s{i}.csv"
        if not os.path.exists(path):
            of = (i - 1) % real + 1
            with open(f"{work}/alone/{of}/assessment.csv", encoding="utf-8") as file:
                text = file.read()
            source = next(line.split(",")[2] for line in text.splitlines() if line.startswith("#snapshot,"))
            text = text.replace(source, f"{source[:24]}{i:012}")
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        paths.append(path)
    process = subprocess.Popen([analyze, "-q", "--merge", *paths, "-o", f"{work}/fleet.csv", "--html", f"{work}/fleet.html"])
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"the merge ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.path.getsize(f"{work}/fleet.html") / 1e6


def slurm_task(n):
    """Wall seconds of a task of an array of n that do nothing, one at a time; None where there is no Slurm."""
    if "SLURM_CONF" not in os.environ:
        return None
    began = time.monotonic()
    subprocess.run(["sbatch", "--wait", "--output=/dev/null", f"--array=0-{n - 1}%1", "--wrap", "true"], check=True,
                   stdout=subprocess.DEVNULL)
    return (time.monotonic() - began) / n


def main():
    short = "--short" in sys.argv
    top, build, binaries = sys.argv[1:4]
    real, sizes = (4, (50, 100, 200)) if short else (20, (250, 500, 1000))
    with tempfile.TemporaryDirectory() as work:
        os.makedirs(f"{work}/merged")
        os.makedirs(f"{work}/kept")
        make_sites(f"{build}/tests/generate", f"{binaries}/collect", work, real)
        alone, whole, again = engine(top, binaries, work, real)
        print(f"fleet: {real} sites of 60 hosts and 1,000 VMs really run; merges of up to {sizes[-1]} sites, copies of those")
        print(open(f"{work}/fleet.csv").read().count("left_out") if 0 else "", end="")
        print(f"  make beside its stages alone: {whole / alone:.3f} times their processor; a second round that finds all done: "
              f"{again / alone:.3f} times")
        task = slurm_task(5)
        print("  Slurm: not run here (slurm-wlm, munge, root)" if task is None else
              f"  Slurm, one task after the other: each takes {task / (alone / real):.2f} times what a site's stages do")
        first = None
        for n in sizes:
            seconds, megabytes, page = merge(f"{binaries}/analyze", work, n, real)
            first = first or seconds / n
            print(f"  merge of {n:5} sites: {seconds / n / first:.2f} times the processor a site of {sizes[0]}; "
                  f"{seconds / n / (alone / real):.4f} times what a site's stages take; {megabytes:.0f} MB; page of {page:.1f} MB")


if __name__ == "__main__":
    main()
