#!/usr/bin/env bash
# A Slurm of one node on this machine, to try a grid of jobs before a real cluster runs it.
# It needs Debian's packages slurm-wlm and munge, touches nothing outside its folder, and is nobody's service.
#
#   tools/one_node_slurm.sh start FOLDER    then: source FOLDER/environment
#   tools/one_node_slurm.sh stop FOLDER
set -euo pipefail

usage() { sed -n '2,6p' "$0" | cut -c3-; exit 2; }
[ $# = 2 ] || usage
command="$1" folder=$(realpath -m "$2")

port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start() {
  local missing=()
  for program in munged slurmctld slurmd sbatch; do
    PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null || missing+=("$program")
  done
  if [ ${#missing[@]} -gt 0 ]; then
    echo "one_node_slurm: ${missing[*]} not found; install slurm-wlm and munge" >&2
    exit 3
  fi
  mkdir -p "$folder"/{state,spool}
  chmod 755 "$folder"
  (umask 077; head -c 1024 /dev/urandom > "$folder/munge.key")
  local host cores memory user
  host=$(hostname -s) cores=$(nproc) user=$(id -un)
  memory=$(awk '/MemTotal/ {print int($2 / 1024)}' /proc/meminfo)
  cat > "$folder/slurm.conf" <<END
ClusterName=one-node
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=$(port)
SlurmdPort=$(port)
SlurmUser=$user
SlurmdUser=$user
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
CryptoType=crypto/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
# plain processes, not control groups: a container has none to give
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
# a job that takes more memory than it asked for is killed, as control groups would do it
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
ReturnToService=2
# finished jobs are remembered so long: without accounting, squeue is all that can be asked
MinJobAge=300
SchedulerParameters=sched_interval=2
NodeName=$host NodeAddr=127.0.0.1 CPUs=$cores RealMemory=$memory State=UNKNOWN
PartitionName=all Nodes=$host Default=YES MaxTime=INFINITE State=UP
END
  # Snakemake's job step forgets all variables of Slurm, and a real cluster has its configuration in /etc
  mkdir -p "$folder/bin"
  printf '#!/bin/sh\nSLURM_CONF=%q exec %q "$@"\n' "$folder/slurm.conf" "$(command -v srun)" > "$folder/bin/srun"
  chmod +x "$folder/bin/srun"
  printf 'export SLURM_CONF=%q PATH=%q:"$PATH"\n' "$folder/slurm.conf" "$folder/bin" > "$folder/environment"
  export PATH="$PATH:/usr/sbin" SLURM_CONF="$folder/slurm.conf"
  munged --force --key-file="$folder/munge.key" --socket="$folder/munge.socket" --pid-file="$folder/munge.pid" \
    --log-file="$folder/munge.log" --seed-file="$folder/munge.seed" 2> "$folder/munge.err"
  slurmctld -f "$SLURM_CONF" -c
  slurmd -f "$SLURM_CONF" -c
  for _ in $(seq 60); do
    if [ "$(sinfo -h -o %T 2>/dev/null)" = idle ]; then
      echo "one_node_slurm: $cores cores, $memory MB; source $folder/environment"
      return
    fi
    sleep 0.5
  done
  echo "one_node_slurm: the node did not come up; see $folder/*.log" >&2
  tail -n 5 "$folder"/*.log >&2
  stop
  exit 1
}

stop() {
  for daemon in slurmd slurmctld munge; do
    [ -f "$folder/$daemon.pid" ] && kill "$(cat "$folder/$daemon.pid")" 2>/dev/null || true
  done
}

case "$command" in
  start) start ;;
  stop) stop ;;
  *) usage ;;
esac
