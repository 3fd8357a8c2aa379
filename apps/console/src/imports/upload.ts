import { ApiProblem } from '../api/problem.ts';

interface Target {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers that a browser sets by itself, and lets no page set. */
const BY_BROWSER = new Set(['content-length', 'host']);

/**
 * Puts the file where the target says, straight to the storage and without reading it into memory. Throws
 * ApiProblem when the storage refuses it or cannot be reached.
 */
export function upload(
  file: File,
  { method, url, headers }: Target,
  onProgress: (bytes: number) => void,
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
      if (request.status >= 200 && request.status < 300) resolve();
      else reject(new ApiProblem(request.status, 'upload-refused', request.statusText));
    });
    request.addEventListener('error', () => reject(new ApiProblem(0, 'unreachable', 'upload')));
    request.send(file);
  });
}
