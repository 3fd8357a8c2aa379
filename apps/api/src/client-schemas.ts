import type { OpenAPIObject } from '@nestjs/swagger';

type Json = Readonly<Record<string, unknown>>;

const COMPONENTS = '#/components/schemas/';

/**
 * The document as generators of clients want it: components with the names of the domain instead of those
 * of our classes, bodies that are closed, and a schema of its own for each content type of a body.
 */
export function forClients(document: OpenAPIObject): OpenAPIObject {
  const closed = withClosedBodies(document.components?.schemas ?? {});
  const names = new Map(Object.keys(closed).map((name) => [name, clientNameOf(name)]));
  if (new Set(names.values()).size < names.size) throw new Error('two components of one name');
  const schemas = Object.entries(closed).map(([name, schema]) => [names.get(name), schema]);
  const components = { ...document.components, schemas: Object.fromEntries(schemas) };
  return mapObjects({ ...document, components }, (node) =>
    byContentType(withRenamedReference(node, names)),
  );
}

/** ReadingView → Reading, NewImportBody → NewImport. */
function clientNameOf(className: string): string {
  return className.replace(/(?:View|Body)$/, '');
}

/** No route takes a property that it does not know. */
function withClosedBodies(schemas: Json): Json {
  const closed = Object.entries(schemas).map(([name, schema]) => [
    name,
    name.endsWith('Body') ? { ...asObject(schema), additionalProperties: false } : schema,
  ]);
  return Object.fromEntries(closed);
}

function withRenamedReference(node: Json, names: ReadonlyMap<string, string>): Json {
  const reference = node['$ref'];
  if (typeof reference !== 'string' || !reference.startsWith(COMPONENTS)) return node;
  const name = reference.slice(COMPONENTS.length);
  return { ...node, $ref: COMPONENTS + (names.get(name) ?? name) };
}

/** Nest's decorators know one schema for all content types: ours says in it which belongs to which. */
function byContentType(node: Json): Json {
  const { content } = node;
  if (!isObject(content)) return node;
  const own = Object.entries(content).map(([type, media]) => {
    const all = asObject(asObject(media)['schema'])['x-by-content-type'];
    return [type, asObject(all)[type] ?? media];
  });
  return { ...node, content: Object.fromEntries(own) };
}

/** A copy in which every object is what `change` makes of it, the outer ones first. */
function mapObjects<T>(value: T, change: (node: Json) => Json): T;
function mapObjects(value: unknown, change: (node: Json) => Json): unknown {
  if (Array.isArray(value)) return value.map((element: unknown) => mapObjects(element, change));
  if (!isObject(value)) return value;
  const members = Object.entries(change(value));
  return Object.fromEntries(members.map(([name, member]) => [name, mapObjects(member, change)]));
}

function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
