import type { paths } from '#console-api';
import createClient from 'openapi-fetch';
import { ApiProblem, problemIn } from './problem.ts';

/** The API that served this page; the browser sends the session's cookie by itself. */
export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' });

interface Answer<T> {
  readonly data?: T;
  readonly error?: unknown;
  readonly response: Response;
}

/** The body of a 2xx answer. Throws ApiProblem for every other, and for none. */
export async function body<T>(answer: Promise<Answer<T>>): Promise<T> {
  let got: Answer<T>;
  try {
    got = await answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiProblem(0, 'unreachable', String(error));
  }
  const { data, error, response } = got;
  if (response.ok) return data as T;
  throw problemIn(response.status, error, response.headers.get('retry-after'));
}
