#!/usr/bin/env bash
# Runs one program of a mounted image much as a container engine does: root read-only, process 1 of its own PID
# namespace, no way to new privileges, the host's network. Limits of CPU and memory, and seccomp, are an engine's own.
# Usage: run-in-image.sh <root> <uid:gid> <working folder> <folder to mount on /data, or ''> <program> [argument…]
set -euo pipefail
exec unshare --mount --pid --fork --kill-child --propagation private bash -euc '
  root=$1 user=$2 folder=$3 data=$4
  shift 4
  mount --rbind /dev "$root/dev"
  if [ -n "$data" ]; then mount --bind "$data" "$root/data"; fi
  mount --rbind "$root" "$root"
  mount -o remount,bind,ro "$root"
  mount -t proc proc "$root/proc"
  # As docker-compose.yml gives it; the API in its Fargate task has nothing at all to write to.
  if [ -n "$data" ]; then mount -t tmpfs tmpfs "$root/tmp"; fi
  exec setpriv --no-new-privs chroot --userspec="$user" "$root" env --chdir="$folder" "$@"
' - "$@"
