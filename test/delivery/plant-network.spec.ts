import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { blocksOf } from '../support/documentation.js';

const unit = blocksOf('docs/plant-network.md').find(({ language }) => language === 'ini');
const LINES = (unit?.code ?? '').trim().split('\n');
const HAS_SYSTEMD = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the systemd unit of the documentation', () => {
  it('has sections with one setting a line', () => {
    const sections = LINES.filter((line) => line.startsWith('['));
    const settings = LINES.filter((line) => line !== '' && !line.startsWith('['));

    expect(sections).toEqual(['[Unit]', '[Service]', '[Install]']);
    expect(settings.filter((line) => !/^[A-Z][A-Za-z]+=\S/.test(line))).toEqual([]);
  });

  it('starts again what ended by itself, and is patient with a stop', () => {
    expect(LINES).toEqual(expect.arrayContaining(['Restart=on-failure', 'TimeoutStopSec=20']));
    expect(LINES).toContain('ExecStart=/usr/bin/npm run local -- --lan');
  });

  it.runIf(HAS_SYSTEMD)('has nothing that systemd does not know', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-unit-'));
    const file = join(folder, 'sensorflow.service');
    // The user, the folder and npm are not those of this machine.
    const here = LINES.map((line) => line.replace('/usr/bin/npm', '/bin/true'));
    writeFileSync(file, here.join('\n'));

    const { stdout, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', file], {
      encoding: 'utf8',
    });
    rmSync(folder, { recursive: true });

    const findings = `${stdout}${stderr}`.split('\n').filter((line) => line.includes(file));
    expect(findings).toEqual([]);
  });
});
