import { readFileSync } from 'node:fs';

/** Linux counts a process's time in hundredths of a second, whatever the kernel's own tick is. */
const TICKS_PER_SECOND = 100;
const MIB_IN_KIB = 1024;

/** User and system time of a process, all its threads, in seconds, as the operating system accounts it. */
export function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold blanks; utime and stime are the 14th and 15th field.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** The most memory a process has had resident so far, in MiB. */
export function peakRssMibOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / MIB_IN_KIB;
}

/** The memory that a process has resident now, in MiB. */
export function rssMibOf(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / MIB_IN_KIB;
}

/** Time that one core was not idle so far, in seconds: its own process's, and everybody else's. */
export function busySecondsOfCore(core: number): number {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(readFileSync('/proc/stat', 'utf8'))?.[1];
  // user, nice, system, idle, iowait, irq, softirq, steal; what guests use is in user already.
  const [user, nice, system, , , irq, softirq, steal] = (line ?? '').split(' ').map(Number);
  const ticks = [user, nice, system, irq, softirq, steal].reduce<number>((a, b) => a + (b ?? 0), 0);
  return ticks / TICKS_PER_SECOND;
}
