import { CognitoError, invalidParameter } from './cognito-error.js';

/**
 * The fields of a JSON request, read with their shapes checked. A missing field is an
 * InvalidParameterException, a field of another shape a SerializationException, as in AWS.
 */
export class RequestFields {
  private constructor(private readonly fields: Readonly<Record<string, unknown>>) {}

  static parse(body: Uint8Array): RequestFields {
    const document = parseJson(body);
    if (!isRecord(document)) throw malformed('The request is not a JSON object');
    return new RequestFields(document);
  }

  text(name: string): string {
    const text = this.optionalText(name);
    if (text === undefined || text === '') throw missing(name);
    return text;
  }

  optionalText(name: string): string | undefined {
    const value = this.field(name);
    if (value === undefined || typeof value === 'string') return value;
    throw malformed(`${name} is not a string`);
  }

  /** False when absent, as every flag of the API. */
  flag(name: string): boolean {
    const value = this.field(name) ?? false;
    if (typeof value === 'boolean') return value;
    throw malformed(`${name} is not a boolean`);
  }

  optionalInteger(name: string): number | undefined {
    const value = this.field(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
    throw malformed(`${name} is not an integer`);
  }

  optionalTexts(name: string): readonly string[] | undefined {
    const value = this.field(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
    throw malformed(`${name} is not a list of strings`);
  }

  object(name: string): RequestFields {
    const value = this.field(name);
    if (value === undefined) throw missing(name);
    return this.nested(name, value);
  }

  optionalObject(name: string): RequestFields | undefined {
    const value = this.field(name);
    return value === undefined ? undefined : this.nested(name, value);
  }

  /** Empty when absent. */
  objects(name: string): readonly RequestFields[] {
    const value = this.field(name) ?? [];
    if (!Array.isArray(value)) throw malformed(`${name} is not a list`);
    return value.map((item: unknown) => this.nested(name, item));
  }

  private nested(name: string, value: unknown): RequestFields {
    if (!isRecord(value)) throw malformed(`${name} does not hold an object`);
    return new RequestFields(value);
  }

  private field(name: string): unknown {
    return Object.hasOwn(this.fields, name) ? (this.fields[name] ?? undefined) : undefined;
  }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    throw malformed('The request is not JSON');
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function missing(name: string): CognitoError {
  return invalidParameter(`Missing required parameter ${name}`);
}

function malformed(message: string): CognitoError {
  return new CognitoError('SerializationException', message);
}
