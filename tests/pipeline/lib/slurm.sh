# SPDX-License-Identifier: MIT
# A Slurm cluster of this machine, in the present directory, until slurm_ends is called: its own munge, slurmctld and
# slurmd, on ports and in directories of its own, without accounting and systemd. Sets SLURM_CONF; where it cannot be had,
# the shell exits with 77 and says why.
for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >found || {
        echo "there is no $program (Debian: slurm-wlm, munge)"
        exit 77
    }
done
test "$(id -u)" = 0 || {
    echo 'slurmd starts jobs as root alone'
    exit 77
}
host=$(hostname -s)
mkdir -m 700 munge state spool
head -c 1024 /dev/urandom >munge/key
chmod 400 munge/key
free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
cat >slurm.conf <<END
ClusterName=vmanger
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(free_port)
SlurmdPort=$(free_port)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$PWD/munge/socket,cred_expire=5
CredType=cred/munge
StateSaveLocation=$PWD/state
SlurmdSpoolDir=$PWD/spool
SlurmctldPidFile=$PWD/slurmctld.pid
SlurmdPidFile=$PWD/slurmd.pid
SlurmctldLogFile=$PWD/slurmctld.log
SlurmdLogFile=$PWD/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0
MpiDefault=none
CommunicationParameters=NoCtldInAddrAny,NoInAddrAny
ReturnToService=2
MaxArraySize=5
NodeName=$host NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
export SLURM_CONF="$PWD/slurm.conf"
slurm_ends() {
    scancel -u root 2>/dev/null || true
    for one in slurmd.pid slurmctld.pid munge/pid; do
        test ! -s $one || kill "$(cat $one)" 2>/dev/null || true
    done
}
munged --force --key-file="$PWD/munge/key" --socket="$PWD/munge/socket" --pid-file="$PWD/munge/pid" \
    --log-file="$PWD/munge/log" --seed-file="$PWD/munge/seed" --num-threads=2
slurmctld -c && slurmd || {
    echo "Slurm does not start here: $(tail -n 3 slurmctld.log slurmd.log)"
    exit 77
}
# waits_for SECONDS COMMAND...: until it succeeds
waits_for() {
    left=$1
    shift
    until "$@"; do
        left=$((left - 1))
        test $left -gt 0 || {
            echo "still not: $*: $(squeue; tail -n 5 slurmctld.log)"
            exit 1
        }
        sleep 1
    done
}
is_idle() { sinfo -h -o %t | grep -q idle; }
waits_for 30 is_idle
