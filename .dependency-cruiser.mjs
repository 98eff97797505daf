// Who may import whom: the table of walls between packages and between the server's folders.

/** What a folder of packages/server/src may import of ours, as patterns below that folder. */
const SERVER = 'packages/server/src/'
const EVERYWHERE = ['errors\\.ts$', 'config\\.ts$']
const walls = {
  operation: {
    ours: ['operation/', 'domain/', 'commit/unit\\.ts$', 'store/engine\\.ts$', 'platform/'],
    npm: ['zod'],
  },
  domain: { ours: ['domain/', 'store/', 'platform/'] },
  commit: { ours: ['commit/', 'store/', 'domain/', 'platform/'] },
  jobs: { ours: ['jobs/', 'commit/', 'domain/', 'store/engine\\.ts$', 'platform/'] },
  pipeline: {
    ours: ['pipeline/', 'operation/', 'domain/', 'commit/', 'store/engine\\.ts$', 'platform/'],
  },
  family: { ours: ['family/', 'operation/', 'domain/', 'platform/'], npm: ['zod'] },
  http: { ours: ['http/', 'pipeline/', 'operation/'] },
  store: { ours: ['store/', 'platform/'] },
  platform: { ours: ['platform/'] },
}

/** Which packages a package may import. A path allows that file only. */
const packageWalls = {
  crypto: [],
  policy: [],
  server: ['packages/crypto/', 'packages/policy/'],
  sdk: ['packages/crypto/', 'packages/policy/'],
  cli: ['packages/crypto/', 'packages/policy/', 'packages/sdk/', `${SERVER}commands\\.ts$`],
  frames: ['packages/crypto/', 'packages/sdk/'],
  console: ['packages/crypto/', 'packages/sdk/'],
}

const TESTS = '(\\.test\\.ts$|/test/)'
const source = (path) => ({ path, pathNot: TESTS })
const npm = (names) => `node_modules/(${names.join('|')})/`

const forbid = (name, from, to) => ({ name, severity: 'error', from, to })

const serverRules = Object.entries(walls).flatMap(([folder, { ours, npm: allowed }]) => {
  const from = source(`^${SERVER}${folder}/`)
  const pathNot = [...ours, ...EVERYWHERE].map((path) => `^${SERVER}${path}`)
  const rules = [forbid(`${folder}-keeps-to-its-wall`, from, { path: `^${SERVER}`, pathNot })]
  if (allowed)
    rules.push(
      forbid(`${folder}-libraries`, from, { path: 'node_modules/', pathNot: npm(allowed) }),
    )
  return rules
})

const packageRules = Object.entries(packageWalls).map(([name, others]) =>
  forbid(`${name}-keeps-to-its-wall`, source(`^packages/${name}/`), {
    path: '^(packages|tests|tools|bin)/',
    pathNot: [`packages/${name}/`, ...others].map((path) => `^${path}`),
  }),
)

const builtin = (pathNot) => ({ dependencyTypes: ['core'], ...(pathNot && { pathNot }) })

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...packageRules,
    ...serverRules,
    forbid('no-cycle', {}, { circular: true }),
    forbid('resolvable', {}, { couldNotResolve: true }),
    forbid('families-do-not-meet', source(`^${SERVER}family/([^/]+)/`), {
      path: `^${SERVER}family/`,
      pathNot: `^${SERVER}family/$1/`,
    }),
    forbid('stores-are-not-for-http', source(`^${SERVER}(http|operation)/`), {
      path: '\\.store\\.ts$',
    }),
    forbid(
      'fastify-only-in-http',
      { path: '^packages/', pathNot: [TESTS, `^${SERVER}http/`] },
      { path: npm(['fastify', '@fastify']) },
    ),
    forbid(
      'database-drivers-only-in-store',
      { path: '^packages/', pathNot: [TESTS, `^${SERVER}store/`] },
      { path: [npm(['pg', 'ioredis']), '^(node:)?sqlite$'] },
    ),
    forbid('app-is-the-top', source(`^${SERVER}(?!host/)[^/]+/`), {
      path: `^${SERVER}(app|main|commands)\\.ts$`,
    }),
    forbid('operation-is-pure', source(`^${SERVER}operation/`), builtin()),
    forbid('policy-is-pure', source('^packages/policy/'), builtin()),
    forbid(
      'crypto-is-pure',
      { path: '^packages/crypto/src/', pathNot: [TESTS] },
      builtin('^(node:)?(crypto|buffer|util|module)$'),
    ),
    forbid('crypto-web-runs-in-browsers', source('^packages/crypto/src/(?!node/)'), builtin()),
    forbid('policy-has-no-library', source('^packages/policy/'), { path: 'node_modules/' }),
    forbid('sdk-without-zod', source('^packages/sdk/'), { path: npm(['zod']) }),
    forbid('shipped-code-needs-shipped-libraries', source('^packages/[^/]+/src/'), {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
      dependencyTypesNot: ['type-only'],
    }),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(fixtures|generated)/' },
    parser: 'swc',
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'import', 'default'],
      extensions: ['.ts', '.js', '.json'],
    },
  },
}
