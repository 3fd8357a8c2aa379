import { lazy, type ComponentType } from 'react';
import type { Caller } from '../api/session.tsx';
import type { Section } from './Shell.tsx';

interface Page {
  readonly path: string;
  /** One of them opens the page. */
  readonly scopes: readonly Caller['scopes'][number][];
  readonly component: ComponentType;
  /** Its entry beside the page; none for pages that another one leads to. */
  readonly section?: Section;
}

/** Every page, who may see it, and the code that is loaded for it. */
export const PAGES: readonly Page[] = [
  {
    path: '/',
    scopes: ['sensorflow/read'],
    component: lazy(() => import('../overview/OverviewPage.tsx')),
    section: { path: '/', icon: 'overview', label: 'nav.overview' },
  },
  {
    path: '/equipment/:equipmentId',
    scopes: ['sensorflow/read'],
    component: lazy(() => import('../equipment/EquipmentPage.tsx')),
  },
  {
    path: '/first-steps',
    scopes: ['sensorflow/admin'],
    component: lazy(() => import('../first-steps/FirstStepsPage.tsx')),
  },
  {
    path: '/fleet',
    scopes: ['sensorflow/read'],
    component: lazy(() => import('../fleet/FleetPage.tsx')),
    section: { path: '/fleet', icon: 'fleet', label: 'nav.fleet' },
  },
  {
    path: '/imports',
    scopes: ['sensorflow/import', 'sensorflow/admin'],
    component: lazy(() => import('../imports/ImportsPage.tsx')),
    section: { path: '/imports', icon: 'imports', label: 'nav.imports' },
  },
  {
    path: '/imports/new',
    scopes: ['sensorflow/import'],
    component: lazy(() => import('../imports/NewImportsPage.tsx')),
  },
  {
    path: '/imports/:id',
    scopes: ['sensorflow/import', 'sensorflow/admin'],
    component: lazy(() => import('../imports/ImportPage.tsx')),
  },
  {
    path: '/proof',
    scopes: ['sensorflow/read'],
    component: lazy(() => import('../proof/ProofPage.tsx')),
    section: { path: '/proof', icon: 'proof', label: 'nav.proof' },
  },
  {
    path: '/access/:part?',
    scopes: ['sensorflow/admin'],
    component: lazy(() => import('../access/AccessPage.tsx')),
    section: { path: '/access', icon: 'access', label: 'nav.access' },
  },
];
