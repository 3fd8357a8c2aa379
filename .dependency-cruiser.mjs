// The architecture, as rules. A file's place in the tree is its layer.
const SPECS = '\\.spec\\.ts$';
const PACKAGES = '(^|/)node_modules/';
/** One folder of a library for each technology; platform is nothing but such folders. */
const EDGE = '^libs/(?:platform/src/[^/]+|[^/]+/src/(?:cognito|dynamodb|http|s3|sns|sqs))/';
/** Everything else in a library's src/ is its core, but the module file; folders there are concepts. */
const CORE = `^(?!${EDGE.slice(1)})libs/([^/]+)/src/(?![^/]+\\.module\\.(spec\\.)?ts$).+\\.ts$`;
/** Pure packages without input or output that a core may use. */
const PURE_PACKAGES = `${PACKAGES}(p-limit|papaparse|@types/papaparse|temporal-polyfill)/`;
/** What of Node computes and waits, but neither reads nor writes anything. */
const PURE_NODE_MODULES = '^(node:)?(buffer|crypto|timers/promises|zlib)$';
/** Names that say nothing about what is in a folder or file. */
const EMPTY_NAMES = '^(apps|libs).*/(utils|helpers|common|shared|misc|types)(/|\\.)';
/** Edges every library's HTTP edge may lean on. */
const DOORS = [
  '^libs/platform/',
  '^libs/auth/src/http/auth\\.decorators\\.ts$',
  // A reading looks the same wherever it is shown.
  '^libs/sensor-data/src/http/reading\\.view\\.ts$',
];

const forbid = (name, comment, from, to) => ({ name, comment, severity: 'error', from, to });

export default {
  forbidden: [
    forbid(
      'core-knows-no-edge',
      'Rules do not know how they are stored or called.',
      { path: CORE },
      { path: [EDGE, '\\.module\\.ts$', '^libs/platform/'] },
    ),
    forbid(
      'core-knows-no-framework',
      'No Nest, no AWS SDK in a core.',
      { path: CORE, pathNot: SPECS },
      { path: PACKAGES, pathNot: PURE_PACKAGES },
    ),
    forbid(
      'core-has-no-input-or-output',
      'Of Node, a core has what computes and waits.',
      { path: CORE, pathNot: SPECS },
      { dependencyTypes: ['core'], pathNot: PURE_NODE_MODULES },
    ),
    forbid(
      'edges-do-not-meet',
      'http/ does not know dynamodb/, and so on; the module file introduces them.',
      { path: '^libs/([^/]+)/src/(cognito|dynamodb|http|s3|sns|sqs)/', pathNot: SPECS },
      { path: EDGE, pathNot: ['^libs/$1/src/$2/', ...DOORS] },
    ),
    forbid(
      'other-libs-by-front-door',
      'A library is used through its index.ts or its module; specs may reach further.',
      { path: '^libs/([^/]+)/', pathNot: SPECS },
      {
        path: '^libs/',
        pathNot: ['^libs/$1/', '^libs/[^/]+/src/index\\.ts$', '\\.module\\.ts$', ...DOORS],
      },
    ),
    forbid(
      'no-own-front-door',
      'index.ts is for others.',
      { path: '^libs/([^/]+)/src/(?!index)' },
      { path: '^libs/$1/src/index\\.ts$' },
    ),
    forbid(
      'kernel-stands-alone',
      'The words that all share depend on nobody.',
      { path: '^libs/kernel/', pathNot: SPECS },
      { path: ['^libs/', PACKAGES], pathNot: '^libs/kernel/' },
    ),
    forbid(
      'platform-knows-no-feature',
      'Glue without sensor knowledge.',
      { path: '^libs/platform/' },
      { path: '^libs/', pathNot: '^libs/(platform|kernel)/' },
    ),
    forbid(
      'sensor-data-is-upstream',
      'verification → aggregation → sensor-data → kernel; equipment, live and csv-import → sensor-data; auth beside.',
      { path: '^libs/(sensor-data|auth)/' },
      { path: '^libs/(aggregation|cip-service|csv-import|equipment|health|live|verification)/' },
    ),
    forbid(
      'auth-and-health-know-no-feature',
      'Who calls and whether it is well: the same whatever the product does.',
      { path: '^libs/(auth|health)/' },
      {
        path: '^libs/(sensor-data|aggregation|cip-service|csv-import|equipment|live|verification)/',
      },
    ),
    forbid(
      'features-on-readings-are-strangers',
      'What they share is a reading.',
      { path: '^libs/(aggregation|csv-import|equipment|live)/' },
      {
        path: '^libs/(aggregation|cip-service|csv-import|equipment|live|verification)/',
        pathNot: '^libs/$1/',
      },
    ),
    forbid(
      'verification-knows-what-it-compares',
      'Aggregates, readings and equipment; how readings come in is nothing to it.',
      { path: '^libs/verification/' },
      { path: '^libs/(cip-service|csv-import|health|live)/' },
    ),
    forbid(
      'cip-service-knows-readings-and-equipment',
      'The earlier service speaks of readings; what is computed from them is nothing to it.',
      { path: '^libs/cip-service/' },
      { path: '^libs/(aggregation|csv-import|verification)/' },
    ),
    forbid(
      'nobody-imports-apps',
      'Apps are where things run.',
      { path: '^libs/' },
      { path: '^apps/' },
    ),
    forbid(
      'console-knows-the-api-alone',
      'What a browser runs knows the product by the OpenAPI document.',
      { path: '^apps/console/' },
      { path: ['^libs/', '^test/'] },
    ),
    forbid(
      'nobody-imports-infra',
      'The product does not know where it runs.',
      { path: '^(apps|libs|test)/' },
      { path: '^infra/' },
    ),
    forbid(
      'infra-knows-names-only',
      'Tables, event sources, scopes, timing and the names of variables, and how commands speak; its tests may compare with more.',
      { path: '^infra/(?!test/)' },
      {
        path: '^(apps|bench|libs|test)/',
        pathNot: '^libs/platform/src/(config|resources|terminal)/',
      },
    ),
    forbid(
      'apps-do-not-meet',
      'Each app runs alone.',
      { path: '^apps/([^/]+)/', pathNot: SPECS },
      { path: '^apps/', pathNot: '^apps/$1/' },
    ),
    forbid(
      'source-never-imports-tests',
      'Tests know the source, not the other way round.',
      { path: '^(apps|libs)/', pathNot: SPECS },
      { path: ['^test/', SPECS] },
    ),
    forbid(
      'names-say-something',
      'A folder for anything holds everything.',
      { path: EMPTY_NAMES },
      {},
    ),
    forbid(
      'names-say-something-to-importers',
      'As above, for a file that imports nothing itself.',
      {},
      { path: EMPTY_NAMES },
    ),
    forbid(
      'names-say-something-to-nobody',
      'As above, for a file without any import.',
      { path: EMPTY_NAMES, orphan: true },
      {},
    ),
    forbid('no-cycles', 'A cycle hides a missing third.', {}, { circular: true }),
    forbid(
      'lambdas-load-no-nest',
      'Lambdas are composed by hand with new.',
      { path: '^apps/(csv-importer|live-publisher|stream-aggregator)/' },
      { path: `${PACKAGES}@nestjs/`, reachable: true },
    ),
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    exclude: { path: ['^dist/', '^infra/cdk\\.out/'] },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
    },
  },
};
