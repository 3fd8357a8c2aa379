import { spawnSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';

/** Where the figures come from. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly node: string;
  readonly loadBefore: number;
  /** Whether processes can be bound to cores. */
  readonly pins: boolean;
}

export const CORE_UNDER_TEST = 0;
/** The generator and the sink share it. */
export const OTHER_CORE = 1;

export function describeMachine(): Machine {
  const [first, ...others] = cpus();
  return {
    cpu: first?.model ?? 'unknown',
    cores: 1 + others.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    loadBefore: loadavg()[0] ?? NaN,
    pins: others.length > 0 && spawnSync('taskset', ['--version']).status === 0,
  };
}

/** Binds this process, which generates the load, with the threads that it already has. */
export function bindGenerator(machine: Machine): void {
  if (!machine.pins) return;
  spawnSync('taskset', ['-a', '-c', '-p', String(OTHER_CORE), String(process.pid)]);
}
