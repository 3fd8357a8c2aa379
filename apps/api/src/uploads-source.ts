import { PutObjectCommand } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { createS3Client } from '@sensorflow/platform/aws/aws-clients.js';

/**
 * Where pages put uploads and get error reports, as a source for their policy: the bucket and nothing beside it.
 * Made as the URLs themselves are, so that both always agree. Throws what the SDK throws without credentials.
 */
export async function uploadsSource(region: string, bucketName: string): Promise<string> {
  const s3 = createS3Client(region);
  try {
    const command = new PutObjectCommand({ Bucket: bucketName, Key: 'any' });
    const url = new URL(await getSignedUrl(s3, command));
    return `${url.origin}${url.pathname.slice(0, -'any'.length)}`;
  } finally {
    s3.destroy();
  }
}
