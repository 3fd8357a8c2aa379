import { DomainError } from '@sensorflow/kernel';
import { REPORTS_PREFIX, UPLOADS_PREFIX } from '@sensorflow/platform/resources/event-sources.js';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { closeUnlessArrived, ForwardedCalls } from './forwarded-call.js';

/** The services of this machine that callers reach through us, because they listen on loopback alone. */
export interface ForwardedServices {
  /** `http://127.0.0.1:<port>` */
  readonly s3Url: string;
  readonly bucketName: string;
  readonly maxUploadBytes: number;
  /** Of the token endpoint. */
  readonly tokenUrl: string;
}

/** 2 GiB by a slow radio link. */
export const UPLOAD_DEADLINE_MS = 60 * 60_000;
const UPLOADS = {
  mostAtOnce: 16,
  deadlineMs: UPLOAD_DEADLINE_MS,
  silenceMs: 30_000,
};
const REPORTS = { mostAtOnce: 16, maxBodyBytes: 0, deadlineMs: 15 * 60_000, silenceMs: 30_000 };
const TOKENS = { mostAtOnce: 16, maxBodyBytes: 8 * 1024, deadlineMs: 10_000, silenceMs: 5_000 };

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';
const UPLOAD = new RegExp(`^${UPLOADS_PREFIX}${UUID}\\.csv(?:\\.gz)?$`);
const REPORT = new RegExp(`^${REPORTS_PREFIX}${UUID}/errors\\.csv$`);
/** What makes a URL a presigned one; S3 checks what they say. */
const SIGNATURE_PARAMETERS = [
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-Signature',
  'X-Amz-SignedHeaders',
];

/**
 * Presigned uploads and error reports, and the token endpoint: exactly these, byte for byte as we made their URLs. What
 * differs by an escape, a dot or another bucket is none of them.
 */
export function forwardToServices(server: FastifyInstance, services: ForwardedServices): void {
  const { bucketName, maxUploadBytes } = services;
  const s3 = new URL(services.s3Url);
  const uploads = new ForwardedCalls(
    s3,
    ['content-length', 'content-md5', 'content-type', 'if-none-match'],
    { ...UPLOADS, maxBodyBytes: maxUploadBytes },
  );
  const reports = new ForwardedCalls(s3, ['if-none-match', 'range'], REPORTS);
  const tokenUrl = new URL(services.tokenUrl);
  const tokens = new ForwardedCalls(
    tokenUrl,
    ['authorization', 'content-length', 'content-type'],
    TOKENS,
  );
  void server.register(async (scope) => {
    // Bodies are passed on, not read.
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, _body, done) => done(null));
    closeUnlessArrived(scope);
    scope.put(`/${bucketName}/${UPLOADS_PREFIX}:name`, async (request, reply) =>
      uploads.forward(request, reply, presignedPath(request, bucketName, UPLOAD)),
    );
    scope.route({
      method: 'GET',
      url: `/${bucketName}/${REPORTS_PREFIX}:id/errors.csv`,
      exposeHeadRoute: false,
      handler: async (request, reply) =>
        reports.forward(request, reply, presignedPath(request, bucketName, REPORT)),
    });
    scope.post(tokenUrl.pathname, async (request, reply) =>
      tokens.forward(request, reply, tokenUrl.pathname),
    );
  });
}

/** What brings bodies that are larger than all others, and take longer. */
export function isUpload({ method, raw }: FastifyRequest, bucketName: string): boolean {
  return method === 'PUT' && isPresigned(raw.url, bucketName, UPLOAD);
}

/** As it was sent, still escaped. Throws DomainError for what is no presigned URL of that kind. */
function presignedPath({ raw }: FastifyRequest, bucketName: string, key: RegExp): string {
  const { url = '' } = raw;
  if (isPresigned(url, bucketName, key)) return url;
  throw new DomainError(
    'forbidden',
    'presigned-url-required',
    'This address takes presigned URLs alone, exactly as POST /sensor-data/upload-csv and imports show them.',
  );
}

function isPresigned(url: string | undefined, bucketName: string, key: RegExp): boolean {
  if (url === undefined) return false;
  const [path = ''] = url.split('?', 1);
  const prefix = `/${bucketName}/`;
  const parameters = new URLSearchParams(url.slice(path.length));
  const isSigned = SIGNATURE_PARAMETERS.every((name) => parameters.getAll(name).length === 1);
  return path.startsWith(prefix) && key.test(path.slice(prefix.length)) && isSigned;
}
