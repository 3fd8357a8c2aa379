import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { jobsOf, stepsOf, workflows, type Job, type Workflow } from './workflow-files.js';

const ALL = workflows();
const READ = { contents: 'read' };
const READ_AND_VOUCH = { contents: 'read', 'id-token': 'write' };
const CREDENTIALS = 'aws-actions/configure-aws-credentials@';

function named(file: string): Workflow {
  const workflow = ALL.find((one) => one.file === file);
  if (workflow === undefined) throw new Error(`there is no ${file}`);
  return workflow;
}

function fileText(name: string): string {
  return readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
}

function runsOf(job: Job | undefined): string {
  return (job?.steps ?? []).map(({ run = '' }) => run).join('\n');
}

describe.each(ALL.map((workflow) => [workflow.file, workflow] as const))(
  'the workflow %s',
  (_, workflow) => {
    it('may read the repository, and no more unless a job says so', () => {
      expect(workflow.permissions).toEqual(READ);
      for (const { permissions = READ } of jobsOf(workflow)) {
        expect([READ, READ_AND_VOUCH]).toContainEqual(permissions);
      }
    });

    it('asks GitHub to vouch only for jobs that an environment guards', () => {
      for (const { permissions, environment, uses } of jobsOf(workflow)) {
        if (permissions?.['id-token'] === undefined) continue;
        expect(environment ?? uses).toBeDefined();
      }
    });

    it('names actions by their commit, with the version beside it, or is part of this repository', () => {
      const uses = [...workflow.text.matchAll(/^\s*(?:- )?uses: (.*)$/gm)].map(([, what]) => what);

      expect(uses.length).toBeGreaterThan(0);
      for (const what of uses) {
        expect(what).toMatch(
          /^(\.\/\.github\/workflows\/[a-z-]+\.yml|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$/,
        );
      }
    });

    it('contains no secret', () => {
      expect(workflow.text).not.toMatch(/secrets[.[]|secrets: inherit/);
      expect(workflow.text).not.toMatch(/access-key-id|secret-access-key|AWS_SESSION_TOKEN/i);
    });

    it('writes nothing from outside into a script: values travel as variables', () => {
      for (const { run = '' } of stepsOf(workflow)) expect(run).not.toContain('${{');
    });

    it('leaves no token of the repository behind after checking it out', () => {
      const checkouts = stepsOf(workflow).filter(({ uses }) =>
        uses?.startsWith('actions/checkout'),
      );

      for (const checkout of checkouts) {
        expect(checkout.with).toMatchObject({ 'persist-credentials': false });
      }
    });

    it('runs on named machines, and ends', () => {
      for (const job of jobsOf(workflow)) {
        if (job.uses !== undefined) continue;
        expect(job['runs-on']).toMatch(/^ubuntu-\d\d\.\d\d(-arm)?$/);
        expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
      }
    });

    it('never runs a stranger’s code with more rights than the stranger has', () => {
      expect(Object.keys(workflow.on)).not.toContain('pull_request_target');
      expect(Object.keys(workflow.on)).not.toContain('workflow_run');
    });
  },
);

describe('the road to AWS', () => {
  const deploy = named('deploy.yml');
  const environment = named('deploy-environment.yml');

  it('begins with everything that a change must pass', () => {
    expect(deploy.jobs['check']?.uses).toBe('./.github/workflows/ci.yml');
    expect(deploy.jobs['build']?.needs).toBe('check');
    const checked = Object.values(named('ci.yml').jobs).map(runsOf).join('\n');
    for (const command of [
      '.ci/run',
      'npm run image:verify',
      'npm audit --omit=dev',
      'npm audit signatures',
      'npm run --silent sbom',
    ]) {
      expect(checked).toContain(command);
    }
    expect(fileText('scripts/check.mjs')).toContain("'infra:check'");
    expect(fileText('.ci/run')).toContain('npm run check');
  });

  it('runs only scripts that there are', () => {
    const { scripts } = JSON.parse(fileText('package.json'));
    const commands = ALL.flatMap(stepsOf).map(({ run = '' }) => run);
    const mentioned = [...commands.join('\n').matchAll(/npm run (?:--silent )?([\w:]+)/g)];

    expect(mentioned.length).toBeGreaterThan(2);
    expect(mentioned.map(([, name]) => name).filter((name) => !(`${name}` in scripts))).toEqual([]);
  });

  it('builds one image, from a base named by digest, with its bill of materials', () => {
    const builds = ALL.flatMap(jobsOf).filter((job) => runsOf(job).includes('buildx build'));

    expect(builds.map(({ name }) => name)).toEqual(['build']);
    const script = runsOf(builds[0]);
    expect(script).toMatch(/base=\$base@\$\(docker buildx imagetools inspect/);
    expect(script).toContain('--build-arg NODE_IMAGE="$base"');
    expect(script).toContain('--sbom=true --provenance=mode=max');
  });

  it('brings that image, by digest, to dev first and then to prod', () => {
    const { dev, prod } = deploy.jobs;
    const digest = '${{ needs.build.outputs.digest }}';

    expect(dev).toMatchObject({ needs: 'build', with: { environment: 'dev', digest } });
    expect(prod).toMatchObject({ needs: ['build', 'dev'], with: { environment: 'prod', digest } });
    expect(runsOf(environment.jobs['deploy'])).toContain('-c imageDigest="$DIGEST"');
    expect(environment.jobs['deploy']?.environment).toBe('${{ inputs.environment }}');
  });

  it('deploys the bundles that were built beside the image', () => {
    const steps = [deploy, environment].flatMap(stepsOf);
    const artifacts = steps.filter(({ uses }) => uses?.includes('load-artifact@'));

    expect(artifacts).toMatchObject([
      { with: { name: 'lambdas', path: 'dist/lambdas' } },
      { with: { name: 'lambdas', path: 'dist/lambdas' } },
    ]);
  });

  it('enters AWS by a role of the environment’s own, and only from jobs that GitHub vouches for', () => {
    const entering = ALL.flatMap(jobsOf).filter(({ steps = [] }) =>
      steps.some(({ uses }) => uses?.startsWith(CREDENTIALS)),
    );

    expect(entering.map(({ name }) => name).toSorted()).toEqual(['build', 'deploy']);
    for (const { permissions, environment: place, steps = [] } of entering) {
      expect(permissions).toEqual(READ_AND_VOUCH);
      const { with: options } = steps.find(({ uses }) => uses?.startsWith(CREDENTIALS)) ?? {};
      expect(Object.keys(options ?? {})).toEqual(['role-to-assume', 'aws-region']);
      expect(options?.['role-to-assume']).toBe(
        `arn:aws:iam::\${{ vars.AWS_ACCOUNT_ID }}:role/sensorflow-deploy-${place}`,
      );
    }
  });

  it('is never cut off halfway', () => {
    expect(deploy.concurrency).toEqual({ group: 'deploy', 'cancel-in-progress': false });
  });

  it('ends with an answer of the service that was deployed', () => {
    expect(environment.jobs['deploy']?.steps?.at(-1)?.run).toMatch(/curl --fail .*health\/ready/);
  });
});
