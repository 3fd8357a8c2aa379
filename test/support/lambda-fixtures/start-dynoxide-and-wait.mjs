// Starts the embedded DynamoDB and waits to be killed. Arguments: binary, database file.
import { startDynoxide } from '../../../apps/local/src/dynamodb/start-dynoxide.ts';

const [, , binary, dbPath] = process.argv;
const { pid, url } = await startDynoxide({ binary, dbPath, port: 0, host: '127.0.0.1' });
process.stdout.write(`${JSON.stringify({ pid, url })}\n`);
