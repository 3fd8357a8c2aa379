import { setSourceMapsSupport } from 'node:module';

/**
 * Preloaded into processes of the stack: stack traces name our sources. `--enable-source-maps` would also read the maps
 * of every package, and keep them.
 */
setSourceMapsSupport(true, { nodeModules: false });
