# SPDX-License-Identifier: MIT
# A password is in memory once while it is needed, in no core file and not in /proc; a file of it that others can read
# is refused where we own it, and told of elsewhere.
. "$TOP/tests/pipeline/lib/vcenter.sh"
vcenter_start --password 'correct-horse-battery'

from_file() {
    is=0
    rm -rf out && mkdir out
    "$BIN/collect" "$url" -u "$account" --cacert cert.pem --password-file "$1" -o out/s >heard 2>said </dev/null || is=$?
}
echo correct-horse-battery >'pass word'
for mode in 644 640 604; do
    chmod $mode 'pass word'
    from_file 'pass word'
    test "$is" = 1 || complain "mode $mode" "exit code $is"
    says "mode $mode" "^collect: pass word: found a password that others can read .mode 0$mode.: expected our user alone: chmod 600 'pass word'$"
    test -z "$(ls -A out)" || complain "mode $mode" 'something was written'
done
test "$(stat Login)" = 0 || complain 'a file that others can read' 'the password was sent'
for mode in 600 400; do
    chmod $mode 'pass word'
    from_file 'pass word'
    test "$is" = 0 && test ! -s said || complain "mode $mode" "exit code $is"
done
chmod 644 'pass word'
mkfifo pipe
cat 'pass word' >pipe &
from_file pipe
test "$is" = 0 && test ! -s said || complain 'a pipe' "exit code $is"
if test "$(id -u)" = 0; then
    cp 'pass word' theirs
    chown nobody theirs
    from_file theirs
    test "$is" = 0 || complain 'a file of another owner' "exit code $is"
    says 'a file of another owner' '^collect: warning: theirs: others than its owner can read this password$'
    if mkdir mounted && mount -t tmpfs tmpfs mounted 2>/dev/null; then
        trap 'umount mounted; test -z "$server" || kill "$server"' EXIT
        cp 'pass word' mounted/password
        mount -o remount,ro mounted
        from_file mounted/password
        test "$is" = 0 || complain 'a read-only mount' "exit code $is"
        says 'a read-only mount' '^collect: warning: mounted/password: '
    fi
fi

# Looked at while it waits for an answer after Login, as a debugger would see it.
cat >memory.py <<'END'
import os, re, subprocess, sys, time
secret, command = b"correct-horse-battery", sys.argv[1:]
process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
proc = f"/proc/{process.pid}/"
log = lambda: subprocess.run(["curl", "-sf", os.environ["CONTROL"] + "/stats"], capture_output=True).stdout
while b'"QueryPerf":' not in log() and process.poll() is None:
    time.sleep(0.05)
problems = []
if not re.search(r"Max core file size +0 +0 ", open(proc + "limits").read()):
    problems.append("a core file may be written")
if secret in open(proc + "environ", "rb").read():
    problems.append("the password is in /proc/PID/environ")
if not os.environ.get("SANITIZE"):
    if os.getuid() != 0 and os.stat(proc + "mem").st_uid == os.getuid():
        problems.append("others of this user may look into the process")
    found = 0
    with open(proc + "mem", "rb", 0) as memory:
        for line in open(proc + "maps"):
            begin, end, rights = re.match(r"(\w+)-(\w+) (\S+)", line).groups()
            if "w" not in rights:
                continue
            try:
                memory.seek(int(begin, 16))
                found += memory.read(int(end, 16) - int(begin, 16)).count(secret)
            except (OSError, OverflowError, ValueError):
                pass
    if found != 1:
        problems.append(f"the password is in memory {found} times")
process.terminate()
process.wait()
sys.exit("; ".join(problems) or 0)
END
if test "$(id -u)" = 0; then
    for given in environment address file; do
        order reset 'rule?method=QueryPerf&do=delay&seconds=5&times=0'
        rm -rf out && mkdir out
        chmod 600 'pass word'
        is=0
        case $given in
        environment)
            CONTROL=$control GOVC_PASSWORD=correct-horse-battery python3 memory.py "$BIN/collect" "$url" -u "$account" \
                --cacert cert.pem -o out/s >said 2>&1 || is=$?
            ;;
        address)
            CONTROL=$control GOVC_URL="administrator%40vsphere.local:correct-horse-battery@${url#https://}" python3 memory.py \
                "$BIN/collect" --cacert cert.pem -o out/s >said 2>&1 || is=$?
            ;;
        file)
            CONTROL=$control python3 memory.py "$BIN/collect" "$url" -u "$account" --password-file 'pass word' \
                --cacert cert.pem -o out/s >said 2>&1 || is=$?
            ;;
        esac
        test "$is" = 0 || complain "memory, from the $given" "$(cat said)"
    done
fi
# names below /proc/self still serve: a shell's <(command), and a plan to /dev/stdout
"$BIN/collect" "$url" -u "$account" --cacert cert.pem --password-file /dev/fd/3 -o fd 3<'pass word' >heard 2>said ||
    complain '/dev/fd' 'refused'
finish
