import { load } from 'js-yaml';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { stepsOf, workflows } from './workflow-files.js';

const DOCKERFILE = fileText('Dockerfile');

function fileText(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
}

describe('the build with CodeBuild', () => {
  it('runs nothing but what the workflows run', () => {
    const commands = [...fileText('buildspec.yml').matchAll(/^ {6}- (.+)$/gm)].map(
      ([, one]) => one,
    );
    const known = new Set(
      workflows()
        .flatMap(stepsOf)
        .map(({ run }) => run),
    );

    expect(commands.length).toBeGreaterThan(4);
    expect(commands.filter((command) => !known.has(command))).toEqual([]);
  });
});

describe('the compose file', () => {
  it('starts a stage of the Dockerfile that can change nothing but its data', () => {
    expect(load(fileText('docker-compose.yml'))).toMatchObject({
      services: {
        sensorflow: {
          build: { target: 'local' },
          volumes: ['data:/data'],
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
        },
      },
    });
    expect(DOCKERFILE).toMatch(/^FROM \w+ AS local$/m);
    expect(DOCKERFILE).toContain('SENSORFLOW_DATA_DIR=/data');
  });
});

describe('the Dockerfile', () => {
  it('takes its base as an argument, the same for every stage, and makes the API unless told', () => {
    const bases = [...DOCKERFILE.matchAll(/^FROM (\S+) AS (\S+)$/gm)];
    const stages = bases.map(([, , stage]) => stage);

    expect(bases.map(([, base]) => base).filter((base) => !stages.includes(base))).toEqual([
      '${NODE_IMAGE}',
      '${NODE_IMAGE}',
    ]);
    expect(stages.at(-1)).toBe('api');
  });

  it('is tested with the tools of developers, of which the test runner is one', () => {
    const verify = fileText('test/image/verify.sh');

    expect(verify).toMatch(/^node scripts\/make-ready\.mjs --tools$/mu);
    expect(verify.indexOf('make-ready')).toBeLessThan(verify.indexOf(' vitest run'));
  });

  it('runs no script of a package', () => {
    const installs = [...DOCKERFILE.matchAll(/npm (ci|i|install)\b.*/g)].map(
      ([command]) => command,
    );

    expect(installs.length).toBeGreaterThan(1);
    expect(installs.filter((command) => !command.includes('--ignore-scripts'))).toEqual([]);
  });
});

describe('what goes into an image', () => {
  it('is named: the rest of a folder stays outside', () => {
    const rules = fileText('.dockerignore').split('\n');

    expect(rules).toContain('*');
    expect(rules.filter((rule) => rule.startsWith('!')).toSorted()).toEqual(
      ['!.npmrc', '!package.json', '!package-lock.json', '!nest-cli.json']
        .concat(['!tsconfig.json', '!tsconfig.build.json', '!apps', '!libs'])
        .concat(scriptsOfTheBuild().map((file) => `!${file}`))
        .toSorted(),
    );
  });
});

/** Files of scripts/ that `npm run build` runs or imports, also by way of the console's build. */
function scriptsOfTheBuild(): readonly string[] {
  const { build = '' }: Readonly<Record<string, string>> = JSON.parse(
    fileText('package.json'),
  ).scripts;
  const found = new Set(namedScripts(build));
  // The loop reaches what is added meanwhile.
  for (const file of found) {
    const text = fileText(file);
    for (const named of namedScripts(text)) found.add(named);
    for (const [, name = ''] of text.matchAll(/(?:from |import |import\()'(\.[^']+\.mjs)'/gu)) {
      found.add(join(dirname(file), name));
    }
  }
  return [...found].filter((file) => file.startsWith('scripts/'));
}

function namedScripts(text: string): readonly string[] {
  return text.match(/\b(?:scripts|apps)\/[\w/-]+\.mjs/gu) ?? [];
}
