// Which packages of the lockfile a first start needs. Written for Node 20, as make-ready.mjs.
import { existsSync, readFileSync } from 'node:fs';

/** The lockfile's packages by path, `''` being the root; empty without a lockfile. */
export function readLockedPackages(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {};
}

/** Redoc is one built file, which has these in it already. */
const HAS_ITS_DEPENDENCIES_IN_IT = new Set(['node_modules/redoc']);

/** Paths of all that runs, and of all that builds it; developers' tools are another workspace. */
export function neededByFirstStart(packages) {
  const { devDependencies, ...root } = packages[''] ?? {};
  const needed = new Set();
  const pending = [{ path: '', names: [...namesOf(root), ...Object.keys(devDependencies ?? {})] }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const name of next.names) {
      const path = resolved(packages, next.path, name);
      if (path === undefined || needed.has(path)) continue;
      needed.add(path);
      if (!HAS_ITS_DEPENDENCIES_IN_IT.has(path)) {
        pending.push({ path, names: namesOf(packages[path]) });
      }
    }
  }
  return needed;
}

function namesOf({ dependencies, optionalDependencies }) {
  return Object.keys({ ...dependencies, ...optionalDependencies });
}

/** As Node finds it: in the nearest node_modules of the package or of those around it. */
function resolved(packages, from, name) {
  for (let folder = from; ; folder = folderAround(folder)) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] !== undefined) return path;
    if (folder === '') return undefined;
  }
}

function folderAround(path) {
  return path.slice(0, Math.max(0, path.lastIndexOf('/node_modules/')));
}
