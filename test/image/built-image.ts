import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const RUN = fileURLToPath(new URL('run-in-image.sh', import.meta.url));

export interface ImageConfig {
  readonly User: string;
  readonly WorkingDir: string;
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[] | null;
  readonly Cmd: readonly string[];
  readonly StopSignal?: string;
  readonly ExposedPorts?: Readonly<Record<string, unknown>>;
  readonly Healthcheck?: { readonly Test: readonly string[]; readonly Timeout: number };
}

/** An image that test/image/verify.sh built and mounted. */
export class BuiltImage {
  readonly config: ImageConfig;
  readonly root: string;

  constructor(target: 'api' | 'local') {
    const inspect = ['inspect', '--type', 'image', `localhost/sensorflow-${target}:verify`];
    this.config = JSON.parse(execFileSync('buildah', inspect, { encoding: 'utf8' })).Docker.config;
    this.root = process.env[`IMAGE_${target.toUpperCase()}_ROOT`] ?? '';
    if (this.root === '') throw new Error('test/image/verify.sh runs these tests');
  }

  /** The variables that the image itself sets. */
  variables(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.config.Env.map((line) => {
        const [name = '', ...value] = line.split('=');
        return [name, value.join('=')];
      }),
    );
  }

  /** What an engine would run, on this machine; another program instead of the image's own if named. */
  command(program = this.config.Cmd, dataDir = ''): readonly [string, ...string[]] {
    const { User: user, WorkingDir: folder } = this.config;
    return [RUN, this.root, user, folder, dataDir, ...program];
  }

  /** Installed packages, as `name@version`. */
  packages(): readonly string[] {
    const manifests = this.files('app/node_modules').filter((file) =>
      /(^|\/)node_modules\/(@[^/]+\/)?[^/@.][^/]*\/package\.json$/.test(file),
    );
    return manifests.map((file) => {
      const { name, version } = JSON.parse(readFileSync(join(this.root, file), 'utf8'));
      return `${name}@${version}`;
    });
  }

  files(folder: string): readonly string[] {
    return readdirSync(join(this.root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.root.length + 1));
  }
}
