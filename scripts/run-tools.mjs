// Runs tools one after the other until one fails, for scripts of package.json that take no arguments themselves. Each
// tool is one argument; what the user typed comes behind `--`.
import { refuseUnknown } from './arguments.mjs';
import { runTool } from './child.mjs';

const end = process.argv.indexOf('--');
const tools = process.argv.slice(2, end);
const name = process.env.npm_lifecycle_event ?? 'NAME';
const lines = [
  `Usage: npm run ${name}`,
  '',
  'Runs, until one fails:',
  ...tools.map((t) => `  ${t}`),
];
refuseUnknown(lines.join('\n'), { given: process.argv.slice(end + 1) });
for (const tool of tools) {
  const [program, ...args] = tool.split(' ');
  const status = await runTool(program, args);
  if (status !== 0) process.exit(status);
}
