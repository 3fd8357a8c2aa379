/**
 * NODE_OPTIONS of the csv-importer. What it holds is a few blocks of rows, some 35 MB of heap with its
 * code; but every row leaves some kilobytes behind, and on a machine with much memory V8 lets that grow to
 * ten times as much before it collects it. With these limits it collects in time (see bench/README.md).
 */
export const IMPORTER_NODE_OPTIONS = '--max-semi-space-size=16 --max-old-space-size=128';
