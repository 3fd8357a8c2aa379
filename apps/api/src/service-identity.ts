import manifest from '../../../package.json' with { type: 'json' };

/** Name and version as the package states them. */
export const SERVICE = { name: manifest.name, version: manifest.version } as const;
