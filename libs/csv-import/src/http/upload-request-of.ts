import { DomainError, type InputFault } from '@sensorflow/kernel';
import { parseBody } from '@sensorflow/platform/http/request-validation.pipe.js';
import type { UploadRequest } from '../job/upload-request.js';
import { toImportOptions } from './file-options.body.js';
import { NewImportBody } from './new-import.body.js';

/**
 * The request in a body. Throws DomainError `invalid-request` with every fault at once. The limit of
 * the size is configuration, which NewImportBody's constraints cannot know; so this asks for it.
 */
export async function uploadRequestOf(
  body: unknown,
  sizeFaults: (size: number) => readonly InputFault[],
): Promise<UploadRequest> {
  try {
    return toUploadRequest(await parseBody(body, NewImportBody));
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    const faults = [...error.faults, ...sizeFaults(sizeIn(body))];
    throw new DomainError(error.kind, error.code, error.message, { faults });
  }
}

/** 0, which is not too large, where there is none; the shape says what is wrong with it. */
function sizeIn(body: unknown): number {
  const isObject = typeof body === 'object' && body !== null && 'size' in body;
  return isObject && typeof body.size === 'number' ? body.size : 0;
}

function toUploadRequest(body: NewImportBody): UploadRequest {
  const { fileName, size } = body;
  return { fileName, size, ...toImportOptions(body) };
}
