import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

type Json = Readonly<Record<string, unknown>>;

/** Holds real answers against the OpenAPI document: an answer that it does not describe is a fault. */
export class DocumentedAnswers {
  private readonly ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  private readonly validators = new Map<string, ValidateFunction>();

  constructor(private readonly document: Json) {
    addFormats.default(this.ajv);
    this.ajv.addSchema({ $id: 'openapi', ...document });
  }

  /** Throws for an answer of a documented route that is not as documented. */
  check(method: string, path: string, answer: CheckedAnswer): void {
    const template = this.templateOf(path);
    if (template === undefined) return;
    const place = `${method} ${template} ${answer.status} ${answer.contentType ?? 'no body'}`;
    const operation = at(this.document, 'paths', template, method.toLowerCase());
    if (operation === undefined) return;
    const response = at(operation, 'responses', String(answer.status));
    if (response === undefined)
      throw new Error(`not documented: ${place} ${JSON.stringify(answer.body)}`);
    if (answer.contentType === undefined) return;
    const schema = at(response, 'content', answer.contentType, 'schema');
    if (schema === undefined) throw new Error(`no schema: ${place}`);
    this.validate(place, pointerTo(template, method, answer), answer.body);
  }

  private validate(place: string, pointer: string, body: unknown): void {
    const known = this.validators.get(pointer);
    const validator = known ?? this.ajv.compile({ $ref: `openapi#${pointer}` });
    this.validators.set(pointer, validator);
    if (!validator(body)) {
      const faults = this.ajv.errorsText(validator.errors);
      throw new Error(`not as documented: ${place}: ${faults}\n${JSON.stringify(body)}`);
    }
  }

  /** The literal path if there is one, else the template with parameters that fits. */
  private templateOf(path: string): string | undefined {
    const templates = Object.keys(at(this.document, 'paths') ?? {});
    const literal = templates.find((template) => template === path);
    return literal ?? templates.find((template) => fits(template, path));
  }
}

export interface CheckedAnswer {
  readonly status: number;
  /** Without parameters; undefined when there is no body. */
  readonly contentType: string | undefined;
  readonly body: unknown;
}

function fits(template: string, path: string): boolean {
  const pattern = template.replaceAll(/[.*+?^$()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${pattern.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(path);
}

function pointerTo(template: string, method: string, answer: CheckedAnswer): string {
  const segments = [
    'paths',
    template,
    method.toLowerCase(),
    'responses',
    String(answer.status),
    'content',
    answer.contentType ?? '',
    'schema',
  ];
  return segments
    .map((segment) => `/${encodeURIComponent(segment.replaceAll('~', '~0').replaceAll('/', '~1'))}`)
    .join('');
}

function at(value: unknown, ...path: readonly string[]): Json | undefined {
  let current: unknown = value;
  for (const key of path) {
    if (!isObject(current)) return undefined;
    current = current[key];
  }
  return isObject(current) ? current : undefined;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null;
}
