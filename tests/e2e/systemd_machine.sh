#!/usr/bin/env bash
# Boots systemd as process 1 of a container around the given root, with cgroup v2 and this machine's network, and
# runs the given commands there, as an operator would on its console. For test_systemd.py, in a virtual machine.
#   systemd_machine.sh ROOT COMMANDS [SERVERS]    SERVERS: commands that run on the machine itself all the while
set -eu
root=$1 commands=$2 servers=${3:-}
scratch=$(mktemp -d)

cat >"$scratch/boot" <<'BOOT'
set -e
until [ -e "$1/go" ]; do sleep 0.1; done
mount --bind "$2" "$2" && cd "$2"
mount -t proc proc proc && mount -t sysfs sysfs sys && mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 run run && mount -t tmpfs tmp tmp && mount --rbind /dev dev
pivot_root . mnt && umount -l /mnt
exec env -i container=test PATH=/usr/sbin:/usr/bin /lib/systemd/systemd --unit=basic.target
BOOT

# The parent of process 1 must not stay in the cgroup that is the container's root.
mkdir /sys/fs/cgroup/container
(
  echo "$BASHPID" >/sys/fs/cgroup/container/cgroup.procs
  exec unshare --cgroup --pid --mount --propagation private --uts --ipc --fork \
    sh "$scratch/boot" "$scratch" "$root"
) >"$scratch/log" 2>&1 &
container=$!
until systemd=$(pgrep -P $container); do sleep 0.1; done
echo $container >/sys/fs/cgroup/cgroup.procs
touch "$scratch/go"
[ -z "$servers" ] || bash -euc "$servers" >"$scratch/servers.log" 2>&1 &
inside() { nsenter -t "$systemd" -m -p -C -u -i "$@"; }
until inside systemctl is-system-running 2>/dev/null | grep -qE "running|degraded"; do
  kill -0 $container || { cat "$scratch/log" >&2; exit 1; }
  sleep 0.2
done
inside bash -euc "$commands"
