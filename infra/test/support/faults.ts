import type { Deployment } from '../../lib/deployment.ts';
import { at, StackTemplate, type Json } from './templates.ts';

export type Editable = Record<string, unknown>;

/** A fault, planted into one resource of a template that is in order. */
export interface Seed {
  /** `prod` unless said. */
  readonly deployment?: Deployment;
  readonly stack: string;
  readonly type: string;
  /** Chooses one resource where several have the type. */
  readonly idPart?: string;
  /** `resource` is what stands around the properties: policies of deletion, dependencies. */
  readonly plant: (properties: Editable, resource: Editable) => void;
}

export interface Fault extends Seed {
  /** Of RULES. */
  readonly rule: string;
}

/** A copy of the template with the fault in it. */
export function planted(
  template: StackTemplate,
  { type, idPart = '', plant }: Seed,
): StackTemplate {
  const copy: Editable = JSON.parse(JSON.stringify(template.document));
  const resources = Object.entries(objectIn(copy, 'Resources'));
  const chosen = resources.find(
    ([id, one]) => id.includes(idPart) && at(asJson(one), 'Type') === type,
  );
  if (chosen === undefined) throw new Error(`no ${type} ${idPart}`);
  const resource = objectIn(Object.fromEntries([chosen]), chosen[0]);
  plant(objectIn(resource, 'Properties'), resource);
  return new StackTemplate(JSON.parse(JSON.stringify(copy)));
}

export function objectIn(value: Editable, ...path: string[]): Editable {
  return path.reduce<Editable>((found, name) => {
    const next = found[name];
    if (!isEditable(next)) throw new TypeError(`${name} is no object`);
    return next;
  }, value);
}

export function listOfObjects(value: unknown): readonly Editable[] {
  return Array.isArray(value) ? value.filter(isEditable) : [];
}

function isEditable(value: unknown): value is Editable {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asJson(value: unknown): Json {
  const parsed: Json = JSON.parse(JSON.stringify(value));
  return parsed;
}
