export { DependencyProbe, Readiness, type ReadinessReport } from './readiness.js';
