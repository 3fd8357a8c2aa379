import { ApiProblem } from '../api/problem.ts';

interface Target {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers that a browser sets by itself, and lets no page set. */
const BY_BROWSER = new Set(['content-length', 'host']);
/** The place takes one file once: it has this one already, and only the answer was lost. */
const PRECONDITION_FAILED = 412;

/**
 * Puts the file where the target says, straight to the storage and without reading it into memory. Throws
 * ApiProblem when the storage refuses it or cannot be reached, and an AbortError when the signal says so.
 */
export function upload(
  file: File,
  { method, url, headers }: Target,
  onProgress: (bytes: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // fetch says nothing of how much it has sent.
    const request = new XMLHttpRequest();
    request.open(method, url);
    for (const [name, value] of Object.entries(headers)) {
      if (!BY_BROWSER.has(name.toLowerCase())) request.setRequestHeader(name, value);
    }
    request.upload.addEventListener('progress', ({ loaded }) => onProgress(loaded));
    request.addEventListener('load', () => {
      const { status, statusText } = request;
      if ((status >= 200 && status < 300) || status === PRECONDITION_FAILED) resolve();
      else reject(new ApiProblem(status, 'upload-refused', statusText));
    });
    request.addEventListener('error', () => reject(new ApiProblem(0, 'upload-broken', 'upload')));
    request.addEventListener('abort', () => reject(new DOMException('stopped', 'AbortError')));
    signal.addEventListener('abort', () => request.abort());
    request.send(file);
  });
}
