import { App } from 'aws-cdk-lib';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { delivery } from '../../environments/delivery.ts';
import { dev } from '../../environments/dev.ts';
import { prod } from '../../environments/prod.ts';
import { small } from '../../environments/small.ts';
import { buildApp, type BuildOptions } from '../../lib/build-app.ts';
import type { Deployment } from '../../lib/deployment.ts';

/** Any JSON: templates are looked into by path, and a path that is not there is undefined. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

export interface Resource {
  readonly id: string;
  readonly type: string;
  readonly properties: JsonObject;
  readonly document: JsonObject;
}

/** One stack's template. */
export class StackTemplate {
  readonly resources: readonly Resource[];

  constructor(readonly document: JsonObject) {
    this.resources = Object.entries(objectOf(document['Resources'])).map(([id, value]) => {
      const resource = objectOf(value);
      const properties = objectOf(resource['Properties'] ?? {});
      return { id, type: textOf(resource['Type']), properties, document: resource };
    });
  }

  ofType(type: string): readonly Resource[] {
    return this.resources.filter((resource) => resource.type === type);
  }

  /** The only one of its type, or of those whose logical id begins so. */
  only(type: string, idPrefix = ''): Resource {
    const found = this.ofType(type).filter(({ id }) => id.startsWith(idPrefix));
    const [one] = found;
    if (one === undefined || found.length > 1) {
      throw new Error(`${found.length} resources ${type} ${idPrefix}`);
    }
    return one;
  }
}

export interface Synthesis {
  readonly folder: string;
  /** Of the stacks themselves, which no template says. */
  readonly protectedStacks: readonly string[];
  readonly stacks: ReadonlyMap<string, StackTemplate>;
}

const BUNDLES = join(import.meta.dirname, '../fixtures/bundles');
export const IMAGE_DIGEST = `sha256:${'0'.repeat(64)}`;

const folders: string[] = [];
process.once('exit', () => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** The templates of an environment, with everything that infra:check would check them for. */
export function synthesize(
  deployment: Deployment,
  options: Partial<Omit<BuildOptions, 'deployment'>> = {},
): Synthesis {
  const folder = mkdtempSync(join(tmpdir(), 'sensorflow-infra-'));
  folders.push(folder);
  const app = new App({ context: contextOfCli(), outdir: folder });
  buildApp(app, {
    deployment,
    delivery,
    acceptsExamples: true,
    bundles: BUNDLES,
    image: { digest: IMAGE_DIGEST },
    ...options,
  });
  const assembly = app.synth();
  const stacks = assembly.stacks.map((stack) => {
    const document: JsonObject = JSON.parse(readFileSync(stack.templateFullPath, 'utf8'));
    return [stack.id, new StackTemplate(document)] as const;
  });
  const protectedStacks = assembly.stacks.filter((stack) => stack.terminationProtection === true);
  return {
    folder,
    protectedStacks: protectedStacks.map(({ id }) => id),
    stacks: new Map(stacks),
  };
}

const made = new Map<string, Synthesis>();

/** Made once a test file: what is only looked at can be shared. */
export function templatesOf(deployment: Deployment): Synthesis {
  const known = made.get(deployment.name) ?? synthesize(deployment);
  made.set(deployment.name, known);
  return known;
}

export function stackOf(deployment: Deployment, id: string): StackTemplate {
  const stack = templatesOf(deployment).stacks.get(id);
  if (stack === undefined) throw new Error(`${deployment.name} has no stack ${id}`);
  return stack;
}

/** The primary Region's stack; another one by its name. */
export function regional(deployment: Deployment, region: string = deployment.regions[0]) {
  return stackOf(deployment, region);
}

export const DEV = dev;
export const PROD = prod;
export const SMALL = small;
export const ENVIRONMENTS = [dev, prod, small] as const;

/** prod for 10 G readings a month that come evenly, one a minute: half of what `npm run cost` says to three times of it. */
export const PROVISIONED: Deployment = {
  ...prod,
  name: 'steady',
  provisioned: {
    readings: {
      writeUnits: { min: 2000, max: 12_000 },
      readUnits: { min: 1200, max: 7000 },
    },
    aggregates: { writeUnits: { min: 800, max: 5000 }, readUnits: { min: 120, max: 1000 } },
  },
};

export function objectOf(value: Json): JsonObject {
  if (typeof value === 'object' && value !== null && !isList(value)) return value;
  throw new TypeError(`${JSON.stringify(value)} is no object`);
}

export function listOf(value: Json): readonly Json[] {
  if (value === undefined) return [];
  return isList(value) ? value : [value];
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** Text as it is, anything else as JSON. */
export function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** `at(resource, 'A.0.B')`; undefined where the path ends early. */
export function at(value: Json, path: string): Json {
  return path.split('.').reduce<Json>((found, name) => {
    if (typeof found !== 'object' || found === null) return undefined;
    return isList(found) ? found[Number(name)] : found[name];
  }, value);
}

function contextOfCli(): Record<string, unknown> {
  const file = join(import.meta.dirname, '../../cdk.json');
  const { context }: { context: Record<string, unknown> } = JSON.parse(readFileSync(file, 'utf8'));
  return context;
}
