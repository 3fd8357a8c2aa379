/** Variables for an API whose routes alone are read: nothing listens at these addresses. */
export const NOWHERE = {
  AWS_REGION: 'local',
  DYNAMODB_TABLE_NAME: 'readings',
  DYNAMODB_AGGREGATE_TABLE_NAME: 'aggregates',
  DYNAMODB_IMPORTS_TABLE_NAME: 'imports',
  DYNAMODB_SESSIONS_TABLE_NAME: 'sessions',
  S3_BUCKET_NAME: 'uploads',
  UPLOADS_QUEUE_URL: 'http://127.0.0.1:9/uploads',
  COGNITO_CLIENT_ID: 'web',
  COGNITO_CLIENT_SECRET: 'secret',
  COGNITO_USER_POOL_ID: 'local_pool',
  COGNITO_ISSUERS: 'http://127.0.0.1:9/pool',
  COGNITO_JWKS_URI: 'http://127.0.0.1:9/pool/.well-known/jwks.json',
  COGNITO_MACHINE_CLIENT_IDS: 'machine',
  FRONTEND_URL: 'none',
};
