/**
 * NODE_OPTIONS of the csv-importer. Its rows wait in arrays outside the heap; what it leaves behind are blocks
 * and calls, which are soon over. On a machine with much memory V8 would let them grow to ten times as much
 * before it collects them. A young generation of 4 MB costs no time that the benchmark can see, and some
 * 30 MB less than one of 16 (see bench/README.md).
 */
export const IMPORTER_NODE_OPTIONS = '--max-semi-space-size=4 --max-old-space-size=128';
