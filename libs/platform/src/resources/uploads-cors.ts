/** What pages of the front end may do with uploads, once for the embedded S3 and for the infrastructure. */
export const UPLOADS_CORS = {
  methods: ['GET', 'HEAD', 'PUT'],
  exposedHeaders: ['ETag', 'x-amz-request-id'],
  maxAgeSeconds: 600,
} as const;
