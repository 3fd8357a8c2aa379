import type { Translate } from '../language/translate.ts';
import type { Formats } from '../time/formats.ts';
import { faultKey, problemKey } from './words.ts';

export interface Fault {
  readonly pointer: string;
  readonly code: string;
  readonly detail: string;
}

/** An answer of the API that is not 2xx, or none at all. */
export class ApiProblem extends Error {
  constructor(
    /** 0 when there was no answer. */
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly document: Readonly<Record<string, unknown>> = {},
    readonly retryAfterSeconds?: number,
  ) {
    super(`${status} ${code}: ${detail}`);
  }

  get faults(): readonly Fault[] {
    const { errors } = this.document;
    return Array.isArray(errors) ? (errors as readonly Fault[]) : [];
  }

  /** Whether the same request may succeed by itself a little later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export function problemIn(
  status: number,
  document: unknown,
  retryAfter: string | null,
): ApiProblem {
  const known = Object(document) as Record<string, unknown>;
  const { code, detail } = known;
  if (typeof code !== 'string' || typeof detail !== 'string') {
    return new ApiProblem(status, 'unreadable', `The answer was ${status}.`);
  }
  const seconds = Number(retryAfter ?? Number.NaN);
  return new ApiProblem(
    status,
    code,
    detail,
    known,
    Number.isFinite(seconds) ? seconds : undefined,
  );
}

/** What to tell the reader: a text of ours where the code is known, else what the API says. */
export function problemText(error: unknown, t: Translate, formats: Formats): string {
  if (!(error instanceof ApiProblem)) return t('problem.unreadable');
  const [fault] = error.faults;
  // A problem of another code than its fault only says that there are faults.
  if (fault && fault.code !== error.code) return faultText(fault, t);
  const key = problemKey(error.code);
  if (key === undefined) return error.detail;
  return t(key, { wait: formats.duration((error.retryAfterSeconds ?? 1) * 1000) });
}

/** The same for one fault, as it stands beside its field. */
export function faultText({ code, detail }: Fault, t: Translate): string {
  const key = faultKey(code);
  return key === undefined ? detail : t(key);
}
